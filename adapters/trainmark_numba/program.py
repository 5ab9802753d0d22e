"""One compiled function for all steps of a stretch: the calls of a plan written behind each other as Python source.

Numba compiles what calls its kernels too, so that a step costs no calls from the interpreter. With a compiler cache the
source is a file there: Numba keeps compiled functions of files only, and takes them to be the same as long as name, time
and size of the file are. The kernels are part of the function that calls them, and are not kept by themselves.
"""
from __future__ import annotations

import hashlib
import pathlib
from typing import Any, Callable

import numpy as np
from numba import njit

from trainmark_worker.workload import Recipe

from . import kernels
from .convolution import FAST, make_convolution
from .operations import Marks, NoMarks
from .plan import Call, Plan, Symbol

_PARALLEL_WORK = 1 << 16  # operations from which on several threads are worth their start, about 5 us
_SERIAL = {"dense_forward", "dense_weights", "dense_data", "bias_gradient", "cross_entropy", "squared_error"}  # BLAS has its own threads


class Kernels:
    """Compiled kernels by name, constants and whether they use several threads; each is made once."""

    def __init__(self, threads: int, cache: str = "") -> None:
        self.threads = threads
        self.cache = cache  # folder, or ""
        self._made: dict[tuple, Callable] = {}

    def get(self, name: str, work: int = 0, constants: tuple = (), shapes: tuple = ()) -> Callable:
        parallel = self.threads > 1 and work >= _PARALLEL_WORK and name not in _SERIAL
        if name.startswith("conv_"):
            key = ("conv", parallel, constants, shapes)
            if key not in self._made:
                made = make_convolution(*shapes, constants, parallel)
                self._made[key] = dict(zip(("conv_forward", "conv_weights", "conv_data"), made))
            return self._made[key][name]
        if (name, parallel) not in self._made:
            self._made[name, parallel] = njit(parallel=parallel, fastmath=FAST, error_model="numpy")(getattr(kernels, name))
        return self._made[name, parallel]


class Source:
    """Source text whose arguments and kernels are collected by name."""

    def __init__(self, made: Kernels) -> None:
        self.kernels = made
        self.space: dict[str, Any] = {"__name__": __name__}  # Numba looks for the module of what it has kept
        self.meanings: set[str] = set()  # what a name stands for, as far as it is not in the text
        self.names: dict[int, str] = {}  # id of a kernel -> its name in the source
        self.arrays: dict[int, tuple[str, Any]] = {}  # id -> name, array

    def name_of(self, argument: Any) -> str:
        if isinstance(argument, Symbol):
            return argument.name
        if isinstance(argument, np.ndarray):
            # Views that are equal but other objects get a name each; both are passed.
            return self.arrays.setdefault(id(argument), (f"a{len(self.arrays)}", argument))[0]
        return repr(argument)

    def line(self, call: Call) -> str:
        shapes: tuple = ()
        if call.kernel.startswith("conv_"):
            x, y = {"conv_forward": (0, 3), "conv_weights": (1, 0), "conv_data": (2, 0)}[call.kernel]
            shapes = (call.arguments[x].shape[2:], call.arguments[y].shape[2:])
        function = self.kernels.get(call.kernel, call.work, call.constants, shapes)
        name = self.names.setdefault(id(function), f"{call.kernel}_{len(self.names)}")
        self.space[name] = function
        self.meanings.add(f"{name} {call.constants} {shapes} {call.work >= _PARALLEL_WORK}")
        constants = () if call.kernel.startswith("conv_") else call.constants
        return f"{name}({', '.join([self.name_of(a) for a in call.arguments] + [repr(c) for c in constants])})"

    def compile(self, head: list[str], body: list[str], names: str) -> tuple[Callable, tuple]:
        arrays = [array for _, array in self.arrays.values()]
        parameters = ", ".join([names] + [name for name, _ in self.arrays.values()])
        text = "\n".join([f"def run({parameters}):"] + [f"    {line}" for line in head + body])
        return compiled(self, text), tuple(arrays)


def compiled(source: Source, text: str) -> Callable:
    """The function `run` of the text, kept in the compiler cache where there is one."""
    cache = source.kernels.cache
    if not cache:
        exec(text, source.space)
        return njit(error_model="numpy")(source.space["run"])
    # What the names of the text stand for is part of what is kept: the kernels, constants of convolutions and threads are not in the text.
    kernel_files = [pathlib.Path(__file__).with_name(name).read_text() for name in ("kernels.py", "convolution.py")]
    meaning = "\n".join([text, str(source.kernels.threads), *sorted(source.meanings), *kernel_files])
    path = pathlib.Path(cache) / f"run_{hashlib.sha256(meaning.encode()).hexdigest()[:16]}.py"
    if not path.exists():
        path.write_text(text)
    exec(compile(text, str(path), "exec"), source.space)
    return njit(error_model="numpy", cache=True)(source.space["run"])


def training_program(made: Kernels, plan: Plan, recipe: Recipe, samples: tuple, values: dict[str, Any], batch: int, bound: bool, marks: Marks | NoMarks = NoMarks()) -> tuple[Callable, tuple]:
    """run(indices, numbers, rates, seed, losses, correct, kept, *arrays): steps of `batch` images each.

    indices int32 (steps * batch), numbers int64 (steps), rates float64 (steps), losses float64 (steps), correct int32
    (steps), kept (learned values, or 0): the last gradients. samples: inputs (count, values), labels (count).
    values: w, g, sum, s0, s1: long arrays of parameters, gradients, their sum over passes, and the optimiser's state.
    bound: the inputs of the only batch are the plan's x already. marks: what stands between the calls.
    """
    source, images, o = Source(made), len(plan.x), recipe.optimiser
    labels = samples[1] if bound else np.empty(images, samples[1].dtype)
    if bound:
        labels = samples[1][:images]
    loss = "cross_entropy" if recipe.loss == "softmax_cross_entropy" else "squared_error"

    def call(made: Call, phase: str, result: str = "") -> list[str]:
        return [result + source.line(made), *marks.after(source, made.kernel, phase)]

    def within(lines: list[str]) -> list[str]:
        return ["    " + line for line in lines]

    w, g, total, size = values["w"], values["g"], values["sum"], values["w"].size
    body = ["for i in range(numbers.size):", "    number = numbers[i]"]
    step = [*marks.begin(source), "loss_sum, right = 0.0, 0", f"for part in range({recipe.passes}):", f"    first = part * {images}"]
    if not bound:
        at = f"indices[i * {batch} + first : i * {batch} + first + {images}]"
        step += within(call(Call("gather", (samples[0], samples[1], Symbol(at), plan.x.reshape(images, -1), labels), work=plan.x.size), "forward"))
    for c in plan.forward:
        step += within(call(c, "forward"))
    step += within(call(Call(loss, (plan.logits, labels, plan.dlogits, recipe.label_smoothing, 1 / batch)), "forward", "part_sum, part_right = "))
    step += ["    loss_sum += part_sum", "    right += part_right"]
    for c in plan.backward:
        step += within(call(c, "backward"))
    if recipe.passes > 1:
        first_sum, next_sum = (within(within(call(Call(kernel, (g, total), work=size), "backward"))) for kernel in ("copy", "add_to"))
        step += ["    if part == 0:", *first_sum, "    else:", *next_sum, *call(Call("copy", (total, g), work=size), "backward")]
    if recipe.clip_norm > 0:
        step += call(Call("clip", (g, recipe.clip_norm), work=size), "update")
    step += ["if kept.size > 0:", "    " + source.line(Call("copy", (g, Symbol("kept")), work=size))]
    constants = (o.weight_decay, o.momentum, o.nesterov, o.beta1, o.beta2, o.alpha, o.epsilon)
    step += call(Call(o.kind, (w, g, values["s0"], values["s1"], Symbol("rates[i]"), Symbol("number + 1"), *constants), work=size), "update")
    step += [f"losses[i] = loss_sum / {batch}", "correct[i] = right"]
    return source.compile([], body + ["    " + line for line in step], "indices, numbers, rates, seed, losses, correct, kept")


def evaluation_program(made: Kernels, plan: Plan) -> tuple[Callable, tuple]:
    """run(*arrays): forward of the plan's x."""
    source = Source(made)
    lines = [source.line(call) for call in plan.forward]
    names = list(source.arrays.values())
    text = "\n".join([f"def run({', '.join(name for name, _ in names)}):"] + [f"    {line}" for line in lines])
    return compiled(source, text), tuple(array for _, array in names)
