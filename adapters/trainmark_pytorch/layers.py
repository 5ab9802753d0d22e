"""The network of a workload as torch.nn modules.

Values between layers are (n, features) behind flatten and dense, else (n, channels, height, width). The modules are
PyTorch's own wherever it has one; wrappers only change shapes or take dropout masks.
"""
from __future__ import annotations

from typing import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainmark_worker import workload as work
from trainmark_worker.errors import Unsupported

# Layers whose derivative does not need their own output, so that a ReLU behind them may overwrite it.
_MAY_BE_OVERWRITTEN = ("dense", "conv2d", "batch_norm", "layer_norm", "add", "concat", "average_pool2d", "global_average_pool")


class BatchNorm(nn.Module):
    """F.batch_norm; nn.BatchNorm2d would count batches too, which nothing here reads."""

    def __init__(self, channels: int, epsilon: float, momentum: float, like: dict) -> None:
        super().__init__()
        self.epsilon, self.momentum = epsilon, momentum
        self.weight, self.bias = nn.Parameter(torch.empty(channels, **like)), nn.Parameter(torch.empty(channels, **like))
        self.register_buffer("running_mean", torch.zeros(channels, **like))
        self.register_buffer("running_var", torch.ones(channels, **like))

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, self.training, self.momentum, self.epsilon)


class Dropout(nn.Module):
    """PyTorch's own dropout, or a mask of the proof."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.mask: Tensor | None = None  # (n, channels, height, width), 1 kept, of the images that come next
        self.part_masks: tuple[Tensor, ...] | None = None  # those of each pass, for a whole step that is one graph

    def forward(self, x: Tensor) -> Tensor:
        if self.mask is None or not self.training:
            return F.dropout(x, self.rate, self.training)
        return x * self.mask.view(x.shape) * (1 / (1 - self.rate))


class DilatedAveragePool(nn.Module):
    """Mean over windows with gaps, which PyTorch's pooling does not know: a convolution of each channel."""

    def __init__(self, channels: int, layer: work.Layer, like: dict) -> None:
        super().__init__()
        height, width = layer["kernel"]
        self.register_buffer("weight", torch.full((channels, 1, height, width), 1 / (height * width), **like), persistent=False)
        self.window = {key: layer[key] for key in ("stride", "padding", "dilation")}

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight, groups=x.shape[1], **self.window)


class Add(nn.Module):
    def forward(self, first: Tensor, *others: Tensor) -> Tensor:
        for other in others:
            first = first + other
        return first


class Concat(nn.Module):
    def forward(self, *inputs: Tensor) -> Tensor:
        return torch.cat(inputs, 1)


Make = Callable[[work.Layer, tuple, dict], nn.Module]  # layer, shape of its first input, {"dtype", "device"}


def _conv(layer: work.Layer, shape: tuple, like: dict) -> nn.Module:
    window = [layer[key] for key in ("kernel", "stride", "padding", "dilation")]
    return nn.Conv2d(shape[0], layer["channels"], *window, layer["groups"], layer["bias"], **like)


def _average_pool(layer: work.Layer, shape: tuple, like: dict) -> nn.Module:
    if layer["dilation"] != (1, 1):
        return DilatedAveragePool(shape[0], layer, like)
    return nn.AvgPool2d(layer["kernel"], layer["stride"], layer["padding"], count_include_pad=True)


def _layer_norm(layer: work.Layer, shape: tuple, like: dict) -> nn.Module:
    flat = shape[1:] == (1, 1)
    return nn.LayerNorm(shape[:1] if flat else shape, layer["epsilon"], **like)


MAKE: dict[str, Make] = {
    "dense": lambda layer, shape, like: nn.Linear(shape[0] * shape[1] * shape[2], layer["outputs"], layer["bias"], **like),
    "conv2d": _conv,
    "max_pool2d": lambda layer, shape, like: nn.MaxPool2d(layer["kernel"], layer["stride"], layer["padding"], layer["dilation"]),
    "average_pool2d": _average_pool,
    "global_average_pool": lambda layer, shape, like: nn.AdaptiveAvgPool2d(1),
    "relu": lambda layer, shape, like: nn.ReLU(),
    "relu6": lambda layer, shape, like: nn.ReLU6(),
    "gelu": lambda layer, shape, like: nn.GELU(),
    "sigmoid": lambda layer, shape, like: nn.Sigmoid(),
    "tanh": lambda layer, shape, like: nn.Tanh(),
    "flatten": lambda layer, shape, like: nn.Flatten(),
    "add": lambda layer, shape, like: Add(),
    "concat": lambda layer, shape, like: Concat(),
    "batch_norm": lambda layer, shape, like: BatchNorm(shape[0], layer["epsilon"], layer["momentum"], like),
    "layer_norm": _layer_norm,
    "dropout": lambda layer, shape, like: Dropout(layer["rate"]),
}

_NEEDS_IMAGES = ("conv2d", "max_pool2d", "average_pool2d", "global_average_pool")


class Network(nn.Module):
    """Logits (n, classes) of inputs (n, channels, height, width)."""

    def __init__(self, network: work.Network, like: dict) -> None:
        super().__init__()
        self.owners: dict[str, nn.Module] = {}  # layer -> the module that holds its tensors
        self.dropouts: dict[str, Dropout] = {}
        flat = {"input": False}  # whether a value is (n, features)
        readers = {name: sum(name in layer.inputs for layer in network.layers) for name in ["input"] + [layer.name for layer in network.layers]}
        kinds = {layer.name: layer.kind for layer in network.layers}
        modules, plan = [], []
        for layer in network.layers:
            module = self._make(layer, network, flat, like)
            if layer.kind == "relu" and readers[layer.inputs[0]] == 1 and kinds.get(layer.inputs[0]) in _MAY_BE_OVERWRITTEN:
                module.inplace = True
            last = network.layers[-1] is layer
            if last and not flat[layer.name]:
                module = nn.Sequential(module, nn.Flatten())
            modules.append(module)
            plan.append((layer.name, layer.inputs))
        # A chain is what most people write as nn.Sequential.
        chain = all(inputs == (before,) for (_, inputs), before in zip(plan, ["input"] + [name for name, _ in plan]))
        self.body = nn.Sequential(*modules)
        self.plan = None if chain else self._with_ends(plan)

    def _make(self, layer: work.Layer, network: work.Network, flat: dict[str, bool], like: dict) -> nn.Module:
        """The module of a layer; notes its form in `flat`, and puts changes of shape before it."""
        if layer.kind not in MAKE:
            raise Unsupported(f"PyTorch has no layer '{layer.kind}' here; it knows {', '.join(MAKE)}")
        shape = network.shape_of(layer.inputs[0])
        forms = [flat[name] for name in layer.inputs]
        made = MAKE[layer.kind](layer, shape, like)
        self.owners[layer.name] = made
        if isinstance(made, Dropout):
            self.dropouts[layer.name] = made
        flat[layer.name] = forms[0]
        if layer.kind in ("dense", "flatten"):
            flat[layer.name] = True
            if layer.kind == "dense" and not forms[0]:
                return nn.Sequential(nn.Flatten(), made)
        elif layer.kind in _NEEDS_IMAGES:
            flat[layer.name] = False
            if forms[0]:
                return nn.Sequential(nn.Unflatten(1, shape), made)
        elif layer.kind == "layer_norm" and shape[1:] == (1, 1) and not forms[0]:
            flat[layer.name] = True
            return nn.Sequential(nn.Flatten(), made)
        elif len(set(forms)) > 1:  # add, concat of both forms: images have one place each
            flat[layer.name] = True
            return Flattening(made)
        return made

    @staticmethod
    def _with_ends(plan: list) -> list:
        """Adds to every layer the values that nobody reads afterwards, so that they are given up."""
        read, ended = set(), []
        for name, inputs in reversed(plan):
            ended.append((name, inputs, tuple(set(inputs) - read)))
            read |= set(inputs)
        return ended[::-1]

    def forward(self, x: Tensor) -> Tensor:
        if self.plan is None:
            return self.body(x)
        values, name = {"input": x}, "input"
        for module, (name, inputs, ended) in zip(self.body, self.plan):
            values[name] = module(*[values[i] for i in inputs])
            for gone in ended:
                del values[gone]
        return values[name]

    def tensor(self, tensor: work.Tensor) -> Tensor:
        """Where a tensor of the state lives."""
        return getattr(self.owners[tensor.layer], tensor.name[len(tensor.layer) + 1 :])


class Flattening(nn.Module):
    """Joins values of both forms as (n, features)."""

    def __init__(self, join: nn.Module) -> None:
        super().__init__()
        self.join = join

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.join(*[x.flatten(1) for x in inputs])
