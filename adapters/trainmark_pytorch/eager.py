"""A training step as everybody writes it: forward, backward, optimiser; also in channels-last and under autocast."""
from __future__ import annotations

import contextlib
from typing import Any, Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from trainmark_worker.batches import Stretch
from trainmark_worker.workload import Recipe, Workload

from .data import Batches
from .layers import Network
from .optimisers import Optimiser
from .record import Record

Loss = Callable[[Tensor, Tensor], Tensor]  # logits (n, classes), labels (n) -> mean loss ()


def make_loss(recipe: Recipe, classes: int, like: dict) -> Loss:
    """The loss of a recipe."""
    smoothing = recipe.label_smoothing
    if recipe.loss == "mean_squared_error":
        # F.one_hot looks at the values of the labels, which waits for the device.
        targets = torch.eye(classes, **like)
        return lambda logits, labels: F.mse_loss(logits, targets.index_select(0, labels))
    return lambda logits, labels: F.cross_entropy(logits, labels, label_smoothing=smoothing)


class EagerTrainer:
    """Runs steps; other modes replace parts of it."""

    rate_on_device = False

    def __init__(self, workload: Workload, network: Network, like: dict, amp: bool) -> None:
        self.workload, self.recipe, self.network, self.like = workload, workload.recipe, network, like
        self.parameters = {tensor.name: network.tensor(tensor) for tensor in workload.network.tensors if tensor.learned}
        self.leaves = list(self.parameters.values())
        self.device = self.leaves[0].device
        self.optimiser = Optimiser(self.recipe.optimiser, self.parameters, self.rate_on_device)
        self.loss = make_loss(self.recipe, workload.network.classes, like)
        self.batches: Batches
        self.amp = amp

    def precision(self) -> contextlib.AbstractContextManager:
        """Autocast to bfloat16, or nothing."""
        return torch.autocast(self.device.type, torch.bfloat16) if self.amp else contextlib.nullcontext()

    def forward(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and logits of a part of a batch."""
        if not self.amp:
            logits = self.network(x)
            return self.loss(logits, labels), logits
        with self.precision():
            logits = self.network(x)
            return self.loss(logits, labels), logits

    def set_batches(self, batches: Batches) -> None:
        self.batches = batches

    def compile(self) -> None:
        """Nothing to compile."""

    def forward_backward(self, x: Tensor, labels: Tensor, record: Record, masks: dict[str, Tensor] | None) -> None:
        """Leaves the gradients of a batch in the parameters."""
        passes = self.recipe.passes
        if passes == 1:
            self.set_masks(masks, 0, len(labels))
            loss, logits = self.forward(x, labels)
            loss.backward()
            record.add(loss, logits, labels)
            return
        part = len(labels) // passes
        for first in range(0, len(labels), part):
            self.set_masks(masks, first, part)
            loss, logits = self.forward(x[first : first + part], labels[first : first + part])
            (loss / passes).backward()
            record.add(loss, logits, labels[first : first + part])

    def set_masks(self, masks: dict[str, Tensor] | None, first: int, count: int) -> None:
        """Masks for the images of the next forward pass; None: PyTorch draws them."""
        for name, layer in self.network.dropouts.items():
            layer.mask = None if masks is None else masks[name][first : first + count]

    def masks_of(self, stretch: Stretch) -> dict[str, Tensor] | None:
        if stretch.masks is None:
            return None
        return {name: torch.from_numpy(mask.astype(np.float32)).to(**self.like) for name, mask in stretch.masks.items()}

    def train(self, stretch: Stretch) -> Any:
        """Runs the steps of a stretch; the handle is for `results`."""
        masks, record, optimiser = self.masks_of(stretch), Record(self.recipe.passes), self.optimiser
        clip_norm, leaves, rate = self.recipe.clip_norm, self.leaves, None
        optimiser.begin(stretch.steps[0].number)
        self.network.train()
        for step, x, labels in self.batches.of(stretch.steps):
            for leaf in leaves:
                leaf.grad = None
            self.forward_backward(x, labels, record, masks)
            if clip_norm > 0:
                torch.nn.utils.clip_grad_norm_(leaves, clip_norm)
            if step.learning_rate != rate:
                rate = step.learning_rate
                optimiser.set_rate(rate)
            optimiser.step()
        optimiser.next_step += len(stretch)
        record.count()
        return record

    def results(self, handle: Any) -> tuple[np.ndarray, np.ndarray]:
        return handle.results()

    def gradients(self) -> list[Tensor]:
        """Of the last step, in the order of the parameters."""
        return [leaf.grad for leaf in self.leaves]
