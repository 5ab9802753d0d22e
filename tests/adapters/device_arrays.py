"""An array module that stands for a GPU's: NumPy inside, but values do not come to the host by themselves.

Reading a value (float, int, bool, item, tolist, iteration), mixing with host arrays and functions that CuPy lacks are
errors, so code that runs here waits for no device and runs on CuPy's interface.
"""
from __future__ import annotations

from types import SimpleNamespace

import numpy as np


class HostAccess(AssertionError):
    """The code under test reached for a value of the device."""


def _wrap(result):
    if isinstance(result, tuple):
        return tuple(_wrap(r) for r in result)
    return np.asarray(result).view(DeviceArray) if isinstance(result, (np.ndarray, np.generic)) else result


def _plain(value):
    if isinstance(value, DeviceArray):
        return value.view(np.ndarray)
    if isinstance(value, np.ndarray):
        raise HostAccess("a host array is mixed with arrays of the device")
    if isinstance(value, (tuple, list)):
        return type(value)(_plain(v) for v in value)
    return value


class DeviceArray(np.ndarray):
    def _refuse(self, *_, **__):
        raise HostAccess("a value of the device is read on the host")

    __float__ = __int__ = __bool__ = __index__ = __complex__ = __iter__ = item = tolist = tobytes = _refuse

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        if out is not None:
            options["out"] = tuple(_plain(o) for o in out)
        result = getattr(ufunc, method)(*(_plain(i) for i in inputs), **options)
        return out[0] if out is not None and len(out) == 1 else _wrap(result)

    def __array_function__(self, function, types, inputs, options):
        out = options.get("out")
        result = function(*(_plain(i) for i in inputs), **{name: _plain(o) for name, o in options.items()})
        return out if out is not None else _wrap(result)

    def __getitem__(self, key):
        return _wrap(self.view(np.ndarray)[_plain(key)])

    def __setitem__(self, key, value):
        self.view(np.ndarray)[_plain(key)] = _plain(value)


def to_device(array):
    return np.array(array).view(DeviceArray)


def to_host(array):
    return np.array(array.view(np.ndarray))


def device_module(numpy_module):
    """The functions that the array code may use; all are CuPy's too."""
    names = ("add subtract multiply divide maximum minimum equal greater less exp log sqrt tanh sum mean vdot argmax matmul "
             "zeros empty ones full arange empty_like full_like").split()

    def made(function):
        return lambda *inputs, **options: _wrap(function(*inputs, **options))

    creators = ("zeros", "empty", "ones", "full", "arange")
    functions = {name: made(getattr(np, name)) if name in creators else getattr(np, name) for name in names}
    functions["ascontiguousarray"] = lambda x: _wrap(np.ascontiguousarray(_plain(x)))  # NumPy does not ask the class
    windows = made(lambda x, shape, strides: np.lib.stride_tricks.as_strided(_plain(x), shape, strides))

    def gather(x, indices, axis, out):
        np.take(_plain(x), _plain(indices), axis, _plain(out), "clip")

    return SimpleNamespace(
        **functions, take=np.take, uint64=np.uint64, dtype=np.dtype, asarray=to_device, lib=SimpleNamespace(stride_tricks=SimpleNamespace(as_strided=windows)),
        erf=lambda x: to_device(numpy_module.erf(_plain(x))), gather=gather, on_host=False, part_bytes=1 << 40)
