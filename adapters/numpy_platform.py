"""NumPy: the array code of trainmark_arrays on the CPU, with the BLAS that NumPy brings."""
from trainmark_worker.start import begin

OPTIONS = begin(__name__)

import platform

import numpy as np

from trainmark_arrays.adapter import ArrayAdapter
from trainmark_arrays.modules import numpy_module
from trainmark_worker import blas
from trainmark_worker.errors import Unsupported


class NumpyAdapter(ArrayAdapter):
    framework = "NumPy"
    platforms = ("numpy",)
    remedy = "trainmark setup numpy"

    def describe(self) -> dict:
        self.xp = numpy_module()
        versions = {"numpy": np.__version__, "python": platform.python_version()}
        return self.describe_arrays() | {"device": "CPU", "versions": versions, "blas": blas.describe("numpy"), "float32": "float32 throughout; losses summed in float64"}

    def set_threads(self, threads: int) -> None:
        # Only BLAS has threads here.
        if threads != self.options.threads and not blas.set_threads(threads):
            raise Unsupported(f"NumPy's BLAS does not change its number of threads; start the worker with --threads {threads}")


if __name__ == "__main__":
    from trainmark_worker.serve import serve

    serve(NumpyAdapter, OPTIONS)
