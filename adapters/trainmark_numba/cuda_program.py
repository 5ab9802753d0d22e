"""Starts the kernels of a plan on a GPU, in one stream and without waiting for them."""
from __future__ import annotations

import math
from typing import Any, Callable

from .cuda_kernels import BLOCKS, TILES, make_kernels
from .plan import Call, Symbol

_MOST_BLOCKS = 4096  # of element-wise kernels, which stride over the grid


class Launcher:
    """Kernels for one data type and stream."""

    def __init__(self, dtype: str, stream: Any, threads: int, tile: int) -> None:
        self.stream, self.threads, self.tile = stream, threads, tile
        self.kernels = make_kernels(dtype, threads, tile)

    def grid(self, call: Call) -> tuple:
        """Blocks and threads of a call; the last array argument that is written says how many results there are."""
        threads, tile = self.threads, self.tile
        if call.kernel in TILES:
            rows, columns = call.arguments[2].shape
            return (-(-columns // tile), -(-rows // tile)), (tile, tile)
        if call.kernel in BLOCKS:
            place = {"bias_gradient": 1, "conv_weights": 2, "conv_bias": 1, "batch_norm_forward": 1, "batch_norm_backward": 1}[call.kernel]
            return math.prod(call.arguments[place].shape), threads
        work = max(math.prod(a.shape) for a in call.arguments if hasattr(a, "shape"))
        if call.kernel.startswith("conv_"):
            work = math.prod(call.arguments[3 if call.kernel == "conv_forward" else 2].shape)
        return max(1, min(_MOST_BLOCKS, -(-work // threads))), threads

    def prepare(self, call: Call) -> Callable[[dict], None]:
        """start(symbols): starts the call with the values of its symbols."""
        parts = [self.prepare_kernel(part.kernel, self.grid(part), (*part.arguments, *part.constants)) for part in self.expand(call)]

        def start(symbols: dict) -> None:
            for part in parts:
                part(symbols)

        return start

    def prepare_kernel(self, name: str, grid: tuple, arguments: tuple) -> Callable[[dict], None]:
        """start(symbols): starts one kernel on a grid (blocks, threads)."""
        kernel, configuration = self.kernels[name], (*grid, self.stream)

        def start(symbols: dict) -> None:
            # Configured at every start: the simulator's kernels keep the last configuration; CUDA's are cached.
            kernel[configuration](*[symbols[a.name] if isinstance(a, Symbol) else a for a in arguments])

        return start

    def expand(self, call: Call) -> list[Call]:
        """A call of the plan as calls of kernels: some need zeros before, or come in two halves."""
        if call.kernel in ("max_pool_backward", "average_pool_backward"):
            dx = call.arguments[2 if call.kernel == "max_pool_backward" else 1]
            return [Call("fill", (dx.reshape(-1), 0.0)), call]
        if call.kernel == "conv_weights":
            dy, x, dw, db = call.arguments
            return [Call("conv_weights", (dy, x, dw), call.constants), Call("conv_bias", (dy, db))]
        if call.kernel == "dropout_mask":
            scale, _, _, first = call.arguments
            halves = tuple(Symbol(name) for name in ("seed_low", "seed_high", "number_low", "number_high"))
            return [Call("dropout_mask", (scale, *halves, first), call.constants)]
        return [call]
