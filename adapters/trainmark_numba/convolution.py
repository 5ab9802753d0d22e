"""Convolutions of the CPU: source text with one term for every tap, so that LLVM makes vectors of long loops.

Rows of small images are short. So an image's plane is one long line, padded: tap (r, s) of all outputs is then the line
shifted by r dilation width + s dilation, and an output plane is computed as if the stride were 1, with some values
between the rows that nobody reads ("wide"). All taps are in one expression: an output is loaded and stored once per
input channel, not once per tap. Backward, the wide gradient holds 0 at the values that nobody read.
"""
from __future__ import annotations

from typing import Callable

import numpy as np
from numba import njit, prange

FAST = {"reassoc", "contract", "arcp", "nsz"}  # not nnan, ninf: NaN stays NaN


def _taps(kh: int, kw: int, dh: int, dw: int, width: int) -> list[int]:
    return [r * dh * width + s * dw for r in range(kh) for s in range(kw)]


def _compiled(source: str, name: str) -> Callable:
    space: dict = {}
    exec(source, space)  # made of integers only
    return njit(fastmath=FAST, error_model="numpy")(space[name])


def make_correlate(offsets: list[int]) -> Callable:
    """f(y, x, w, length): y[i] += sum over taps t of w[t] x[i + offsets[t]]."""
    terms = " + ".join(f"w{t} * x[i + {offset}]" for t, offset in enumerate(offsets))
    loads = "".join(f"    w{t} = w[{t}]\n" for t in range(len(offsets)))
    return _compiled(f"def correlate(y, x, w, length):\n{loads}    for i in range(length):\n        y[i] += {terms}\n", "correlate")


def make_products(offsets: list[int]) -> Callable:
    """f(dw, dy, x, length): dw[t] += sum over i of dy[i] x[i + offsets[t]]; eight taps at a time fit the registers."""
    source = "def products(dw, dy, x, length):\n    zero = dy.dtype.type(0)\n"
    for first in range(0, len(offsets), 8):
        part = list(enumerate(offsets))[first : first + 8]
        source += "".join(f"    s{t} = zero\n" for t, _ in part)
        source += "    for i in range(length):\n        d = dy[i]\n"
        source += "".join(f"        s{t} += d * x[i + {offset}]\n" for t, offset in part)
        source += "".join(f"    dw[{t}] += s{t}\n" for t, _ in part)
    return _compiled(source, "products")


def make_convolution(image: tuple[int, int], output: tuple[int, int], constants: tuple, parallel: bool) -> tuple[Callable, Callable, Callable]:
    """conv_forward(x, w, b, y), conv_weights(dy, x, dw, db), conv_data(dy, w, dx) for images and outputs of one size.

    x (images, channels, height, width), w (outputs, channels / groups, kh, kw), y (images, outputs, p, q).
    """
    kh, kw, sh, sw, ph, pw, dh, dw_, groups = constants
    height, width = image
    p_size, q_size = output
    hp, wp = height + 2 * ph, width + 2 * pw
    plane, padded = hp * wp, ph > 0 or pw > 0
    length = (p_size - 1) * sh * wp + (q_size - 1) * sw + 1  # of a wide output plane
    offsets = _taps(kh, kw, dh, dw_, wp)
    margin = offsets[-1]  # zeros before and after a wide gradient, for the shifts the other way
    correlate, products = make_correlate(offsets), make_products(offsets)
    correlate_back = make_correlate([margin - offset for offset in offsets])
    options = {"fastmath": FAST, "error_model": "numpy"}

    @njit(**options)
    def pad(x, line):
        """The padded planes (channels, plane) of an image (channels, height, width)."""
        for c in range(x.shape[0]):
            for i in range(height):
                for j in range(width):
                    line[c, (i + ph) * wp + j + pw] = x[c, i, j]

    @njit(**options)
    def widen(dy, wide):
        """A gradient (p, q) into a wide plane that is 0 elsewhere, `margin` values from its beginning."""
        for p in range(p_size):
            for q in range(q_size):
                wide[margin + p * sh * wp + q * sw] = dy[p, q]

    @njit(parallel=parallel, **options)
    def conv_forward(x, w, b, y):
        k_group, c_group, taps = y.shape[1] // groups, x.shape[1] // groups, w.reshape(w.shape[0], w.shape[1], -1)
        parts = min(x.shape[0], 64) if parallel else 1
        for part in prange(parts):
            line = np.zeros((x.shape[1], plane), x.dtype)
            wide = np.empty(length, x.dtype)
            for n in range(part * x.shape[0] // parts, (part + 1) * x.shape[0] // parts):
                if padded:
                    pad(x[n], line)
                else:
                    line = x[n].reshape(x.shape[1], plane)
                for k in range(y.shape[1]):
                    wide[:] = b[k]
                    first = k // k_group * c_group
                    for c in range(c_group):
                        correlate(wide, line[first + c], taps[k, c], length)
                    for p in range(p_size):
                        for q in range(q_size):
                            y[n, k, p, q] = wide[p * sh * wp + q * sw]

    @njit(parallel=parallel, **options)
    def conv_weights(dy, x, dw, db):
        k_group, c_group = dy.shape[1] // groups, x.shape[1] // groups
        parts = min(x.shape[0], 16) if parallel else 1  # each sums for itself
        sums = np.zeros((parts, dw.shape[0], dw.shape[1], kh * kw), x.dtype)
        biases = np.zeros((parts, db.shape[0]), x.dtype)
        for part in prange(parts):
            line = np.zeros((x.shape[1], plane), x.dtype)
            wide = np.zeros(margin + length, x.dtype)
            for n in range(part * x.shape[0] // parts, (part + 1) * x.shape[0] // parts):
                if padded:
                    pad(x[n], line)
                else:
                    line = x[n].reshape(x.shape[1], plane)
                for k in range(dy.shape[1]):
                    widen(dy[n, k], wide)
                    first = k // k_group * c_group
                    for c in range(c_group):
                        products(sums[part, k, c], wide[margin:], line[first + c], length)
                    total = x.dtype.type(0)
                    for p in range(p_size):
                        for q in range(q_size):
                            total += dy[n, k, p, q]
                    biases[part, k] += total
        dw[:] = 0
        db[:] = 0
        flat = dw.reshape(dw.shape[0], dw.shape[1], kh * kw)
        for part in range(parts):
            flat += sums[part]
            db += biases[part]

    @njit(parallel=parallel, **options)
    def conv_data(dy, w, dx):
        k_group, c_group, taps = dy.shape[1] // groups, dx.shape[1] // groups, w.reshape(w.shape[0], w.shape[1], -1)
        parts = min(dx.shape[0], 64) if parallel else 1
        for part in prange(parts):
            wides = np.zeros((k_group, margin + plane), dx.dtype)
            line = np.empty(plane, dx.dtype)
            for n in range(part * dx.shape[0] // parts, (part + 1) * dx.shape[0] // parts):
                for group in range(groups):
                    for k in range(k_group):
                        widen(dy[n, group * k_group + k], wides[k])
                    for c in range(c_group):
                        line[:] = 0
                        for k in range(k_group):
                            correlate_back(line, wides[k], taps[group * k_group + k, c], plane)
                        for i in range(height):
                            for j in range(width):
                                dx[n, group * c_group + c, i, j] = line[(i + ph) * wp + j + pw]

    return conv_forward, conv_weights, conv_data
