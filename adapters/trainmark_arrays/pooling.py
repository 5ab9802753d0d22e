"""Pools: a pass over the taps of the window, each a strided view of the input."""
from __future__ import annotations

import math

from .operation import Array, Context, Operation
from .windows import Windows


class MaxPool(Operation):
    """The first maximum of a window, row-major, wins and alone receives the gradient.

    The values under each tap are copied to lie behind each other: two strided passes per tap, one each way, and all
    arithmetic is on whole arrays. That takes half the time of arithmetic on strided views.
    """

    def __init__(self, context: Context, *rest: object) -> None:
        super().__init__(context, *rest)
        buffers = context.buffers
        self.y = self.output()
        self.windows = Windows(context.xp, self.layer, self.x.shape)
        self.frame = self.windows.frame(buffers, "workspace", -math.inf)
        self.under = [buffers.make(self.y.shape, "activations") for _ in self.windows.taps]
        self.won = buffers.make(self.y.shape, "workspace", bool)
        self.share = buffers.make(self.y.shape, "workspace")
        self.dx_frame = self.windows.frame(buffers, "gradients")
        self.dx = buffers.make(self.x.shape, "gradients") if self.dx_frame is None else self.dx_frame

    def forward(self) -> None:
        xp, windows, x = self.context.xp, self.windows, self.x
        if self.frame is not None:
            windows.inside(self.frame)[...] = x
            x = self.frame
        for under, tap in zip(self.under, windows.taps):
            under[...] = windows.under(x, *tap)
        first, *others = self.under
        if not others:
            self.y[...] = first
            return
        xp.maximum(first, others[0], out=self.y)
        for other in others[1:]:
            xp.maximum(self.y, other, out=self.y)

    def backward(self, dy: Array) -> list[Array | None]:
        xp, windows, share = self.context.xp, self.windows, self.share
        dy = xp.ascontiguousarray(dy)
        if not windows.covers(self.dx):
            self.dx[...] = 0
        for tap, under in zip(windows.taps, self.under):
            xp.equal(under, self.y, out=self.won)
            xp.multiply(dy, self.won, out=share)
            place = windows.under(self.dx, *tap)
            if windows.tiles:
                place[...] = share
            else:
                place += share
            dy -= share  # what a tap has taken is 0 for those after it
        return [self.dx if self.dx_frame is None else windows.inside(self.dx)]


class AveragePool(Operation):
    """Mean over the whole window, padded zeros counted."""

    def __init__(self, context: Context, *rest: object) -> None:
        super().__init__(context, *rest)
        buffers = context.buffers
        self.y = self.output()
        self.windows = Windows(context.xp, self.layer, self.x.shape)
        self.scale = 1 / math.prod(self.windows.kernel)
        self.frame = self.windows.frame(buffers, "workspace")
        self.dx_frame = self.windows.frame(buffers, "gradients")
        self.dx = buffers.make(self.x.shape, "gradients") if self.dx_frame is None else self.dx_frame

    def forward(self) -> None:
        windows, x = self.windows, self.x
        if self.frame is not None:
            windows.inside(self.frame)[...] = x
            x = self.frame
        self.y[...] = windows.under(x, 0, 0)
        for tap in windows.taps[1:]:
            self.y += windows.under(x, *tap)
        self.y *= self.scale

    def backward(self, dy: Array) -> list[Array | None]:
        dy *= self.scale
        self.dx[...] = 0
        for tap in self.windows.taps:
            under = self.windows.under(self.dx, *tap)
            under += dy
        return [self.dx if self.dx_frame is None else self.windows.inside(self.dx)]


class GlobalAveragePool(Operation):
    """Mean over the image."""

    def __init__(self, context: Context, *rest: object) -> None:
        super().__init__(context, *rest)
        self.y = self.output()
        self.dx = context.buffers.make(self.x.shape, "gradients")

    def forward(self) -> None:
        self.context.xp.mean(self.x, axis=(2, 3), keepdims=True, out=self.y)

    def backward(self, dy: Array) -> list[Array | None]:
        dy *= 1 / math.prod(self.x.shape[2:])
        self.dx[...] = dy
        return [self.dx]
