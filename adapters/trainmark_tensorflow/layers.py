"""From the layers of the workload to those of Keras: each entry of LAYERS applies one to symbolic inputs.

Keras' own layers where they mean the same (docs/protocol.md, "Formulas"), else those of own_layers.py. Nothing may stand
between a product, its bias and its ReLU: TensorFlow makes one operation of them.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable

import keras

from trainmark_worker.workload import Layer

from .layouts import Layouts
from .own_layers import BatchNorm, Convolution, Dense, DilatedPool, Draws, Dropout, Gelu, MinusInfinityPadding


@dataclass
class Building:
    """A model in the making."""

    dtype: str
    layouts: Layouts
    draws: Draws
    weights: dict[str, Any] = field(default_factory=dict)  # LAYER.suffix -> keras.Variable

    def options(self, layer: Layer) -> dict:
        """Layers are numbered, because Keras does not take every name."""
        return {"dtype": self.dtype, "name": f"{layer.kind}_{layer.index}"}

    def keep(self, layer: Layer, **weights: Any) -> None:
        self.weights |= {f"{layer.name}.{suffix}": weight for suffix, weight in weights.items() if weight is not None}


def _dense(building: Building, layer: Layer, x: Any) -> Any:
    if len(x.shape) > 2:
        x = keras.layers.Flatten(dtype=building.dtype)(x)
    made = Dense(layer["outputs"], use_bias=layer["bias"], **building.options(layer))
    y = made(x)
    building.keep(layer, weight=made.kernel, bias=made.bias)
    return y


def _conv2d(building: Building, layer: Layer, x: Any) -> Any:
    made = Convolution(layer, **building.options(layer))
    y = made(x)
    building.keep(layer, weight=made.kernel, bias=made.bias)
    return y


def _pool(building: Building, layer: Layer, x: Any, kind: str) -> Any:
    """The first maximum of a window, row-major, wins and alone receives the gradient; means count padded zeros."""
    if layer["padding"] != (0, 0):
        pad = MinusInfinityPadding if kind == "MAX" else keras.layers.ZeroPadding2D
        x = pad(layer["padding"], dtype=building.dtype)(x)
    if layer["dilation"] != (1, 1):
        return DilatedPool(layer, kind, **building.options(layer))(x)
    pool = keras.layers.MaxPooling2D if kind == "MAX" else keras.layers.AveragePooling2D
    return pool(layer["kernel"], layer["stride"], **building.options(layer))(x)


def _flatten(building: Building, layer: Layer, x: Any) -> Any:
    if len(x.shape) == 4 and layer.name not in building.layouts.kept:
        x = keras.layers.Permute((3, 1, 2), dtype=building.dtype)(x)
    return keras.layers.Flatten(**building.options(layer))(x)


def _batch_norm(building: Building, layer: Layer, x: Any) -> Any:
    made = BatchNorm(layer["momentum"], layer["epsilon"], **building.options(layer))
    y = made(x)
    building.keep(layer, weight=made.weight, bias=made.bias, running_mean=made.running_mean, running_var=made.running_var)
    return y


def _layer_norm(building: Building, layer: Layer, x: Any) -> Any:
    made = keras.layers.LayerNormalization(axis=list(range(1, len(x.shape))), epsilon=layer["epsilon"], **building.options(layer))
    y = made(x)
    building.keep(layer, weight=made.gamma, bias=made.beta)
    return y


def _of_class(make: Callable[..., Any], *arguments: Any, **more: Any) -> Callable:
    return lambda building, layer, x: make(*arguments, **more, **building.options(layer))(x)


IMAGE_LAYERS = {"conv2d", "max_pool2d", "average_pool2d", "global_average_pool"}  # they read (n, h, w, c)

LAYERS: dict[str, Callable[..., Any]] = {
    "dense": _dense,
    "conv2d": _conv2d,
    "max_pool2d": lambda building, layer, x: _pool(building, layer, x, "MAX"),
    "average_pool2d": lambda building, layer, x: _pool(building, layer, x, "AVG"),
    "global_average_pool": _of_class(keras.layers.GlobalAveragePooling2D),
    "relu": _of_class(keras.layers.ReLU),
    "relu6": _of_class(keras.layers.ReLU, max_value=6),
    "gelu": _of_class(Gelu),
    "sigmoid": _of_class(keras.layers.Activation, "sigmoid"),
    "tanh": _of_class(keras.layers.Activation, "tanh"),
    "flatten": _flatten,
    "add": lambda building, layer, *inputs: keras.layers.Add(**building.options(layer))(list(inputs)),
    "concat": lambda building, layer, *inputs: keras.layers.Concatenate(**building.options(layer))(list(inputs)),
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "dropout": lambda building, layer, x: Dropout(layer, building.draws, **building.options(layer))(x),
}


def build_network(dtype: str, layouts: Layouts, draws: Draws) -> tuple[keras.Model, dict[str, Any]]:
    """The functional model from images (n, h, w, c) to logits (n, classes), and its variables by the names of state files."""
    network, building = layouts.network, Building(dtype, layouts, draws)
    channels, height, width = network.input
    images = keras.Input((height, width, channels), dtype=dtype, name="images")
    outputs = {"input": images}
    for layer in network.layers:
        inputs = [outputs[name] for name in layer.inputs]
        if layer.kind in IMAGE_LAYERS and len(inputs[0].shape) == 2:
            inputs = [keras.layers.Reshape((1, 1, inputs[0].shape[-1]), dtype=dtype)(inputs[0])]
        y = LAYERS[layer.kind](building, layer, *inputs)
        if layer.output[1:] == (1, 1) and len(y.shape) == 4:
            y = keras.layers.Flatten(dtype=dtype)(y)
        outputs[layer.name] = y
    return keras.Model(images, outputs[network.layers[-1].name]), building.weights
