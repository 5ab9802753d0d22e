"""TensorFlow: a keras.Model of the network, and training steps around it.

Inside, activations are (images, height, width, channels) and weights have TensorFlow's layouts; layouts.py turns those
of the protocol's state files into them, when a state is set or read. That includes the order of the values behind a
flatten layer: the rows of the dense layer that reads them are permuted, not the activations.
"""
