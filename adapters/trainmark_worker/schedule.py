"""The learning rate of a step: the closed forms of PyTorch's schedulers, as docs/recipes.md has them."""
from __future__ import annotations

import math

from .errors import Unsupported
from .workload import Schedule

SCHEDULES = ("constant", "step", "cosine")


def learning_rate_at(schedule: Schedule, base: float, step: int) -> float:
    """Learning rate of step `step`, counted from 0, where `base` is recipe.optimiser.learning_rate."""
    if step < schedule.warm_up:
        return base * (schedule.warm_up_start + (1 - schedule.warm_up_start) * step / schedule.warm_up)
    after = step - schedule.warm_up
    if schedule.kind == "constant":
        return base
    if schedule.kind == "step":
        return base * schedule.gamma ** (after // schedule.period)
    if schedule.kind == "cosine":
        return schedule.minimum + (base - schedule.minimum) * (1 + math.cos(math.pi * after / schedule.period)) / 2
    raise Unsupported(f"there is no schedule '{schedule.kind}'; known are {', '.join(SCHEDULES)}")
