"""Samples on the device, and the batches of steps among them."""
from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from .scopes import scope


@dataclass
class Data:
    x: tf.Tensor  # (samples, h, w, c)
    labels: tf.Tensor  # int32 (samples)

    def batch(self, order: tf.Tensor, begin: tf.Tensor, images: int, kind: str) -> tuple[tf.Tensor, tf.Tensor]:
        """Images and labels of order[begin : begin + images], which lie in the samples as `kind` says: gather, slice, whole."""
        with scope("gather"):
            return self._batch(order, begin, images, kind)

    def _batch(self, order: tf.Tensor, begin: tf.Tensor, images: int, kind: str) -> tuple[tf.Tensor, tf.Tensor]:
        x, labels = self.x, self.labels
        if kind == "whole":
            return x, labels
        if kind == "slice":
            first = order[begin]
            x, labels = tf.slice(x, [first, 0, 0, 0], [images, *x.shape[1:]]), tf.slice(labels, [first], [images])
        else:
            indices = tf.slice(order, [begin], [images])
            x, labels = tf.gather(x, indices), tf.gather(labels, indices)
        return tf.ensure_shape(x, (images, *x.shape[1:])), tf.ensure_shape(labels, (images,))
