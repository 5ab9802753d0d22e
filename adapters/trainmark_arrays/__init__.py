"""A small neural network on arrays and BLAS, for any array module with NumPy's interface (`xp`: numpy, cupy).

Every tensor of a batch is (channels, images, height, width): a convolution is then one product of its weights
(channels, taps) with a matrix (taps, images x places) whose rows are long; bias, normalisation and softmax work along
rows; and a dense layer is its weights times (features, images).

Buffers are made once per batch size; nothing is allocated in a step but small temporary arrays.
"""
