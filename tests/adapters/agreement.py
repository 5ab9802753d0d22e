"""A network with every layer, trained by two adapters in float64 that must agree: the one under test, and NumPy's.

The array code of NumPy writes every derivative out by hand, so that a mistake which both share is unlikely.
"""
from __future__ import annotations

import pathlib
import tempfile

import support
import numpy as np

from numpy_platform import NumpyAdapter
from trainmark_worker.inputs import read_inputs
from trainmark_worker.safetensors import write_safetensors
from trainmark_worker.start import Options
from trainmark_worker.training import Training

INPUT = (2, 9, 8)
MOMENTUM = {"kind": "sgd", "learning_rate": 0.1, "momentum": 0.9, "nesterov": False, "weight_decay": 0.01}
OPTIMISERS = {
    "sgd": {"kind": "sgd", "learning_rate": 0.1, "momentum": 0.0, "nesterov": False, "weight_decay": 0.01},
    "momentum": MOMENTUM,
    "nesterov": MOMENTUM | {"nesterov": True},
    "adam": {"kind": "adam", "learning_rate": 0.01, "weight_decay": 0.1, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3},
    "adamw": {"kind": "adamw", "learning_rate": 0.01, "weight_decay": 0.1, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3},
    "rmsprop": {"kind": "rmsprop", "learning_rate": 0.01, "weight_decay": 0.1, "alpha": 0.9, "epsilon": 1e-3, "momentum": 0.0},
    "rmsprop with momentum": {"kind": "rmsprop", "learning_rate": 0.01, "weight_decay": 0.1, "alpha": 0.9, "epsilon": 1e-3, "momentum": 0.5},
}


def _window(kernel, stride=(1, 1), padding=(0, 0), dilation=(1, 1)) -> dict:
    return {"kernel": list(kernel), "stride": list(stride), "padding": list(padding), "dilation": list(dilation)}


def _convolution(channels, kernel, groups=1, bias=True, **window) -> dict:
    return {"channels": channels, "groups": groups, "bias": bias} | _window(kernel, **window)


# (name, kind, inputs, output, attributes)
LAYERS = [
    ("stem", "conv2d", ["input"], (4, 9, 8), _convolution(4, (3, 3), padding=(1, 1))),
    ("stem_norm", "batch_norm", ["stem"], (4, 9, 8), {"epsilon": 1e-3, "momentum": 0.3}),
    ("relu6", "relu6", ["stem_norm"], (4, 9, 8), {}),
    ("overlapping", "max_pool2d", ["relu6"], (4, 5, 4), _window((3, 3), (2, 2), (1, 1))),
    ("tiles", "max_pool2d", ["relu6"], (4, 4, 4), _window((2, 2), (2, 2))),
    ("dilated", "max_pool2d", ["stem"], (4, 7, 3), _window((2, 3), (1, 2), (0, 1), (2, 2))),
    ("large", "max_pool2d", ["stem"], (4, 3, 2), _window((7, 6), (1, 2))),
    ("grouped", "conv2d", ["overlapping"], (8, 5, 2), _convolution(8, (2, 3), groups=2, stride=(1, 2), padding=(1, 1), dilation=(2, 1))),
    ("gelu", "gelu", ["grouped"], (8, 5, 2), {}),
    ("mean", "average_pool2d", ["gelu"], (8, 3, 1), _window((2, 2), (2, 2), (1, 0))),
    ("left", "conv2d", ["mean"], (8, 3, 1), _convolution(8, (1, 1), bias=False)),
    ("left_norm", "layer_norm", ["left"], (8, 3, 1), {"epsilon": 1e-4}),
    ("sum", "add", ["left_norm", "mean"], (8, 3, 1), {}),
    ("tanh", "tanh", ["sum"], (8, 3, 1), {}),
    ("both", "concat", ["tanh", "mean"], (16, 3, 1), {}),
    ("depthwise", "conv2d", ["both"], (16, 3, 1), _convolution(16, (3, 1), groups=16, padding=(1, 0))),
    ("sigmoid", "sigmoid", ["depthwise"], (16, 3, 1), {}),
    ("dropped", "dropout", ["sigmoid"], (16, 3, 1), {"rate": 0.4}),
    ("flat", "flatten", ["dropped"], (48, 1, 1), {}),
    ("flat_dropped", "dropout", ["flat"], (48, 1, 1), {"rate": 0.25}),
    ("fc1", "dense", ["flat_dropped"], (12, 1, 1), {"outputs": 12, "bias": True}),
    ("relu", "relu", ["fc1"], (12, 1, 1), {}),
    ("fc1_norm", "layer_norm", ["relu"], (12, 1, 1), {"epsilon": 1e-5}),
    ("flat_dilated", "flatten", ["dilated"], (84, 1, 1), {}),
    ("flat_norm", "batch_norm", ["flat_dilated"], (84, 1, 1), {"epsilon": 1e-5, "momentum": 0.1}),
    ("flat_layer_norm", "layer_norm", ["flat_dilated"], (84, 1, 1), {"epsilon": 1e-5}),
    ("flat_sum", "add", ["flat_norm", "flat_layer_norm", "flat_dilated"], (84, 1, 1), {}),
    ("fc2", "dense", ["flat_sum"], (5, 1, 1), {"outputs": 5, "bias": False}),
    ("unflattened", "dense", ["large"], (6, 1, 1), {"outputs": 6, "bias": True}),
    ("flat_tiles", "flatten", ["tiles"], (64, 1, 1), {}),
    ("flat_tanh", "tanh", ["flat_tiles"], (64, 1, 1), {}),
    ("fc3", "dense", ["flat_tanh"], (4, 1, 1), {"outputs": 4, "bias": True}),
    ("means", "global_average_pool", ["tiles"], (4, 1, 1), {}),
    ("all", "concat", ["fc1_norm", "fc2", "unflattened", "fc3", "means"], (31, 1, 1), {}),
    ("logits", "dense", ["all"], (support.CLASSES, 1, 1), {"outputs": support.CLASSES, "bias": True}),
]


def _parameters(name: str, kind: str, source: tuple, attributes: dict) -> list[tuple[str, tuple, bool]]:
    """(name, shape, learned) of the tensors of a layer that reads `source` (channels, height, width)."""
    if kind == "conv2d":
        found = [("weight", (attributes["channels"], source[0] // attributes["groups"], *attributes["kernel"]), True), ("bias", (attributes["channels"],), True)]
    elif kind == "dense":
        found = [("weight", (attributes["outputs"], int(np.prod(source))), True), ("bias", (attributes["outputs"],), True)]
    elif kind == "batch_norm":
        found = [(suffix, source[:1], suffix in ("weight", "bias")) for suffix in ("weight", "bias", "running_mean", "running_var")]
    elif kind == "layer_norm":
        found = [(suffix, source if source[1] * source[2] > 1 else source[:1], True) for suffix in ("weight", "bias")]
    else:
        found = []
    return [(f"{name}.{suffix}", shape, learned) for suffix, shape, learned in found if suffix != "bias" or attributes.get("bias", True)]


def every_layer(**recipe) -> dict:
    """workload.json; `recipe` replaces members."""
    described = support.workload(**{"batch_size": 4, "last_batch": "keep"} | recipe)
    shapes = {"input": INPUT} | {name: output for name, _, _, output, _ in LAYERS}
    parameters = []
    for name, kind, inputs, _, attributes in LAYERS:
        parameters += [{"name": n, "shape": list(s), "layer": name, "learned": learned} for n, s, learned in _parameters(name, kind, shapes[inputs[0]], attributes)]
    layers = [{"name": name, "kind": kind, "inputs": inputs, "output": list(output)} | attributes for name, kind, inputs, output, attributes in LAYERS]
    described["network"] = {"name": "every-layer", "input": list(INPUT), "classes": support.CLASSES, "layers": layers, "parameters": parameters}
    return described


def write_every_layer(folder: pathlib.Path, **recipe) -> dict:
    """Writes the files of a prepare request; returns the request."""
    described = every_layer(**recipe)
    request = support.write_folder(folder, described)
    tables = np.arange(256, dtype=np.float32) / np.float32(255)
    np.stack([tables, 2 * tables - 1]).tofile(folder / "tables.f32")
    rng = np.random.default_rng(2)
    state = {}
    for tensor in described["network"]["parameters"]:
        values = rng.normal(size=tensor["shape"], scale=0.5).astype(np.float32)
        state[tensor["name"]] = np.abs(values) + np.float32(0.5) if tensor["name"].endswith(("running_var", "norm.weight")) else values
    write_safetensors(folder / "initial.safetensors", state)
    if described["recipe"]["last_batch"] == "drop":
        for name in request["orders"]:
            rng.permutation(7)[: 7 - 7 % described["recipe"]["batch_size"]].astype(np.int32).tofile(folder / name)
    return request | {"seed": 2**40 + 3, "dtype": "float64"}


def outcome(adapter, request: dict, dtype: str = "float64", by_step: bool = False) -> dict:
    """What a whole training and an evaluation give."""
    adapter.describe()
    inputs = read_inputs(request)
    training = Training(adapter, inputs, dtype, request["threads"], 0)
    before = training.state()
    losses, _, correct, crc = training.train(0, inputs.workload.total_steps, by_step)
    predictions, loss, _ = training.evaluate()
    return {"before": before, "losses": losses, "correct": correct, "crc": crc, "state": training.state(), "predictions": predictions, "loss": loss}


def compare(case, make_adapter, modes: list[str], tolerance: float = 1e-9, small: bool = False, **recipe) -> None:
    """Asserts in the TestCase `case` that `make_adapter(mode)` gives what NumPy gives, in every mode.

    small: one dense layer only, for recipes, because large networks take compilers long."""
    with tempfile.TemporaryDirectory() as folder:
        if small:
            request = support.write_folder(pathlib.Path(folder), support.workload(**recipe)) | {"dtype": "float64"}
        else:
            request = write_every_layer(pathlib.Path(folder), **recipe)
        expected = outcome(NumpyAdapter(Options("numpy", "default", 1, -1)), request)
        for mode in modes:
            with case.subTest(mode=mode):
                found = outcome(make_adapter(mode), request)
                for name, tensor in tensors_of(found["before"]).items():
                    np.testing.assert_array_equal(tensor, expected["before"][name], name)
                np.testing.assert_allclose(found["losses"], expected["losses"], rtol=tolerance)
                np.testing.assert_array_equal(found["correct"], expected["correct"])
                case.assertEqual(found["crc"], expected["crc"])
                for name, tensor in tensors_of(expected["state"]).items():
                    np.testing.assert_allclose(found["state"][name], tensor, rtol=tolerance, atol=tolerance, err_msg=name)
                np.testing.assert_array_equal(found["predictions"], expected["predictions"])
                case.assertAlmostEqual(found["loss"], expected["loss"], delta=tolerance * abs(expected["loss"]))


def tensors_of(state: dict) -> dict:
    """Tensors of a state without the number of the next step."""
    return {name: tensor for name, tensor in state.items() if name != "step"}
