"""Numba on an NVIDIA GPU: own CUDA kernels, with samples, orders, parameters and losses on the device."""
from trainmark_worker.start import begin

OPTIONS = begin(__name__)

import math
from typing import Any

import numba
import numpy as np
from numba import config, cuda

from trainmark_numba.cuda_program import Launcher
from trainmark_numba.model import Model
from trainmark_numba.operations import word_of
from trainmark_numba.plan import LAYERS, Call, Plan, Planner, Symbol
from trainmark_worker.adapter import Adapter
from trainmark_worker.batches import Step, Stretch
from trainmark_worker.errors import Unsupported
from trainmark_worker.operations import ABILITY, TakenApart, Timer, replaced
from trainmark_worker.samples import Samples, normalise
from trainmark_worker.workload import Workload

_EVALUATION_IMAGES = 1000  # at a time
# The simulator runs every thread of a block as a thread of Python.
_THREADS, _TILE = (4, 2) if config.ENABLE_CUDASIM else (256, 16)


class NumbaCudaAdapter(Adapter):
    framework = "Numba"
    platforms = ("numba-cuda",)
    remedy = "trainmark setup numba-cuda"

    def describe(self) -> dict:
        if not cuda.is_available():
            return {"unavailable": "Numba finds no CUDA device or driver", "remedy": "install the NVIDIA driver, or run on a machine with an NVIDIA GPU (NUMBA_ENABLE_CUDASIM=1 simulates one, slowly)"}
        name = "CUDA simulator" if config.ENABLE_CUDASIM else cuda.get_current_device().name.decode()
        return {
            "device": name, "versions": {"numba": numba.__version__, "numpy": np.__version__}, "dtypes": ["float32", "float64"], "layers": LAYERS, "modes": ["default"],
            "optimisers": ["sgd", "adam", "adamw", "rmsprop"], "abilities": ["gradients", "dropout_philox", ABILITY], "float32": "float32 without TF32; sums of channels in float64",
        }

    def is_out_of_memory(self, problem: BaseException) -> bool:
        return "OUT_OF_MEMORY" in str(problem)

    def set_threads(self, threads: int) -> None:
        """One thread starts all kernels; there is nothing to set."""

    def build(self, workload: Workload, dtype: str, threads: int, device: int) -> None:
        if device >= len(cuda.gpus):
            raise Unsupported(f"prepare: there is no CUDA device {device}; 'device' must be below {len(cuda.gpus)}")
        cuda.select_device(device)
        self.workload, self.dtype = workload, np.dtype(dtype)
        self.stream = cuda.stream()
        self.launcher = Launcher(dtype, self.stream, _THREADS, _TILE)
        self.bytes: dict[str, int] = {}
        self.model = Model(workload, self.make)
        self.plans: dict[tuple[int, bool], tuple[Plan, list, list]] = {}
        self.norm = self.make((1,), "workspace", "float64")

    def make(self, shape: tuple[int, ...], component: str, dtype: Any = None) -> Any:
        array = cuda.to_device(np.zeros(shape, dtype or self.dtype))
        self.bytes[component] = self.bytes.get(component, 0) + math.prod(shape) * np.dtype(dtype or self.dtype).itemsize
        return array

    def set_samples(self, train: Samples, evaluation: Samples, table: np.ndarray) -> int:
        host = [(normalise(s.images, table, str(self.dtype)).reshape(s.count, -1), s.labels.astype(np.int32)) for s in (train, evaluation)]
        self.samples = [tuple(cuda.to_device(array) for array in split) for split in host]
        self.evaluation_order = cuda.to_device(np.arange(evaluation.count, dtype=np.int32))
        self.evaluation_count = evaluation.count
        return sum(array.nbytes for split in host for array in split)

    def set_orders(self, orders: list[np.ndarray]) -> None:
        self.orders = [cuda.to_device(np.ascontiguousarray(order)) for order in orders]

    def compile(self) -> None:
        """Numba compiles a kernel at its first call: one step and one evaluation, whose state is replaced afterwards."""
        if config.ENABLE_CUDASIM:
            return
        for batch in {self.workload.batch_size, self.workload.last_batch_size}:
            self.train(Stretch((Step(0, 0.0, 0, 0, batch, np.empty(0, np.int32)),), 0, None))
        self.evaluate()

    def plan(self, images: int, training: bool) -> tuple[Plan, Any, list, list]:
        """Plan, labels of the batch, and what starts its forward and backward kernels; made once."""
        key = (images, training)
        if key not in self.plans:
            plan = Planner(self.workload, self.model.weights, self.model.gradients, self.make, images, training).plan
            labels = self.make((images,), "input", "int32")
            dlogits = plan.dlogits if training else self.make(plan.logits.shape, "workspace")
            starts = [[self.launcher.prepare(call) for call in calls] for calls in (plan.forward, plan.backward)]
            loss = "cross_entropy" if self.workload.recipe.loss == "softmax_cross_entropy" else "squared_error"
            x = plan.x.reshape(images, math.prod(self.workload.network.input))
            samples = self.samples[0 if training else 1]
            gather = self.start("gather", *samples, Symbol("order"), Symbol("begin"), x, labels, work=x)
            score = self.start(loss, plan.logits, labels, dlogits, self.workload.recipe.label_smoothing, Symbol("factor"), Symbol("factor"), Symbol("losses"), Symbol("correct"), Symbol("i"), work=labels)
            self.plans[key] = (plan, gather, score, *starts)
        return self.plans[key]

    def start(self, kernel: str, *arguments: Any, work: Any) -> Any:
        """What starts a kernel on a grid for `work`'s elements."""
        return self.launcher.prepare_kernel(kernel, self.launcher.grid(Call("copy", (work,))), arguments)

    def update_starts(self) -> list:
        """Clipping and the optimiser's update."""
        recipe, model, o = self.workload.recipe, self.model, self.workload.recipe.optimiser
        starts = []
        if recipe.clip_norm > 0:
            starts.append(self.start("fill", self.norm, 0.0, work=self.norm))
            starts.append(self.start("square_sum", model.g, self.norm, work=model.g))
            starts.append(self.start("clip", model.g, self.norm, recipe.clip_norm, work=model.g))
        constants = (o.weight_decay, o.momentum, o.nesterov, o.beta1, o.beta2, o.alpha, o.epsilon)
        starts.append(self.start(o.kind, model.w, model.g, *model.states, Symbol("rate"), Symbol("count"), *constants, work=model.w))
        return starts

    def set_state(self, tensors: dict[str, np.ndarray], step: int) -> None:
        for name, tensor in self.model.tensors.items():
            tensor.copy_to_device(np.ascontiguousarray(tensors[name]), self.stream)

    def get_state(self) -> dict[str, np.ndarray]:
        return {name: tensor.copy_to_host() for name, tensor in self.model.tensors.items()}

    def gradients(self) -> dict[str, np.ndarray]:
        # Updates leave gradients as they were.
        return {name: view.copy_to_host() for name, view in self.model.gradients.items()}

    def train(self, stretch: Stretch) -> Any:
        recipe, model = self.workload.recipe, self.model
        losses, correct = cuda.to_device(np.zeros(len(stretch)), self.stream), cuda.to_device(np.zeros(len(stretch), np.int32), self.stream)
        updates = self.update_starts()
        copy = self.start("copy", model.g, model.sum, work=model.g) if recipe.passes > 1 else None
        add = self.start("add_to", model.g, model.sum, work=model.g) if recipe.passes > 1 else None
        back = self.start("copy", model.sum, model.g, work=model.g) if recipe.passes > 1 else None
        low = 0xFFFFFFFF
        symbols = {"seed_low": stretch.seed & low, "seed_high": stretch.seed >> 32, "losses": losses, "correct": correct}
        for i, step in enumerate(stretch.steps):
            images = len(step) // recipe.passes
            _, gather, score, forward, backward = self.plan(images, True)
            symbols |= {"i": i, "number_low": step.number & low, "number_high": step.number >> 32, "factor": 1 / len(step), "rate": step.learning_rate, "count": step.number + 1, "order": self.orders[step.order]}
            for part in range(recipe.passes):
                symbols["first"] = part * images
                symbols["begin"] = step.begin + part * images
                for start in (gather, *forward, score, *backward):
                    start(symbols)
                if recipe.passes > 1:
                    (copy if part == 0 else add)(symbols)
            if recipe.passes > 1:
                back(symbols)
            for start in updates:
                start(symbols)
        return losses, correct

    def take_apart(self, stretches: list[Stretch]) -> list[TakenApart]:
        """Kernel by kernel, waiting for each."""
        timer = Timer(self.synchronise)

        def timed(starts: list, calls: list[Call], phase: str) -> list:
            return [timer.around(start, word_of(call.kernel), phase) for start, call in zip(starts, calls)]

        for images in {len(step) for stretch in stretches for step in stretch.steps}:
            self.plan(images // self.workload.recipe.passes, True)
        plans = {}
        for key, (plan, gather, score, forward, backward) in self.plans.items():
            plans[key] = (plan, timer.around(gather, "gather", "forward"), timer.around(score, "loss", "forward"), timed(forward, plan.forward, "forward"), timed(backward, plan.backward, "backward"))

        def updates() -> list:
            *clips, update = type(self).update_starts(self)
            return [*(timer.around(start, "clip", "update") for start in clips), timer.around(update, "update", "update")]

        with replaced((self, "plans", plans), (self, "update_starts", updates)):
            return timer.run(self.train, stretches)

    def synchronise(self) -> None:
        self.stream.synchronize()

    def results(self, handle: Any) -> tuple[np.ndarray, np.ndarray]:
        return handle[0].copy_to_host(), handle[1].copy_to_host()

    def evaluate(self) -> Any:
        count = self.evaluation_count
        predictions = cuda.to_device(np.zeros(count, np.int32), self.stream)
        loss, correct = cuda.to_device(np.zeros(1), self.stream), cuda.to_device(np.zeros(1, np.int32), self.stream)
        for begin in range(0, count, _EVALUATION_IMAGES):
            images = min(_EVALUATION_IMAGES, count - begin)
            plan, gather, score, forward, _ = self.plan(images, False)
            symbols = {"order": self.evaluation_order, "begin": begin, "factor": 1 / count, "losses": loss, "correct": correct, "i": 0}
            for start in (gather, *forward, score):
                start(symbols)
            self.start("predict", plan.logits, predictions, begin, work=plan.logits)({})
        return predictions, loss

    def evaluation_results(self, handle: Any) -> tuple[np.ndarray, float]:
        return handle[0].copy_to_host(), float(handle[1].copy_to_host()[0])

    def memory(self) -> dict[str, int | None]:
        return dict(self.bytes)


if __name__ == "__main__":
    from trainmark_worker.serve import serve

    serve(NumbaCudaAdapter, OPTIONS)
