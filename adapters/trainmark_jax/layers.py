"""Layers as functions of (Pass, layer, inputs (n, channels, height, width)), which return the output.

Weights of dense layers are (inputs, outputs) here, see model.py.
"""
from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Callable

import jax
import jax.numpy as jnp
from jax import Array

from trainmark_worker.workload import Layer

from .convolution import convolve
from .dropout import dropout
from .pooling import average_pool, max_pool


@dataclass
class Pass:
    """A forward pass: what layers read, and the running statistics that they leave in `statistics`."""

    tensors: dict[str, Array]  # parameters and running statistics by name
    training: bool
    words: Array | None = None  # of dropout: seed and step, see dropout.py
    part: Array | int = 0  # which of the passes over a batch this is
    statistics: dict[str, Array] = field(default_factory=dict)

    def tensor(self, layer: Layer, suffix: str) -> Array | None:
        return self.tensors.get(f"{layer.name}.{suffix}")


def _per_channel(values: Array) -> Array:
    return values[:, None, None]


def _dense(run: Pass, layer: Layer, x: Array) -> Array:
    y = x.reshape(len(x), -1) @ run.tensor(layer, "weight")
    bias = run.tensor(layer, "bias")
    return (y if bias is None else y + bias)[:, :, None, None]


def _conv2d(run: Pass, layer: Layer, x: Array) -> Array:
    y, bias = convolve(layer, x, run.tensor(layer, "weight")), run.tensor(layer, "bias")
    return y if bias is None else y + _per_channel(bias)


def _relu6(run: Pass, layer: Layer, x: Array) -> Array:
    # Not jnp.clip: its derivative at 0 and 6 is 1/2.
    return jnp.where(x <= 0, 0, jnp.where(x >= 6, 6, x))


def _batch_norm(run: Pass, layer: Layer, x: Array) -> Array:
    mean, variance = run.tensor(layer, "running_mean"), run.tensor(layer, "running_var")
    if run.training:
        before, momentum = {"running_mean": mean, "running_var": variance}, layer["momentum"]
        mean = x.mean((0, 2, 3))
        variance = jnp.square(x - _per_channel(mean)).mean((0, 2, 3))
        count = x.size // x.shape[1]
        now = {"running_mean": mean, "running_var": variance * (count / max(count - 1, 1))}
        for suffix, value in now.items():
            moved = (1 - momentum) * before[suffix] + momentum * value
            run.statistics[f"{layer.name}.{suffix}"] = jax.lax.stop_gradient(moved)
    scale = run.tensor(layer, "weight") / jnp.sqrt(variance + layer["epsilon"])
    return (x - _per_channel(mean)) * _per_channel(scale) + _per_channel(run.tensor(layer, "bias"))


def _layer_norm(run: Pass, layer: Layer, x: Array) -> Array:
    shape = x.shape[1:]
    centred = x - x.mean((1, 2, 3), keepdims=True)
    variance = jnp.square(centred).mean((1, 2, 3), keepdims=True)
    y = centred / jnp.sqrt(variance + layer["epsilon"])
    return y * run.tensor(layer, "weight").reshape(shape) + run.tensor(layer, "bias").reshape(shape)


def _dropout(run: Pass, layer: Layer, x: Array) -> Array:
    return dropout(layer, x, run.words, run.part) if run.training and layer["rate"] > 0 else x


LAYERS: dict[str, Callable[..., Array]] = {
    "dense": _dense,
    "conv2d": _conv2d,
    "max_pool2d": lambda run, layer, x: max_pool(layer, x),
    "average_pool2d": lambda run, layer, x: average_pool(layer, x),
    "global_average_pool": lambda run, layer, x: x.mean((2, 3), keepdims=True),
    "relu": lambda run, layer, x: jax.nn.relu(x),
    "relu6": _relu6,
    "gelu": lambda run, layer, x: jax.nn.gelu(x, approximate=False),
    "sigmoid": lambda run, layer, x: jax.nn.sigmoid(x),
    "tanh": lambda run, layer, x: jnp.tanh(x),
    "flatten": lambda run, layer, x: x.reshape(len(x), math.prod(x.shape[1:]), 1, 1),
    "add": lambda run, layer, *inputs: sum(inputs[1:], inputs[0]),
    "concat": lambda run, layer, *inputs: jnp.concatenate(inputs, axis=1),
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "dropout": _dropout,
}
