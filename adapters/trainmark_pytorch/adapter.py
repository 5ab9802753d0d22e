"""PyTorch behind the calls of the shared helper."""
from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from trainmark_worker.adapter import Adapter
from trainmark_worker.batches import Stretch
from trainmark_worker.errors import Unsupported
from trainmark_worker.operations import ABILITY, TakenApart
from trainmark_worker.samples import Samples
from trainmark_worker.start import Options
from trainmark_worker.workload import Workload

from . import machine
from .activations import activation_bytes
from .captured import CapturedTrainer
from .compiled import CompiledTrainer
from .data import Batches, Split
from .eager import EagerTrainer
from .layers import MAKE, Network
from .operations import take_apart

_EVALUATION_BYTES = 4 << 20  # of inputs at a time: their activations then stay near the caches
_TRAINERS: dict[str, type[EagerTrainer]] = {"compile": CompiledTrainer, "graph": CapturedTrainer}


class PytorchAdapter(Adapter):
    framework = "PyTorch"
    platforms = tuple(machine.DEVICES)
    remedy = "trainmark setup pytorch-cpu"

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.kind = machine.DEVICES.get(self.platform, "cpu")
        self.mode = self.mode or "eager"
        torch.set_num_threads(options.threads)
        machine.set_precision()

    def describe(self) -> dict:
        missing = machine.why_unavailable(self.kind, self.mode)
        if missing:
            return missing
        only_float32 = self.kind == "mps" or self.mode in ("amp", "graph")
        return {
            "device": machine.device_name(self.kind),
            "versions": machine.versions_of(self.kind),
            "dtypes": ["float32"] if only_float32 else ["float32", "float64"],
            "layers": list(MAKE),
            "modes": machine.modes_of(self.kind),
            "optimisers": ["sgd", "adam", "adamw", "rmsprop"],
            "abilities": ["gradients", "dropout_masks", *([ABILITY] if self._can_be_taken_apart() else [])],
            "compiler_cache": self.mode == "compile" and bool(self.options.compiler_cache),
            "blas": machine.describe_blas(),
            "float32": machine.float32_flags(self.mode),
        }

    def _can_be_taken_apart(self) -> bool:
        """A compiled or captured step is one call; and there is no profiler of Metal's kernels."""
        return self.kind != "mps" and self.mode not in ("compile", "graph")

    def is_out_of_memory(self, problem: BaseException) -> bool:
        return isinstance(problem, torch.OutOfMemoryError) or "can't allocate memory" in str(problem) or "out of memory" in str(problem)

    # Preparation.

    def set_threads(self, threads: int) -> None:
        torch.set_num_threads(threads)

    def build(self, workload: Workload, dtype: str, threads: int, device: int) -> None:
        if device >= machine.count_devices(self.kind):
            raise Unsupported(f"{self.platform} has no device {device} here; it has {machine.count_devices(self.kind)}, counted from 0")
        self.trainer: EagerTrainer
        self.release()
        self.workload = workload
        self.device = torch.device(self.kind, device) if self.kind == "cuda" else torch.device(self.kind)
        if self.kind == "cuda":
            torch.cuda.set_device(self.device)
            torch.cuda.reset_peak_memory_stats(self.device)
        self.dtype = getattr(torch, dtype)
        like = {"dtype": self.dtype, "device": self.device}
        network = Network(workload.network, like)
        self.channels_last = self.mode == "channels-last"
        if self.channels_last:
            network = network.to(memory_format=torch.channels_last)
        self.seed: int | None = None
        self.trainer = _TRAINERS.get(self.mode, EagerTrainer)(workload, network, like, self.mode == "amp")

    def release(self) -> None:
        """Gives up the workload before."""
        self.__dict__.pop("trainer", None)
        self.splits: tuple[Split, Split] | None = None
        if self.kind == "cuda":
            torch.cuda.empty_cache()

    def set_samples(self, train: Samples, evaluation: Samples, table: np.ndarray) -> int:
        new = tuple(Split(samples, table, self.dtype, self.device, self.channels_last) for samples in (train, evaluation))
        if self.splits is None or not all(mine.replace(other) for mine, other in zip(self.splits, new)):
            self.splits = new
        return sum(split.bytes for split in self.splits)

    def set_orders(self, orders: list[np.ndarray]) -> None:
        self.trainer.set_batches(Batches(self.splits[0], orders))

    def compile(self) -> None:
        self.trainer.compile()

    def kernels(self) -> dict[str, str]:
        evaluation = "eager" if self.mode in ("compile", "graph") else self.mode
        optimiser = type(self.trainer.optimiser.torch).__name__ + (", fused" if self.trainer.optimiser.group.get("fused") else "")
        samples = "resident" if self.splits[0].rows.dtype != torch.uint8 else "8 bits, looked up batch by batch"
        whole = getattr(self.trainer, "whole", False)
        return {"step": "one compiled graph" if whole else self.mode, "optimiser": "in the graph" if whole else optimiser, "evaluation": evaluation, "samples": samples}

    # State.

    def _places(self) -> dict[str, Tensor]:
        """Where every tensor of the state lives."""
        network = self.trainer.network
        return {t.name: network.tensor(t) for t in self.workload.network.tensors} | self.trainer.optimiser.tensors

    def set_state(self, tensors: dict[str, np.ndarray], step: int) -> None:
        with torch.no_grad():
            for name, place in self._places().items():
                place.copy_(torch.from_numpy(np.ascontiguousarray(tensors[name])))
        self.trainer.optimiser.forget_step()

    def get_state(self) -> dict[str, np.ndarray]:
        return {name: _to_host(place) for name, place in self._places().items()}

    def gradients(self) -> dict[str, np.ndarray]:
        return {name: _to_host(gradient) for name, gradient in zip(self.trainer.parameters, self.trainer.gradients())}

    # Work.

    def train(self, stretch: Stretch) -> Any:
        if stretch.seed != self.seed and self.trainer.network.dropouts:
            self.seed = stretch.seed
            torch.manual_seed(stretch.seed % 2**63)
        return self.trainer.train(stretch)

    def take_apart(self, stretches: list[Stretch]) -> list[TakenApart]:
        return take_apart(self, stretches)

    def synchronise(self) -> None:
        machine.synchronise(self.device)

    def results(self, handle: Any) -> tuple[np.ndarray, np.ndarray]:
        return self.trainer.results(handle)

    @torch.inference_mode()
    def evaluate(self) -> Any:
        split, trainer = self.splits[1], self.trainer
        network = trainer.network.eval()
        images = max(1, min(split.count, _EVALUATION_BYTES // split.image_bytes()))
        predictions, losses = [], []
        with trainer.precision():
            for begin in range(0, split.count, images):
                end = min(begin + images, split.count)
                logits = network(split.part(begin, end))
                predictions.append(logits.argmax(1))
                losses.append(trainer.loss(logits, split.labels[begin:end]) * ((end - begin) / split.count))
        return torch.cat(predictions), torch.stack(losses)

    def evaluation_results(self, handle: Any) -> tuple[np.ndarray, float]:
        predictions, losses = handle
        return predictions.cpu().numpy().astype(np.int32), float(losses.cpu().double().sum())

    def memory(self) -> dict[str, int | None]:
        trainer = self.trainer
        part = trainer.workload.batch_size // trainer.recipe.passes
        split = trainer.batches.split
        known: dict[str, int | None] = {
            "parameters": sum(t.nbytes for t in [*trainer.network.parameters(), *trainer.network.buffers()]),
            "optimiser_state": sum(t.nbytes for t in trainer.optimiser.tensors.values()),
            "input": part * split.image_bytes(),
            "gradients": sum(leaf.nbytes for leaf in trainer.leaves),
        }
        if self.mode not in ("compile", "graph"):
            known["activations"] = activation_bytes(trainer, split.part(0, part), split.labels[:part])
        return known | machine.device_memory(self.device)


def _to_host(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().contiguous().numpy().copy()
