"""Where the time of a step goes: the vocabulary of docs/protocol.md ("operations"), a timer for adapters whose parts are calls, and
the figures of the answer."""
from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any, Callable, Iterator

from .batches import Stretch
from .clock import now_ns

ABILITY = "operations"
OPERATIONS = ("gather", "matrix_multiplication", "convolution", "relu", "activation", "pooling", "normalisation", "dropout", "join", "loss", "clip", "update", "layout", "fused")
PHASES = ("forward", "backward", "update")
# What the time of a layer counts as.
OF_LAYER = {
    "dense": "matrix_multiplication", "conv2d": "convolution", "relu": "relu", "relu6": "activation", "gelu": "activation", "sigmoid": "activation", "tanh": "activation",
    "max_pool2d": "pooling", "average_pool2d": "pooling", "global_average_pool": "pooling", "batch_norm": "normalisation", "layer_norm": "normalisation",
    "dropout": "dropout", "add": "join", "concat": "join", "flatten": "layout",
}


@dataclass(frozen=True)
class Part:
    """What some time of a step is spent on."""

    operation: str
    phase: str
    layer: str | None = None

    def __post_init__(self) -> None:
        if self.operation not in OPERATIONS or self.phase not in PHASES:
            raise ValueError(f"there is no operation '{self.operation}' in a phase '{self.phase}'")


@dataclass
class TakenApart:
    """A stretch of steps whose parts were timed: ns and calls of each, over all of its steps."""

    elapsed_ns: int
    steps: int
    parts: dict[Part, tuple[float, float]] = field(default_factory=dict)


class Timer:
    """Times calls; they must not be within each other."""

    def __init__(self, synchronise: Callable[[], None]) -> None:
        self.synchronise = synchronise  # of a device: its work is done when this returns
        self.parts: dict[Part, tuple[float, float]] = {}

    def around(self, function: Callable, operation: str, phase: str, layer: str | None = None) -> Callable:
        """The function between two readings of the clock."""
        part = Part(operation, phase, layer)

        def timed(*arguments: Any, **named: Any) -> Any:
            begin = now_ns()
            result = function(*arguments, **named)
            self.synchronise()
            ns, calls = self.parts.get(part, (0.0, 0.0))
            self.parts[part] = (ns + now_ns() - begin, calls + 1)
            return result

        return timed

    def run(self, train: Callable[[Stretch], Any], stretches: list[Stretch]) -> list[TakenApart]:
        """Trains stretches that call what `around` gave."""
        found = []
        for stretch in stretches:
            self.parts = {}
            elapsed = time_of(train, self.synchronise, stretch)
            found.append(TakenApart(elapsed, len(stretch), self.parts))
        return found


def time_of(train: Callable[[Stretch], Any], synchronise: Callable[[], None], stretch: Stretch) -> int:
    """ns of a stretch, as `train` requests time it."""
    synchronise()
    begin = now_ns()
    train(stretch)
    synchronise()
    return now_ns() - begin


@contextlib.contextmanager
def replaced(*changes: tuple[Any, str, Any]) -> Iterator[None]:
    """(object, attribute, value): attributes of objects that have other values for a while."""
    missing = object()
    before = [(owner, name, vars(owner).get(name, missing)) for owner, name, _ in changes]
    try:
        for owner, name, value in changes:
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in reversed(before):
            if value is missing:
                delattr(owner, name)
            else:
                setattr(owner, name, value)


def middle_half(values: list[float]) -> list[int]:
    """Places of the middle half by value: a mean over them is exact for sums, and does not see what was disturbed."""
    order = sorted(range(len(values)), key=values.__getitem__)
    cut = len(order) // 4
    return order[cut : len(order) - cut]


def answer(taken: list[TakenApart], plain: list[tuple[int, int]]) -> dict:
    """The answer to `operations`; plain: (ns, steps) of stretches whose parts were not timed."""
    middle = [taken[i] for i in middle_half([t.elapsed_ns / t.steps for t in taken])]
    steps = sum(t.steps for t in middle)
    sums: dict[Part, tuple[float, float]] = {}
    for stretch in middle:
        for part, (ns, calls) in stretch.parts.items():
            before = sums.get(part, (0.0, 0.0))
            sums[part] = (before[0] + ns, before[1] + calls)
    operations = []
    for part in sorted(sums, key=lambda p: (PHASES.index(p.phase), OPERATIONS.index(p.operation), p.layer or "")):
        ns, calls = sums[part]
        operations.append({"operation": part.operation, "phase": part.phase, "time_ns": ns / steps, "calls": calls / steps} | ({"layer": part.layer} if part.layer else {}))
    undisturbed = [plain[i] for i in middle_half([ns / count for ns, count in plain])]
    plain_ns = sum(ns for ns, _ in undisturbed) / sum(count for _, count in undisturbed)
    return {"operations": operations, "step_ns": sum(t.elapsed_ns for t in middle) / steps, "plain_ns": plain_ns}
