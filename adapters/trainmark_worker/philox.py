"""Dropout masks by Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3, SC 2011).

A mask is a function of seed, step, layer and element, so that every platform can have the same one (docs/protocol.md,
Dropout masks). All functions take the array module, so that masks can be made where they are needed.
"""
from __future__ import annotations

from typing import Any

import numpy as np

_LOW = 0xFFFFFFFF
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)
_CHUNK = 1 << 14  # blocks at a time: the five arrays of 64-bit words stay in the second cache


def philox(counter: tuple, key: tuple[int, int], xp: Any = np) -> tuple:
    """Four arrays of 32-bit words, kept in uint64, from four counters (arrays of uint64, or scalars that broadcast)."""
    low, half = xp.uint64(_LOW), xp.uint64(32)
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        a, b = c0 * xp.uint64(_MULTIPLIERS[0]), c2 * xp.uint64(_MULTIPLIERS[1])
        c0, c1, c2, c3 = (b >> half) ^ c1 ^ xp.uint64(k0), b & low, (a >> half) ^ c3 ^ xp.uint64(k1), a & low
        k0, k1 = (k0 + _WEYL[0]) & _LOW, (k1 + _WEYL[1]) & _LOW
    return c0, c1, c2, c3


def stream_of(step: int, layer: int) -> int:
    """The dropout stream of a layer (its position in network.layers) in a step."""
    return 0xD0 << 56 | (layer % 2**16) << 40 | step % 2**40


def threshold_of(rate: float) -> int:
    """Values of at least this are kept."""
    return int(rate * 2**32)


def dropout_mask(count: int, first: int, rate: float, seed: int, step: int, layer: int, xp: Any = np) -> Any:
    """bool (count): which of the elements `first` ... `first + count - 1` of a dropout layer's output are kept."""
    stream, key = stream_of(step, layer), (seed & _LOW, seed >> 32)
    begin, end = first // 4, (first + count + 3) // 4
    kept = xp.empty((end - begin, 4), dtype=bool)
    threshold = xp.uint64(threshold_of(rate))
    for at in range(begin, end, _CHUNK):
        blocks = xp.arange(at, min(at + _CHUNK, end), dtype=np.uint64)
        high = blocks >> xp.uint64(32)
        counter = (blocks & xp.uint64(_LOW), high, xp.full_like(blocks, stream & _LOW), xp.full_like(blocks, stream >> 32))
        for i, words in enumerate(philox(counter, key, xp)):
            kept[at - begin : at - begin + len(blocks), i] = words >= threshold
    return kept.reshape(-1)[first % 4 : first % 4 + count]
