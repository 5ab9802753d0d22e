"""Which samples a step sees: orders, steps, stretches of steps, and the checksum of what was consumed."""
from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import Failed
from .schedule import learning_rate_at
from .workload import Workload


@dataclass(frozen=True)
class Step:
    """A step of the training: indices == orders[order][begin:end]."""

    number: int  # global, from 0
    learning_rate: float
    order: int  # which order file
    begin: int
    end: int
    indices: np.ndarray  # int32 (images), a view

    def __len__(self) -> int:
        return self.end - self.begin


@dataclass(frozen=True)
class Stretch:
    """Steps to be trained one after the other, without a pause."""

    steps: tuple[Step, ...]
    seed: int  # of the repetition, for dropout masks
    masks: dict[str, np.ndarray] | None  # dropout layer -> uint8 (images, channels, height, width), 1 kept, of the only step; usually None

    def __len__(self) -> int:
        return len(self.steps)

    def runs(self) -> list[tuple[Step, ...]]:
        """The steps cut where the batch size changes, for frameworks that stack steps of one shape."""
        runs: list[list[Step]] = []
        for step in self.steps:
            if not runs or len(runs[-1][-1]) != len(step):
                runs.append([])
            runs[-1].append(step)
        return [tuple(run) for run in runs]


class Orders:
    """Orders of a repetition, checked: every batch is there, and every index is a sample."""

    def __init__(self, workload: Workload, orders: list[np.ndarray], order_of_epoch: list[int]) -> None:
        epochs = workload.recipe.epochs if workload.neighbours is None else 0
        if len(order_of_epoch) != epochs or not all(0 <= i < len(orders) for i in order_of_epoch):
            raise Failed(f"the request: 'order_of_epoch' must hold {epochs} numbers of the {len(orders)} orders")
        for i, order in enumerate(orders):
            if len(order) != workload.order_length:
                raise Failed(f"order {i} has {len(order)} indices; an epoch of this workload has {workload.order_length}")
            if order.min() < 0 or order.max() >= workload.stored_count:
                raise Failed(f"order {i} has the index {order.min() if order.min() < 0 else order.max()}, but the samples are 0 to {workload.stored_count - 1}")
        self.workload = workload
        self.orders = orders
        self.order_of_epoch = order_of_epoch

    def step(self, number: int) -> Step:
        """Step `number` of the training."""
        workload = self.workload
        epoch, i = divmod(number, workload.steps_per_epoch)
        order = self.order_of_epoch[epoch]
        begin = i * workload.batch_size
        end = begin + workload.batch_of(number)
        rate = learning_rate_at(workload.recipe.schedule, workload.recipe.optimiser.learning_rate, number)
        return Step(number, rate, order, begin, end, self.orders[order][begin:end])

    def steps(self, first: int, count: int) -> tuple[Step, ...]:
        """Steps `first` to `first + count - 1`."""
        return tuple(self.step(number) for number in range(first, first + count))


def read_order(path: Path) -> np.ndarray:
    """int32 (indices of an epoch)."""
    raw = path.read_bytes()
    if len(raw) % 4:
        raise Failed(f"the order in the file '{path}' has {len(raw)} bytes, which are no int32")
    order = np.frombuffer(raw, "<i4").astype(np.int32)
    order.flags.writeable = False
    return order


def crc_of(steps: tuple[Step, ...]) -> int:
    """CRC-32 of the indices of all steps as little-endian int32."""
    crc = 0
    for step in steps:
        crc = zlib.crc32(np.ascontiguousarray(step.indices, "<i4"), crc)
    return crc
