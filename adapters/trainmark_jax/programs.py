"""The compiled programs of a workload: one step, a loop over steps, and evaluation, for every size of batch."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from .model import Model, State
from .scopes import scope

LOOP_STEPS = 1024  # most steps of one call of the loop
EVALUATION_IMAGES = 1000  # at a time


@dataclass(frozen=True)
class Batches:
    """Where the images of a batch are: its size, and how they lie in the samples."""

    images: int
    kind: str  # gather: anywhere; slice: side by side; whole: all samples in their order

    def take(self, x: Array, labels: Array, order: Array, begin: Array) -> tuple[Array, Array]:
        """x (images, c, h, w), labels (images) of the batch whose indices are order[begin : begin + images]."""
        with scope("gather"):
            return self._take(x, labels, order, begin)

    def _take(self, x: Array, labels: Array, order: Array, begin: Array) -> tuple[Array, Array]:
        if self.kind == "whole":
            return x, labels
        if self.kind == "slice":
            first = order[begin]
            return lax.dynamic_slice_in_dim(x, first, self.images), lax.dynamic_slice_in_dim(labels, first, self.images)
        indices = lax.dynamic_slice(order, (begin,), (self.images,))
        # The helper has checked the indices.
        return x.at[indices].get(mode="promise_in_bounds"), labels.at[indices].get(mode="promise_in_bounds")


def kind_of(order: np.ndarray, batch: int, samples: int) -> str:
    """The kind of the batches of an order."""
    if len(order) > 1 and not (np.diff(order) == 1).all():
        return "gather"
    return "whole" if batch == samples and len(order) == samples else "slice"


@dataclass
class Programs:
    """Compiles on first use; `like` (shapes of all arguments) makes it happen in advance."""

    model: Model
    compiled: dict[tuple, Any] = field(default_factory=dict)

    def step(self, batches: Batches, like: tuple) -> Any:
        """(state, x, labels, order, begin, numbers, words) -> (state, loss, correct); the state is given away."""
        model = self.model

        def step(state: State, x: Array, labels: Array, order: Array, begin: Array, numbers: Array, words: Array | None) -> tuple[State, Array, Array]:
            return model.train(state, *batches.take(x, labels, order, begin), numbers, words)

        return self._compile(("step", batches), step, like)

    def loop(self, batches: Batches, like: tuple) -> Any:
        """(state, x, labels, order, begins, numbers, words, count) -> (state, losses, correct), arrays (LOOP_STEPS).

        A loop of so many steps as the caller says, where lax.scan would have to be compiled for each number of them."""
        model = self.model

        def loop(state: State, x: Array, labels: Array, order: Array, begins: Array, numbers: Array, words: Array | None, count: Array) -> tuple[State, Array, Array]:
            def body(i: Array, carry: tuple) -> tuple:
                state, losses, correct = carry
                state, loss, right = model.train(state, *batches.take(x, labels, order, begins[i]), numbers[i], None if words is None else words[i])
                return state, losses.at[i].set(loss), correct.at[i].set(right)

            start = (state, jnp.zeros(LOOP_STEPS, numbers.dtype), jnp.zeros(LOOP_STEPS, jnp.int32))
            return lax.fori_loop(0, count, body, start)

        return self._compile(("loop", batches), loop, like)

    def evaluation(self, images: int, like: tuple) -> Any:
        """(state, x, labels, first) -> (predictions (images), sum of losses)"""
        model = self.model

        def evaluation(state: State, x: Array, labels: Array, first: Array) -> tuple[Array, Array]:
            return model.evaluate(state, lax.dynamic_slice_in_dim(x, first, images), lax.dynamic_slice_in_dim(labels, first, images))

        return self._compile(("evaluation", images), evaluation, like, donate=())

    def _compile(self, key: tuple, function: Any, like: tuple, donate: tuple[int, ...] = (0,)) -> Any:
        if key not in self.compiled:
            self.compiled[key] = jax.jit(function, donate_argnums=donate).lower(*like).compile()
        return self.compiled[key]
