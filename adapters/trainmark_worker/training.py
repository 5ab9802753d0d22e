"""The timed work of a prepared worker: stretches of steps, evaluation, and the state between them."""
from __future__ import annotations

from pathlib import Path

import numpy as np

from .adapter import Adapter
from .batches import Step, Stretch, crc_of
from .clock import now_ns
from .errors import Failed
from .inputs import Inputs, read_state
from .masks import read_masks
from .operations import answer, time_of


_TAKEN_STRETCHES = 10  # of the steps that are taken apart


class Training:
    """A model with its samples and state; built once, then reset for further repetitions."""

    def __init__(self, adapter: Adapter, inputs: Inputs, dtype: str, threads: int, device: int) -> None:
        self.adapter = adapter
        self.inputs = inputs
        self.dtype = np.dtype(dtype)
        self.next_step = 0
        self.masks: dict[str, np.ndarray] | None = None
        adapter.set_threads(threads)
        begin = now_ns()
        adapter.build(inputs.workload, dtype, threads, device)
        adapter.synchronise()
        built = now_ns()
        self.input_bytes = int(adapter.set_samples(inputs.train, inputs.evaluation, inputs.table))
        adapter.set_orders(inputs.orders.orders)
        adapter.synchronise()
        brought = now_ns()
        adapter.compile()
        adapter.synchronise()
        compiled = now_ns()
        self._set_state(inputs.state, inputs.step)
        self.times = {"build_ns": built - begin, "compile_ns": compiled - brought, "input_ns": brought - built}

    def reset(self, inputs: Inputs) -> None:
        """The next repetition of the same workload; samples that are the same files stay where they are."""
        if inputs.workload.raw["network"] != self.inputs.workload.raw["network"] or inputs.workload.raw["recipe"] != self.inputs.workload.raw["recipe"]:
            raise Failed("reset: the workload is another than the one that was prepared; send prepare")
        before = self.inputs
        same = inputs.train.source == before.train.source and inputs.evaluation.source == before.evaluation.source
        if not same or not np.array_equal(inputs.table, before.table):
            self.input_bytes = int(self.adapter.set_samples(inputs.train, inputs.evaluation, inputs.table))
        self.inputs = inputs
        self.adapter.set_orders(inputs.orders.orders)
        self._set_state(inputs.state, inputs.step)

    def _set_state(self, state: dict[str, np.ndarray], step: int) -> None:
        self.adapter.set_state({name: tensor.astype(self.dtype) for name, tensor in state.items()}, step)
        self.next_step = step
        self.masks = None

    def load(self, path: Path, masks: Path | None) -> None:
        """Replaces the state; nothing changes when the file is wrong."""
        workload = self.inputs.workload
        state, step = read_state(path, workload)
        brought = read_masks(masks, workload) if masks is not None else None
        self._set_state(state, step)
        self.masks = brought

    def state(self) -> dict[str, np.ndarray]:
        """The state as `dump` writes it, in the order of the workload."""
        state = self._checked(self.adapter.get_state(), list(self.inputs.workload.state_shapes()))
        return state | {"step": np.array(self.next_step, np.int64)}

    def gradients(self) -> dict[str, np.ndarray]:
        """Gradients of the last step."""
        return self._checked(self.adapter.gradients(), [t.name for t in self.inputs.workload.network.tensors if t.learned])

    def _checked(self, tensors: dict[str, np.ndarray], names: list[str]) -> dict[str, np.ndarray]:
        shapes = self.inputs.workload.state_shapes()
        checked = {}
        for name in names:
            tensor = np.asarray(tensors[name])
            if tensor.shape != shapes[name] or tensor.dtype != self.dtype:
                raise Failed(f"the adapter gives '{name}' as {tensor.dtype} {tensor.shape}, but it must be {self.dtype} {shapes[name]}")
            checked[name] = tensor
        return checked

    def train(self, first: int, count: int, by_step: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
        """Losses float64 (count), times uint64 (1 or count), correct int32 (count), checksum of the indices."""
        steps = self.inputs.orders.steps(first, count)
        masks, self.masks = self.masks, None
        if masks is not None and (count != 1 or any(len(mask) != len(steps[0]) for mask in masks.values())):
            raise Failed("train: the masks that were loaded are for one step and its batch; ask for that step alone")
        groups: list[tuple[Step, ...]] = [(step,) for step in steps] if by_step else [steps]
        stretches = [Stretch(group, self.inputs.seed, masks) for group in groups]
        adapter, handles, times = self.adapter, [], []
        for stretch in stretches:
            adapter.synchronise()
            begin = now_ns()
            handles.append(adapter.train(stretch))
            adapter.synchronise()
            times.append(now_ns() - begin)
        self.next_step = first + count
        results = [adapter.results(handle) for handle in handles]
        losses = np.concatenate([np.asarray(losses, np.float64).reshape(-1) for losses, _ in results])
        correct = np.concatenate([np.asarray(correct, np.int32).reshape(-1) for _, correct in results])
        if len(losses) != count or len(correct) != count:
            raise Failed(f"the adapter gives {len(losses)} losses and {len(correct)} counts of {count} steps")
        return losses, np.array(times, np.uint64), correct, crc_of(steps)

    def operations(self, first: int, count: int) -> dict:
        """Where the time of these steps goes. They are trained in stretches, plainly before and after."""
        steps, adapter = self.inputs.orders.steps(first, count), self.adapter
        size = max(2, -(-count // _TAKEN_STRETCHES))  # a step that is alone may keep its gradients
        stretches = [Stretch(steps[i : i + size], self.inputs.seed, None) for i in range(0, count, size)]
        if len(stretches) > 1 and len(stretches[-1]) == 1:
            stretches.pop()

        def plain() -> list[tuple[int, int]]:
            return [(time_of(adapter.train, adapter.synchronise, stretch), len(stretch)) for stretch in stretches]

        time_of(adapter.train, adapter.synchronise, stretches[0])  # may trace or compile stretches of this length
        before = plain()
        taken = adapter.take_apart(stretches)
        self.next_step, self.masks = first + count, None
        return answer(taken, before + plain())

    def evaluate(self) -> tuple[np.ndarray, float, int]:
        """Predictions int32 (count), mean loss, ns."""
        self.adapter.synchronise()
        begin = now_ns()
        handle = self.adapter.evaluate()
        self.adapter.synchronise()
        elapsed = now_ns() - begin
        predictions, loss = self.adapter.evaluation_results(handle)
        predictions = np.asarray(predictions, np.int32)
        if predictions.shape != (self.inputs.evaluation.count,):
            raise Failed(f"the adapter gives predictions of shape {predictions.shape} for {self.inputs.evaluation.count} samples")
        return predictions, float(loss), elapsed
