"""The adapter over an array module: trains and evaluates with whatever `xp` is."""
from __future__ import annotations

from typing import Any

import numpy as np

from trainmark_worker.adapter import Adapter
from trainmark_worker.batches import Step, Stretch
from trainmark_worker.errors import Failed
from trainmark_worker.operations import ABILITY, TakenApart
from trainmark_worker.samples import Samples, normalise
from trainmark_worker.workload import Workload

from .losses import make_targets
from .model import OPERATIONS, Network, Parameters
from .operation import Array, Buffers
from .operations import take_apart
from .optimisers import OPTIMISERS, clip

_EVALUATION_IMAGES = 500  # at a time


class ArrayAdapter(Adapter):
    """Base of numpy and cupy."""

    xp: Any
    clip = staticmethod(clip)

    def to_device(self, array: np.ndarray) -> Array:
        return self.xp.asarray(array)

    def to_host(self, array: Array) -> np.ndarray:
        return np.array(array)

    def describe_arrays(self) -> dict:
        """What is the same for all array modules."""
        return {"dtypes": ["float32", "float64"], "layers": list(OPERATIONS), "modes": ["default"], "optimisers": list(OPTIMISERS), "abilities": ["gradients", "dropout_philox", ABILITY]}

    def build(self, workload: Workload, dtype: str, threads: int, device: int) -> None:
        self.workload, self.dtype = workload, dtype
        self.networks: dict[tuple[int, bool], Network] = {}
        self.buffers = Buffers(self.xp, dtype)
        self.parameters = Parameters(self.xp, self.buffers, workload)
        self.kept: Array | None = None  # gradients of the last step, when it was alone
        self.bound: Network | None = None  # over a slice of the samples
        self.update = OPTIMISERS[workload.recipe.optimiser.kind]
        if workload.steps_per_epoch > 1:
            for images in {workload.batch_size, workload.last_batch_size}:
                self.network(images // workload.recipe.passes, True)

    def network(self, images: int, training: bool) -> Network:
        """The network for a batch size, made once."""
        key = (images, training)
        if key not in self.networks:
            x = self.buffers.make((images, *self.workload.network.input), "input")
            self.networks[key] = self.network_over(x, training)
        return self.networks[key]

    def network_over(self, x: Array, training: bool) -> Network:
        return Network(self.xp, self.buffers, self.workload, self.parameters, x, training)

    # Samples: converted once and kept where the arrays are.

    def set_samples(self, train: Samples, evaluation: Samples, table: np.ndarray) -> int:
        self.train_split = self._split(train, table)
        self.evaluation_split = self._split(evaluation, table)
        return sum(array.nbytes for array in self.train_split + self.evaluation_split)

    def _split(self, samples: Samples, table: np.ndarray) -> tuple[Array, Array, Array]:
        """Inputs (count, c, h, w), targets (classes, count), labels (count)."""
        labels = self.to_device(samples.labels.astype(np.int64))
        targets = make_targets(self.xp, labels, self.workload.network.classes, self.workload.recipe.label_smoothing, self.dtype)
        return self.to_device(normalise(samples.images, table, self.dtype)), targets, labels

    def set_orders(self, orders: list[np.ndarray]) -> None:
        # Orders that count up are slices of the samples: nothing is gathered.
        self.consecutive = [bool((np.diff(order) == 1).all()) for order in orders]
        self.orders = [self.to_device(order.astype(np.intp)) for order in orders]
        workload, first = self.workload, int(orders[0][0])
        bound, self.bound = self.bound, None
        if workload.steps_per_epoch == 1 and workload.recipe.passes == 1 and len(orders) == 1 and self.consecutive[0]:
            # The only batch is a slice of the samples, which the network can read where it lies.
            x = self.train_split[0][first : first + workload.batch_size]
            same = bound is not None and bound.x.base is x.base and first == self.bound_first
            self.bound, self.bound_first = bound if same else self.network_over(x, True), first

    # State.

    def set_state(self, tensors: dict[str, np.ndarray], step: int) -> None:
        for name, tensor in self.parameters.tensors.items():
            tensor[...] = self.to_device(tensors[name])

    def get_state(self) -> dict[str, np.ndarray]:
        return {name: self.to_host(tensor) for name, tensor in self.parameters.tensors.items()}

    def gradients(self) -> dict[str, np.ndarray]:
        if self.kept is None:
            raise Failed("dump: gradients are kept of a step that was asked for alone")
        return {name: self.to_host(array) for name, array in self.parameters.views(self.kept).items()}

    # Work.

    def batch(self, network: Network, step: Step, first: int) -> tuple[Array, Array]:
        """Targets (classes, images) and labels (images) of the images of a step from `first` on; inputs go to network.x."""
        xp, (x, targets, labels) = self.xp, self.train_split
        begin, end = step.begin + first, step.begin + first + network.images
        if self.consecutive[step.order]:
            start = int(step.indices[0]) + first
            part = slice(start, start + network.images)
            if network is not self.bound:
                network.x[...] = x[part]
            return targets[:, part], labels[part]
        indices = self.orders[step.order][begin:end]
        xp.gather(x, indices, 0, network.x)
        return xp.take(targets, indices, axis=1), labels[indices]

    def train_step(self, step: Step, stretch: Stretch, losses: Array, correct: Array, i: int) -> None:
        workload, parameters, recipe = self.workload, self.parameters, self.workload.recipe
        network = self.bound or self.network(len(step) // recipe.passes, True)
        position = network.context.position
        position.seed, position.step, position.masks = stretch.seed, step.number, self.masks
        for position.first in range(0, len(step), network.images):
            targets, labels = self.batch(network, step, position.first)
            network.forward()
            losses[i] += network.loss.total(targets)
            correct[i] += network.loss.correct(labels)
            network.backward(network.loss.backward(targets, 1 / len(step)))
            if parameters.sum is not None:
                parameters.sum += parameters.gradient
        gradient = parameters.gradient
        if parameters.sum is not None:
            gradient[...] = parameters.sum
            parameters.sum[...] = 0
        if recipe.clip_norm > 0:
            self.clip(self.xp, gradient, recipe.clip_norm)
        if self.kept is not None:
            self.kept[...] = gradient
        self.update(self.xp, recipe.optimiser, parameters.flat, gradient, parameters.state, parameters.scratch, step.learning_rate, step.number + 1)

    def train(self, stretch: Stretch) -> Any:
        losses = self.xp.zeros(len(stretch), np.float64)
        correct = self.xp.zeros(len(stretch), np.int32)
        self.masks = None if stretch.masks is None else {name: self.to_device(mask) for name, mask in stretch.masks.items()}
        # Updates overwrite gradients; a single step may be asked for them.
        self.kept = self.xp.empty_like(self.parameters.gradient) if len(stretch) == 1 else None
        for i, step in enumerate(stretch.steps):
            self.train_step(step, stretch, losses, correct, i)
        return losses, correct, [len(step) for step in stretch.steps]

    def take_apart(self, stretches: list[Stretch]) -> list[TakenApart]:
        return take_apart(self, stretches)

    def results(self, handle: Any) -> tuple[np.ndarray, np.ndarray]:
        losses, correct, sizes = handle
        return self.to_host(losses) / np.array(sizes), self.to_host(correct)

    def evaluate(self) -> Any:
        x, targets, labels = self.evaluation_split
        count = len(labels)
        predictions, loss = self.xp.empty(count, np.int64), self.xp.zeros(1, np.float64)
        for first in range(0, count, _EVALUATION_IMAGES):
            part = slice(first, min(first + _EVALUATION_IMAGES, count))
            network = self.network(part.stop - part.start, False)
            network.x[...] = x[part]
            network.forward()
            loss += network.loss.total(targets[:, part])
            predictions[part] = network.loss.predictions()
        return predictions, loss

    def evaluation_results(self, handle: Any) -> tuple[np.ndarray, float]:
        predictions, loss = handle
        return self.to_host(predictions), float(self.to_host(loss)[0]) / len(predictions)

    def memory(self) -> dict[str, int | None]:
        return dict(self.buffers.bytes)
