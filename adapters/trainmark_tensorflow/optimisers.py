"""Updates of one variable (docs/recipes.md). `numbers`: learning rate, rate over Adam's first correction, one over the
root of its second; computed in double precision by numbers_of. Keras' own Adam adds epsilon before the correction."""
from __future__ import annotations

import math
from typing import Callable

import tensorflow as tf

from trainmark_worker.batches import Step
from trainmark_worker.workload import Optimiser

Update = Callable[[Optimiser, tf.Variable, tf.Tensor, dict[str, tf.Variable], tf.Tensor], None]


def numbers_of(optimiser: Optimiser, step: Step) -> tuple[float, float, float]:
    if optimiser.kind not in ("adam", "adamw"):
        return step.learning_rate, 0.0, 0.0
    t = step.number + 1
    return step.learning_rate, step.learning_rate / (1 - optimiser.beta1**t), 1 / math.sqrt(1 - optimiser.beta2**t)


def _decayed(optimiser: Optimiser, w: tf.Variable, g: tf.Tensor) -> tf.Tensor:
    return g if optimiser.weight_decay == 0 else g + optimiser.weight_decay * w


def sgd(optimiser: Optimiser, w: tf.Variable, g: tf.Tensor, state: dict[str, tf.Variable], numbers: tf.Tensor) -> None:
    # One operation for each tensor: v <- momentum v + g, then w <- w - rate v, or w - rate (g + momentum v) with Nesterov.
    g, rate = _decayed(optimiser, w, g), numbers[0]
    if optimiser.momentum == 0:
        tf.raw_ops.ResourceApplyGradientDescent(var=w.handle, alpha=rate, delta=g)
        return
    momentum = tf.constant(optimiser.momentum, g.dtype)
    tf.raw_ops.ResourceApplyMomentum(var=w.handle, accum=state["momentum"].handle, lr=rate, grad=g, momentum=momentum, use_nesterov=optimiser.nesterov)


def adam(optimiser: Optimiser, w: tf.Variable, g: tf.Tensor, state: dict[str, tf.Variable], numbers: tf.Tensor) -> None:
    before = w.read_value()
    if optimiser.kind == "adamw":
        before = before - numbers[0] * optimiser.weight_decay * before
    else:
        g = _decayed(optimiser, w, g)
    a = optimiser.beta1 * state["exp_avg"] + (1 - optimiser.beta1) * g
    b = optimiser.beta2 * state["exp_avg_sq"] + (1 - optimiser.beta2) * tf.square(g)
    state["exp_avg"].assign(a)
    state["exp_avg_sq"].assign(b)
    w.assign(before - numbers[1] * a / (tf.sqrt(b) * numbers[2] + optimiser.epsilon))


def rmsprop(optimiser: Optimiser, w: tf.Variable, g: tf.Tensor, state: dict[str, tf.Variable], numbers: tf.Tensor) -> None:
    g = _decayed(optimiser, w, g)
    b = optimiser.alpha * state["square_avg"] + (1 - optimiser.alpha) * tf.square(g)
    state["square_avg"].assign(b)
    scaled = g / (tf.sqrt(b) + optimiser.epsilon)
    if optimiser.momentum != 0:
        scaled = optimiser.momentum * state["momentum"] + scaled
        state["momentum"].assign(scaled)
    w.assign_sub(numbers[0] * scaled)


OPTIMISERS: dict[str, Update] = {"sgd": sgd, "adam": adam, "adamw": adam, "rmsprop": rmsprop}


def clipped(gradients: list[tf.Tensor], most: float) -> list[tf.Tensor]:
    """All gradients times min(1, most / (norm + 1e-6))."""
    norm = tf.sqrt(tf.add_n([tf.reduce_sum(tf.square(g)) for g in gradients]))
    factor = tf.minimum(tf.ones((), norm.dtype), most / (norm + 1e-6))
    return [g * factor for g in gradients]
