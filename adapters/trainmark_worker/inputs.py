"""The files of a prepare or reset request, read and checked, all outside of every clock of training."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .batches import Orders, read_order
from .errors import Failed
from .fields import get_integer, get_list, get_object, get_string
from .safetensors import read_safetensors
from .samples import Samples, map_samples, read_tables
from .workload import Workload, read_workload

WHERE = "the request"


@dataclass(frozen=True)
class Inputs:
    """Everything of a repetition but the threads, the data type and the device."""

    workload: Workload
    seed: int
    train: Samples
    evaluation: Samples
    table: np.ndarray  # float32 (channels, 256)
    orders: Orders
    state: dict[str, np.ndarray]
    step: int  # number of the next step, of the initial state


def read_state(path: Path, workload: Workload) -> tuple[dict[str, np.ndarray], int]:
    """The state in a file, whole: what it does not hold of the optimiser's is 0; and the number of the next step.

    Failed when a tensor is missing, unknown or misshapen.
    """
    tensors = read_safetensors(path)
    step = tensors.pop("step", None)
    if step is not None and (step.dtype != np.int64 or step.shape != () or step < 0):
        raise Failed(f"'{path}': 'step' must be one I64 value from 0 on")
    shapes = workload.state_shapes()
    needed = {tensor.name for tensor in workload.network.tensors}
    for name in tensors:
        if name not in shapes:
            raise Failed(f"'{path}': there is no tensor '{name}' in the state of this workload")
    state = {}
    for name, shape in shapes.items():
        tensor = tensors.get(name)
        if tensor is None:
            if name in needed:
                raise Failed(f"'{path}': the tensor '{name}' is missing")
            tensor = np.zeros(shape, np.float32)
        if tensor.shape != shape or tensor.dtype == np.int64:
            raise Failed(f"'{path}': the tensor '{name}' must be F32 or F64 of shape {list(shape)}, not {tensor.dtype} {list(tensor.shape)}")
        state[name] = tensor
    return state, 0 if step is None else int(step)


def read_inputs(request: dict) -> Inputs:
    """Reads what the request names; Failed says what is wrong."""
    folder = Path(get_string(request, "folder", WHERE, ""))

    def path_of(key: str) -> Path:
        return folder / get_string(request, key, WHERE)

    workload = read_workload(path_of("workload"))
    network = workload.network
    seed = get_integer(request, "seed", WHERE, 0, 2**64 - 1)
    samples = get_object(request, "samples", WHERE)
    counts = {"train": workload.stored_count, "evaluation": workload.evaluation_count}
    splits = {name: map_samples(get_object(samples, name, "samples"), f"samples.{name}", folder, count, network.input, network.classes) for name, count in counts.items()}
    table = read_tables(path_of("tables"), network.input[0])
    if workload.neighbours is not None:  # which have neither orders nor a state
        return Inputs(workload, seed, splits["train"], splits["evaluation"], table, Orders(workload, [], []), {}, 0)
    orders = [read_order(folder / name) for name in get_list(request, "orders", WHERE, str)]
    checked = Orders(workload, orders, get_list(request, "order_of_epoch", WHERE, int))
    state, step = read_state(path_of("initial_state"), workload)
    return Inputs(workload, seed, splits["train"], splits["evaluation"], table, checked, state, step)
