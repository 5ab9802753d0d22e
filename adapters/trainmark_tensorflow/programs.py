"""How steps are run in each mode, for one size of batch and one way in which batches lie in the samples."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from .data import Data
from .fitting import fit_model
from .model import Model


@dataclass
class Steps:
    """Numbers of each step of a stretch: arrays (steps)."""

    begins: np.ndarray  # int32: where the batch begins in its order
    numbers: np.ndarray  # (steps, 3), see optimisers.py
    steps: np.ndarray  # uint64
    seed: int

    def __len__(self) -> int:
        return len(self.begins)


class Program:
    """Steps of `images` images. `run` gives the losses and correct answers of all steps, on the device."""

    def __init__(self, model: Model, data: Data, images: int, kind: str, mode: str) -> None:
        self.model, self.data, self.images, self.kind, self.mode = model, data, images, kind, mode
        self.compiled = tf.function(self.step_of_indices, jit_compile=True, autograph=False)
        self.all = tf.function(self.loop, autograph=False)
        self.keras: Any = None

    def step(self, order: tf.Tensor, begin: tf.Tensor, numbers: tf.Tensor, seed: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return self.model.train(*self.data.batch(order, begin, self.images, self.kind), numbers, seed, step)

    def step_of_indices(self, indices: tf.Tensor, numbers: tf.Tensor, seed: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """A step for XLA. It takes indices, because XLA compiles a slice anew for each place where it begins."""
        x, labels = self.data.x, self.data.labels
        if self.kind != "whole":
            x, labels = tf.gather(x, indices), tf.gather(labels, indices)
        x, labels = tf.ensure_shape(x, (self.images, *x.shape[1:])), tf.ensure_shape(labels, (self.images,))
        return self.model.train(x, labels, numbers, seed, step)

    def loop(self, order: tf.Tensor, begins: tf.Tensor, numbers: tf.Tensor, seed: tf.Tensor, steps: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        count = tf.shape(begins)[0]

        def body(i: tf.Tensor, losses: tf.TensorArray, correct: tf.TensorArray) -> tuple:
            loss, right = self.step(order, begins[i], numbers[i], seed, steps[i])
            return i + 1, losses.write(i, loss), correct.write(i, right)

        arrays = (tf.TensorArray(self.model.dtype, count), tf.TensorArray(tf.int32, count))
        # One iteration after the other: the variables order them anyway.
        _, losses, correct = tf.while_loop(lambda i, *rest: i < count, body, (0, *arrays), parallel_iterations=1)
        return losses.stack(), correct.stack()

    def run(self, order: tf.Tensor, steps: Steps) -> tuple[Any, Any]:
        """(losses, correct): tensors, or lists of them."""
        begins, numbers, numbered, seed = (tf.constant(values) for values in (steps.begins, steps.numbers, steps.steps, np.uint64(steps.seed)))
        if self.mode == "graph":
            return self.all(order, begins, numbers, seed, numbered)
        if self.mode == "fit":
            return self.fit(order, begins, numbers, seed, numbered)
        each = zip(steps.begins.tolist(), tf.unstack(begins), tf.unstack(numbers), tf.unstack(numbered))
        if self.mode == "xla":
            found = [self.compiled(order[at : at + self.images], n, seed, s) for at, _, n, s in each]
        else:
            found = [self.step(order, begin, n, seed, s) for _, begin, n, s in each]
        return [loss for loss, _ in found], [right for _, right in found]

    def fit(self, order: tf.Tensor, begins: tf.Tensor, numbers: tf.Tensor, seed: tf.Tensor, steps: tf.Tensor) -> tuple[Any, Any]:
        """model.fit over a tf.data pipeline of the steps; losses are written down on the device."""
        if self.keras is None:
            self.keras = fit_model(self)
        count = len(begins)
        dataset = tf.data.Dataset.from_tensor_slices((tf.range(count), begins, numbers, steps)).map(lambda i, b, n, s: (i, b, n, s, seed, order)).prefetch(2)
        if self.keras.losses_of_steps.shape[0] < count:
            self.keras.make_room(count)
        self.keras.fit(dataset, epochs=1, verbose=0, shuffle=False)
        return self.keras.losses_of_steps[:count], self.keras.correct_of_steps[:count]
