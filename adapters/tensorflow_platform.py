"""TensorFlow on the CPU, on NVIDIA GPUs and on Apple's: one keras.Model, trained in four ways.

Modes: `graph`, a loop over the steps of a stretch within one tf.function around a gradient tape; `xla`, a call of a
function compiled by XLA for every step; `eager`; and `fit`, Keras' model.fit, with Keras' optimiser and train step where
they mean the recipe (trainmark_tensorflow/fitting.py).
"""
from trainmark_worker.start import begin

# TF_ENABLE_ONEDNN_OPTS stays as it is; hello tells it. Workers take turns on a GPU, so that none may take all memory.
OPTIONS = begin(__name__, {"TF_NUM_INTRAOP_THREADS": "{threads}", "TF_NUM_INTEROP_THREADS": "{threads}", "TF_FORCE_GPU_ALLOW_GROWTH": "true", "TF_CPP_MIN_LOG_LEVEL": "1"})

import os
import platform
from typing import Any

import numpy as np

from trainmark_worker.adapter import Adapter
from trainmark_worker.batches import Step, Stretch
from trainmark_worker.compiler_cache import compiler_cache
from trainmark_worker.errors import Unsupported
from trainmark_worker.operations import ABILITY, TakenApart
from trainmark_worker.samples import Samples, normalise
from trainmark_worker.workload import Workload

_EVALUATION_IMAGES = 1000  # at a time


class TensorflowAdapter(Adapter):
    framework = "TensorFlow"
    platforms = ("tensorflow-cpu", "tensorflow-cuda", "tensorflow-metal")
    remedy = "trainmark setup tensorflow-cpu"

    def describe(self) -> dict:
        self._set_compiler_cache()
        import keras
        import tensorflow as tf

        self.tf = tf
        kind = "CPU" if self.platform == "tensorflow-cpu" else "GPU"
        self.devices = tf.config.list_physical_devices(kind)
        if kind == "CPU":
            tf.config.set_visible_devices([], "GPU")
        if not self.devices:
            return {"unavailable": f"TensorFlow {tf.__version__} finds no GPU for {self.platform}", "remedy": _REMEDIES[self.platform]}
        tf.config.threading.set_intra_op_parallelism_threads(self.options.threads)
        tf.config.threading.set_inter_op_parallelism_threads(self.options.threads)
        tf.config.experimental.enable_tensor_float_32_execution(False)
        from trainmark_tensorflow.layers import LAYERS
        from trainmark_tensorflow.optimisers import OPTIMISERS

        return {
            "device": "CPU" if kind == "CPU" else tf.config.experimental.get_device_details(self.devices[0]).get("device_name", "GPU"),
            "versions": {"tensorflow": tf.__version__, "keras": keras.__version__, "numpy": np.__version__, "python": platform.python_version()},
            "dtypes": ["float32"] if self.platform == "tensorflow-metal" else ["float32", "float64"],
            "layers": list(LAYERS),
            "modes": ["graph", "eager", "fit"] if self.platform == "tensorflow-metal" else ["graph", "xla", "eager", "fit"],
            "optimisers": list(OPTIMISERS),
            "abilities": ["dropout_philox", *([ABILITY] if self._can_be_taken_apart() else [])],
            "compiler_cache": self.mode == "xla" and bool(self.options.compiler_cache),
            "float32": "TF32 off",
            "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
        }

    def _can_be_taken_apart(self) -> bool:
        """Where operations keep the names of a graph, and run on a processor; of model.fit one would see the calls' beginnings."""
        return self.platform == "tensorflow-cpu" and self.mode in ("", "graph")

    def _set_compiler_cache(self) -> None:
        """Read when TensorFlow is loaded."""
        if self.mode == "xla" and self.options.compiler_cache:
            folder = compiler_cache(self.options, "tensorflow")
            os.environ["TF_XLA_FLAGS"] = f"{os.environ.get('TF_XLA_FLAGS', '')} --tf_xla_persistent_cache_directory={folder}".strip()

    def is_out_of_memory(self, problem: BaseException) -> bool:
        return isinstance(problem, self.tf.errors.ResourceExhaustedError)

    # Preparation.

    def build(self, workload: Workload, dtype: str, threads: int, device: int) -> None:
        from trainmark_tensorflow.model import Model

        if device >= len(self.devices):
            raise Unsupported(f"there is no device {device} for {self.platform}; it has {len(self.devices)}")
        self.place = self.devices[device].name.replace("/physical_device:", "/")
        self.workload, self.dtype = workload, np.dtype(dtype)
        with self.tf.device(self.place):
            self.model = Model(workload, dtype)

    def set_samples(self, train: Samples, evaluation: Samples, table: np.ndarray) -> int:
        """Converted once, channels last, and kept on the device."""
        from trainmark_tensorflow.data import Data

        splits = []
        with self.tf.device(self.place):
            for split in (train, evaluation):
                x = np.ascontiguousarray(normalise(split.images, table, str(self.dtype)).transpose(0, 2, 3, 1))
                splits.append(Data(self.tf.identity(self.tf.convert_to_tensor(x)), self.tf.convert_to_tensor(split.labels.astype(np.int32))))
        self.train_data, self.evaluation_data = splits
        self.programs: dict[tuple[int, str], Any] = {}  # they hold the samples
        self.evaluate_part = self.tf.function(self._evaluate_part, autograph=False, jit_compile=self.mode == "xla")
        return sum(int(np.prod(data.x.shape)) * self.dtype.itemsize + 4 * len(data.labels) for data in splits)

    def set_orders(self, orders: list[np.ndarray]) -> None:
        with self.tf.device(self.place):
            self.orders = [self.tf.constant(order) for order in orders]
        self.kinds = [self._kind_of(order) for order in orders]

    def _kind_of(self, order: np.ndarray) -> str:
        """How the batches of an order lie in the samples: gather, slice (side by side), whole (all, in their order)."""
        if len(order) > 1 and not (np.diff(order) == 1).all():
            return "gather"
        samples = len(self.train_data.labels)
        return "whole" if self.workload.batch_size == samples and len(order) == samples else "slice"

    def _program(self, images: int, kind: str) -> Any:
        from trainmark_tensorflow.programs import Program

        if (images, kind) not in self.programs:
            self.programs[images, kind] = Program(self.model, self.train_data, images, kind, self.mode)
        return self.programs[images, kind]

    def compile(self) -> None:
        """Traces, and compiles with XLA, by a step of every size and an evaluation; the state is set afterwards."""
        for order, kind in zip(self.orders, self.kinds):
            for images in {self.workload.batch_size, self.workload.last_batch_size}:
                if self.mode != "eager" and (images, kind) not in self.programs:
                    step = Step(0, 0.0, 0, 0, images, np.zeros(images, np.int32))
                    with self.tf.device(self.place):
                        self._program(images, kind).run(order, self._steps((step,), 0))
        if self.mode != "eager":
            self.evaluate()

    # State.

    def set_state(self, tensors: dict[str, np.ndarray], step: int) -> None:
        self.model.set_state(tensors)

    def get_state(self) -> dict[str, np.ndarray]:
        return self.model.get_state()

    # Work.

    def _steps(self, steps: tuple[Step, ...], seed: int) -> Any:
        from trainmark_tensorflow.optimisers import numbers_of
        from trainmark_tensorflow.programs import Steps

        numbers = np.array([numbers_of(self.workload.recipe.optimiser, step) for step in steps], self.dtype)
        begins = np.array([step.begin for step in steps], np.int32)
        return Steps(begins, numbers, np.array([step.number % 2**40 for step in steps], np.uint64), seed)

    def train(self, stretch: Stretch) -> list:
        handle = []
        with self.tf.device(self.place):
            for steps in stretch.runs():
                first = 0
                for i in range(1, len(steps) + 1):
                    if i == len(steps) or steps[i].order != steps[first].order:
                        order = steps[first].order
                        program = self._program(len(steps[first]), self.kinds[order])
                        handle.append(program.run(self.orders[order], self._steps(steps[first:i], stretch.seed)))
                        first = i
        return handle

    def take_apart(self, stretches: list[Stretch]) -> list[TakenApart]:
        from trainmark_tensorflow.operations import take_apart

        return take_apart(self, stretches)

    def synchronise(self) -> None:
        if self.platform != "tensorflow-cpu" and hasattr(self, "tf"):
            self.tf.test.experimental.sync_devices()

    def results(self, handle: list) -> tuple[np.ndarray, np.ndarray]:
        losses, correct = [np.concatenate([np.array(part[i]) for part in handle]) for i in range(2)]
        return losses.astype(np.float64), correct

    def _evaluate_part(self, first: Any, images: int) -> tuple[Any, Any]:
        tf, x, labels = self.tf, self.evaluation_data.x, self.evaluation_data.labels
        part = tf.slice(x, [first, 0, 0, 0], [images, *x.shape[1:]])
        return self.model.evaluate(tf.ensure_shape(part, (images, *x.shape[1:])), tf.slice(labels, [first], [images]))

    def evaluate(self) -> list:
        count = len(self.evaluation_data.labels)
        run = self._evaluate_part if self.mode == "eager" else self.evaluate_part
        with self.tf.device(self.place):
            return [run(self.tf.constant(first), min(_EVALUATION_IMAGES, count - first)) for first in range(0, count, _EVALUATION_IMAGES)]

    def evaluation_results(self, handle: list) -> tuple[np.ndarray, float]:
        predictions = np.concatenate([part.numpy() for part, _ in handle])
        return predictions, sum(float(loss) for _, loss in handle) / len(predictions)

    def memory(self) -> dict[str, int | None]:
        """Bytes of the variables, and what TensorFlow's allocator tells on GPUs."""
        network = {tensor.name for tensor in self.workload.network.tensors}
        sizes = {name: int(np.prod(variable.shape)) * self.dtype.itemsize for name, variable in self.model.variables.items()}
        parameters = sum(size for name, size in sizes.items() if name in network)
        on_device = {} if self.platform == "tensorflow-cpu" else self.tf.config.experimental.get_memory_info(self.place.strip("/"))
        return {"parameters": parameters, "optimiser_state": sum(sizes.values()) - parameters, "device_peak": on_device.get("peak"), "allocator": on_device.get("current")}


_REMEDIES = {
    "tensorflow-cuda": "install TensorFlow with CUDA (pip install 'tensorflow[and-cuda]') on a Linux machine with an NVIDIA GPU and its driver",
    "tensorflow-metal": "install tensorflow and tensorflow-metal on a Mac with Apple silicon",
}

if __name__ == "__main__":
    from trainmark_worker.serve import serve

    serve(TensorflowAdapter, OPTIONS)
