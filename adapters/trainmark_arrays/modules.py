"""The array modules: all of numpy or cupy, and what they lack.

    erf       the error function, for gelu
    on_host   whether reading a value costs nothing; on a device it would wait for everything before
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
    return SimpleNamespace(**vars(numpy) | {"erf": erf, "on_host": True})


def cupy_module() -> Any:
    """CuPy; ImportError when it is not installed."""
    import cupy
    from cupyx.scipy.special import erf

    return SimpleNamespace(**vars(cupy) | {"erf": erf, "on_host": False})
