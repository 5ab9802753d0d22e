"""The values that a model learns, and the network for one batch size over them."""
from __future__ import annotations

import math
from typing import Any

from trainmark_worker.workload import Layer, Workload

from .activations import Gelu, Relu, Relu6, Sigmoid, Tanh
from .convolution import Convolution
from .dense import Dense
from .joins import Add, Concat, Dropout, Flatten
from .losses import LOSSES
from .normalisation import BatchNorm, LayerNorm
from .operation import Array, Buffers, Context, Operation, Position
from .pooling import AveragePool, GlobalAveragePool, MaxPool

OPERATIONS: dict[str, type[Operation]] = {
    "dense": Dense, "conv2d": Convolution, "max_pool2d": MaxPool, "average_pool2d": AveragePool, "global_average_pool": GlobalAveragePool,
    "relu": Relu, "relu6": Relu6, "gelu": Gelu, "sigmoid": Sigmoid, "tanh": Tanh, "flatten": Flatten, "add": Add, "concat": Concat,
    "batch_norm": BatchNorm, "layer_norm": LayerNorm, "dropout": Dropout,
}
# Layers that do not need their own output afterwards: an activation may replace it.
_FORGET_OUTPUT = {"dense", "conv2d", "average_pool2d", "global_average_pool", "add", "batch_norm", "layer_norm"}
_IN_PLACE = {"relu", "relu6", "sigmoid", "tanh"}


class Parameters:
    """Learned values, their gradients and the optimiser's state: one long array each, so that an update is a few calls."""

    def __init__(self, xp: Any, buffers: Buffers, workload: Workload) -> None:
        self.learned = [t for t in workload.network.tensors if t.learned]
        total = sum(math.prod(t.shape) for t in self.learned)
        self.flat = buffers.make((total,), "parameters", zero=True)
        self.gradient = buffers.make((total,), "gradients", zero=True)
        self.scratch = buffers.make((total,), "workspace")
        self.sum = buffers.make((total,), "gradients", zero=True) if workload.recipe.passes > 1 else None
        self.state = {suffix: buffers.make((total,), "optimiser_state", zero=True) for suffix in workload.recipe.optimiser.state_suffixes}
        self.gradients = self.views(self.gradient)
        self.weights = self.views(self.flat)
        for tensor in workload.network.tensors:
            if not tensor.learned:
                self.weights[tensor.name] = buffers.make(tensor.shape, "parameters", zero=True)
        self.tensors = dict(self.weights)  # all of the state by name, views
        for suffix, flat in self.state.items():
            self.tensors |= {f"{name}.{suffix}": view for name, view in self.views(flat).items()}

    def views(self, flat: Array) -> dict[str, Array]:
        """The learned tensors by name within a long array."""
        views, at = {}, 0
        for tensor in self.learned:
            size = math.prod(tensor.shape)
            views[tensor.name] = flat[at : at + size].reshape(tensor.shape)
            at += size
        return views


class Network:
    """Forward and backward of a batch `x` (images, channels, height, width), which is to be filled before."""

    def __init__(self, xp: Any, buffers: Buffers, workload: Workload, parameters: Parameters, x: Array, training: bool) -> None:
        network = workload.network
        self.context = Context(xp, buffers, parameters.weights, parameters.gradients, Position(training=training))
        self.x = x
        self.images = images = len(x)
        tensors: dict[str, Array] = {"input": self.x.transpose(1, 0, 2, 3)}
        needed = {"input": False}
        self.layers: list[tuple[Layer, Operation]] = []
        kinds = {layer.name: layer.kind for layer in network.layers}
        uses: dict[str, int] = {}
        for layer in network.layers:
            for name in layer.inputs:
                uses[name] = uses.get(name, 0) + 1
        learned = {tensor.layer for tensor in network.tensors if tensor.learned}
        for layer in network.layers:
            source = layer.inputs[0]
            in_place = layer.kind in _IN_PLACE and uses[source] == 1 and kinds.get(source) in _FORGET_OUTPUT
            wanted = [needed[name] for name in layer.inputs]
            operation = OPERATIONS[layer.kind](self.context, layer, [tensors[name] for name in layer.inputs], wanted, in_place)
            self.layers.append((layer, operation))
            tensors[layer.name] = operation.y
            needed[layer.name] = any(wanted) or layer.name in learned
        self.needed = needed
        self.add = xp.add  # gradients of several readers
        self.output = network.layers[-1].name
        self.logits = tensors[self.output].reshape(network.classes, images)
        self.loss = LOSSES[workload.recipe.loss](xp, buffers, self.logits)

    def forward(self) -> None:
        for _, operation in self.layers:
            operation.forward()

    def backward(self, dlogits: Array) -> None:
        """Gradients of all learned values, from that of the logits (classes, images)."""
        add = self.add
        gradients: dict[str, Array] = {self.output: dlogits[:, :, None, None]}
        for layer, operation in reversed(self.layers):
            dy = gradients.pop(layer.name, None)
            if dy is None or not self.needed[layer.name]:
                continue
            for name, dx in zip(layer.inputs, operation.backward(dy)):
                if dx is None or not self.needed[name]:
                    continue
                before = gradients.get(name)
                gradients[name] = dx if before is None else add(before, dx, out=before)
