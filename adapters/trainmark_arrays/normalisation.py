"""Batch-norm over (images, places) of a channel, and layer-norm over all values of an image."""
from __future__ import annotations

import math

from .operation import Array, Context, Operation


class Normalisation(Operation):
    """y = weight (x - mean) / sqrt(variance + epsilon) + bias, mean and biased variance over `axes`."""

    axes: tuple[int, ...]

    def __init__(self, context: Context, *rest: object) -> None:
        super().__init__(context, *rest)
        buffers = context.buffers
        self.y = self.output()
        self.normal = buffers.make(self.y.shape, "activations")
        self.scratch = buffers.make(self.y.shape, "workspace")
        self.count = math.prod(self.y.shape[axis] for axis in self.axes)
        shape = self.weight_shape()
        self.w, self.b = self.weight("weight").reshape(shape), self.weight("bias").reshape(shape)
        self.dw, self.db = self.gradient("weight").reshape(shape), self.gradient("bias").reshape(shape)
        self.weight_axes = tuple(i for i in range(4) if shape[i] == 1)

    def weight_shape(self) -> tuple[int, ...]:
        """Of weight and bias, so that they broadcast to y."""
        raise NotImplementedError

    def normalise(self) -> None:
        """Statistics of this batch; `normal` and `deviation`."""
        xp = self.context.xp
        self.mean = xp.mean(self.x, axis=self.axes, keepdims=True)
        xp.subtract(self.x, self.mean, out=self.normal)
        xp.multiply(self.normal, self.normal, out=self.scratch)
        self.variance = xp.mean(self.scratch, axis=self.axes, keepdims=True)
        self.inverse = 1 / xp.sqrt(self.variance + self.layer["epsilon"])
        self.normal *= self.inverse

    def scale(self) -> None:
        self.context.xp.multiply(self.normal, self.w, out=self.y)
        self.y += self.b

    def backward(self, dy: Array) -> list[Array | None]:
        xp = self.context.xp
        xp.multiply(dy, self.normal, out=self.scratch)
        xp.sum(self.scratch, axis=self.weight_axes, keepdims=True, out=self.dw)
        xp.sum(dy, axis=self.weight_axes, keepdims=True, out=self.db)
        if not self.needed[0]:
            return [None]
        # dx = inverse (d - mean(d) - normal mean(d normal)) with d = weight dy
        dy *= self.w
        xp.multiply(dy, self.normal, out=self.scratch)
        along = xp.mean(self.scratch, axis=self.axes, keepdims=True)
        dy -= xp.mean(dy, axis=self.axes, keepdims=True)
        dy -= xp.multiply(self.normal, along, out=self.scratch)
        dy *= self.inverse
        return [dy]


class BatchNorm(Normalisation):
    axes = (1, 2, 3)

    def __init__(self, context: Context, *rest: object) -> None:
        super().__init__(context, *rest)
        self.running_mean, self.running_var = self.weight("running_mean"), self.weight("running_var")

    def weight_shape(self) -> tuple[int, ...]:
        return (self.y.shape[0], 1, 1, 1)

    def forward(self) -> None:
        xp, shape = self.context.xp, self.weight_shape()
        if not self.context.position.training:
            inverse = 1 / xp.sqrt(self.running_var + self.layer["epsilon"])
            xp.subtract(self.x, self.running_mean.reshape(shape), out=self.normal)
            self.normal *= inverse.reshape(shape)
            self.scale()
            return
        self.normalise()
        self.scale()
        momentum = self.layer["momentum"]
        unbiased = self.count / max(self.count - 1, 1)
        for running, value, factor in ((self.running_mean, self.mean, 1.0), (self.running_var, self.variance, unbiased)):
            running *= 1 - momentum
            running += (momentum * factor) * value.reshape(-1)


class LayerNorm(Normalisation):
    axes = (0, 2, 3)

    def weight_shape(self) -> tuple[int, ...]:
        c, _, h, w = self.y.shape
        return (c, 1, h, w)

    def forward(self) -> None:
        self.normalise()
        self.scale()
