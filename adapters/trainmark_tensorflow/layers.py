"""Layers as functions of (Pass, layer, inputs), which return the output: (n, h, w, c), or (n, c) where h and w are 1.

Nothing may stand between a product, its bias and its ReLU: TensorFlow makes one operation of them.
"""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable

import tensorflow as tf

from trainmark_worker.philox import stream_of, threshold_of
from trainmark_worker.workload import Layer

from .layouts import Layouts
from .windows import average_pool, convolve, max_pool

_MANY = 4096  # images from which on sums over them need care
_PHILOX = 1  # tf.random.Algorithm.PHILOX


@dataclass
class Pass:
    """What layers read; running statistics are moved in place."""

    variables: dict[str, tf.Variable]
    layouts: Layouts
    training: bool
    seed: tf.Tensor | None = None  # uint64 ()
    step: tf.Tensor | None = None  # uint64 ()
    part: int = 0  # which of the passes over a batch this is

    def variable(self, layer: Layer, suffix: str) -> tf.Variable | None:
        return self.variables.get(f"{layer.name}.{suffix}")


@tf.custom_gradient
def _add_bias(y: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, Callable]:
    """y (n, outputs) + bias for large n. TensorFlow's own gradient adds the n rows one by one, which costs float32 digits
    that the proof misses (59000 images); so does a product with ones. Blocks of 256 rows are added first."""

    def gradient(dy: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        rows, columns = dy.shape
        blocks = tf.reshape(tf.pad(dy, [[0, -rows % 256], [0, 0]]), (-1, 256, columns))
        return dy, tf.reduce_sum(tf.reduce_sum(blocks, 1), 0)

    return tf.nn.bias_add(y, bias), gradient


def _dense(run: Pass, layer: Layer, x: tf.Tensor) -> tf.Tensor:
    y = tf.matmul(tf.reshape(x, (x.shape[0], -1)), run.variable(layer, "weight"))
    bias = run.variable(layer, "bias")
    if bias is None:
        return y
    return _add_bias(y, tf.convert_to_tensor(bias)) if x.shape[0] > _MANY else tf.nn.bias_add(y, bias)


def _conv2d(run: Pass, layer: Layer, x: tf.Tensor) -> tf.Tensor:
    y, bias = convolve(layer, x, run.variable(layer, "weight")), run.variable(layer, "bias")
    return y if bias is None else tf.nn.bias_add(y, bias)


def _flatten(run: Pass, layer: Layer, x: tf.Tensor) -> tf.Tensor:
    if x.shape.rank == 4 and layer.name not in run.layouts.kept:
        x = tf.transpose(x, (0, 3, 1, 2))
    return tf.reshape(x, (x.shape[0], layer.output[0]))


def _batch_norm(run: Pass, layer: Layer, x: tf.Tensor) -> tf.Tensor:
    # By hand: the fused operation has no float64.
    mean, variance = run.variable(layer, "running_mean"), run.variable(layer, "running_var")
    if run.training:
        running, momentum, count = (mean, variance), layer["momentum"], math.prod(x.shape[:-1])
        mean, variance = tf.nn.moments(x, list(range(x.shape.rank - 1)))
        now = (mean, variance * (count / max(count - 1, 1)))
        for variable, value in zip(running, now):
            variable.assign((1 - momentum) * variable + momentum * tf.stop_gradient(value))
    return tf.nn.batch_normalization(x, mean, variance, run.variable(layer, "bias"), run.variable(layer, "weight"), layer["epsilon"])


def _layer_norm(run: Pass, layer: Layer, x: tf.Tensor) -> tf.Tensor:
    mean, variance = tf.nn.moments(x, list(range(1, x.shape.rank)), keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + layer["epsilon"]) * run.variable(layer, "weight") + run.variable(layer, "bias")


def _dropout(run: Pass, layer: Layer, x: tf.Tensor) -> tf.Tensor:
    """TensorFlow's counter-based generator is the Philox of the protocol, with key and counter given."""
    if not run.training or layer["rate"] == 0:
        return x
    n, (c, h, w) = x.shape[0], layer.output
    count = n * c * h * w
    first = run.part * count
    stream = run.step + tf.constant(stream_of(0, layer.index), tf.uint64)
    counter = tf.stack([tf.constant(first // 4, tf.uint64), stream])
    drawn = tf.raw_ops.StatelessRandomUniformFullIntV2(shape=[first % 4 + count], key=run.seed[None], counter=counter, alg=_PHILOX, dtype=tf.uint32)
    kept = tf.cast(drawn[first % 4 :], tf.int64) >= threshold_of(layer["rate"])
    kept = tf.reshape(tf.transpose(tf.reshape(kept, (n, c, h, w)), (0, 2, 3, 1)), x.shape)
    return tf.where(kept, x / (1 - layer["rate"]), tf.zeros((), x.dtype))


def _gelu(run: Pass, layer: Layer, x: tf.Tensor) -> tf.Tensor:
    # tf.nn.gelu rounds the root of 2 to float32, in float64 too.
    return 0.5 * x * (1 + tf.math.erf(x * math.sqrt(0.5)))


IMAGE_LAYERS = {"conv2d", "max_pool2d", "average_pool2d", "global_average_pool"}  # they read (n, h, w, c)

LAYERS: dict[str, Callable[..., tf.Tensor]] = {
    "dense": _dense,
    "conv2d": _conv2d,
    "max_pool2d": lambda run, layer, x: max_pool(layer, x),
    "average_pool2d": lambda run, layer, x: average_pool(layer, x),
    "global_average_pool": lambda run, layer, x: tf.reduce_mean(x, (1, 2), keepdims=True),
    "relu": lambda run, layer, x: tf.nn.relu(x),
    "relu6": lambda run, layer, x: tf.nn.relu6(x),
    "gelu": _gelu,
    "sigmoid": lambda run, layer, x: tf.sigmoid(x),
    "tanh": lambda run, layer, x: tf.tanh(x),
    "flatten": _flatten,
    "add": lambda run, layer, *inputs: sum(inputs[1:], inputs[0]),
    "concat": lambda run, layer, *inputs: tf.concat(inputs, axis=-1),
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "dropout": _dropout,
}
