"""What each kernel's time counts as, and a clock for compiled programs."""
from __future__ import annotations

import ctypes
import time
from typing import Any

import numpy as np
from numba import njit

from trainmark_worker.operations import Part

_CLOCK = int(getattr(time, "CLOCK_MONOTONIC", 1))
_clock_gettime = ctypes.CDLL(None).clock_gettime
_clock_gettime.argtypes = [ctypes.c_int, ctypes.c_void_p]
_clock_gettime.restype = ctypes.c_int

_OTHERS = {
    "gather": "gather", "add_bias": "matrix_multiplication", "bias_gradient": "matrix_multiplication", "copy": "join", "add_to": "join", "product": "dropout", "scale_by": "dropout",
    "cross_entropy": "loss", "squared_error": "loss", "clip": "clip", "fill": "clip", "square_sum": "clip", "sgd": "update", "adam": "update", "adamw": "update", "rmsprop": "update",
}
_FAMILIES = {
    "dense": "matrix_multiplication", "conv": "convolution", "max_pool": "pooling", "average_pool": "pooling", "mean": "pooling", "relu": "relu", "relu6": "activation", "gelu": "activation",
    "sigmoid": "activation", "tanh": "activation", "batch_norm": "normalisation", "dropout": "dropout",
}


def word_of(kernel: str) -> str:
    """The operation that a kernel belongs to."""
    return _OTHERS.get(kernel) or _FAMILIES[kernel.rpartition("_")[0]]


@njit(error_model="numpy")
def now(place: np.ndarray) -> int:
    """ns; place: int64 (2), where the system writes seconds and nanoseconds."""
    _clock_gettime(_CLOCK, place.ctypes)
    return place[0] * 1_000_000_000 + place[1]


@njit(error_model="numpy")
def tick(place: np.ndarray, times: np.ndarray, i: int, last: int) -> int:
    """Adds the time since `last` to part i; returns the time now."""
    time_now = now(place)
    times[i] += time_now - last
    times[i + 1] += 1
    return time_now


class Marks:
    """Lines of source between the calls of a program, which give each call's time to its part."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.place = np.zeros(2, np.int64)
        self.times = np.zeros(1024, np.int64)  # ns and calls of each part

    def begin(self, source: Any) -> list[str]:
        source.space |= {"now": now, "tick": tick}
        return [f"last = now({source.name_of(self.place)})"]

    def after(self, source: Any, kernel: str, phase: str) -> list[str]:
        """What stands behind the call of a kernel."""
        part = Part(word_of(kernel), phase)
        if part not in self.parts:
            self.parts.append(part)
        i = 2 * self.parts.index(part)
        return [f"last = tick({source.name_of(self.place)}, {source.name_of(self.times)}, {i}, last)"]

    def take(self) -> dict[Part, tuple[float, float]]:
        """Part -> (ns, calls) since the last time."""
        found = {part: (float(self.times[2 * i]), float(self.times[2 * i + 1])) for i, part in enumerate(self.parts)}
        self.times[:] = 0
        return found


class NoMarks:
    """Programs that are not taken apart."""

    def begin(self, source: Any) -> list[str]:
        return []

    def after(self, source: Any, kernel: str, phase: str) -> list[str]:
        return []
