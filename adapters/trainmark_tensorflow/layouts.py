"""From PyTorch's layouts, which state files have, to TensorFlow's, and back."""
from __future__ import annotations

import math

import numpy as np

from trainmark_worker.workload import Layer, Network, Shape

_ELEMENTWISE = {"relu", "relu6", "gelu", "sigmoid", "tanh"}


def channels_last_order(shape: Shape) -> np.ndarray:
    """Place in (c, h, w) of every value of (h, w, c), both flattened; `shape` is (c, h, w)."""
    return np.arange(math.prod(shape)).reshape(shape).transpose(1, 2, 0).reshape(-1)


class Layouts:
    """Which flatten layers may leave their values channels last, and how tensors of the state are turned."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.layers = {layer.name: layer for layer in network.layers}
        # Only dense layers can undo another order, so that all that reads the values must end there.
        self.kept = {layer.name for layer in network.layers if layer.kind == "flatten" and self._ends_in_dense(layer.name)}

    def _ends_in_dense(self, name: str) -> bool:
        readers = [layer for layer in self.network.layers if name in layer.inputs]
        return all(layer.kind == "dense" or (layer.kind in _ELEMENTWISE and self._ends_in_dense(layer.name)) for layer in readers)

    def order_of(self, name: str) -> np.ndarray | None:
        """Order of the values of a layer as dense layers read them: places in (c, h, w); None: as they are."""
        layer = self.layers.get(name)
        if layer is not None and layer.kind in _ELEMENTWISE and layer.output[1:] == (1, 1):
            return self.order_of(layer.inputs[0])
        if layer is not None and layer.name in self.kept:
            shape = self.network.shape_of(layer.inputs[0])
        else:
            shape = self.network.shape_of(name)
        return channels_last_order(shape) if shape[0] > 1 and shape[1] * shape[2] > 1 else None

    def inwards(self, layer: Layer, suffix: str, tensor: np.ndarray) -> np.ndarray:
        """A tensor of the state file, or of the optimiser's state for it, in TensorFlow's layout."""
        if suffix == "weight" and layer.kind == "conv2d":
            return tensor.transpose(2, 3, 1, 0)  # (kh, kw, channels / groups, output channels)
        if suffix == "weight" and layer.kind == "dense":
            order = self.order_of(layer.inputs[0])
            return tensor.T if order is None else tensor.T[order]  # (inputs, outputs)
        if layer.kind == "layer_norm" and tensor.ndim == 3:
            return tensor.transpose(1, 2, 0)
        return tensor

    def outwards(self, layer: Layer, suffix: str, tensor: np.ndarray) -> np.ndarray:
        """The inverse of `inwards`."""
        if suffix == "weight" and layer.kind == "conv2d":
            return tensor.transpose(3, 2, 0, 1)
        if suffix == "weight" and layer.kind == "dense":
            order = self.order_of(layer.inputs[0])
            return tensor.T if order is None else tensor[np.argsort(order)].T
        if layer.kind == "layer_norm" and tensor.ndim == 3:
            return tensor.transpose(2, 0, 1)
        return tensor
