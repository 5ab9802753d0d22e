"""Adapters as processes: their answers, and how many threads they keep busy."""
from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import support
import numpy as np

ADAPTERS = pathlib.Path(__file__).resolve().parents[2] / "adapters"
IMAGES, STEPS = 2000, 40


class Process:
    """An adapter that is asked; to be used in a `with`."""

    def __init__(self, script: str, platform: str, threads: int, mode: str = "", compiler_cache: str = "") -> None:
        command = [sys.executable, str(ADAPTERS / script), "--platform", platform, "--threads", str(threads), "--mode", mode, "--compiler-cache", compiler_cache]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *problem: object) -> None:
        self.process.kill()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def ask(self, request: dict) -> dict:
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def cpu_seconds(self) -> float:
        """Processor time of all threads."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def first_answer(script: str, platform: str, threads: int, mode: str = "") -> dict:
    """The answer to hello."""
    with Process(script, platform, threads, mode) as worker:
        return worker.ask({"id": 1, "request": "hello", "protocol": 1})


def wide_workload() -> dict:
    """Convolutions and large dense layers, which every framework computes with all threads that it has."""
    network = {"name": "wide", "input": [1, 16, 16], "classes": support.CLASSES}
    window = {"kernel": [3, 3], "stride": [1, 1], "padding": [1, 1], "dilation": [1, 1], "groups": 1}
    network["layers"] = [
        {"name": "conv", "kind": "conv2d", "inputs": ["input"], "output": [16, 16, 16], "channels": 16, "bias": False} | window,
        {"name": "relu", "kind": "relu", "inputs": ["conv"], "output": [16, 16, 16]},
        {"name": "wide", "kind": "dense", "inputs": ["relu"], "output": [512, 1, 1], "outputs": 512, "bias": False},
        {"name": "narrow", "kind": "dense", "inputs": ["wide"], "output": [support.CLASSES, 1, 1], "outputs": support.CLASSES, "bias": False},
    ]
    shapes = {"conv": [16, 1, 3, 3], "wide": [512, 4096], "narrow": [support.CLASSES, 512]}
    network["parameters"] = [{"name": f"{name}.weight", "shape": shape, "layer": name, "learned": True} for name, shape in shapes.items()]
    optimiser = {"kind": "sgd", "learning_rate": 1e-9, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0}
    described = support.workload(batch_size=256, last_batch="drop", epochs=20, optimiser=optimiser)
    described["network"] = network
    described["dataset"] |= {"train_count": 512}
    described["derived"] = {"batch_size": 256, "last_batch_size": 256, "steps_per_epoch": 2, "total_steps": STEPS}
    return described


def busy_threads(script: str, platform: str, threads: int, mode: str = "") -> float:
    """Processor time over time of 40 steps of a wide network."""
    with tempfile.TemporaryDirectory() as name, Process(script, platform, threads, mode) as worker:
        folder = pathlib.Path(name)
        request = support.write_folder(folder, wide_workload())
        for i in range(2):
            np.random.default_rng(i).permutation(512).astype(np.int32).tofile(folder / f"order-{i}.i32")
        answer = worker.ask(request | {"threads": threads, "order_of_epoch": [0, 1] * 10})
        if "ok" not in answer:
            raise AssertionError(answer)
        files = {file: str(folder / file) for file in ("losses", "times", "correct")}
        train = {"id": 2, "request": "train", "first_step": 0, "granularity": "epoch", "steps": 2} | files
        worker.ask(train)
        begin, used = time.perf_counter(), worker.cpu_seconds()
        worker.ask(train | {"steps": STEPS})
        return (worker.cpu_seconds() - used) / (time.perf_counter() - begin)
