"""JAX on the CPU and on NVIDIA GPUs: pure functions, compiled by XLA, whose state is given away and comes back.

Modes: `jit`, a call for every step (no Python number crosses to the device but the step's own few), and `scan`, a loop
over the steps of a stretch within one program. Compiled programs are kept where --compiler-cache or JAX_COMPILATION_CACHE_DIR says, else nowhere.
"""
from trainmark_worker.start import begin

# XLA for CPUs makes its pools of threads as large as NPROC, else as the CPU set; --xla_cpu_multi_thread_eigen only turns
# them off for matrix products. Workers take turns on a GPU, so that none may take most of its memory in advance.
OPTIONS = begin(__name__, {"NPROC": "{threads}", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"})

import platform
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trainmark_worker.adapter import Adapter
from trainmark_worker.batches import Step, Stretch
from trainmark_worker.compiler_cache import compiler_cache
from trainmark_worker.errors import Unsupported
from trainmark_worker.operations import ABILITY, TakenApart
from trainmark_worker.samples import Samples, normalise
from trainmark_worker.workload import Workload


@dataclass
class Handle:
    """What a stretch leaves on the device."""

    losses: list = field(default_factory=list)
    correct: list = field(default_factory=list)


class JaxAdapter(Adapter):
    framework = "JAX"
    platforms = ("jax-cpu", "jax-cuda")
    remedy = "trainmark setup jax-cpu"

    def describe(self) -> dict:
        import jax
        import jaxlib

        kind = self.platform.partition("-")[2]
        jax.config.update("jax_platforms", kind)
        try:
            self.devices = jax.devices(kind)
        except (RuntimeError, AssertionError) as problem:  # JAX without CUDA fails in an assertion
            reason = (str(problem).splitlines() or ["this JAX was installed without CUDA"])[0]
            return {"unavailable": f"JAX {jax.__version__} finds no device for {self.platform}: {reason}", "remedy": "install JAX with CUDA (pip install 'jax[cuda12]') on a machine with an NVIDIA GPU and its driver"}
        if self.options.compiler_cache:
            jax.config.update("jax_compilation_cache_dir", compiler_cache(self.options, "jax"))
            jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)  # small programs too
            jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
        # float32 as it is: no TF32 on GPUs.
        jax.config.update("jax_default_matmul_precision", "highest")
        from trainmark_jax.layers import LAYERS
        from trainmark_jax.optimisers import OPTIMISERS

        self.jax = jax
        client = getattr(self.devices[0], "client", None)
        return {
            "device": "CPU" if kind == "cpu" else self.devices[0].device_kind,
            "versions": {"jax": jax.__version__, "jaxlib": jaxlib.__version__, "numpy": np.__version__, "python": platform.python_version()},
            "dtypes": ["float32", "float64"],
            "layers": list(LAYERS),
            "modes": ["jit", "scan"],
            "optimisers": list(OPTIMISERS),
            "compiler_cache": bool(self.options.compiler_cache),
            "abilities": ["dropout_philox", ABILITY],
            "float32": "matmul precision highest; losses summed in float32",
            "runtime": getattr(client, "platform_version", ""),
        }

    def is_out_of_memory(self, problem: BaseException) -> bool:
        return "RESOURCE_EXHAUSTED" in str(problem)

    # Preparation.

    def build(self, workload: Workload, dtype: str, threads: int, device: int) -> None:
        from trainmark_jax.model import Model
        from trainmark_jax.programs import Programs

        if device >= len(self.devices):
            raise Unsupported(f"there is no device {device} for {self.platform}; it has {len(self.devices)}")
        self.jax.config.update("jax_enable_x64", dtype == "float64")
        self.jax.config.update("jax_default_device", self.devices[device])
        self.draws = any(layer.kind == "dropout" for layer in workload.network.layers)
        self.workload, self.dtype, self.device = workload, np.dtype(dtype), self.devices[device]
        self.model = Model(workload)
        self.programs = Programs(self.model)
        self.state: dict[str, Any] = {}

    def _put(self, array: np.ndarray) -> Any:
        # A copy: JAX on the CPU may else use NumPy's memory, and the state's is given away.
        return self.jax.numpy.array(array, copy=True)

    def set_samples(self, train: Samples, evaluation: Samples, table: np.ndarray) -> int:
        """Converted once and kept on the device: gathering floats is faster than converting in every step."""
        self.train_split, self.evaluation_split = [
            (self.jax.device_put(normalise(split.images, table, str(self.dtype))), self._put(split.labels.astype(np.int32))) for split in (train, evaluation)
        ]
        return sum(array.nbytes for array in self.train_split + self.evaluation_split)

    def set_orders(self, orders: list[np.ndarray]) -> None:
        from trainmark_jax.programs import kind_of

        self.orders = [self._put(order) for order in orders]
        self.kinds = [kind_of(order, self.workload.batch_size, len(self.train_split[1])) for order in orders]

    def compile(self) -> None:
        from trainmark_jax.programs import Batches

        for kind in set(self.kinds):
            for images in {self.workload.batch_size, self.workload.last_batch_size}:
                self._program(Batches(images, kind))
        for _, images in self._evaluation_parts():
            self._evaluation_program(images)

    def _like_state(self) -> dict:
        empty = {name: np.broadcast_to(np.zeros((), self.dtype), shape) for name, shape in self.workload.state_shapes().items()}
        return {name: self.jax.ShapeDtypeStruct(tensor.shape, self.dtype) for name, tensor in self.model.transposed(empty).items()}

    def _program(self, batches: Any) -> Any:
        """The program of the mode for a kind of batches."""
        from trainmark_jax.programs import LOOP_STEPS

        lead = () if self.mode == "jit" else (LOOP_STEPS,)
        like = self.jax.ShapeDtypeStruct
        words = like((*lead, 4), np.uint32) if self.draws else None
        scalars = (like(lead, np.int32), like((*lead, 3), self.dtype), words)
        arguments = (self._like_state(), *self.train_split, self.orders[0], *scalars)
        if self.mode == "jit":
            return self.programs.step(batches, arguments)
        return self.programs.loop(batches, (*arguments, like((), np.int32)))

    def _evaluation_program(self, images: int) -> Any:
        return self.programs.evaluation(images, (self._like_state(), *self.evaluation_split, self.jax.ShapeDtypeStruct((), np.int32)))

    def _evaluation_parts(self) -> list[tuple[int, int]]:
        """(first image, images) of the parts of the evaluation split."""
        from trainmark_jax.programs import EVALUATION_IMAGES

        count = len(self.evaluation_split[1])
        return [(first, min(EVALUATION_IMAGES, count - first)) for first in range(0, count, EVALUATION_IMAGES)]

    # State.

    def set_state(self, tensors: dict[str, np.ndarray], step: int) -> None:
        self.state = {name: self._put(np.ascontiguousarray(tensor)) for name, tensor in self.model.transposed(tensors).items()}

    def get_state(self) -> dict[str, np.ndarray]:
        # Copies: a view would keep the memory from being given away.
        return self.model.transposed({name: np.array(tensor) for name, tensor in self.state.items()})

    # Work.

    def _arguments(self, steps: tuple[Step, ...], seed: int) -> tuple[np.ndarray, np.ndarray, Any]:
        """Per step: begin int32, the optimiser's numbers (3), and dropout's words uint32 (4), None without dropout."""
        from trainmark_jax.optimisers import numbers_of

        optimiser = self.workload.recipe.optimiser
        begins = np.array([step.begin for step in steps], np.int32)
        numbers = np.array([numbers_of(optimiser, step) for step in steps], self.dtype)
        if not self.draws:
            return begins, numbers, [None] * len(steps)
        low = 0xFFFFFFFF
        words = np.array([(seed & low, seed >> 32, step.number & low, step.number >> 32 & 0xFF) for step in steps], np.uint32)
        return begins, numbers, words

    def train(self, stretch: Stretch) -> Handle:
        from trainmark_jax.programs import Batches

        handle = Handle()
        run = self._train_by_step if self.mode == "jit" else self._train_by_loop
        for steps in stretch.runs():
            first = 0
            for i in range(1, len(steps) + 1):
                if i == len(steps) or steps[i].order != steps[first].order:
                    part = steps[first:i]
                    run(self._program(Batches(len(part[0]), self.kinds[part[0].order])), part, stretch.seed, handle)
                    first = i
        return handle

    def _train_by_step(self, program: Any, steps: tuple[Step, ...], seed: int, handle: Handle) -> None:
        order = self.orders[steps[0].order]
        x, labels = self.train_split
        state = self.state
        for arguments in zip(*self._arguments(steps, seed)):
            state, loss, correct = program(state, x, labels, order, *arguments)
            handle.losses.append(loss)
            handle.correct.append(correct)
        self.state = state

    def _train_by_loop(self, program: Any, steps: tuple[Step, ...], seed: int, handle: Handle) -> None:
        from trainmark_jax.programs import LOOP_STEPS

        order = self.orders[steps[0].order]
        for first in range(0, len(steps), LOOP_STEPS):
            part = steps[first : first + LOOP_STEPS]
            missing = LOOP_STEPS - len(part)
            padded = [np.pad(array, ((0, missing), *((0, 0),) * (array.ndim - 1))) if isinstance(array, np.ndarray) else None for array in self._arguments(part, seed)]
            self.state, losses, correct = program(self.state, *self.train_split, order, *padded, np.int32(len(part)))
            handle.losses.append((losses, len(part)))
            handle.correct.append((correct, len(part)))

    def take_apart(self, stretches: list[Stretch]) -> list[TakenApart]:
        from trainmark_jax.operations import take_apart
        from trainmark_jax.programs import Batches

        def text_of(stretch: Stretch) -> str:
            step = stretch.steps[0]
            return self._program(Batches(len(step), self.kinds[step.order])).as_text()

        return take_apart(self.train, self.synchronise, stretches, text_of, [layer.name for layer in self.workload.network.layers])

    def synchronise(self) -> None:
        if hasattr(self, "state"):
            self.jax.block_until_ready(self.state)

    def results(self, handle: Handle) -> tuple[np.ndarray, np.ndarray]:
        if self.mode == "jit":
            losses, correct = self.jax.device_get((handle.losses, handle.correct))
            return np.array(losses, np.float64), np.array(correct, np.int32)
        whole = [np.concatenate([np.asarray(values)[:count] for values, count in part]) for part in (handle.losses, handle.correct)]
        return whole[0].astype(np.float64), whole[1]

    def evaluate(self) -> Any:
        x, labels = self.evaluation_split
        found = [self._evaluation_program(images)(self.state, x, labels, np.int32(first)) for first, images in self._evaluation_parts()]
        return self.jax.block_until_ready(found)

    def evaluation_results(self, handle: Any) -> tuple[np.ndarray, float]:
        predictions = np.concatenate([np.asarray(part) for part, _ in handle])
        return predictions, sum(float(loss) for _, loss in handle) / len(predictions)

    def memory(self) -> dict[str, int | None]:
        """Bytes of the state's tensors; what XLA keeps between its operations is one number, here `workspace`."""
        shapes, learned = self.workload.state_shapes(), {tensor.name for tensor in self.workload.network.tensors}
        sizes = {name: int(np.prod(shape, dtype=np.int64)) * self.dtype.itemsize for name, shape in shapes.items()}
        parameters = sum(size for name, size in sizes.items() if name in learned)
        temporary = []
        for key, program in self.programs.compiled.items():
            analysis = program.memory_analysis() if key[0] != "evaluation" else None
            temporary += [analysis.temp_size_in_bytes] if analysis is not None else []
        on_device = self.device.memory_stats() or {}
        return {
            "parameters": parameters,
            "optimiser_state": sum(sizes.values()) - parameters,
            "workspace": max(temporary, default=None),
            "device_peak": on_device.get("peak_bytes_in_use"),
            "allocator": on_device.get("bytes_in_use"),
        }


if __name__ == "__main__":
    from trainmark_worker.serve import serve

    serve(JaxAdapter, OPTIONS)
