"""Workers that find nearest neighbours: what an adapter gives, and the requests that it answers.

There is one right answer (docs/protocol.md, "Nearest neighbours"): distances must be exact, so an adapter chooses a number type
in which they are, whatever the request says.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from .channel import Handler
from .clock import now_ns
from .errors import Failed, Unsupported
from .fields import get_integer, get_string
from .inputs import WHERE, read_inputs
from .samples import Samples
from .session import MEMORY, SessionBase, write_values


class NeighboursAdapter:
    """Base of adapters that find nearest neighbours; the order of calls is build, set_samples, fit, then predict any number of times."""

    framework = ""  # name of the framework
    platforms: tuple[str, ...] = ()  # names for --platform, the usual one first
    remedy = ""  # what to do when the framework cannot be imported
    methods = ("neighbours",)

    def __init__(self, options) -> None:
        self.options = options
        self.platform = options.platform or self.platforms[0]
        self.mode = options.mode  # set to the first of the modes by the helper when it is ""

    def describe(self) -> dict:
        """Members of hello: device, versions, modes; optional blas; or unavailable and remedy alone."""
        raise NotImplementedError

    def is_out_of_memory(self, problem: BaseException) -> bool:
        """Whether the framework says by this exception that memory has run out; MemoryError need not be told."""
        return False

    def set_threads(self, threads: int) -> None:
        """Computes with so many threads from now on."""
        if threads != self.options.threads:
            raise Unsupported(f"{self.platform} takes its number of threads when it starts; start the worker with --threads {threads}")

    def build(self, k: int, threads: int, device: int) -> None:
        """Makes the model. Its time is build_ns."""
        raise NotImplementedError

    def set_samples(self, train: Samples, queries: Samples) -> int:
        """Brings the 8-bit samples into memory in the framework's own type; returns the bytes held. Its time is input_ns."""
        raise NotImplementedError

    def fit(self) -> None:
        """Takes the training samples in; inside a clock of its own."""
        raise NotImplementedError

    def predict(self, first: int, count: int) -> Any:
        """Classes of queries `first` to `first + count - 1`, or what `results` makes of them; inside the clock."""
        raise NotImplementedError

    def synchronise(self) -> None:
        """Waits until the device has finished everything; nothing to do where calls return when they are done."""

    def results(self, handle: Any) -> np.ndarray:
        """Classes (count), after the clock. This one: predict returned them already."""
        return handle

    def kernels(self) -> dict[str, str]:
        """Operation -> implementation, where known."""
        return {}

    def memory(self) -> dict[str, int | None]:
        """Bytes by the components of the protocol; what is missing is null."""
        return {}


class NeighboursSession(SessionBase):
    """The state of such a worker between requests."""

    adapter: NeighboursAdapter

    def __init__(self, adapter: NeighboursAdapter) -> None:
        super().__init__(adapter)
        self.inputs = None
        self.fitted = False

    def handlers(self) -> dict[str, Handler]:
        """Request -> what answers it."""
        needs_prepared = {"fit": self.fit, "predict": self.predict, "memory": self.memory, "reset": self.reset}

        def checked(name: str) -> Handler:
            def handler(request: dict) -> dict:
                if self.inputs is None:
                    raise Failed(f"'{name}' needs a prepared workload; send prepare first")
                return needs_prepared[name](request)

            return handler

        others = {name: checked(name) for name in needs_prepared}
        return {"hello": self.hello, "prepare": self.prepare, **others, "quit": lambda request: {}}

    def prepare(self, request: dict) -> dict:
        self.check_available()
        threads = get_integer(request, "threads", WHERE, 1, 4096)
        device = get_integer(request, "device", WHERE, 0, default=0)
        inputs = read_inputs(request)
        self.check_method(inputs.workload)
        self.inputs, self.fitted = None, False
        adapter = self.adapter
        adapter.set_threads(threads)
        begin = now_ns()
        adapter.build(inputs.workload.neighbours, threads, device)
        adapter.synchronise()
        built = now_ns()
        held = int(adapter.set_samples(inputs.train, inputs.evaluation))
        adapter.synchronise()
        self.inputs = inputs
        return {"build_ns": built - begin, "compile_ns": 0, "input_ns": now_ns() - built, "input_bytes": held, "kernels": adapter.kernels()}

    def reset(self, request: dict) -> dict:
        inputs = read_inputs(request)
        if inputs.workload.raw["network"] != self.inputs.workload.raw["network"] or inputs.workload.neighbours != self.inputs.workload.neighbours:
            raise Failed("reset: the workload is another than the one that was prepared; send prepare")
        self.adapter.set_samples(inputs.train, inputs.evaluation)
        self.inputs, self.fitted = inputs, False
        return {}

    def fit(self, request: dict) -> dict:
        self.adapter.synchronise()
        begin = now_ns()
        self.adapter.fit()
        self.adapter.synchronise()
        elapsed = now_ns() - begin
        self.fitted = True
        return {"elapsed_ns": elapsed}

    def predict(self, request: dict) -> dict:
        if not self.fitted:
            raise Failed("predict: the training samples have not been taken in yet; send fit first")
        first, count = get_integer(request, "first", "predict"), get_integer(request, "count", "predict", 1)
        path = get_string(request, "predictions", "predict")
        if first + count > self.inputs.evaluation.count:
            raise Failed(f"predict: {count} queries from number {first} on are not within the {self.inputs.evaluation.count} of the evaluation split")
        self.adapter.synchronise()
        begin = now_ns()
        handle = self.adapter.predict(first, count)
        self.adapter.synchronise()
        elapsed = now_ns() - begin
        classes = np.asarray(self.adapter.results(handle))
        if classes.shape != (count,):
            raise Failed(f"the adapter gives classes of shape {classes.shape} for {count} queries")
        write_values(path, classes, "<i4")
        return {"elapsed_ns": elapsed}

    def memory(self, request: dict) -> dict:
        said = self.adapter.memory()
        return {name: None if said.get(name) is None else int(said[name]) for name in MEMORY}
