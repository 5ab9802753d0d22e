"""Layers that move values: flatten, add, concat, dropout."""
from __future__ import annotations

from trainmark_worker.philox import dropout_mask

from .dense import as_matrix
from .operation import Array, Context, Operation


class Flatten(Operation):
    """(features, images, 1, 1), features row-major (channels, height, width); a view where it can be."""

    def __init__(self, context: Context, *rest: object) -> None:
        super().__init__(context, *rest)
        c, n, h, w = self.x.shape
        samples = self.x.transpose(1, 0, 2, 3)
        self.view = h == w == 1 or samples.flags.c_contiguous
        if self.view:
            self.y = as_matrix(self.x)[:, :, None, None]
        else:
            self.copy = context.buffers.make((n, c, h, w), "activations")
            self.y = self.copy.reshape(n, c * h * w).T[:, :, None, None]
            self.dx = context.buffers.make(self.x.shape, "gradients")

    def forward(self) -> None:
        if not self.view:
            self.copy[...] = self.x.transpose(1, 0, 2, 3)

    def backward(self, dy: Array) -> list[Array | None]:
        c, n, h, w = self.x.shape
        if h == w == 1:
            return [dy]
        images = dy.reshape(c * h * w, n).T.reshape(n, c, h, w).transpose(1, 0, 2, 3)
        if self.view:
            return [images]
        self.dx[...] = images
        return [self.dx]


class Add(Operation):
    """Sum of all inputs."""

    def __init__(self, context: Context, *rest: object) -> None:
        super().__init__(context, *rest)
        self.y = self.output()

    def forward(self) -> None:
        xp, first, *others = self.context.xp, *self.inputs
        if not others:
            self.y[...] = first
            return
        xp.add(first, others[0], out=self.y)
        for other in others[1:]:
            self.y += other

    def backward(self, dy: Array) -> list[Array | None]:
        return [dy] + [dy.copy() for _ in self.inputs[1:]]


class Concat(Operation):
    """Channels side by side."""

    def __init__(self, context: Context, *rest: object) -> None:
        super().__init__(context, *rest)
        self.y = self.output()
        ends = [sum(len(x) for x in self.inputs[: i + 1]) for i in range(len(self.inputs))]
        self.ranges = [slice(end - len(x), end) for end, x in zip(ends, self.inputs)]

    def forward(self) -> None:
        for channels, x in zip(self.ranges, self.inputs):
            self.y[channels] = x

    def backward(self, dy: Array) -> list[Array | None]:
        return [dy[channels] for channels in self.ranges]


class Dropout(Operation):
    """Values are kept with probability 1 - rate, then divided by it; the masks are those of the protocol."""

    def __init__(self, context: Context, *rest: object) -> None:
        super().__init__(context, *rest)
        self.y = context.buffers.like(self.x, "activations")
        self.scale = context.buffers.like(self.x, "activations")

    def forward(self) -> None:
        xp, position = self.context.xp, self.context.position
        if not position.training:
            self.y[...] = self.x
            return
        c, n, h, w = self.x.shape
        rate, size = self.layer["rate"], c * h * w
        if position.masks is not None:
            kept = position.masks[self.layer.name][position.first : position.first + n]
        else:
            kept = dropout_mask(n * size, position.first * size, rate, position.seed, position.step, self.layer.index, xp)
        xp.multiply(kept.reshape(n, c, h, w).transpose(1, 0, 2, 3), 1 / (1 - rate), out=self.scale)
        xp.multiply(self.x, self.scale, out=self.y)

    def backward(self, dy: Array) -> list[Array | None]:
        dy *= self.scale
        return [dy]
