"""Numba on the CPU: loops and BLAS from scratch; all steps of a stretch are one compiled function."""
from trainmark_worker.start import begin

# Threads that wait for work would spin where BLAS computes with threads of its own.
OPTIONS = begin(__name__, {"OMP_WAIT_POLICY": "passive"})

import os
import platform
from typing import Any

from trainmark_worker.compiler_cache import compiler_cache

CACHE = compiler_cache(OPTIONS, "numba") if OPTIONS.compiler_cache else ""
if CACHE:
    os.environ["NUMBA_CACHE_DIR"] = CACHE  # read when Numba is loaded

import llvmlite
import numba
import numpy as np
import scipy

from trainmark_numba.model import Model
from trainmark_numba.operations import Marks, NoMarks
from trainmark_numba.plan import LAYERS, Planner
from trainmark_numba.program import Kernels, evaluation_program, training_program
from trainmark_worker import blas
from trainmark_worker.adapter import Adapter
from trainmark_worker.batches import Stretch
from trainmark_worker.errors import Failed, Unsupported
from trainmark_worker.operations import ABILITY, TakenApart, replaced, time_of
from trainmark_worker.samples import Samples, normalise
from trainmark_worker.workload import Workload

_EVALUATION_IMAGES = 500  # at a time


class NumbaAdapter(Adapter):
    framework = "Numba"
    platforms = ("numba",)
    remedy = "trainmark setup numba"
    marks: Marks | NoMarks = NoMarks()  # between the calls of training programs
    made: dict[int, Kernels] = {}  # threads -> kernels, which another prepare of this process uses again

    def describe(self) -> dict:
        import scipy.linalg.cython_blas  # noqa: F401  Numba's BLAS is SciPy's; loaded here so that it can be asked

        versions = {"numba": numba.__version__, "llvmlite": llvmlite.__version__, "numpy": np.__version__, "scipy": scipy.__version__, "python": platform.python_version()}
        return {
            "device": "CPU", "versions": versions, "dtypes": ["float32", "float64"], "layers": LAYERS, "modes": ["default"], "optimisers": ["sgd", "adam", "adamw", "rmsprop"],
            "abilities": ["gradients", "dropout_philox", ABILITY], "compiler_cache": bool(CACHE), "blas": blas.describe("scipy"), "float32": "float32, fast-math reassoc contract arcp nsz",
        }

    def set_threads(self, threads: int) -> None:
        if threads > numba.config.NUMBA_NUM_THREADS:
            raise Unsupported(f"Numba was started for {numba.config.NUMBA_NUM_THREADS} threads; start the worker with --threads {threads}")
        numba.set_num_threads(threads)
        if not blas.set_threads(threads, "scipy") and threads != self.options.threads:
            raise Unsupported(f"SciPy's BLAS does not change its number of threads; start the worker with --threads {threads}")

    def build(self, workload: Workload, dtype: str, threads: int, device: int) -> None:
        self.workload, self.dtype, self.compiled = workload, np.dtype(dtype), self.made.setdefault(threads, Kernels(threads, CACHE))
        self.bytes: dict[str, int] = {}
        self.model = Model(workload, self.make)
        self.programs: dict[int, tuple[Any, tuple]] = {}
        self.evaluations: dict[int, tuple[Any, Any, tuple]] = {}
        self.bound: int | None = None

    def make(self, shape: tuple[int, ...], component: str, dtype: Any = None) -> np.ndarray:
        array = np.zeros(shape, dtype or self.dtype)
        self.bytes[component] = self.bytes.get(component, 0) + array.nbytes
        return array

    def set_samples(self, train: Samples, evaluation: Samples, table: np.ndarray) -> int:
        self.samples = [(normalise(s.images, table, str(self.dtype)).reshape(s.count, -1), s.labels.astype(np.int32)) for s in (train, evaluation)]
        self.programs.clear()  # they hold the arrays
        return sum(array.nbytes for split in self.samples for array in split)

    def set_orders(self, orders: list[np.ndarray]) -> None:
        workload, first = self.workload, int(orders[0][0])
        whole = workload.steps_per_epoch == 1 and workload.recipe.passes == 1 and len(orders) == 1 and bool((np.diff(orders[0]) == 1).all())
        if (first if whole else None) != self.bound:
            self.programs.clear()
        self.bound = first if whole else None  # the only batch begins at this sample and is a slice: nothing to gather

    def compile(self) -> None:
        workload = self.workload
        for batch in {workload.batch_size, workload.last_batch_size}:
            run, arrays = self.program(batch)
            nothing = np.empty(0, np.int64)
            run(nothing.astype(np.int32), nothing, nothing.astype(np.float64), np.uint64(0), nothing.astype(np.float64), nothing.astype(np.int32), self.model.g[:0], *arrays)
        self.evaluate_part(0, min(_EVALUATION_IMAGES, workload.evaluation_count))

    def program(self, batch: int) -> tuple[Any, tuple]:
        """The compiled steps of a batch size, made once."""
        if batch not in self.programs:
            x, samples, model = None, self.samples[0], self.model
            if self.bound is not None:
                samples = tuple(array[self.bound :] for array in samples)
                x = samples[0][:batch].reshape(batch, *self.workload.network.input)
            plan = Planner(self.workload, model.weights, model.gradients, self.make, batch // self.workload.recipe.passes, True, x).plan
            self.programs[batch] = training_program(self.compiled, plan, self.workload.recipe, samples, model.values(), batch, self.bound is not None, self.marks)
        return self.programs[batch]

    def set_state(self, tensors: dict[str, np.ndarray], step: int) -> None:
        for name, tensor in self.model.tensors.items():
            tensor[...] = tensors[name]

    def get_state(self) -> dict[str, np.ndarray]:
        return self.model.tensors

    def gradients(self) -> dict[str, np.ndarray]:
        if self.kept.size == 0:
            raise Failed("dump: gradients are kept of a step that was asked for alone")
        return self.model.views(self.kept)

    def train(self, stretch: Stretch) -> Any:
        handles = []
        self.kept = np.empty_like(self.model.g) if len(stretch) == 1 else self.model.g[:0]
        for steps in stretch.runs():
            run, arrays = self.program(len(steps[0]))
            indices = np.concatenate([step.indices for step in steps]) if self.bound is None else steps[0].indices[:0].copy()
            numbers = np.array([step.number for step in steps], np.int64)
            rates = np.array([step.learning_rate for step in steps])
            losses, correct = np.empty(len(steps)), np.empty(len(steps), np.int32)
            run(indices, numbers, rates, np.uint64(stretch.seed), losses, correct, self.kept, *arrays)
            handles.append((losses, correct))
        return handles

    def results(self, handle: Any) -> tuple[np.ndarray, np.ndarray]:
        return np.concatenate([losses for losses, _ in handle]), np.concatenate([correct for _, correct in handle])

    def take_apart(self, stretches: list[Stretch]) -> list[TakenApart]:
        """By programs of their own, with readings of the clock between the calls; buffers and state are the same."""
        marks, found = Marks(), []
        # Not from the compiler cache, and not into it: the address of the system's clock is compiled in.
        with replaced((self, "marks", marks), (self, "programs", {}), (self, "compiled", Kernels(self.compiled.threads))):
            for stretch in {len(stretch.steps[0]): stretch for stretch in stretches}.values():
                self.train(stretch)  # compiles
            for stretch in stretches:
                marks.take()
                elapsed = time_of(self.train, self.synchronise, stretch)
                found.append(TakenApart(elapsed, len(stretch), marks.take()))
        return found

    def evaluate_part(self, first: int, last: int) -> np.ndarray:
        """Logits (images, classes) of some images of the evaluation split."""
        images = last - first
        if images not in self.evaluations:
            plan = Planner(self.workload, self.model.weights, self.model.gradients, self.make, images, False).plan
            self.evaluations[images] = (plan, *evaluation_program(self.compiled, plan))
        plan, run, arrays = self.evaluations[images]
        plan.x.reshape(images, -1)[...] = self.samples[1][0][first:last]
        run(*arrays)
        return plan.logits

    def evaluate(self) -> Any:
        labels, recipe = self.samples[1][1], self.workload.recipe
        loss = self.compiled.get("cross_entropy" if recipe.loss == "softmax_cross_entropy" else "squared_error")
        predictions, total = np.empty(len(labels), np.int32), 0.0
        for first in range(0, len(labels), _EVALUATION_IMAGES):
            last = min(first + _EVALUATION_IMAGES, len(labels))
            logits = self.evaluate_part(first, last)
            predictions[first:last] = logits.argmax(1)
            total += loss(logits, labels[first:last], np.empty_like(logits), recipe.label_smoothing, 1.0)[0]
        return predictions, total / len(labels)

    def memory(self) -> dict[str, int | None]:
        return dict(self.bytes)


if __name__ == "__main__":
    from trainmark_worker.serve import serve

    serve(NumbaAdapter, OPTIONS)
