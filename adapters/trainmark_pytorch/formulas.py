"""Clipping and updates as plain tensor arithmetic, for a step that torch.compile turns into one graph.

The formulas are those of docs/recipes.md. What changes from step to step comes in a tensor, so that nothing is compiled
again: a row of `step_numbers`.
"""
from __future__ import annotations

import torch
from torch import Tensor

from trainmark_worker.workload import Optimiser


def step_numbers(o: Optimiser, rate: float, number: int) -> tuple[float, float, float]:
    """Of step `number` from 0 on: its learning rate, and for adam rate / (1 - beta1^t) and 1 / (1 - beta2^t)."""
    if o.kind not in ("adam", "adamw"):
        return rate, 0.0, 0.0
    t = number + 1
    return rate, rate / (1 - o.beta1**t), 1 / (1 - o.beta2**t)


def clip(gradients: list[Tensor], most: float) -> list[Tensor]:
    """Gradients whose common norm is at most `most`."""
    norm = torch.stack([g.square().sum() for g in gradients]).sum().sqrt()
    factor = (most / (norm + 1e-6)).clamp(max=1.0)
    return [g * factor for g in gradients]


def update(o: Optimiser, w: Tensor, g: Tensor, state: list[Tensor], numbers: Tensor) -> None:
    """Moves w in place; `state` in the order of Optimiser.state_suffixes."""
    rate = numbers[0]
    if o.kind == "adamw":
        w.mul_(1 - rate * o.weight_decay)
    elif o.weight_decay != 0:
        g = g + o.weight_decay * w
    if o.kind in ("adam", "adamw"):
        a, b = state
        a.mul_(o.beta1).add_(g * (1 - o.beta1))
        b.mul_(o.beta2).add_(g * g * (1 - o.beta2))
        w.sub_(numbers[1] * a / ((b * numbers[2]).sqrt() + o.epsilon))
        return
    if o.kind == "rmsprop":
        b = state[0]
        b.mul_(o.alpha).add_(g * g * (1 - o.alpha))
        g = g / (b.sqrt() + o.epsilon)
    if o.momentum != 0:
        v = state[-1]
        v.mul_(o.momentum).add_(g)
        g = g + o.momentum * v if o.nesterov else v
    w.sub_(rate * g)
