"""The requests of the protocol, from hello to quit; what they mean is in docs/protocol.md."""
from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Callable

import numpy as np

from .adapter import Adapter
from .channel import Handler
from .errors import Failed, Unsupported
from .fields import get_integer, get_string
from .inputs import WHERE, read_inputs
from .operations import ABILITY
from .safetensors import write_safetensors
from .schedule import SCHEDULES
from .start import allowed_cpus
from .training import Training
from .workload import Workload

PROTOCOL = 1
LOSSES = ("softmax_cross_entropy", "mean_squared_error")
MEMORY = ("parameters", "optimiser_state", "input", "activations", "gradients", "workspace", "device_peak", "allocator")


def write_values(path: str, values: np.ndarray, dtype: str) -> None:
    np.ascontiguousarray(values, dtype).tofile(path)


class SessionBase:
    """What sessions of all kinds of adapters share: who the worker is, and what it was not made for."""

    def __init__(self, adapter: Any) -> None:
        self.adapter = adapter
        self._description: dict | None = None

    def description(self) -> dict:
        """What the adapter says of itself, asked once; a framework that is not there makes it unavailable."""
        if self._description is None:
            adapter = self.adapter
            base = {"protocol": PROTOCOL, "platform": adapter.platform, "framework": adapter.framework}
            if adapter.platform not in adapter.platforms:
                raise Unsupported(f"this adapter has no platform '{adapter.platform}'; start it with --platform and one of {', '.join(adapter.platforms)}")
            try:
                said = adapter.describe()
            except ImportError as problem:
                said = {"unavailable": f"{adapter.framework} cannot be imported: {problem}", "remedy": adapter.remedy}
            if "unavailable" not in said:
                base |= {"dtypes": ["float32"], "layers": [], "optimisers": [], "abilities": []} if "training" not in adapter.methods else {}
                said = {"threads": allowed_cpus(), "methods": list(adapter.methods)} | said
                adapter.mode = adapter.mode or said["modes"][0]
                said["mode"] = adapter.mode
            self._description = base | said
        return self._description

    def hello(self, request: dict) -> dict:
        get_integer(request, "protocol", WHERE, default=PROTOCOL)
        return self.description()

    def check_available(self) -> None:
        """Unsupported when the platform cannot run here or has no such mode."""
        said = self.description()
        if "unavailable" in said:
            raise Unsupported(f"{said['unavailable']}; {said.get('remedy', '')}")
        if self.adapter.mode not in said["modes"]:
            raise Unsupported(f"{self.adapter.platform} has no mode '{self.adapter.mode}'; start it with --mode and one of {', '.join(said['modes'])}")

    def check_method(self, workload: Workload) -> None:
        """Unsupported when the workload is a training and the adapter finds neighbours, or the other way round."""
        if workload.method in self.adapter.methods:
            return
        if workload.neighbours is not None:
            raise Unsupported(f"{self.adapter.platform} finds no nearest neighbours, which {workload.network.name} asks for")
        raise Unsupported(f"{self.adapter.platform} only finds nearest neighbours, and cannot train {workload.network.name}")


class Session(SessionBase):
    """The state of a worker that trains between requests."""

    adapter: Adapter

    def __init__(self, adapter: Adapter) -> None:
        super().__init__(adapter)
        self.training: Training | None = None

    def handlers(self) -> dict[str, Handler]:
        """Request -> what answers it."""
        needs_training: dict[str, Callable[[dict, Training], dict]] = {
            "train": self.train,
            "evaluate": self.evaluate,
            "load": self.load,
            "dump": self.dump,
            "memory": self.memory,
            "operations": self.operations,
            "reset": self.reset,
        }

        def checked(name: str) -> Handler:
            def handler(request: dict) -> dict:
                if self.training is None:
                    raise Failed(f"'{name}' needs a prepared workload; send prepare first")
                return needs_training[name](request, self.training)

            return handler

        others = {name: checked(name) for name in needs_training}
        return {"hello": self.hello, "prepare": self.prepare, **others, "quit": lambda request: {}}

    def _check(self, workload: Workload) -> None:
        """Unsupported when the workload needs what the adapter does not list."""
        self.check_method(workload)
        said, recipe = self.description(), workload.recipe
        needs = {
            "layers": workload.network.kinds,
            "optimisers": [recipe.optimiser.kind],
            "losses": [recipe.loss],
            "schedules": [recipe.schedule.kind],
        }
        known = {"losses": LOSSES, "schedules": SCHEDULES} | said
        for what, names in needs.items():
            for name in names:
                if name not in known[what]:
                    raise Unsupported(f"{self.adapter.platform} does not know '{name}'; of {what} it knows {', '.join(known[what])}")

    def prepare(self, request: dict) -> dict:
        self.check_available()
        said = self.description()
        threads = get_integer(request, "threads", WHERE, 1, 4096)
        dtype = get_string(request, "dtype", WHERE)
        if dtype not in said["dtypes"]:
            raise Unsupported(f"{self.adapter.platform} does not compute in '{dtype}'; it knows {', '.join(said['dtypes'])}")
        device = get_integer(request, "device", WHERE, 0, default=0)
        inputs = read_inputs(request)
        self._check(inputs.workload)
        self.training = None  # its memory first
        self.training = Training(self.adapter, inputs, dtype, threads, device)
        return self.training.times | {"input_bytes": self.training.input_bytes, "kernels": self.adapter.kernels()}

    def reset(self, request: dict, training: Training) -> dict:
        training.reset(read_inputs(request))
        return {}

    def _steps(self, request: dict, name: str, training: Training) -> tuple[int, int]:
        """first_step and steps of a request, which are within the training."""
        total = training.inputs.workload.total_steps
        first, steps = get_integer(request, "first_step", name), get_integer(request, "steps", name, 1)
        if first + steps > total:
            raise Failed(f"{name}: {steps} steps from step {first} on are not within the {total} steps of this training")
        return first, steps

    def train(self, request: dict, training: Training) -> dict:
        first, steps = self._steps(request, "train", training)
        granularity = get_string(request, "granularity", "train")
        if granularity not in ("epoch", "step"):
            raise Unsupported(f"train: 'granularity' must be epoch or step, not '{granularity}'")
        files = [get_string(request, "losses", "train"), get_string(request, "times", "train")]
        correct_file = get_string(request, "correct", "train", "") if request.get("correct") is not None else ""
        losses, times, correct, crc = training.train(first, steps, granularity == "step")
        write_values(files[0], losses, "<f8")
        write_values(files[1], times, "<u8")
        if correct_file:
            write_values(correct_file, correct, "<i4")
        return {"indices_crc": crc}

    def evaluate(self, request: dict, training: Training) -> dict:
        split = get_string(request, "split", "evaluate")
        if split != "evaluation":
            raise Unsupported(f"evaluate: 'split' must be evaluation, not '{split}'")
        path = get_string(request, "predictions", "evaluate")
        predictions, loss, elapsed = training.evaluate()
        write_values(path, predictions, "<i4")
        return {"loss": loss if math.isfinite(loss) else None, "elapsed_ns": elapsed}

    def load(self, request: dict, training: Training) -> dict:
        masks = get_string(request, "dropout_masks", "load", "")
        wanted = masks and "dropout_masks" in self.description()["abilities"]
        training.load(Path(get_string(request, "state", "load")), Path(masks) if wanted else None)
        return {}

    def dump(self, request: dict, training: Training) -> dict:
        what, path = get_string(request, "what", "dump"), Path(get_string(request, "file", "dump"))
        if what == "state":
            write_safetensors(path, training.state())
        elif what == "gradients" and "gradients" in self.description()["abilities"]:
            write_safetensors(path, training.gradients())
        else:
            raise Unsupported(f"dump: this worker can dump its state, not '{what}'")
        return {}

    def operations(self, request: dict, training: Training) -> dict:
        if ABILITY not in self.description()["abilities"]:
            raise Unsupported(f"operations: {self.adapter.platform} cannot take its steps apart in the mode '{self.adapter.mode}'")
        return training.operations(*self._steps(request, "operations", training))

    def memory(self, request: dict, training: Training) -> dict:
        said = self.adapter.memory()
        return {name: None if said.get(name) is None else int(said[name]) for name in MEMORY}
