"""Dense layers: y (outputs, images) = weight (outputs, inputs) x (inputs, images) + bias."""
from __future__ import annotations

from .operation import Array, Context, Operation


def as_matrix(x: Array) -> Array:
    """(channels, images, height, width) as (features, images), features row-major (channels, height, width).

    A view where height and width are 1, or where x is the transposed view of a batch (images, ...) as samples lie;
    else a copy.
    """
    c, n, h, w = x.shape
    if h == w == 1:
        return x.reshape(c, n)
    return x.transpose(1, 0, 2, 3).reshape(n, c * h * w).T


class Dense(Operation):
    def __init__(self, context: Context, *rest: object) -> None:
        super().__init__(context, *rest)
        c, n, h, w = self.x.shape
        self.y = self.output()
        self.dx = None
        if self.needed[0]:
            # In the order of the input: gradients of images that lie behind each other do too.
            rows = h * w > 1 or self.x.strides[0] < self.x.strides[1]
            self.dx = context.buffers.make((n, c * h * w) if rows else (c * h * w, n), "gradients")
            self.rows = rows
        self.ones = context.xp.ones(n, context.buffers.dtype)
        # Views that are the same in every step.
        self.matrix = as_matrix(self.x) if h == w == 1 else None
        self.result = self.y.reshape(self.y.shape[0], n)
        self.w, self.b = self.weight("weight"), self.weight("bias")
        self.column = None if self.b is None else self.b[:, None]
        self.dw, self.db = self.gradient("weight"), self.gradient("bias")

    def forward(self) -> None:
        x = self.matrix if self.matrix is not None else as_matrix(self.x)
        self.used = x
        self.context.xp.matmul(self.w, x, out=self.result)
        if self.column is not None:
            self.result += self.column

    def backward(self, dy: Array) -> list[Array | None]:
        xp = self.context.xp
        d = dy.reshape(self.result.shape)
        xp.matmul(d, self.used.T, out=self.dw)
        if self.db is not None:
            xp.matmul(d, self.ones, out=self.db)
        if self.dx is None:
            return [None]
        c, n, h, w = self.x.shape
        if not self.rows:
            return [xp.matmul(self.w.T, d, out=self.dx).reshape(c, n, h, w)]
        xp.matmul(d.T, self.w, out=self.dx)
        return [self.dx.reshape(n, c, h, w).transpose(1, 0, 2, 3)]
