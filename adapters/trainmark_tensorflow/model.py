"""A training step and an evaluation around a keras.Model, for any mode."""
from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from trainmark_worker.workload import Workload

from .layers import build_network
from .layouts import Layouts
from .optimisers import OPTIMISERS, clipped
from .own_layers import Draws
from .scopes import scope


def _inner(variable: Any) -> tf.Variable:
    """What a keras.Variable wraps; Keras 2 has no wrapper."""
    return variable if isinstance(variable, tf.Variable) else variable.value


class Model:
    """The network and its state: variables by the names of state files, in TensorFlow's layouts."""

    def __init__(self, workload: Workload, dtype: str) -> None:
        self.workload = workload
        self.dtype = tf.as_dtype(dtype)
        self.layouts = Layouts(workload.network)
        tensors = {tensor.name: tensor for tensor in workload.network.tensors}
        self.places = {}  # name -> (layer, suffix) of the tensor, or of the tensor that it is the optimiser's state of
        for name in workload.state_shapes():
            tensor = tensors.get(name) or tensors[name.rpartition(".")[0]]
            self.places[name] = (self.layouts.layers[tensor.layer], tensor.name[len(tensor.layer) + 1 :])
        self.learned = [name for name, tensor in tensors.items() if tensor.learned]
        self.draws = Draws()
        self.keras, weights = build_network(dtype, self.layouts, self.draws)
        self.variables = {name: _inner(weights[name]) if name in weights else self._zeros(name, shape) for name, shape in workload.state_shapes().items()}

    def _zeros(self, name: str, shape: tuple) -> tf.Variable:
        """State of the optimiser."""
        return tf.Variable(self._inwards(name, np.zeros(shape, self.dtype.as_numpy_dtype)), trainable=False)

    def _inwards(self, name: str, tensor: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(self.layouts.inwards(*self.places[name], tensor))

    def set_state(self, tensors: dict[str, np.ndarray]) -> None:
        for name, variable in self.variables.items():
            variable.assign(self._inwards(name, tensors[name]))

    def get_state(self) -> dict[str, np.ndarray]:
        return {name: np.array(self.layouts.outwards(*self.places[name], variable.numpy())) for name, variable in self.variables.items()}

    def forward(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        """Logits (n, classes) of images (n, h, w, c)."""
        return self.keras(x, training=training)

    def total_loss(self, logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Sum of the losses of the images."""
        with scope("loss"):
            return self._total_loss(logits, labels)

    def _total_loss(self, logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        recipe, classes = self.workload.recipe, self.workload.network.classes
        if recipe.loss == "mean_squared_error":
            return tf.reduce_sum(tf.math.squared_difference(logits, tf.one_hot(labels, classes, dtype=self.dtype))) / classes
        if recipe.label_smoothing == 0:
            return tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        spread = recipe.label_smoothing / classes
        target = tf.one_hot(labels, classes, 1 - recipe.label_smoothing + spread, spread, dtype=self.dtype)
        return tf.reduce_sum(tf.nn.softmax_cross_entropy_with_logits(target, logits))

    def correct(self, logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Number of right answers, int32 ()."""
        with scope("loss"):
            return tf.reduce_sum(tf.cast(tf.equal(tf.argmax(logits, 1, tf.int32), labels), tf.int32))

    def train(self, x: tf.Tensor, labels: tf.Tensor, numbers: tf.Tensor, seed: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """One step on images (n, h, w, c) with labels (n): the loss before it, and the correct answers.

        numbers: of optimisers.py; seed, step: uint64, of dropout."""
        recipe, variables = self.workload.recipe, [self.variables[name] for name in self.learned]
        images, part = x.shape[0], x.shape[0] // recipe.passes
        loss, correct, gradients = None, None, None
        for i in range(recipe.passes):
            self.draws.seed, self.draws.step, self.draws.part = seed, step, i
            those = slice(i * part, (i + 1) * part)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(variables)
                logits = self.forward(x[those] if recipe.passes > 1 else x, True)
                own = labels[those] if recipe.passes > 1 else labels
                mean = self.total_loss(logits, own) / images
            found = tape.gradient(mean, variables)
            right = self.correct(logits, own)
            gradients = found if gradients is None else [a + b for a, b in zip(gradients, found)]
            loss, correct = (mean, right) if loss is None else (loss + mean, correct + right)
        if recipe.clip_norm > 0:
            with scope("clip"):
                gradients = clipped(gradients, recipe.clip_norm)
        optimiser = recipe.optimiser
        with scope("update"):
            for name, gradient in zip(self.learned, gradients):
                state = {suffix: self.variables[f"{name}.{suffix}"] for suffix in optimiser.state_suffixes}
                OPTIMISERS[optimiser.kind](optimiser, self.variables[name], gradient, state, numbers)
        return loss, correct

    def evaluate(self, x: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Predictions int32 (n) and the sum of the losses."""
        logits = self.forward(x, False)
        return tf.argmax(logits, 1, tf.int32), self.total_loss(logits, labels)
