"""The array modules: all of numpy or cupy, and what they lack.

    erf       the error function, for gelu
    gather    x[indices] along an axis, into `out`
    on_host   whether reading a value costs nothing; on a device it would wait for everything before
    part_bytes  of temporary matrices, so that they stay in the cache; GPUs want their work in one piece
"""
from __future__ import annotations

from types import SimpleNamespace
from typing import Any


def numpy_module() -> Any:
    """NumPy; erf is SciPy's where it is installed."""
    import numpy

    try:
        from scipy.special import erf
    except ImportError:
        from .erf import erf
    def gather(x: Any, indices: Any, axis: int, out: Any) -> None:
        # Clipping is never needed, but spares NumPy a buffer.
        x.take(indices, axis, out, "clip")

    return SimpleNamespace(**vars(numpy) | {"erf": erf, "gather": gather, "on_host": True, "part_bytes": 1 << 21})


def cupy_module() -> Any:
    """CuPy; ImportError when it is not installed."""
    import cupy
    from cupyx.scipy.special import erf

    def gather(x: Any, indices: Any, axis: int, out: Any) -> None:
        cupy.take(x, indices, axis, out)

    return SimpleNamespace(**vars(cupy) | {"erf": erf, "gather": gather, "on_host": False, "part_bytes": 1 << 40})
