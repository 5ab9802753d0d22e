"""CuPy: the array code of trainmark_arrays on an NVIDIA GPU, with pooled memory and a stream of its own."""
from trainmark_worker.start import begin

OPTIONS = begin(__name__)

from typing import Any

import numpy as np

from trainmark_arrays.adapter import ArrayAdapter
from trainmark_arrays.modules import cupy_module
from trainmark_worker.errors import Unsupported
from trainmark_worker.workload import Workload


class CupyAdapter(ArrayAdapter):
    framework = "CuPy"
    platforms = ("cupy",)
    remedy = "trainmark setup cupy"

    def describe(self) -> dict:
        import cupy

        self.cupy = cupy
        try:
            count = cupy.cuda.runtime.getDeviceCount()
        except Exception as problem:  # no driver, no device, another version of CUDA
            return {"unavailable": f"CuPy finds no CUDA device: {problem}", "remedy": "install the NVIDIA driver, or run on a machine with an NVIDIA GPU"}
        if count == 0:
            return {"unavailable": "there is no CUDA device", "remedy": "run on a machine with an NVIDIA GPU"}
        self.xp = cupy_module()
        name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
        versions = {"cupy": cupy.__version__, "numpy": np.__version__, "cuda": str(cupy.cuda.runtime.runtimeGetVersion())}
        return self.describe_arrays() | {"device": name, "versions": versions, "blas": {"library": "cuBLAS"}, "float32": "float32 without TF32"}

    def is_out_of_memory(self, problem: BaseException) -> bool:
        return type(problem).__name__ == "OutOfMemoryError"

    def set_threads(self, threads: int) -> None:
        """One thread starts all kernels; there is nothing to set."""

    def build(self, workload: Workload, dtype: str, threads: int, device: int) -> None:
        cupy = self.cupy
        if device >= cupy.cuda.runtime.getDeviceCount():
            raise Unsupported(f"prepare: there is no CUDA device {device}; 'device' must be below {cupy.cuda.runtime.getDeviceCount()}")
        cupy.cuda.Device(device).use()
        self.stream = cupy.cuda.Stream(non_blocking=True)
        self.stream.use()  # of this thread from now on; memory comes from CuPy's pool
        super().build(workload, dtype, threads, device)

    def to_host(self, array: Any) -> np.ndarray:
        return self.cupy.asnumpy(array)

    def synchronise(self) -> None:
        self.stream.synchronize()

    def memory(self) -> dict[str, int | None]:
        held = self.cupy.get_default_memory_pool().total_bytes()  # the pool never gives back: its size is its peak
        return super().memory() | {"device_peak": held, "allocator": held}


if __name__ == "__main__":
    from trainmark_worker.serve import serve

    serve(CupyAdapter, OPTIONS)
