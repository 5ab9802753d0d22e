"""Convolutions. Images (n, channels, h, w), weights (output channels, channels / groups, kernel height, kernel width)."""
from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from trainmark_worker.workload import Layer

from .windows import pad, taps_of

_MOST_TAPS = 49


def convolve(layer: Layer, x: Array, weight: Array, on_cpu: bool) -> Array:
    """Cross-correlation, without bias."""
    if on_cpu and weight.shape[1] == 1 and weight.shape[2] * weight.shape[3] <= _MOST_TAPS:
        return _sum_of_taps(layer, x, weight)
    (top, left) = layer["padding"]
    return lax.conv_general_dilated(x, weight, layer["stride"], ((top, top), (left, left)), rhs_dilation=layer["dilation"], feature_group_count=layer["groups"])


def _sum_of_taps(layer: Layer, x: Array, weight: Array) -> Array:
    """With one input channel per output channel there is no matrix product to gain from, and XLA for CPUs fuses a sum of
    shifted images into one loop: 1 ms for 8.5 ms (512 images of 28x28, 8 channels, 2 threads), its gradient 4.5 for 8.5."""
    groups = layer["groups"]
    per_group = weight.shape[0] // groups
    if groups > 1 and per_group > 1:
        x = jnp.repeat(x, per_group, axis=1)
    padded = pad(layer, x, 0.0)
    total = None
    for (r, s), under in taps_of(layer, padded):
        term = under * weight[:, 0, r, s][:, None, None]
        total = term if total is None else total + term
    return total
