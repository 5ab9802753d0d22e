"""Keras' model.fit, in mode `fit`: a further keras.Model over the same layers, whose steps write their losses down.

Where the recipe can be said in Keras' words, steps are Keras' own: compile(optimizer, loss) and the usual train_step.
Keras' momentum holds the learning rate, its weight decay and clipping have other formulas, and its learning rate is
float32 always; such recipes get the train step of model.py.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from trainmark_worker.workload import Recipe

if TYPE_CHECKING:
    from .programs import Program


def has_keras_words(recipe: Recipe, dtype: tf.DType) -> bool:
    """Whether keras.optimizers.SGD and keras.losses mean the recipe."""
    optimiser, schedule = recipe.optimiser, recipe.schedule
    plain = optimiser.kind == "sgd" and optimiser.momentum == 0 and optimiser.weight_decay == 0 and recipe.clip_norm == 0 and recipe.passes == 1
    constant = schedule.kind == "constant" and schedule.warm_up == 0
    return plain and constant and recipe.loss == "softmax_cross_entropy" and recipe.label_smoothing == 0 and dtype == tf.float32


def fit_model(program: Program) -> Any:
    """The compiled keras.Model whose steps are those of the program."""
    model, recipe = program.model, program.model.workload.recipe
    own = has_keras_words(recipe, model.dtype)

    class FitModel(keras.Model):
        def make_room(self, steps: int) -> None:
            room = max(1024, 2 * steps)
            with tf.init_scope():
                self.losses_of_steps = tf.Variable(tf.zeros(room, model.dtype), trainable=False)
                self.correct_of_steps = tf.Variable(tf.zeros(room, tf.int32), trainable=False)
            self.train_function = None  # it holds the variables

        def write_down(self, loss: tf.Tensor, right: tf.Tensor) -> None:
            at = tf.reshape(self.place, (1, 1))
            self.losses_of_steps.scatter_nd_update(at, loss[None])
            self.correct_of_steps.scatter_nd_update(at, right[None])

        def train_step(self, data: tuple) -> dict:
            self.place, begin, numbers, step, seed, order = data
            if not own:
                loss, right = program.step(order, begin, numbers, seed, step)
                self.write_down(loss, right)
                return {"loss": loss}
            model.draws.seed, model.draws.step, model.draws.part = seed, step, 0
            return super().train_step(program.data.batch(order, begin, program.images, program.kind))

        def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, *others: Any, **more: Any) -> tf.Tensor:
            loss = super().compute_loss(x, y, y_pred, *others, **more)
            self.write_down(loss, model.correct(y_pred, y))
            return loss

    made = FitModel(model.keras.inputs, model.keras.outputs[0])
    made.make_room(0)
    if own:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        made.compile(keras.optimizers.SGD(recipe.optimiser.learning_rate), loss, jit_compile=False)
    else:
        made.compile(jit_compile=False)
    return made
