"""What PyTorch can do on this machine: devices, modes, precision, libraries; and why something cannot be."""
from __future__ import annotations

import os
import platform
import re
import shutil
import sysconfig
from pathlib import Path

import torch

from trainmark_worker import blas

DEVICES = {"pytorch-cpu": "cpu", "pytorch-cuda": "cuda", "pytorch-mps": "mps"}
_CUDA_ONLY = ("amp", "graph")


def modes_of(device: str) -> list[str]:
    """The usual one first."""
    return ["eager", "channels-last", "compile"] + (list(_CUDA_ONLY) if device == "cuda" else [])


def why_unavailable(device: str, mode: str) -> dict | None:
    """The members `unavailable` and `remedy` of hello, or None."""
    if device == "cuda" and not torch.cuda.is_available():
        if torch.version.cuda is None:
            return {"unavailable": f"PyTorch {torch.__version__} was built without CUDA", "remedy": "install a build with CUDA: trainmark setup pytorch-cuda"}
        return {"unavailable": "PyTorch finds no CUDA device", "remedy": "an NVIDIA GPU with a driver for CUDA " + torch.version.cuda + " is needed; nvidia-smi shows both"}
    if device == "mps" and not torch.backends.mps.is_available():
        why = "finds no Metal device" if torch.backends.mps.is_built() else "was built without Metal"
        return {"unavailable": f"PyTorch {torch.__version__} {why}", "remedy": "an Apple-silicon Mac with macOS 14 or newer is needed"}
    if mode == "compile":
        return _why_not_compiled(device)
    return None


def _why_not_compiled(device: str) -> dict | None:
    """What torch.compile needs besides PyTorch: a C++ compiler with Python's headers, or Triton."""
    if device == "mps":
        return None
    if device == "cuda":
        try:
            import triton  # noqa: F401
        except ImportError:
            return {"unavailable": "mode compile needs Triton, which cannot be imported", "remedy": "pip install triton, of the version that this PyTorch names"}
    compilers = [os.environ["CXX"].split()[0]] if os.environ.get("CXX", "").strip() else ["g++", "clang++"]
    if not any(shutil.which(name) for name in compilers):
        return {"unavailable": f"mode compile needs a C++ compiler, and there is no {' or '.join(compilers)} in PATH", "remedy": "install one (Debian: apt install g++), or choose --mode eager"}
    if not (Path(sysconfig.get_paths()["include"]) / "Python.h").exists():
        return {"unavailable": f"mode compile needs the headers of Python {platform.python_version()}, and there is no Python.h", "remedy": "install them (Debian: apt install python3-dev), or choose --mode eager"}
    return None


def set_precision() -> None:
    """Full float32 everywhere: no TF32, no bfloat16 products. mode amp lowers it on purpose, by autocast."""
    if hasattr(torch.backends, "fp32_precision"):  # since 2.9; the old names then warn
        torch.backends.fp32_precision = "ieee"
        for backend in (torch.backends.cuda.matmul, torch.backends.cudnn.conv, torch.backends.cudnn.rnn, torch.backends.mkldnn.matmul, torch.backends.mkldnn.conv):
            backend.fp32_precision = "ieee"
    else:
        torch.set_float32_matmul_precision("highest")
        torch.backends.cudnn.allow_tf32 = False
    torch.set_flush_denormal(False)


def float32_flags(mode: str) -> str:
    """The member `float32` of hello, read back."""
    if mode == "amp":
        return "autocast: products and convolutions in bfloat16, parameters, losses and updates in float32"
    if hasattr(torch.backends, "fp32_precision"):
        matmul, convolution = torch.backends.cuda.matmul.fp32_precision, torch.backends.cudnn.conv.fp32_precision
        on_cpu = torch.backends.mkldnn.matmul.fp32_precision
        return f"cuda matmul {matmul}, cudnn conv {convolution}, mkldnn {on_cpu}; denormals kept"
    tf32 = {True: "on", False: "off"}
    return f"{torch.get_float32_matmul_precision()}; tf32 matmul {tf32[torch.backends.cuda.matmul.allow_tf32]}, cudnn tf32 {tf32[torch.backends.cudnn.allow_tf32]}; denormals kept"


def describe_blas() -> dict | None:
    """MKL is linked into PyTorch and says itself what it is; an OpenBLAS is asked."""
    said = torch.__config__.show()
    name = re.search(r"BLAS_INFO=(\w+)", said)
    if name and name[1] != "mkl":
        return blas.describe("torch") or {"library": name[1], "version": None, "kernel": None, "threads": torch.get_num_threads()}
    version = re.search(r"Math Kernel Library Version ([\w.-]+)", said)
    if not version:
        return blas.describe("torch")
    # MKL chooses its kernels by the CPU's maker and does not tell which; this is what PyTorch's own loops were chosen for.
    return {"library": "Intel oneMKL", "version": version[1], "kernel": None, "threads": torch.get_num_threads(), "config": "CPU capability of PyTorch: " + torch.backends.cpu.get_cpu_capability()}


def versions_of(device: str) -> dict[str, str]:
    """Libraries that compute."""
    versions = {"torch": torch.__version__, "python": platform.python_version()}
    onednn = re.search(r"MKL-DNN v([\w.]+)", torch.__config__.show())
    if onednn and device == "cpu":
        versions["onednn"] = onednn[1]
    if device == "cuda":
        versions |= {"cuda": str(torch.version.cuda), "cudnn": str(torch.backends.cudnn.version())}
    if device == "mps":
        versions["macos"] = platform.mac_ver()[0]
    return versions


def device_name(device: str) -> str:
    """For people."""
    if device == "cuda":
        return torch.cuda.get_device_name(0)
    return {"cpu": "CPU", "mps": f"Apple GPU ({platform.processor() or platform.machine()})"}[device]


def count_devices(device: str) -> int:
    return torch.cuda.device_count() if device == "cuda" else 1


def synchronise(device: torch.device) -> None:
    """Waits for the device; calls on a CPU have finished when they return."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def device_memory(device: torch.device) -> dict[str, int]:
    """The members device_peak and allocator of the memory answer."""
    if device.type == "cuda":
        return {"device_peak": torch.cuda.max_memory_reserved(device), "allocator": torch.cuda.memory_reserved(device)}
    if device.type == "mps":
        return {"allocator": torch.mps.driver_allocated_memory()}
    return {}
