"""From layers to calls of kernels: what runs forward and backward on which buffers, for one batch size."""
from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Callable

from trainmark_worker.workload import Layer, Workload


@dataclass(frozen=True)
class Call:
    """A kernel and its arguments: arrays, numbers, or Symbol."""

    kernel: str
    arguments: tuple
    constants: tuple = ()  # what the kernel is specialised for
    work: int = 0  # operations, about; small work is not worth several threads


@dataclass(frozen=True)
class Symbol:
    """A value that the step brings: step, seed, first (element of the batch's first image is first * size)."""

    name: str


@dataclass
class Plan:
    """Calls of one batch size; `x` (images, channels, height, width) is filled before."""

    x: Any
    logits: Any
    dlogits: Any
    forward: list[Call] = field(default_factory=list)
    backward: list[Call] = field(default_factory=list)


class Planner:
    """Builds a Plan. `make(shape, component, dtype=None)` gives an array of zeros."""

    def __init__(self, workload: Workload, weights: dict[str, Any], gradients: dict[str, Any], make: Callable, images: int, training: bool, x: Any = None) -> None:
        self.make, self.weights, self.gradients, self.training, self.n = make, weights, gradients, training, images
        network = workload.network
        self.values = {"input": x if x is not None else make((images, *network.input), "input")}
        self.shapes = {"input": network.input} | {layer.name: layer.output for layer in network.layers}
        self.uses: dict[str, int] = {}
        for layer in network.layers:
            for name in layer.inputs:
                self.uses[name] = self.uses.get(name, 0) + 1
        learned = {t.layer for t in network.tensors if t.learned}
        self.needed = {"input": False}
        self.slopes: dict[str, Any] = {}  # tensor -> its gradient, once a consumer has given one
        self.forward: list[Call] = []
        self.backward: list[Call] = []
        after: list[Callable[[], None]] = []
        for layer in network.layers:
            self.needed[layer.name] = layer.name in learned or any(self.needed[name] for name in layer.inputs)
            after.append(getattr(self, layer.kind)(layer))
        output = network.layers[-1].name
        logits = self.values[output].reshape(images, network.classes)
        self.plan = Plan(self.values["input"], logits, make(logits.shape, "gradients") if training else None)
        if training:
            self.slopes[output] = self.plan.dlogits.reshape(self.values[output].shape)
            for layer, emit in zip(reversed(network.layers), reversed(after)):
                if layer.name in self.slopes and self.needed[layer.name]:
                    emit()
        self.plan.forward, self.plan.backward = self.forward, self.backward

    # Buffers.

    def out(self, layer: Layer) -> Any:
        self.values[layer.name] = self.make((self.n, *layer.output), "activations")
        return self.values[layer.name]

    def x(self, layer: Layer) -> Any:
        return self.values[layer.inputs[0]]

    def call(self, kernel: str, *arguments: Any, constants: tuple = (), work: int | None = None) -> Call:
        arrays = [a.size for a in arguments if hasattr(a, "size")]
        return Call(kernel, arguments, constants, max(arrays, default=0) if work is None else work)

    def slope(self, layer: Layer) -> Any:
        return self.slopes[layer.name]

    def target(self, name: str) -> Any | None:
        """A buffer for the gradient of a tensor; None when nobody needs it."""
        return self.make(self.values[name].shape, "gradients") if self.needed[name] else None

    def give(self, name: str, slope: Any) -> None:
        """A consumer's gradient of a tensor; the second and later ones are added to the first."""
        if name in self.slopes:
            self.backward.append(self.call("add_to", slope.reshape(-1), self.slopes[name].reshape(-1)))
        else:
            self.slopes[name] = slope

    def own(self, layer: Layer, slope: Any, i: int = 0) -> Any:
        """An array that a kernel may turn from the gradient of the output into that of input i."""
        if i == 0:
            return slope
        copy = self.make(slope.shape, "gradients")
        self.backward.append(self.call("copy", slope.reshape(-1), copy.reshape(-1)))
        return copy

    # Layers: each emits its forward calls and returns what emits the backward ones.

    def dense(self, layer: Layer) -> Callable[[], None]:
        x, y = self.x(layer).reshape(self.n, -1), self.out(layer).reshape(self.n, -1)
        w, dw = self.weights[f"{layer.name}.weight"], self.gradients[f"{layer.name}.weight"]
        b, db = self.weights.get(f"{layer.name}.bias"), self.gradients.get(f"{layer.name}.bias")
        self.forward.append(self.call("dense_forward", x, w, y))
        if b is not None:
            self.forward.append(self.call("add_bias", b, y))

        def emit() -> None:
            dy = self.slope(layer).reshape(self.n, -1)
            self.backward.append(self.call("dense_weights", dy, x, dw))
            if db is not None:
                self.backward.append(self.call("bias_gradient", dy, db))
            dx = self.target(layer.inputs[0])
            if dx is not None:
                self.backward.append(self.call("dense_data", dy, w, dx.reshape(self.n, -1)))
                self.give(layer.inputs[0], dx)

        return emit

    def conv2d(self, layer: Layer) -> Callable[[], None]:
        x, y = self.x(layer), self.out(layer)
        w, dw = self.weights[f"{layer.name}.weight"], self.gradients[f"{layer.name}.weight"]
        b, db = self.weights.get(f"{layer.name}.bias"), self.gradients.get(f"{layer.name}.bias")
        if b is None:  # kernels have one form: a bias that stays 0 and whose gradient nobody reads
            b, db = self.make((w.shape[0],), "workspace"), self.make((w.shape[0],), "workspace")
        constants = (*layer["kernel"], *layer["stride"], *layer["padding"], *layer["dilation"], layer["groups"])
        work = y.size * math.prod(w.shape[1:])
        self.forward.append(self.call("conv_forward", x, w, b, y, constants=constants, work=work))

        def emit() -> None:
            dy, dx = self.slope(layer), self.target(layer.inputs[0])
            self.backward.append(self.call("conv_weights", dy, x, dw, db, constants=constants, work=work))
            if dx is not None:
                self.backward.append(self.call("conv_data", dy, w, dx, constants=constants, work=work))
                self.give(layer.inputs[0], dx)

        return emit

    def _window(self, layer: Layer) -> tuple:
        return (*layer["kernel"], *layer["stride"], *layer["padding"], *layer["dilation"])

    def max_pool2d(self, layer: Layer) -> Callable[[], None]:
        x, y, constants = self.x(layer), self.out(layer), self._window(layer)
        winner = self.make(y.shape, "activations", "int32")
        self.forward.append(self.call("max_pool_forward", x, y, winner, constants=constants))

        def emit() -> None:
            dx = self.target(layer.inputs[0])
            if dx is not None:
                self.backward.append(self.call("max_pool_backward", self.slope(layer), winner, dx))
                self.give(layer.inputs[0], dx)

        return emit

    def average_pool2d(self, layer: Layer) -> Callable[[], None]:
        constants = self._window(layer)
        self.forward.append(self.call("average_pool_forward", self.x(layer), self.out(layer), constants=constants))

        def emit() -> None:
            dx = self.target(layer.inputs[0])
            if dx is not None:
                self.backward.append(self.call("average_pool_backward", self.slope(layer), dx, constants=constants))
                self.give(layer.inputs[0], dx)

        return emit

    def global_average_pool(self, layer: Layer) -> Callable[[], None]:
        (c, h, w), (n,) = self.shapes[layer.inputs[0]], (self.n,)
        self.forward.append(self.call("mean_forward", self.x(layer).reshape(n * c, h * w), self.out(layer).reshape(n * c)))

        def emit() -> None:
            dx = self.target(layer.inputs[0])
            if dx is not None:
                self.backward.append(self.call("mean_backward", self.slope(layer).reshape(n * c), dx.reshape(n * c, h * w)))
                self.give(layer.inputs[0], dx)

        return emit

    def _elementwise(self, layer: Layer) -> Callable[[], None]:
        x, y = self.x(layer).reshape(-1), self.out(layer).reshape(-1)
        self.forward.append(self.call(f"{layer.kind}_forward", x, y))

        def emit() -> None:
            if not self.needed[layer.inputs[0]]:
                return
            slope = self.own(layer, self.slope(layer))
            self.backward.append(self.call(f"{layer.kind}_backward", x, y, slope.reshape(-1)))
            self.give(layer.inputs[0], slope)

        return emit

    relu = relu6 = gelu = sigmoid = tanh = _elementwise

    def flatten(self, layer: Layer) -> Callable[[], None]:
        self.values[layer.name] = self.x(layer).reshape(self.n, *layer.output)

        def emit() -> None:
            if self.needed[layer.inputs[0]]:
                self.give(layer.inputs[0], self.slope(layer).reshape(self.x(layer).shape))

        return emit

    def add(self, layer: Layer) -> Callable[[], None]:
        y = self.out(layer).reshape(-1)
        first, *others = (self.values[name].reshape(-1) for name in layer.inputs)
        self.forward.append(self.call("copy", first, y))
        self.forward.extend(self.call("add_to", other, y) for other in others)

        def emit() -> None:
            slope = self.slope(layer)
            # Copies first: the array that is given away may be changed by the next consumer.
            slopes = [self.own(layer, slope, i) if self.needed[name] else None for i, name in enumerate(layer.inputs)]
            for name, given in zip(layer.inputs, slopes):
                if given is not None:
                    self.give(name, given)

        return emit

    def batch_norm(self, layer: Layer) -> Callable[[], None]:
        (c, h, w), n, name = layer.output, self.n, layer.name
        x, y = self.x(layer).reshape(n, c, h * w), self.out(layer).reshape(n, c, h * w)
        weight, bias, mean, var = (self.weights[f"{name}.{s}"] for s in ("weight", "bias", "running_mean", "running_var"))
        constants = (layer["epsilon"], layer["momentum"])
        if not self.training:
            self.forward.append(self.call("batch_norm_evaluation", x, weight, bias, mean, var, y, constants=constants))
            return lambda: None
        saved = self.make((2, c), "activations")  # mean, 1 / deviation
        self.forward.append(self.call("batch_norm_forward", x, weight, bias, mean, var, saved, y, constants=constants))

        def emit() -> None:
            slope = self.own(layer, self.slope(layer))
            dw, db = self.gradients[f"{name}.weight"], self.gradients[f"{name}.bias"]
            self.backward.append(self.call("batch_norm_backward", x, weight, saved, slope.reshape(n, c, h * w), dw, db))
            if self.needed[layer.inputs[0]]:
                self.give(layer.inputs[0], slope.reshape(self.x(layer).shape))

        return emit

    def dropout(self, layer: Layer) -> Callable[[], None]:
        x, y = self.x(layer).reshape(-1), self.out(layer).reshape(-1)
        if not self.training:
            self.forward.append(self.call("copy", x, y))
            return lambda: None
        scale = self.make(y.shape, "activations")
        size = math.prod(layer.output)
        self.forward.append(self.call("dropout_mask", scale, Symbol("seed"), Symbol("number"), Symbol("first"), constants=(layer["rate"], layer.index, size)))
        self.forward.append(self.call("product", x, scale, y))

        def emit() -> None:
            if self.needed[layer.inputs[0]]:
                slope = self.own(layer, self.slope(layer))
                self.backward.append(self.call("scale_by", scale, slope.reshape(-1)))
                self.give(layer.inputs[0], slope)

        return emit


LAYERS = ["dense", "conv2d", "max_pool2d", "average_pool2d", "global_average_pool", "relu", "relu6", "gelu", "sigmoid", "tanh", "flatten", "add", "batch_norm", "dropout"]
