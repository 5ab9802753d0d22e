"""Layers of Keras where Keras' own means something else than docs/protocol.md, or is not there on a processor.

All read and give (n, h, w, c), or (n, c) where h and w are 1.
"""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Callable

import keras
import tensorflow as tf

from trainmark_worker.philox import stream_of, threshold_of
from trainmark_worker.workload import Layer

from .windows import convolve, dilated_pool

_MANY = 4096  # images from which on sums over them need care
_PHILOX = 1  # tf.random.Algorithm.PHILOX


@dataclass
class Draws:
    """What dropout masks depend on besides the layer; set before each pass of a training step."""

    seed: tf.Tensor | None = None  # uint64 ()
    step: tf.Tensor | None = None  # uint64 ()
    part: int = 0  # which of the passes over a batch this is


@tf.custom_gradient
def _add_bias(y: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, Callable]:
    """y (n, outputs) + bias for large n. TensorFlow's own gradient adds the n rows one by one, which costs float32 digits
    that the proof misses (59000 images); so does a product with ones. Blocks of 256 rows are added first."""

    def gradient(dy: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        rows, columns = dy.shape
        blocks = tf.reshape(tf.pad(dy, [[0, -rows % 256], [0, 0]]), (-1, 256, columns))
        return dy, tf.reduce_sum(tf.reduce_sum(blocks, 1), 0)

    return tf.nn.bias_add(y, bias), gradient


class Dense(keras.layers.Dense):
    """Keras' own, with a gradient of the bias that is right for large batches too."""

    def call(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        if self.bias is None or x.shape[0] is None or x.shape[0] <= _MANY:
            return super().call(x, training)
        return _add_bias(tf.matmul(x, self.kernel), tf.convert_to_tensor(self.bias))


class Convolution(keras.layers.Conv2D):
    """Keras' own, with explicit padding, and with dilation and groups that have a gradient on processors."""

    def __init__(self, layer: Layer, **others: Any) -> None:
        super().__init__(layer["channels"], layer["kernel"], layer["stride"], groups=layer["groups"], use_bias=layer["bias"], **others)
        self.described = layer

    def convolution_op(self, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return convolve(self.described, x, tf.convert_to_tensor(kernel))

    def call(self, x: tf.Tensor) -> tf.Tensor:
        # Keras' own turns the bias into four dimensions and back, which costs two operations in eager mode.
        y = self.convolution_op(x, self.kernel)
        return y if self.bias is None else tf.nn.bias_add(y, tf.convert_to_tensor(self.bias))

    def compute_output_shape(self, shape: tuple) -> tuple:
        channels, height, width = self.described.output
        return (shape[0], height, width, channels)


class MinusInfinityPadding(keras.layers.Layer):
    """What maxima are taken over: keras.layers.ZeroPadding2D would let a zero win over negative values."""

    def __init__(self, padding: tuple[int, int], **others: Any) -> None:
        super().__init__(**others)
        self.padding = padding

    def call(self, x: tf.Tensor) -> tf.Tensor:
        top, left = self.padding
        return tf.pad(x, [[0, 0], [top, top], [left, left], [0, 0]], constant_values=tf.constant(-math.inf, x.dtype))


class DilatedPool(keras.layers.Layer):
    """A pool with gaps, which Keras has none of; `kind` is MAX or AVG."""

    def __init__(self, layer: Layer, kind: str, **others: Any) -> None:
        super().__init__(**others)
        self.described, self.kind = layer, kind

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return dilated_pool(self.described, x, self.kind)


class BatchNorm(keras.layers.Layer):
    """keras.layers.BatchNormalization keeps the biased variance; PyTorch's and ours keep the unbiased one. And Keras'
    momentum is one minus ours."""

    def __init__(self, momentum: float, epsilon: float, **others: Any) -> None:
        super().__init__(**others)
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, shape: tuple) -> None:
        for name, trainable in (("weight", True), ("bias", True), ("running_mean", False), ("running_var", False)):
            setattr(self, name, self.add_weight(name=name, shape=shape[-1:], trainable=trainable))

    def call(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        mean, variance = tf.convert_to_tensor(self.running_mean), tf.convert_to_tensor(self.running_var)
        if training:
            count = math.prod(x.shape[:-1])
            old = (mean, variance)
            mean, variance = tf.nn.moments(x, list(range(x.shape.rank - 1)))
            now = (mean, variance * (count / max(count - 1, 1)))
            for variable, before, value in zip((self.running_mean, self.running_var), old, now):
                variable.assign((1 - self.momentum) * before + self.momentum * tf.stop_gradient(value))
        return tf.nn.batch_normalization(x, mean, variance, tf.convert_to_tensor(self.bias), tf.convert_to_tensor(self.weight), self.epsilon)

    def compute_output_shape(self, shape: tuple) -> tuple:
        return shape


class Dropout(keras.layers.Layer):
    """With the masks of the protocol: TensorFlow's counter-based generator is their Philox, with key and counter given."""

    def __init__(self, layer: Layer, draws: Draws, **others: Any) -> None:
        super().__init__(**others)
        self.described, self.draws = layer, draws

    def call(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        rate = self.described["rate"]
        if not training or rate == 0:
            return x
        n, (c, h, w) = x.shape[0], self.described.output
        count = n * c * h * w
        first = self.draws.part * count
        stream = self.draws.step + tf.constant(stream_of(0, self.described.index), tf.uint64)
        counter = tf.stack([tf.constant(first // 4, tf.uint64), stream])
        drawn = tf.raw_ops.StatelessRandomUniformFullIntV2(shape=[first % 4 + count], key=self.draws.seed[None], counter=counter, alg=_PHILOX, dtype=tf.uint32)
        kept = tf.cast(drawn[first % 4 :], tf.int64) >= threshold_of(rate)
        kept = tf.reshape(tf.transpose(tf.reshape(kept, (n, c, h, w)), (0, 2, 3, 1)), x.shape)
        return tf.where(kept, x / (1 - rate), tf.zeros((), x.dtype))

    def compute_output_shape(self, shape: tuple) -> tuple:
        return shape


class Gelu(keras.layers.Layer):
    """tf.nn.gelu, which is Keras', rounds the root of 2 to float32, in float64 too."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return 0.5 * x * (1 + tf.math.erf(x * math.sqrt(0.5)))
