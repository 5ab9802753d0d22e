"""Windows of convolutions and pools as strided slices of the padded input, one slice for each tap of the kernel."""
from __future__ import annotations

from typing import Iterator

from jax import Array, lax

from trainmark_worker.workload import Layer


def pad(layer: Layer, x: Array, value: float) -> Array:
    """(n, c, h + 2 padding, w + 2 padding)"""
    top, left = layer["padding"]
    if (top, left) == (0, 0):
        return x
    return lax.pad(x, x.dtype.type(value), ((0, 0, 0), (0, 0, 0), (top, top, 0), (left, left, 0)))


def tap_slices(layer: Layer) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """((r, s), (first row, first column)) of the taps, row-major."""
    (kh, kw), (dh, dw) = layer["kernel"], layer["dilation"]
    for r in range(kh):
        for s in range(kw):
            yield (r, s), (r * dh, s * dw)


def under(layer: Layer, padded: Array, row: int, column: int) -> Array:
    """(n, c, p, q): what a tap that begins at (row, column) sees."""
    (p, q), (sh, sw) = layer.output[1:], layer["stride"]
    n, c = padded.shape[:2]
    return lax.slice(padded, (0, 0, row, column), (n, c, row + sh * (p - 1) + 1, column + sw * (q - 1) + 1), (1, 1, sh, sw))


def taps_of(layer: Layer, padded: Array) -> Iterator[tuple[tuple[int, int], Array]]:
    """((r, s), (n, c, p, q)) of all taps, row-major."""
    for tap, (row, column) in tap_slices(layer):
        yield tap, under(layer, padded, row, column)


def spread(layer: Layer, values: Array, row: int, column: int, size: tuple[int, int]) -> Array:
    """The transpose of `under`: zeros (n, c, *size) with `values` (n, c, p, q) where the tap looks."""
    (sh, sw), (p, q) = layer["stride"], values.shape[2:]
    rows, columns = size[0] - row - (sh * (p - 1) + 1), size[1] - column - (sw * (q - 1) + 1)
    return lax.pad(values, values.dtype.type(0), ((0, 0, 0), (0, 0, 0), (row, rows, sh - 1), (column, columns, sw - 1)))
