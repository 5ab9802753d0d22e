"""Strided views of all windows of an image, and of all values under one tap of the window."""
from __future__ import annotations

from typing import Any

from trainmark_worker.workload import Layer

from .operation import Array, Buffers


class Windows:
    """Kernel (r, s), stride, padding and dilation of a layer over inputs (channels, images, h, w); output (p, q)."""

    def __init__(self, xp: Any, layer: Layer, shape: tuple[int, ...]) -> None:
        self.xp = xp
        self.kernel, self.stride, self.padding, self.dilation = layer["kernel"], layer["stride"], layer["padding"], layer["dilation"]
        self.output = layer.output[1:]
        self.shape = shape
        self.padded = any(self.padding)

    @property
    def taps(self) -> list[tuple[int, int]]:
        """Places in the kernel, row-major."""
        return [(r, s) for r in range(self.kernel[0]) for s in range(self.kernel[1])]

    @property
    def tiles(self) -> bool:
        """Whether windows lie side by side and are whole, so that no input value is under two taps."""
        return all(d == 1 and k == s for k, s, d in zip(self.kernel, self.stride, self.dilation))

    def covers(self, x: Array) -> bool:
        """Whether every value of the padded input is under exactly one tap."""
        return self.tiles and tuple(x.shape[2:]) == tuple(o * s for o, s in zip(self.output, self.stride))

    def frame(self, buffers: Buffers, component: str, value: float = 0.0) -> Array | None:
        """A buffer for the padded input, filled with `value`; None without padding."""
        if not self.padded:
            return None
        c, n, h, w = self.shape
        frame = buffers.make((c, n, h + 2 * self.padding[0], w + 2 * self.padding[1]), component)
        frame[...] = value
        return frame

    def inside(self, frame: Array) -> Array:
        """The part of a padded array that is the image."""
        h, w = self.shape[2:]
        return frame[:, :, self.padding[0] : self.padding[0] + h, self.padding[1] : self.padding[1] + w]

    def under(self, x: Array, r: int, s: int) -> Array:
        """(channels, images, p, q): the values of the padded input that tap (r, s) sees; a view."""
        (p, q), (sh, sw), (dh, dw) = self.output, self.stride, self.dilation
        return x[:, :, r * dh : r * dh + sh * (p - 1) + 1 : sh, s * dw : s * dw + sw * (q - 1) + 1 : sw]

    def all(self, x: Array) -> Array:
        """(channels, r, s, images, p, q): every window of the padded input; a view."""
        c, n = x.shape[:2]
        sc, sn, sy, sx = x.strides
        shape = (c, *self.kernel, n, *self.output)
        strides = (sc, self.dilation[0] * sy, self.dilation[1] * sx, sn, self.stride[0] * sy, self.stride[1] * sx)
        return self.xp.lib.stride_tricks.as_strided(x, shape, strides)
