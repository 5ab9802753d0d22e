"""Losses of logits (classes, images) and their gradients, from targets (classes, images) that are made once.

Targets hold 1 - e + e / classes for the label and e / classes else (e: label smoothing), so they sum to 1, and
cross-entropy is log(sum exp z) - sum(target z), its gradient p - target.
"""
from __future__ import annotations

from typing import Any

from .operation import Array, Buffers

_FEW = 2048  # images up to which argmax along the columns is cheaper than counting maxima


def make_targets(xp: Any, labels: Array, classes: int, smoothing: float, dtype: Any) -> Array:
    """(classes, count) of labels (count)."""
    targets = xp.full((classes, len(labels)), smoothing / classes, dtype)
    targets[labels.astype("int64"), xp.arange(len(labels))] = 1 - smoothing + smoothing / classes
    return targets


class Loss:
    """For one batch size. `total` gives the sum over images; the gradient is of that sum times `factor`."""

    def __init__(self, xp: Any, buffers: Buffers, logits: Array) -> None:
        self.xp = xp
        self.logits = logits  # (classes, images)
        self.z = buffers.make(logits.shape, "workspace")
        self.gradient = buffers.make(logits.shape, "gradients")
        self.flags = buffers.make(logits.shape, "workspace", bool)
        self.maxima = buffers.make((1, logits.shape[1]), "workspace")
        self.row = buffers.make((1, logits.shape[1]), "workspace")

    def total(self, targets: Array) -> Array:
        """Sum of the losses of all images; a scalar where the arrays are."""
        raise NotImplementedError

    def backward(self, targets: Array, factor: float) -> Array:
        """Gradient (classes, images) of factor times the total; after `total`."""
        raise NotImplementedError

    def predictions(self) -> Array:
        """int64 (images): the first of the largest logits."""
        return self.xp.argmax(self.logits, axis=0)

    def correct(self, labels: Array) -> Array:
        """How many predictions are the label; a scalar where the arrays are."""
        return (self.predictions() == labels).sum()


class CrossEntropy(Loss):
    def total(self, targets: Array) -> Array:
        xp, z = self.xp, self.z
        self.logits.max(axis=0, keepdims=True, out=self.maxima)
        xp.subtract(self.logits, self.maxima, out=z)
        xp.exp(z, out=self.gradient)
        self.gradient.sum(axis=0, keepdims=True, out=self.row)
        self.gradient /= self.row  # p
        z *= targets
        return xp.log(self.row, out=self.row).sum() - z.sum()

    def backward(self, targets: Array, factor: float) -> Array:
        self.gradient -= targets
        self.gradient *= factor
        return self.gradient

    def correct(self, labels: Array) -> Array:
        xp, count = self.xp, len(labels)
        if count <= _FEW or not getattr(xp, "on_host", False):
            return super().correct(labels)
        # One maximum in every column: then the prediction is right where the label's logit is it. Ties are rare.
        if xp.count_nonzero(xp.equal(self.logits, self.maxima, out=self.flags)) != count:
            return super().correct(labels)
        return xp.count_nonzero(self.flags[labels, xp.arange(count)])


class MeanSquaredError(Loss):
    """Mean over the classes, so that the mean over images is the loss."""

    def total(self, targets: Array) -> Array:
        xp = self.xp
        xp.subtract(self.logits, targets, out=self.z)
        return xp.vdot(self.z, self.z) / len(self.z)

    def backward(self, targets: Array, factor: float) -> Array:
        return self.xp.multiply(self.z, 2 * factor / len(self.z), out=self.gradient)


LOSSES = {"softmax_cross_entropy": CrossEntropy, "mean_squared_error": MeanSquaredError}
