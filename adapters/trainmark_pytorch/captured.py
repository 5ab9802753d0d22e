"""A step as a CUDA graph: the device runs gather, forward, backward and update without the host.

A graph knows only addresses, so everything that changes lies in tensors that it reads by the number of a slot, which it
counts itself: the indices of the batches of a stretch, learning rates, and where losses and correct answers go. The host
fills the slots of many steps at once and then only replays.
"""
from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from trainmark_worker.batches import Stretch
from trainmark_worker.workload import Workload

from .data import Batches, ranges
from .eager import EagerTrainer
from .layers import Network
from .record import Record

_MOST_SLOTS = 1024
_MOST_INDICES = 1 << 22  # of all slots together: 32 MiB
_WARM_UPS = 3  # before capturing, so that libraries have chosen their algorithms and made their workspaces


class Program:
    """A step for one batch size, to be captured. Without CUDA (tests) every replay is a plain call."""

    def __init__(self, trainer: CapturedTrainer, images: int) -> None:
        device = trainer.device
        self.trainer, self.images = trainer, images
        self.slots = max(1, min(_MOST_SLOTS, _MOST_INDICES // images))
        self.indices = torch.zeros((self.slots, images), dtype=torch.int64, device=device)
        self.rates = torch.zeros(self.slots, dtype=torch.float32, device=device)
        self.losses = torch.zeros(self.slots, **trainer.like)
        self.correct = torch.zeros(self.slots, dtype=torch.int64, device=device)
        self.slot = torch.zeros(1, dtype=torch.int64, device=device)
        self.graph: Any = None
        self.gradients: list[Tensor] = []

    def run(self, masks: dict[str, Tensor] | None = None) -> None:
        """The step of the present slot, not replayed."""
        trainer, slot = self.trainer, self.slot
        split, optimiser = trainer.batches.split, trainer.optimiser
        if trainer.one_batch:
            x, labels = split.part(0, self.images), split.labels[: self.images]
        else:
            indices = self.indices.index_select(0, slot).view(-1)
            x, labels = split.gather(indices), split.labels.index_select(0, indices)
        optimiser.rate.copy_(self.rates.index_select(0, slot).view(()))
        for leaf in trainer.leaves:
            leaf.grad = None
        record = Record(trainer.recipe.passes)
        trainer.forward_backward(x, labels, record, masks)
        if trainer.recipe.clip_norm > 0:
            torch.nn.utils.clip_grad_norm_(trainer.leaves, trainer.recipe.clip_norm)
        optimiser.step()
        record.count()
        self.losses.index_copy_(0, slot, torch.stack(record.losses).mean().view(1))
        self.correct.index_copy_(0, slot, torch.cat(record.correct).sum().view(1))
        self.gradients = [leaf.grad for leaf in trainer.leaves]
        slot.add_(1)

    def capture(self) -> None:
        """Warms up on a stream of its own, as CUDA graphs need it, then captures. Changes the state."""
        if self.trainer.device.type != "cuda":
            return
        stream = torch.cuda.Stream(self.trainer.device)
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UPS):
                self.slot.zero_()
                self.run()
        torch.cuda.current_stream().wait_stream(stream)
        self.slot.zero_()
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.run()
        self.graph.replay()
        torch.cuda.synchronize(self.trainer.device)


class CapturedTrainer(EagerTrainer):
    """Trains by replaying; steps with masks of the proof run the same function uncaptured."""

    rate_on_device = True

    def __init__(self, workload: Workload, network: Network, like: dict, amp: bool) -> None:
        super().__init__(workload, network, like, amp)
        self.programs: dict[int, Program] = {}
        self.one_batch = False
        self.last: Program | None = None

    def set_batches(self, batches: Batches) -> None:
        # A full batch in stored order is the samples themselves: nothing is gathered.
        one_batch = self.workload.steps_per_epoch == 1 and all(batches.consecutive) and not any(batches.first)
        changed = self.programs and (one_batch != self.one_batch or batches.split is not self.batches.split)
        self.batches, self.one_batch = batches, one_batch
        if changed:
            self.compile()

    def compile(self) -> None:
        self.network.train()
        self.programs = {images: Program(self, images) for images in {self.workload.batch_size, self.workload.last_batch_size}}
        for program in self.programs.values():
            program.capture()

    def train(self, stretch: Stretch) -> Any:
        masks = self.masks_of(stretch)
        self.network.train()
        self.optimiser.begin(stretch.steps[0].number)
        losses, correct = [], []
        sizes = {len(step) for step in stretch.steps}
        most = min(self.programs[size].slots for size in sizes)
        for run in ranges(stretch.steps, most):
            count = len(run.steps)
            self.last = program = self.programs[len(run.steps[0])]
            program.indices[:count].copy_(self.batches.orders[run.order][run.begin : run.end].view(count, -1))
            program.rates[:count].copy_(torch.tensor([step.learning_rate for step in run.steps], dtype=torch.float32), non_blocking=True)
            program.slot.zero_()
            once = program.graph.replay if program.graph is not None and masks is None else lambda: program.run(masks)
            for _ in range(count):
                once()
            losses.append(program.losses[:count].clone())
            correct.append(program.correct[:count].clone())
        self.optimiser.next_step += len(stretch)
        return torch.cat(losses), torch.cat(correct)

    def results(self, handle: Any) -> tuple[np.ndarray, np.ndarray]:
        losses, correct = handle
        return losses.cpu().double().numpy(), correct.cpu().numpy().astype(np.int32)

    def gradients(self) -> list[Tensor]:
        return self.last.gradients if self.last is not None else []
