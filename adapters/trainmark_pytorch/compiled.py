"""A whole step - forward, loss, backward, clipping, update - as one graph of torch.compile.

Compiling forward and loss alone leaves Python, autograd and the optimiser around them, which for small networks is most
of a step. mnist-mlp, batch 32, two threads, against eager in the same run on a busy machine, fastest blocks: 443 us so
for 326 us eager; 207 us as one graph for 347 us eager. A PyTorch that cannot trace torch.autograd.grad (no
trace_autograd_ops) compiles forward and loss, and its optimiser is torch.optim; that path has not been run.

Evaluation is not compiled: a second graph for each of its batch sizes would take longer than it saves.
"""
from __future__ import annotations

from typing import Any, Callable

import torch
from torch import Tensor

from trainmark_worker.batches import Stretch
from trainmark_worker.workload import Recipe, Workload

from .eager import EagerTrainer, Loss
from .formulas import clip, step_numbers, update
from .layers import Network
from .record import Record

Step = Callable[[Tensor, Tensor, Tensor], tuple]


def make_step(network: Network, leaves: list[Tensor], states: list[list[Tensor]], loss_of: Loss, recipe: Recipe) -> Step:
    """A function of inputs (n, c, h, w), labels (n) and a row of step_numbers that trains one step.

    It closes over everything else, whose identity is then checked once instead of in every call. Returns the losses
    (passes), the logits (n, classes) and the gradients.
    """
    passes, dropouts = recipe.passes, list(network.dropouts.values())

    def step(x: Tensor, labels: Tensor, numbers: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        losses, logits, gradients = [], [], []
        for i, (x_part, labels_part) in enumerate(zip(x.chunk(passes), labels.chunk(passes))):
            for layer in dropouts:
                layer.mask = layer.part_masks[i] if layer.part_masks is not None else None
            outputs = network(x_part)
            loss = loss_of(outputs, labels_part)
            part = torch.autograd.grad(loss / passes if passes > 1 else loss, leaves)
            gradients = [a + b for a, b in zip(gradients, part)] if gradients else list(part)
            losses.append(loss.detach())
            logits.append(outputs.detach())
        with torch.no_grad():
            if recipe.clip_norm > 0:
                gradients = clip(gradients, recipe.clip_norm)
            for leaf, gradient, state in zip(leaves, gradients, states):
                update(recipe.optimiser, leaf, gradient, state, numbers)
        return losses, logits, gradients

    return step


class CompiledTrainer(EagerTrainer):
    """Trains with compiled steps; one for each batch size."""

    def __init__(self, workload: Workload, network: Network, like: dict, amp: bool) -> None:
        super().__init__(workload, network, like, amp)
        config = torch._dynamo.config
        torch._dynamo.reset()  # programs of the workload before
        self.last_gradients: list[Tensor] = []
        self.whole = hasattr(config, "trace_autograd_ops")
        if self.whole:
            config.trace_autograd_ops = True
            tensors, suffixes = self.optimiser.tensors, self.recipe.optimiser.state_suffixes
            states = [[tensors[f"{name}.{suffix}"] for suffix in suffixes] for name in self.parameters]
            step = make_step(network, self.leaves, states, self.loss, self.recipe)
            self.program = torch.compile(step, dynamic=False, fullgraph=True)
        else:
            self.forward = torch.compile(super().forward, dynamic=False, fullgraph=True)

    def compile(self) -> None:
        """Compiles by running a step of each batch size; the state is set anew afterwards."""
        self.network.train()
        split, order = self.batches.split, self.batches.orders[0]
        for images in {self.workload.batch_size, self.workload.last_batch_size}:
            indices = order[:images]
            x, labels = split.gather(indices), split.labels.index_select(0, indices)
            for _ in range(2):  # the second call takes the path of all later ones
                if self.whole:
                    self.program(x, labels, torch.zeros(3, **self.like))
                else:
                    self.forward_backward(x, labels, Record(self.recipe.passes), None)

    def train(self, stretch: Stretch) -> Any:
        if not self.whole:
            return super().train(stretch)
        recipe, program = self.recipe, self.program
        masks, record = self.masks_of(stretch), Record(recipe.passes)
        for name, layer in self.network.dropouts.items():
            layer.part_masks = None if masks is None else masks[name].chunk(recipe.passes)
        numbers = [step_numbers(recipe.optimiser, step.learning_rate, step.number) for step in stretch.steps]
        rows = torch.tensor(numbers, dtype=self.like["dtype"]).to(self.device).unbind(0)
        self.network.train()
        for (_, x, labels), row in zip(self.batches.of(stretch.steps), rows):
            losses, logits, gradients = program(x, labels, row)
            for i in range(recipe.passes):
                record.add(losses[i], logits[i], labels if recipe.passes == 1 else labels.chunk(recipe.passes)[i])
        self.last_gradients = gradients
        record.count()
        return record

    def gradients(self) -> list[Tensor]:
        return self.last_gradients if self.whole else super().gradients()
