"""Updates of one tensor (docs/recipes.md), with everything that depends on the step alone computed outside.

`numbers` are those of the step, from `numbers_of`: (rate, the root's factor) in the type of the computation.
"""
from __future__ import annotations

import math
from typing import Callable

import jax.numpy as jnp
from jax import Array

from trainmark_worker.batches import Step
from trainmark_worker.workload import Optimiser

State = dict[str, Array]  # suffix -> tensor
Update = Callable[[Optimiser, Array, Array, State, Array], tuple[Array, State]]


def numbers_of(optimiser: Optimiser, step: Step) -> tuple[float, float, float]:
    """Learning rate, rate over Adam's first correction, one over the root of the second; in double precision."""
    if optimiser.kind not in ("adam", "adamw"):
        return step.learning_rate, 0.0, 0.0
    t = step.number + 1
    return step.learning_rate, step.learning_rate / (1 - optimiser.beta1**t), 1 / math.sqrt(1 - optimiser.beta2**t)


def _decayed(optimiser: Optimiser, w: Array, g: Array) -> Array:
    return g if optimiser.weight_decay == 0 else g + optimiser.weight_decay * w


def sgd(optimiser: Optimiser, w: Array, g: Array, state: State, numbers: Array) -> tuple[Array, State]:
    g = _decayed(optimiser, w, g)
    if optimiser.momentum == 0:
        return w - numbers[0] * g, {}
    v = optimiser.momentum * state["momentum"] + g
    return w - numbers[0] * (g + optimiser.momentum * v if optimiser.nesterov else v), {"momentum": v}


def adam(optimiser: Optimiser, w: Array, g: Array, state: State, numbers: Array) -> tuple[Array, State]:
    if optimiser.kind == "adamw":
        w = w - numbers[0] * optimiser.weight_decay * w
    else:
        g = _decayed(optimiser, w, g)
    a = optimiser.beta1 * state["exp_avg"] + (1 - optimiser.beta1) * g
    b = optimiser.beta2 * state["exp_avg_sq"] + (1 - optimiser.beta2) * g * g
    return w - numbers[1] * a / (jnp.sqrt(b) * numbers[2] + optimiser.epsilon), {"exp_avg": a, "exp_avg_sq": b}


def rmsprop(optimiser: Optimiser, w: Array, g: Array, state: State, numbers: Array) -> tuple[Array, State]:
    g = _decayed(optimiser, w, g)
    b = optimiser.alpha * state["square_avg"] + (1 - optimiser.alpha) * g * g
    scaled = g / (jnp.sqrt(b) + optimiser.epsilon)
    if optimiser.momentum == 0:
        return w - numbers[0] * scaled, {"square_avg": b}
    v = optimiser.momentum * state["momentum"] + scaled
    return w - numbers[0] * v, {"square_avg": b, "momentum": v}


OPTIMISERS: dict[str, Update] = {"sgd": sgd, "adam": adam, "adamw": adam, "rmsprop": rmsprop}


def clipped(gradients: dict[str, Array], most: float) -> dict[str, Array]:
    """All gradients times min(1, most / (norm + 1e-6))."""
    norm = jnp.sqrt(sum(jnp.square(g).sum() for g in gradients.values()))
    factor = jnp.minimum(1.0, most / (norm + 1e-6))
    return {name: g * factor for name, g in gradients.items()}
