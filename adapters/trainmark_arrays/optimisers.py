"""Updates (docs/recipes.md) of all learned values at once: weights, gradients and state are one long array each.

Nothing is allocated: `t` is scratch memory of the same length. Gradients may be overwritten.
"""
from __future__ import annotations

import math
from typing import Any

from trainmark_worker.workload import Optimiser

from .operation import Array

State = dict[str, Array]  # suffix -> (values)


def _decay(xp: Any, optimiser: Optimiser, w: Array, g: Array, t: Array) -> None:
    """g <- g + weight_decay w"""
    if optimiser.weight_decay != 0:
        g += xp.multiply(w, optimiser.weight_decay, out=t)


def sgd(xp: Any, optimiser: Optimiser, w: Array, g: Array, state: State, t: Array, rate: float, count: int) -> None:
    _decay(xp, optimiser, w, g, t)
    if optimiser.momentum == 0:
        w -= xp.multiply(g, rate, out=t)
        return
    v = state["momentum"]
    v *= optimiser.momentum
    v += g
    if optimiser.nesterov:
        g += xp.multiply(v, optimiser.momentum, out=t)
        w -= xp.multiply(g, rate, out=g)
    else:
        w -= xp.multiply(v, rate, out=t)


def adam(xp: Any, optimiser: Optimiser, w: Array, g: Array, state: State, t: Array, rate: float, count: int) -> None:
    """Adam and AdamW; `count` is the number of this update, from 1."""
    if optimiser.kind == "adamw":
        w *= 1 - rate * optimiser.weight_decay
    else:
        _decay(xp, optimiser, w, g, t)
    a, b, beta1, beta2 = state["exp_avg"], state["exp_avg_sq"], optimiser.beta1, optimiser.beta2
    a *= beta1
    a += xp.multiply(g, 1 - beta1, out=t)
    b *= beta2
    g *= g
    g *= 1 - beta2
    b += g
    xp.sqrt(b, out=t)
    t *= 1 / math.sqrt(1 - beta2**count)
    t += optimiser.epsilon
    xp.divide(a, t, out=t)
    t *= rate / (1 - beta1**count)
    w -= t


def rmsprop(xp: Any, optimiser: Optimiser, w: Array, g: Array, state: State, t: Array, rate: float, count: int) -> None:
    _decay(xp, optimiser, w, g, t)
    b = state["square_avg"]
    b *= optimiser.alpha
    xp.multiply(g, g, out=t)
    t *= 1 - optimiser.alpha
    b += t
    xp.sqrt(b, out=t)
    t += optimiser.epsilon
    g /= t
    if optimiser.momentum != 0:
        v = state["momentum"]
        v *= optimiser.momentum
        v += g
        w -= xp.multiply(v, rate, out=t)
    else:
        w -= xp.multiply(g, rate, out=g)


OPTIMISERS = {"sgd": sgd, "adam": adam, "adamw": adam, "rmsprop": rmsprop}


def clip(xp: Any, g: Array, most: float) -> None:
    """Gradients times min(1, most / (norm + 1e-6)), without waiting for a device."""
    norm = xp.sqrt(xp.vdot(g, g))
    g *= xp.minimum(most / (norm + 1e-6), 1.0).astype(g.dtype)
