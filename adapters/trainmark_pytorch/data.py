"""Samples, orders and batches on the device.

Samples are converted once to the type of the computation and stay on the device, as is usual for sets of this size;
sets that would take more than 2 GiB so stay in 8 bits and are looked up batch by batch. Either way every input is the
value of the table.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

import numpy as np
import torch
from torch import Tensor

from trainmark_worker.batches import Step
from trainmark_worker.samples import Samples

RESIDENT_BYTES = 2 << 30  # of converted inputs that are kept
# Batches of so many bytes are gathered together: one call for several small batches, which are still in the cache when
# their turn comes.
_GATHER_BYTES = 1 << 20
_CHUNK = 4096  # images that are looked up at a time


class Split:
    """Inputs and labels of a split.

    Rows are images as they lie in memory: (channels, height, width), or (height, width, channels) for channels-last.
    """

    def __init__(self, samples: Samples, table: np.ndarray, dtype: torch.dtype, device: torch.device, channels_last: bool) -> None:
        self.count = samples.count
        self.image = samples.images.shape[1:]
        self.channels_last = channels_last
        self.table = torch.from_numpy(table.copy()).to(device, dtype)
        # Each channel has its own part of the table.
        self.offsets = (torch.arange(self.image[0], dtype=torch.int32) * 256).to(device).view(-1, 1, 1)
        self.labels = torch.from_numpy(samples.labels.astype(np.int64)).to(device)
        pixels = torch.from_numpy(np.array(samples.images)).to(device)
        if channels_last:
            pixels = pixels.permute(0, 2, 3, 1).contiguous()
            self.offsets = self.offsets.view(-1)
        self.rows = pixels
        if pixels.numel() * dtype.itemsize <= RESIDENT_BYTES:
            self.rows = torch.empty(pixels.shape, dtype=dtype, device=device)
            for part, from_ in zip(self.rows.split(_CHUNK), pixels.split(_CHUNK)):
                part.copy_(self._look_up(from_))

    @property
    def bytes(self) -> int:
        return sum(t.numel() * t.element_size() for t in (self.rows, self.labels))

    def replace(self, other: Split) -> bool:
        """Takes the samples of `other` into its own memory, whose addresses compiled programs know; False if they do not fit."""
        if self.rows.shape != other.rows.shape or self.rows.dtype != other.rows.dtype:
            return False
        for mine, others in ((self.rows, other.rows), (self.labels, other.labels), (self.table, other.table)):
            mine.copy_(others)
        return True

    def _look_up(self, pixels: Tensor) -> Tensor:
        """Inputs of rows uint8: the values of the table."""
        places = pixels.to(torch.int32) + self.offsets
        return self.table.view(-1).index_select(0, places.view(-1)).view(pixels.shape)

    def _inputs(self, rows: Tensor) -> Tensor:
        """(n, channels, height, width) of rows."""
        if rows.dtype == torch.uint8:
            rows = self._look_up(rows)
        return rows.permute(0, 3, 1, 2) if self.channels_last else rows

    def gather(self, indices: Tensor) -> Tensor:
        """Inputs of the images `indices` (n)."""
        return self._inputs(self.rows.index_select(0, indices))

    def part(self, begin: int, end: int) -> Tensor:
        """Inputs of images that lie behind each other; a view."""
        return self._inputs(self.rows[begin:end])

    def image_bytes(self) -> int:
        """Bytes of an image as the network reads it."""
        return int(np.prod(self.image)) * self.table.element_size()


@dataclass(frozen=True)
class Range:
    """Steps of one batch size whose indices lie behind each other in one order."""

    steps: list[Step]
    order: int
    begin: int
    end: int


def ranges(steps: tuple[Step, ...], most: int = 1 << 62) -> Iterator[Range]:
    """Cuts steps into ranges of at most `most` steps."""
    run: list[Step] = []
    for step in steps:
        if run and (len(run) == most or step.order != run[-1].order or step.begin != run[-1].end or len(step) != len(run[-1])):
            yield Range(run, run[-1].order, run[0].begin, run[-1].end)
            run = []
        run.append(step)
    if run:
        yield Range(run, run[-1].order, run[0].begin, run[-1].end)


class Batches:
    """The training split in the orders of a repetition."""

    def __init__(self, split: Split, orders: list[np.ndarray]) -> None:
        device = split.labels.device
        self.split = split
        self.first = [int(order[0]) for order in orders]
        # Orders that count up are views of the samples: nothing is gathered.
        self.consecutive = [bool((np.diff(order) == 1).all()) for order in orders]
        self.orders = [torch.from_numpy(order.astype(np.int64)).to(device) for order in orders]

    def of(self, steps: tuple[Step, ...]) -> Iterator[tuple[Step, Tensor, Tensor]]:
        """Step, inputs (n, c, h, w), labels (n), for each step."""
        split = self.split
        for run in ranges(steps):
            size = len(run.steps[0])
            if self.consecutive[run.order]:
                begin, end = self.first[run.order] + run.begin, self.first[run.order] + run.end
                yield from zip(run.steps, split.part(begin, end).split(size), split.labels[begin:end].split(size))
                continue
            indices = self.orders[run.order][run.begin : run.end]
            labels = split.labels.index_select(0, indices).split(size)
            together = size * max(1, _GATHER_BYTES // (size * split.image_bytes()))
            i = 0
            for part in indices.split(together):
                for x in split.gather(part).split(size):
                    yield run.steps[i], x, labels[i]
                    i += 1
