"""A tiny workload in a folder, and an adapter that trains its one dense layer with NumPy."""
from __future__ import annotations

import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "adapters"))

import numpy as np

from trainmark_worker.adapter import Adapter
from trainmark_worker.safetensors import write_safetensors
from trainmark_worker.samples import normalise

CLASSES = 3
IMAGE = (1, 2, 2)


def workload(**changes) -> dict:
    """workload.json of a dense layer on 7 images of 2x2 pixels; `changes` replace members of the recipe."""
    recipe = {
        "optimiser": {"kind": "sgd", "learning_rate": 0.5, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0},
        "schedule": {"kind": "constant", "warm_up": 0, "warm_up_start": 0.0},
        "loss": "softmax_cross_entropy", "label_smoothing": 0.0, "clip_norm": 0.0, "passes": 1,
        "batch_size": 3, "last_batch": "keep", "shuffle": False, "epochs": 2, "max_batches": 0,
    } | changes
    batch, last, most = recipe["batch_size"], recipe["last_batch"], recipe["max_batches"]
    full, rest = divmod(7, batch)
    steps = full + (1 if rest and last != "drop" else 0)
    last_size = rest if rest and last == "keep" else batch
    if most and most < steps:
        steps, last_size = most, batch
    dense = {"name": "fc", "kind": "dense", "inputs": ["flatten"], "output": [CLASSES, 1, 1], "outputs": CLASSES, "bias": True}
    return {
        "format": "trainmark-workload", "version": 1,
        "dataset": {"name": "tiny", "train_count": 7, "validation_count": 0, "validation": "last", "test_count": 4},
        "network": {
            "name": "tiny", "input": list(IMAGE), "classes": CLASSES,
            "layers": [{"name": "flatten", "kind": "flatten", "inputs": ["input"], "output": [4, 1, 1]}, dense],
            "parameters": [
                {"name": "fc.weight", "shape": [CLASSES, 4], "layer": "fc", "learned": True},
                {"name": "fc.bias", "shape": [CLASSES], "layer": "fc", "learned": True}],
        },
        "recipe": recipe, "seed": 1,
        "derived": {"batch_size": batch, "steps_per_epoch": steps, "total_steps": steps * recipe["epochs"], "last_batch_size": last_size},
    }


def write_folder(folder: pathlib.Path, described: dict) -> dict:
    """Writes the files of a prepare request; returns the request."""
    rng = np.random.default_rng(1)
    (folder / "workload.json").write_text(json.dumps(described))
    samples = {}
    for name, count in (("train", described["dataset"]["train_count"]), ("evaluation", described["dataset"]["test_count"])):
        images, labels = rng.integers(0, 256, (count, *described["network"]["input"]), dtype=np.uint8), rng.integers(0, described["network"]["classes"], count, dtype=np.uint8)
        (folder / f"{name}.images").write_bytes(b"header" + images.tobytes())
        (folder / f"{name}.labels").write_bytes(labels.tobytes())
        samples[name] = {
            "count": count,
            "images": {"file": f"{name}.images", "offset": 6, "shape": list(images.shape)},
            "labels": {"file": f"{name}.labels", "offset": 0, "shape": [count]},
        }
    # Another table for each channel.
    np.stack([np.arange(256, dtype=np.float32) / np.float32(255 + 50 * c) for c in range(described["network"]["input"][0])]).tofile(folder / "tables.f32")
    for i in range(2):
        order = rng.permutation(described["dataset"]["train_count"]).astype(np.int32)
        dropped = len(order) % described["recipe"]["batch_size"] if described["recipe"]["last_batch"] == "drop" else 0
        order[: len(order) - dropped].tofile(folder / f"order-{i}.i32")
    state = {t["name"]: rng.normal(size=t["shape"]).astype(np.float32) for t in described["network"]["parameters"]}
    state |= {name: np.abs(tensor) for name, tensor in state.items() if name.endswith("running_var")}
    write_safetensors(folder / "initial.safetensors", state)
    return {
        "id": 1, "request": "prepare", "folder": str(folder), "workload": "workload.json", "seed": 7, "initial_state": "initial.safetensors",
        "tables": "tables.f32", "orders": ["order-0.i32", "order-1.i32"], "order_of_epoch": [i % 2 for i in range(described["recipe"]["epochs"])], "samples": samples,
        "threads": 1, "dtype": "float32", "device": 0,
    }


class TinyAdapter(Adapter):
    """Softmax regression by plain SGD."""

    framework = "tiny"
    platforms = ("tiny", "tiny-absent")

    def describe(self) -> dict:
        if self.platform == "tiny-absent":
            import no_such_framework  # noqa: F401
        print("a framework prints to stdout")
        os.write(1, b"and so does its library\n")
        return {"device": "CPU", "versions": {"numpy": np.__version__}, "dtypes": ["float32", "float64"], "layers": ["flatten", "dense"],
                "modes": ["plain"], "optimisers": ["sgd"], "abilities": ["gradients"]}

    def set_threads(self, threads: int) -> None:
        pass

    def build(self, workload, dtype, threads, device) -> None:
        self.dtype = dtype

    def set_samples(self, train, evaluation, table) -> int:
        self.x, self.labels = normalise(train.images, table, self.dtype).reshape(train.count, -1), np.array(train.labels)
        self.test = normalise(evaluation.images, table, self.dtype).reshape(evaluation.count, -1)
        return self.x.nbytes + self.test.nbytes

    def set_state(self, tensors, step) -> None:
        self.state = tensors

    def get_state(self) -> dict:
        return self.state

    def gradients(self) -> dict:
        return self.last

    def train(self, stretch):
        losses, correct = [], []
        for step in stretch.steps:
            x, labels = self.x[step.indices], self.labels[step.indices]
            logits = x @ self.state["fc.weight"].T + self.state["fc.bias"]
            p = np.exp(logits - logits.max(1, keepdims=True))
            p /= p.sum(1, keepdims=True)
            losses.append(-np.log(p[np.arange(len(x)), labels]).mean())
            correct.append((logits.argmax(1) == labels).sum())
            p[np.arange(len(x)), labels] -= 1
            p /= len(x)
            self.last = {"fc.weight": p.T @ x, "fc.bias": p.sum(0)}
            for name, gradient in self.last.items():
                self.state[name] -= self.state[name].dtype.type(step.learning_rate) * gradient
        return losses, correct

    def results(self, handle):
        return handle

    def evaluate(self):
        logits = self.test @ self.state["fc.weight"].T + self.state["fc.bias"]
        return logits.argmax(1), float("nan")
