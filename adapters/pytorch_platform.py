"""PyTorch on the CPU, on CUDA and on Apple's Metal; what it does is in trainmark_pytorch.

    python pytorch_platform.py --platform pytorch-cpu --mode compile --threads 2
"""
from trainmark_worker.start import begin

OPTIONS = begin(__name__)

import os

from trainmark_worker.adapter import Adapter
from trainmark_worker.compiler_cache import compiler_cache
from trainmark_worker.start import Options


def set_compiler(options: Options) -> None:
    """Where torch.compile keeps its code, and how many processes compile; read when PyTorch is imported."""
    if options.mode == "compile":
        folder = compiler_cache(options, "pytorch")
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder
        os.environ["TRITON_CACHE_DIR"] = os.path.join(folder, "triton")
        # A graph for the CPU is one source file: a pool of processes would only take memory.
        os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1" if options.platform in ("", "pytorch-cpu") else str(options.threads)


class MissingAdapter(Adapter):
    """Answers hello where PyTorch cannot be imported."""

    framework = "PyTorch"
    platforms = ("pytorch-cpu", "pytorch-cuda", "pytorch-mps")

    def describe(self) -> dict:
        import torch

        raise ImportError(f"{torch.__name__} is there, but not all that it needs")

    @property
    def remedy(self) -> str:
        return f"trainmark setup {self.platform}"


def make(options: Options) -> Adapter:
    """The adapter, or one that says why it cannot be."""
    set_compiler(options)
    try:
        import torch

        from trainmark_pytorch.adapter import PytorchAdapter
    except ImportError:
        return MissingAdapter(options)
    torch.set_num_interop_threads(1)  # nothing here runs side by side; can be said once in a process
    return PytorchAdapter(options)


if __name__ == "__main__":
    from trainmark_worker.serve import serve

    serve(make, OPTIONS)
