"""What an adapter gives: how its framework builds, trains and evaluates. The helper does everything else.

The helper has checked before it calls `build`: layer kinds, data type, optimiser, schedule, loss and mode are among those
that `describe` lists. Any exception becomes an error answer; raise Unsupported for what this framework cannot do.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from .batches import Stretch
from .errors import Unsupported
from .operations import TakenApart
from .samples import Samples
from .start import Options
from .workload import Workload


class Adapter:
    """Base of all adapters; the order of calls is build, set_samples, set_orders, compile, set_state, then anything."""

    framework = ""  # name of the framework
    platforms: tuple[str, ...] = ()  # names for --platform, the usual one first
    remedy = ""  # what to do when the framework cannot be imported
    methods = ("training",)  # what it can be used for; neighbours.py has the base of adapters that search

    def __init__(self, options: Options) -> None:
        self.options = options
        self.platform = options.platform or self.platforms[0]
        self.mode = options.mode  # set to the first of the modes by the helper when it is ""

    # Description.

    def describe(self) -> dict:
        """Members of hello: device, versions, dtypes, layers, modes, optimisers, abilities; optional losses, schedules
        (missing: all), blas, float32, compiler_cache (true: code is kept in options.compiler_cache); or
        unavailable and remedy alone. An ImportError becomes `unavailable`."""
        raise NotImplementedError

    def is_out_of_memory(self, problem: BaseException) -> bool:
        """Whether the framework says by this exception that memory has run out; MemoryError need not be told."""
        return False

    # Preparation.

    def set_threads(self, threads: int) -> None:
        """Computes with so many threads from now on. This one can only confirm what the command line said."""
        if threads != self.options.threads:
            raise Unsupported(
                f"{self.platform} takes its number of threads when it starts, {self.options.threads}, and cannot change to {threads}; "
                f"start the worker with --threads {threads}"
            )

    def build(self, workload: Workload, dtype: str, threads: int, device: int) -> None:
        """Makes the model; gives up the one before. Its time is build_ns."""
        raise NotImplementedError

    def set_samples(self, train: Samples, evaluation: Samples, table: np.ndarray) -> int:
        """Brings the samples where training wants them; returns the bytes held. Its time is input_ns.

        table: float32 (channels, 256)."""
        raise NotImplementedError

    def set_orders(self, orders: list[np.ndarray]) -> None:
        """The batch orders, int32 each, for frameworks that keep them on the device; Step.order numbers them."""

    def compile(self) -> None:
        """Compiles what is compiled before the first step; the state is set afterwards. Its time is compile_ns."""

    def kernels(self) -> dict[str, str]:
        """Operation -> implementation, where known."""
        return {}

    # State.

    def set_state(self, tensors: dict[str, np.ndarray], step: int) -> None:
        """All of workload.state_shapes() in the type of the computation, optimiser's state included. `step` is the
        number of the next step, for frameworks that count themselves."""
        raise NotImplementedError

    def get_state(self) -> dict[str, np.ndarray]:
        """All of workload.state_shapes(), in the type of the computation."""
        raise NotImplementedError

    def gradients(self) -> dict[str, np.ndarray]:
        """Gradients of the mean loss of the last step, by the parameters' names; needs the ability `gradients`."""
        raise Unsupported("dump: this worker can dump its state, not 'gradients'")

    # Work, inside the clock.

    def train(self, stretch: Stretch) -> Any:
        """Runs the steps; returns what `results` needs. Nothing may wait for the device here."""
        raise NotImplementedError

    def synchronise(self) -> None:
        """Waits until the device has finished everything; nothing to do where calls return when they are done."""

    def results(self, handle: Any) -> tuple[np.ndarray, np.ndarray]:
        """Losses float64 (steps) before each update, correct answers int32 (steps); after the clock."""
        raise NotImplementedError

    def evaluate(self) -> Any:
        """Predicts the evaluation split; returns what `evaluation_results` needs."""
        raise NotImplementedError

    def evaluation_results(self, handle: Any) -> tuple[np.ndarray, float]:
        """Predictions int32 (count) and the mean loss; after the clock. This one: evaluate returned them already."""
        return handle

    def take_apart(self, stretches: list[Stretch]) -> list[TakenApart]:
        """Trains the stretches one after the other and says where the time of each went; needs the ability `operations`.
        The state may be any afterwards."""
        raise Unsupported("operations: this worker cannot take its steps apart")

    def memory(self) -> dict[str, int | None]:
        """Bytes by the components of the protocol; what is missing is null."""
        return {}
