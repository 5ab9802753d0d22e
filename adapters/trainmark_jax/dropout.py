"""Dropout masks by Philox 4x32-10, in the program itself (docs/protocol.md, Dropout masks). Only 32-bit words."""
from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from trainmark_worker.philox import threshold_of
from trainmark_worker.workload import Layer

_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)


def _multiply(word: Array, factor: int) -> tuple[Array, Array]:
    """High and low word of a product, from 16-bit halves: there are no 64-bit integers unless float64 is on."""
    low, high = word & 0xFFFF, word >> 16
    factor_low, factor_high = jnp.uint32(factor & 0xFFFF), jnp.uint32(factor >> 16)
    least, left, right = low * factor_low, low * factor_high, high * factor_low
    middle = (least >> 16) + (left & 0xFFFF) + (right & 0xFFFF)
    return high * factor_high + (left >> 16) + (right >> 16) + (middle >> 16), (middle << 16) | (least & 0xFFFF)


def philox(counter: tuple[Array, Array, Array, Array], key: tuple[Array, Array]) -> tuple[Array, ...]:
    """Four words (uint32) of each counter."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        (a_high, a_low), (b_high, b_low) = _multiply(c0, _MULTIPLIERS[0]), _multiply(c2, _MULTIPLIERS[1])
        c0, c1, c2, c3 = b_high ^ c1 ^ k0, b_low, a_high ^ c3 ^ k1, a_low
        k0, k1 = k0 + jnp.uint32(_WEYL[0]), k1 + jnp.uint32(_WEYL[1])
    return c0, c1, c2, c3


def dropout(layer: Layer, x: Array, words: Array, part: Array | int) -> Array:
    """x (n, c, h, w) of part `part` of the batch; words uint32 (4): seed low, high, step low, high."""
    count, n = math.prod(layer.output), x.shape[0]
    # Blocks are counted in 32 bits: batches of less than 2^34 values.
    first = jnp.asarray(part, jnp.uint32) * jnp.uint32(n * count)
    blocks = (n * count + 3) // 4 + 1  # one more, for a first value that is not the first of its block
    block = first // 4 + lax.iota(jnp.uint32, blocks)
    zeros = jnp.zeros_like(block)
    stream_high = jnp.uint32(0xD0 << 24 | (layer.index % 2**16) << 8) | words[3]
    drawn = philox((block, zeros, zeros + words[2], zeros + stream_high), (words[0], words[1]))
    drawn = jnp.stack(drawn, axis=1).reshape(-1)
    kept = lax.dynamic_slice(drawn, ((first % 4).astype(jnp.int32),), (n * count,)) >= jnp.uint32(threshold_of(layer["rate"]))
    return jnp.where(kept.reshape(x.shape), x / (1 - layer["rate"]), 0)
