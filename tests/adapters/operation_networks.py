"""Workloads whose operations are known: a dense network like mnist-mlp, and a small convolutional one."""
from __future__ import annotations

import support


def _layer(name: str, kind: str, source: str, output: tuple, **attributes) -> dict:
    return {"name": name, "kind": kind, "inputs": [source], "output": list(output)} | attributes


def _described(layers: list[dict], parameters: dict[str, tuple], image: tuple, batch: int, steps: int, **recipe) -> dict:
    described = support.workload(**{"batch_size": batch, "last_batch": "drop", "epochs": 2} | recipe)
    tensors = [{"name": name, "shape": list(shape), "layer": name.partition(".")[0], "learned": True} for name, shape in parameters.items()]
    described["network"] = {"name": "known", "input": list(image), "classes": 10, "layers": layers, "parameters": tensors}
    described["dataset"] |= {"train_count": batch * steps, "test_count": 10}
    described["derived"] = {"batch_size": batch, "steps_per_epoch": steps, "total_steps": 2 * steps, "last_batch_size": batch}
    return described


def dense(batch: int = 128, steps: int = 20, **recipe) -> dict:
    """784 -> 128 ReLU -> 128 ReLU -> 10."""
    layers = [_layer("flatten", "flatten", "input", (784, 1, 1))]
    for i, (before, outputs) in enumerate((("flatten", 128), ("relu1", 128), ("relu2", 10)), 1):
        layers.append(_layer(f"fc{i}", "dense", before, (outputs, 1, 1), outputs=outputs, bias=True))
        if i < 3:
            layers.append(_layer(f"relu{i}", "relu", f"fc{i}", (outputs, 1, 1)))
    parameters = {"fc1.weight": (128, 784), "fc1.bias": (128,), "fc2.weight": (128, 128), "fc2.bias": (128,), "fc3.weight": (10, 128), "fc3.bias": (10,)}
    return _described(layers, parameters, (1, 28, 28), batch, steps, **recipe)


def convolutional(batch: int = 16, steps: int = 10, **recipe) -> dict:
    """conv 8 3x3, ReLU, max-pool 2x2, dense 10 on images of 14x14."""
    window = {"kernel": [3, 3], "stride": [1, 1], "padding": [0, 0], "dilation": [1, 1]}
    layers = [
        _layer("conv1", "conv2d", "input", (8, 12, 12), channels=8, groups=1, bias=True, **window),
        _layer("relu1", "relu", "conv1", (8, 12, 12)),
        _layer("pool1", "max_pool2d", "relu1", (8, 6, 6), kernel=[2, 2], stride=[2, 2], padding=[0, 0], dilation=[1, 1]),
        _layer("flatten", "flatten", "pool1", (288, 1, 1)),
        _layer("fc1", "dense", "flatten", (10, 1, 1), outputs=10, bias=True),
    ]
    parameters = {"conv1.weight": (8, 1, 3, 3), "conv1.bias": (8,), "fc1.weight": (10, 288), "fc1.bias": (10,)}
    return _described(layers, parameters, (1, 14, 14), batch, steps, **recipe)
