"""A training step and an evaluation as pure functions of the state, a dictionary of all tensors by name.

Weights of dense layers, and what the optimiser keeps of them, are transposed, (inputs, outputs): steps of mnist-mlp
were 5 to 7 % faster so in one run on a busy machine.
"""
from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import Array, lax

from trainmark_worker.workload import Workload

from .layers import LAYERS, Pass
from .losses import count_correct, predictions, total_loss
from .optimisers import OPTIMISERS, clipped
from .scopes import layer_scope, scope

State = dict[str, Array]


@dataclass(frozen=True)
class Model:
    workload: Workload

    @property
    def learned(self) -> list[str]:
        return [tensor.name for tensor in self.workload.network.tensors if tensor.learned]

    @property
    def running(self) -> list[str]:
        return [tensor.name for tensor in self.workload.network.tensors if not tensor.learned]

    def transposed(self, tensors: dict) -> dict:
        """From the layouts of state files to those of the model, and back."""
        dense = {layer.name for layer in self.workload.network.layers if layer.kind == "dense"}
        turned = {tensor.name for tensor in self.workload.network.tensors if tensor.layer in dense and len(tensor.shape) == 2}
        suffixes = ("", *(f".{suffix}" for suffix in self.workload.recipe.optimiser.state_suffixes))
        names = {name + suffix for name in turned for suffix in suffixes}
        return {name: tensor.T if name in names else tensor for name, tensor in tensors.items()}

    def forward(self, run: Pass, x: Array) -> Array:
        """Logits (n, classes) of images (n, c, h, w)."""
        network = self.workload.network
        outputs = {"input": x}
        for layer in network.layers:
            with layer_scope(layer):
                outputs[layer.name] = LAYERS[layer.kind](run, layer, *[outputs[name] for name in layer.inputs])
        return outputs[network.layers[-1].name].reshape(len(x), network.classes)

    def differentiate(self, parameters: State, running: State, x: Array, labels: Array, words: Array | None, part: Array | int, images: int) -> tuple[State, Array, Array, State]:
        """Gradients of the loss divided by `images`, that loss, the number of correct answers, new running statistics."""

        def loss_of(parameters: State) -> tuple[Array, tuple[Array, State]]:
            run = Pass(parameters | running, True, words, part)
            logits = self.forward(run, x)
            with scope("loss"):
                return total_loss(self.workload.recipe, logits, labels) / images, (count_correct(logits, labels), run.statistics)

        (loss, (correct, statistics)), gradients = jax.value_and_grad(loss_of, has_aux=True)(parameters)
        return gradients, loss, correct, statistics

    def train(self, state: State, x: Array, labels: Array, numbers: Array, words: Array | None) -> tuple[State, Array, Array]:
        """The state after one step on images (n, c, h, w) with labels (n), the loss before it, and the correct answers.

        numbers: of optimisers.py; words: of dropout.py."""
        recipe = self.workload.recipe
        parameters = {name: state[name] for name in self.learned}
        running = {name: state[name] for name in self.running}
        images, passes = len(labels), recipe.passes
        if passes == 1:
            gradients, loss, correct, running = self.differentiate(parameters, running, x, labels, words, 0, images)
        else:
            parts = (x.reshape(passes, -1, *x.shape[1:]), labels.reshape(passes, -1), jnp.arange(passes, dtype=jnp.uint32))

            def one_pass(running: State, part: tuple) -> tuple[State, tuple]:
                gradients, loss, correct, running = self.differentiate(parameters, running, part[0], part[1], words, part[2], images)
                return running, (gradients, loss, correct)

            running, found = lax.scan(one_pass, running, parts)
            gradients, loss, correct = jax.tree.map(lambda values: values.sum(0, dtype=values.dtype), found)
        if recipe.clip_norm > 0:
            with scope("clip"):
                gradients = clipped(gradients, recipe.clip_norm)
        with scope("update"):
            return self.update(state, gradients, numbers) | running, loss, correct

    def update(self, state: State, gradients: State, numbers: Array) -> State:
        """Learned tensors and the optimiser's state after a step."""
        optimiser = self.workload.recipe.optimiser
        after = {}
        for name, gradient in gradients.items():
            before = {suffix: state[f"{name}.{suffix}"] for suffix in optimiser.state_suffixes}
            after[name], kept = OPTIMISERS[optimiser.kind](optimiser, state[name], gradient, before, numbers)
            after |= {f"{name}.{suffix}": tensor for suffix, tensor in kept.items()}
        return after

    def evaluate(self, state: State, x: Array, labels: Array) -> tuple[Array, Array]:
        """Predictions int32 (n) and the sum of the losses."""
        logits = self.forward(Pass(state, False), x)
        return predictions(logits), total_loss(self.workload.recipe, logits, labels)
