"""Which BLAS a process has loaded, the kernel that it chose for this machine, and its number of threads.

Asks the library itself through ctypes: NumPy and SciPy bring an OpenBLAS each, with prefixed names of functions.
"""
from __future__ import annotations

import ctypes
import re

_PREFIXES = ("", "scipy_")
_SUFFIXES = ("", "64_", "_64", "64")


def _loaded_paths() -> list[str]:
    """Shared libraries of this process whose names look like a BLAS; [] where the system does not tell."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
            paths = dict.fromkeys(line.split(None, 5)[5].strip() for line in maps if line.count(" ") >= 5 and "/" in line)
    except OSError:
        return []
    return [path for path in paths if re.search(r"(openblas|mkl_rt|blis)[^/]*$", path)]


def _function(library: ctypes.CDLL, name: str, result: type | None, *arguments: type) -> ctypes._CFuncPtr | None:
    for prefix in _PREFIXES:
        for suffix in _SUFFIXES:
            found = getattr(library, f"{prefix}openblas_{name}{suffix}", None)
            if found is not None:
                found.restype, found.argtypes = result, arguments
                return found
    return None


class OpenBlas:
    """An OpenBLAS that this process has loaded."""

    def __init__(self, path: str) -> None:
        library = ctypes.CDLL(path)
        self.path = path
        self._config = _function(library, "get_config", ctypes.c_char_p)
        self._kernel = _function(library, "get_corename", ctypes.c_char_p)
        self._get_threads = _function(library, "get_num_threads", ctypes.c_int)
        self._set_threads = _function(library, "set_num_threads", None, ctypes.c_int)

    @property
    def threads(self) -> int | None:
        return self._get_threads() if self._get_threads else None

    def set_threads(self, threads: int) -> bool:
        """Whether it computes with so many threads now."""
        if self._set_threads is None:
            return False
        self._set_threads(threads)
        return self.threads == threads

    def describe(self) -> dict:
        """library, version, kernel, threads."""
        config = self._config().decode() if self._config else ""
        version = re.search(r"\d+\.\d+[\w.]*", config)
        kernel = self._kernel().decode() if self._kernel else None
        return {"library": "OpenBLAS", "version": version[0] if version else None, "kernel": kernel, "threads": self.threads, "config": config}


def loaded(part_of_path: str = "") -> list[OpenBlas]:
    """The OpenBLAS libraries of this process whose path holds `part_of_path` (numpy.libs, scipy.libs)."""
    return [OpenBlas(path) for path in _loaded_paths() if "openblas" in path and part_of_path in path]


def describe(part_of_path: str = "") -> dict | None:
    """The member `blas` of hello: the first library, or None where none is known."""
    libraries = loaded(part_of_path)
    return libraries[0].describe() if libraries else None


def set_threads(threads: int, part_of_path: str = "") -> bool:
    """Sets the threads of all of them; False when there is none or one does not obey."""
    libraries = loaded(part_of_path)
    return bool(libraries) and all([library.set_threads(threads) for library in libraries])
