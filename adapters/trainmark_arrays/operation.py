"""What all operations share: buffers that are counted, weights with gradients, and the place in the training."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from trainmark_worker.workload import Layer

Array = Any  # of the module xp


class Buffers:
    """Makes arrays and counts their bytes by the components of the protocol's `memory`."""

    def __init__(self, xp: Any, dtype: str) -> None:
        self.xp = xp
        self.dtype = xp.dtype(dtype)
        self.bytes: dict[str, int] = {}

    def make(self, shape: tuple[int, ...], component: str, dtype: Any = None, zero: bool = False) -> Array:
        array = (self.xp.zeros if zero else self.xp.empty)(shape, dtype or self.dtype)
        self.bytes[component] = self.bytes.get(component, 0) + array.nbytes
        return array

    def like(self, other: Array, component: str, dtype: Any = None) -> Array:
        """Of the shape and the order in memory of `other`."""
        array = self.xp.empty_like(other, dtype=dtype or self.dtype)
        self.bytes[component] = self.bytes.get(component, 0) + array.nbytes
        return array


@dataclass
class Position:
    """Where the training is; set before each pass."""

    training: bool = True
    seed: int = 0
    step: int = 0  # global number
    first: int = 0  # place of the first image within the batch: 0, but in later passes
    masks: dict[str, Array] | None = None  # dropout masks from a file


@dataclass
class Context:
    """What an operation is made with."""

    xp: Any
    buffers: Buffers
    weights: dict[str, Array]  # tensors of the state by name
    gradients: dict[str, Array]  # of the learned ones
    position: Position = field(default_factory=Position)


class Operation:
    """A layer for one batch size. `y` is its output (channels, images, height, width).

    `backward` gets the gradient of y, which it may overwrite, and returns that of each input (None where it is not
    needed) in arrays of which it gives away each once and which it does not read again.
    """

    y: Array

    def __init__(self, context: Context, layer: Layer, inputs: list[Array], needed: list[bool], in_place: bool) -> None:
        self.context = context
        self.layer = layer
        self.inputs = inputs
        self.needed = needed  # whether the gradient of an input is needed
        self.in_place = in_place  # whether y may be the memory of the only input

    @property
    def x(self) -> Array:
        return self.inputs[0]

    def weight(self, suffix: str) -> Array | None:
        return self.context.weights.get(f"{self.layer.name}.{suffix}")

    def gradient(self, suffix: str) -> Array | None:
        return self.context.gradients.get(f"{self.layer.name}.{suffix}")

    def output(self, component: str = "activations") -> Array:
        """A buffer for the output (channels, images, height, width)."""
        c, h, w = self.layer.output
        return self.context.buffers.make((c, self.x.shape[1], h, w), component)

    def forward(self) -> None:
        raise NotImplementedError

    def backward(self, dy: Array) -> list[Array | None]:
        raise NotImplementedError
