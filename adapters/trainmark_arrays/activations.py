"""Activations, element by element; those whose derivative follows from their output may work in place."""
from __future__ import annotations

import math

from .operation import Array, Context, Operation


class Activation(Operation):
    def __init__(self, context: Context, *rest: object) -> None:
        super().__init__(context, *rest)
        self.y = self.x if self.in_place else context.buffers.like(self.x, "activations")
        self.scratch = self.make_scratch()

    def make_scratch(self) -> Array:
        return self.context.buffers.like(self.x, "workspace")


class Relu(Activation):
    def make_scratch(self) -> Array:
        return self.context.buffers.like(self.x, "workspace", bool)

    def forward(self) -> None:
        self.context.xp.maximum(self.x, 0, out=self.y)

    def backward(self, dy: Array) -> list[Array | None]:
        dy *= self.context.xp.greater(self.y, 0, out=self.scratch)
        return [dy]


class Relu6(Activation):
    def make_scratch(self) -> Array:
        return self.context.buffers.like(self.x, "workspace", bool)

    def forward(self) -> None:
        xp = self.context.xp
        xp.minimum(xp.maximum(self.x, 0, out=self.y), 6, out=self.y)

    def backward(self, dy: Array) -> list[Array | None]:
        xp = self.context.xp
        dy *= xp.greater(self.y, 0, out=self.scratch)
        dy *= xp.less(self.y, 6, out=self.scratch)
        return [dy]


class Sigmoid(Activation):
    """1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2, which overflows nowhere."""

    def forward(self) -> None:
        xp, y = self.context.xp, self.y
        xp.multiply(self.x, 0.5, out=y)
        xp.tanh(y, out=y)
        y += 1
        y *= 0.5

    def backward(self, dy: Array) -> list[Array | None]:
        xp = self.context.xp
        dy *= self.y
        dy *= xp.subtract(1, self.y, out=self.scratch)
        return [dy]


class Tanh(Activation):
    def forward(self) -> None:
        self.context.xp.tanh(self.x, out=self.y)

    def backward(self, dy: Array) -> list[Array | None]:
        xp = self.context.xp
        xp.multiply(self.y, self.y, out=self.scratch)
        dy *= xp.subtract(1, self.scratch, out=self.scratch)
        return [dy]


class Gelu(Activation):
    """x Phi(x), Phi(x) = (1 + erf(x / sqrt(2))) / 2; the derivative is Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi)."""

    def __init__(self, context: Context, *rest: object) -> None:
        super().__init__(context, *rest)
        if self.in_place:
            self.y = context.buffers.like(self.x, "activations")  # the derivative needs x
        self.phi = context.buffers.like(self.x, "activations")

    def forward(self) -> None:
        xp, phi = self.context.xp, self.phi
        xp.multiply(self.x, 1 / math.sqrt(2), out=self.scratch)
        phi[...] = xp.erf(self.scratch)
        phi += 1
        phi *= 0.5
        xp.multiply(self.x, phi, out=self.y)

    def backward(self, dy: Array) -> list[Array | None]:
        xp, t = self.context.xp, self.scratch
        xp.multiply(self.x, self.x, out=t)
        t *= -0.5
        xp.exp(t, out=t)
        t *= self.x
        t *= 1 / math.sqrt(2 * math.pi)
        t += self.phi
        dy *= t
        return [dy]
