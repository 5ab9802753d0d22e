"""Pools over windows; images (n, c, h, w)."""
from __future__ import annotations

import math
from functools import partial

import jax
import jax.numpy as jnp
from jax import Array, lax

from trainmark_worker.workload import Layer

from .windows import pad, spread, tap_slices, taps_of, under

_MOST_TAPS = 25  # unrolled in the program; larger windows are left to XLA's own operation


def max_pool(layer: Layer, x: Array) -> Array:
    """The first maximum of a window, row-major, wins and alone receives the gradient."""
    if math.prod(layer["kernel"]) <= _MOST_TAPS:
        return _max_by_taps(layer, x)
    return _reduce_window(layer, x, -math.inf, lax.max)


def average_pool(layer: Layer, x: Array) -> Array:
    """Mean over the whole window, padded zeros counted."""
    count = math.prod(layer["kernel"])
    if count > _MOST_TAPS:
        return _reduce_window(layer, x, 0.0, lax.add) / count
    taps = [tap for _, tap in taps_of(layer, pad(layer, x, 0.0))]
    return sum(taps[1:], taps[0]) / count


def _reduce_window(layer: Layer, x: Array, start: float, operation) -> Array:
    (top, left) = layer["padding"]
    padding = ((0, 0), (0, 0), (top, top), (left, left))
    # The start is no traced value: only so does JAX know the gradient.
    return lax.reduce_window(x, x.dtype.type(start), operation, (1, 1, *layer["kernel"]), (1, 1, *layer["stride"]), padding, window_dilation=(1, 1, *layer["dilation"]))


# The gradient of XLA's own max-pool is select-and-scatter, one thread and a branch for each value: 33 ms where these
# comparisons, which are fused into a loop or two, take 2 (512 images, 8 channels, 26x26, 2 threads).
@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _max_by_taps(layer: Layer, x: Array) -> Array:
    first, *others = [tap for _, tap in taps_of(layer, pad(layer, x, -math.inf))]
    for tap in others:
        first = jnp.maximum(first, tap)
    return first


def _forward(layer: Layer, x: Array) -> tuple[Array, tuple[Array, Array]]:
    y = _max_by_taps(layer, x)
    return y, (x, y)


def _backward(layer: Layer, kept: tuple[Array, Array], dy: Array) -> tuple[Array]:
    x, y = kept
    padded = pad(layer, x, -math.inf)
    shares = []
    left = dy  # what no earlier tap has taken
    for _, (row, column) in tap_slices(layer):
        won = under(layer, padded, row, column) == y
        shares.append(jnp.where(won, left, 0))
        left = jnp.where(won, 0, left)
    (h, w), (top, leftmost) = x.shape[2:], layer["padding"]
    if _tiles(layer):
        dx = _side_by_side(layer, shares, (h, w))
    else:
        size = padded.shape[2:]
        parts = [spread(layer, share, row, column, size) for share, (_, (row, column)) in zip(shares, tap_slices(layer))]
        dx = sum(parts[1:], parts[0])[:, :, top : top + h, leftmost : leftmost + w]
    return (dx,)


def _tiles(layer: Layer) -> bool:
    """Whether windows lie side by side, so that no value is under two taps."""
    return layer["kernel"] == layer["stride"] and layer["dilation"] == (1, 1) and layer["padding"] == (0, 0)


def _side_by_side(layer: Layer, shares: list[Array], size: tuple[int, int]) -> Array:
    """(n, c, *size): the shares (n, c, p, q) of the taps at their places; zeros at the rows and columns left over."""
    (kh, kw), (n, c, p, q) = layer["kernel"], shares[0].shape
    rows = [jnp.stack(shares[r * kw : (r + 1) * kw], axis=4) for r in range(kh)]  # (n, c, p, q, kw)
    dx = jnp.stack(rows, axis=3).reshape(n, c, p * kh, q * kw)
    return jnp.pad(dx, ((0, 0), (0, 0), (0, size[0] - p * kh), (0, size[1] - q * kw)))


_max_by_taps.defvjp(_forward, _backward)
