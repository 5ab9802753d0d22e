"""Shortcuts that the proof must see, for any adapter: each makes a class that cheats out of an honest one.

They work at the adapter's own calls, so that the framework really does the wrong work and the helper, which computes
checksums and times, stays honest: what a careless author could write, not forgery. tests/cli/cheating_frameworks_test.cpp
demands that every one fails. The entry points are cheating_FRAMEWORK.py.
"""
from __future__ import annotations

import dataclasses
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "adapters"))


def take_option(name: str) -> str:
    """The value of `name` on the command line, taken out of it; the adapter knows nothing of it."""
    at = sys.argv.index(name)
    value = sys.argv[at + 1]
    del sys.argv[at : at + 2]
    return value


def _single_steps(adapter_class):
    """Trains step by step, so that something can be done between any two; the shortcuts are in before and after."""
    import numpy as np

    class Stepwise(adapter_class):
        def changed(self, step):
            return step

        def train(self, stretch):
            handles = []
            for step in stretch.steps:
                before = {name: np.array(tensor) for name, tensor in self.get_state().items()}
                handles.append(super().train(dataclasses.replace(stretch, steps=(self.changed(step),))))
                self.synchronise()
                after = {name: np.array(tensor) for name, tensor in self.get_state().items()}
                replaced = self.between(step, before, after)
                if replaced is not None:
                    self.set_state(replaced, step.number + 1)
            return handles

        def results(self, handles):
            found = [super(Stepwise, self).results(handle) for handle in handles]
            return tuple(np.concatenate([np.asarray(part[i]).reshape(-1) for part in found]) for i in range(2))

        def between(self, step, before, after):
            return None

    return Stepwise


def no_convolution_update(adapter_class):
    class Cheat(_single_steps(adapter_class)):
        def between(self, step, before, after):
            kinds = {layer.name: layer.kind for layer in self.workload.network.layers}
            stays = {tensor.name for tensor in self.workload.network.tensors if kinds[tensor.layer] == "conv2d"}
            return {name: before[name] if name in stays else tensor for name, tensor in after.items()}

    return Cheat


def no_bias(adapter_class):
    """Biases are neither added nor trained; the state shows them as they came."""

    class Cheat(adapter_class):
        def build(self, workload, *others):
            network = workload.network
            layers = tuple(dataclasses.replace(layer, attributes=layer.attributes | {"bias": False}) if "bias" in layer.attributes else layer for layer in network.layers)
            tensors = tuple(tensor for tensor in network.tensors if not tensor.name.endswith(".bias"))
            super().build(dataclasses.replace(workload, network=dataclasses.replace(network, layers=layers, tensors=tensors)), *others)

        def set_state(self, tensors, step):
            self.left_out = {name: tensor for name, tensor in tensors.items() if name.split(".")[1] == "bias"}
            super().set_state({name: tensor for name, tensor in tensors.items() if name not in self.left_out}, step)

        def get_state(self):
            return super().get_state() | self.left_out

        def gradients(self):
            return super().gradients() | {name: 0 * tensor for name, tensor in self.left_out.items()}

    return Cheat


def half_batch(adapter_class):
    class Cheat(_single_steps(adapter_class)):
        def changed(self, step):
            half = len(step) // 2
            return dataclasses.replace(step, end=step.begin + half, indices=step.indices[:half])

    return Cheat


def repeated_batch(adapter_class):
    """Every second step trains on the batch before."""

    class Cheat(_single_steps(adapter_class)):
        def changed(self, step):
            batch = self.workload.batch_size
            if step.number % 2 == 0 or step.begin < batch or len(step) != batch:
                return step
            begin = step.begin - batch
            return dataclasses.replace(step, begin=begin, end=step.begin, indices=self.order_files[step.order][begin : step.begin])

        def set_orders(self, orders):
            self.order_files = orders
            super().set_orders(orders)

    return Cheat


def other_learning_rate(adapter_class):
    class Cheat(adapter_class):
        def train(self, stretch):
            return super().train(dataclasses.replace(stretch, steps=tuple(dataclasses.replace(step, learning_rate=1.01 * step.learning_rate) for step in stretch.steps)))

    return Cheat


def other_momentum(adapter_class):
    class Cheat(adapter_class):
        def build(self, workload, *others):
            optimiser = dataclasses.replace(workload.recipe.optimiser, momentum=0.99 * workload.recipe.optimiser.momentum)
            super().build(dataclasses.replace(workload, recipe=dataclasses.replace(workload.recipe, optimiser=optimiser)), *others)

    return Cheat


def other_order(adapter_class):
    """Samples in an order of its own; what the checksum is made of stays right."""

    class Cheat(adapter_class):
        def set_orders(self, orders):
            self.own_orders = [order[::-1].copy() for order in orders]
            super().set_orders(self.own_orders)

        def train(self, stretch):
            steps = tuple(dataclasses.replace(step, indices=self.own_orders[step.order][step.begin : step.end]) for step in stretch.steps)
            return super().train(dataclasses.replace(stretch, steps=steps))

    return Cheat


def _rounded(tensor):
    """Float32 values with the 8 significant bits of bfloat16."""
    import numpy as np

    bits = np.ascontiguousarray(tensor, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def lower_precision(adapter_class):
    """Gradients have the precision of bfloat16."""

    class Cheat(_single_steps(adapter_class)):
        def between(self, step, before, after):
            return {name: before[name] + _rounded(tensor - before[name]) for name, tensor in after.items()}

    return Cheat


def no_normalisation(adapter_class):
    class Cheat(adapter_class):
        def set_samples(self, train, evaluation, table):
            table = table.copy()
            table[:] = range(256)
            return super().set_samples(train, evaluation, table)

    return Cheat


def skipped_update(adapter_class):
    """Every second update is left out."""

    class Cheat(_single_steps(adapter_class)):
        def between(self, step, before, after):
            return before if step.number % 2 == 1 else None

    return Cheat


def weights_restored(adapter_class):
    class Cheat(_single_steps(adapter_class)):
        def between(self, step, before, after):
            return before

    return Cheat


def constant_loss(adapter_class):
    class Cheat(adapter_class):
        def results(self, handle):
            losses, correct = super().results(handle)
            return 0 * losses + 2.302585, correct

    return Cheat


def undivided_loss(adapter_class):
    """The loss is the sum over the batch, and so is what its gradient is of."""

    class Cheat(_single_steps(adapter_class)):
        def changed(self, step):
            return dataclasses.replace(step, learning_rate=len(step) * step.learning_rate)

        def results(self, handles):
            losses, correct = super().results(handles)
            return self.workload.batch_size * losses, correct

    return Cheat


def part_of_evaluation(adapter_class):
    """The second half of the split gets the answers of the first."""

    class Cheat(adapter_class):
        def evaluation_results(self, handle):
            predictions, loss = super().evaluation_results(handle)
            half = len(predictions) // 2
            predictions = predictions.copy()
            predictions[len(predictions) - half :] = predictions[:half]
            return predictions, loss

    return Cheat


CHEATS = {
    "none": lambda adapter_class: adapter_class,
    "no-convolution-update": no_convolution_update,
    "no-bias": no_bias,
    "half-batch": half_batch,
    "repeated-batch": repeated_batch,
    "other-learning-rate": other_learning_rate,
    "other-momentum": other_momentum,
    "other-order": other_order,
    "lower-precision": lower_precision,
    "no-normalisation": no_normalisation,
    "skipped-update": skipped_update,
    "weights-restored": weights_restored,
    "constant-loss": constant_loss,
    "undivided-loss": undivided_loss,
    "part-of-evaluation": part_of_evaluation,
}
