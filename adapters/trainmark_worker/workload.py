"""workload.json as dataclasses: the network, the recipe, and the numbers that follow from them."""
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import Failed
from .fields import get_boolean, get_integer, get_list, get_number, get_object, get_shape, get_string

Shape = tuple[int, ...]

# Attributes that the frameworks index by name; layers that are not here have none or are unknown to the helper.
_PAIRS = {"kernel": 1, "stride": 1, "padding": 0, "dilation": 1}  # name -> least value


@dataclass(frozen=True)
class Layer:
    """A layer; `layer["kernel"]` gives an attribute, pairs as tuples (height, width)."""

    index: int  # position in the network, from 0; dropout masks use it
    name: str
    kind: str
    inputs: tuple[str, ...]  # earlier layers, or "input"
    output: Shape  # (channels, height, width); dense: (outputs, 1, 1)
    attributes: dict[str, Any]

    def __getitem__(self, key: str) -> Any:
        try:
            return self.attributes[key]
        except KeyError:
            raise Failed(f"the workload: layer '{self.name}' ({self.kind}) needs the attribute '{key}'") from None


@dataclass(frozen=True)
class Tensor:
    """A tensor of the state."""

    name: str  # LAYER.weight and the like
    shape: Shape
    layer: str
    learned: bool  # false: a running statistic


@dataclass(frozen=True)
class Network:
    name: str
    input: Shape  # (channels, height, width)
    classes: int
    layers: tuple[Layer, ...]  # in an order in which they can be computed
    tensors: tuple[Tensor, ...]

    def shape_of(self, name: str) -> Shape:
        """Output shape (channels, height, width) of a layer, or of `input`."""
        return self.input if name == "input" else next(layer.output for layer in self.layers if layer.name == name)

    @property
    def kinds(self) -> list[str]:
        """Kinds of layers, each once."""
        return list(dict.fromkeys(layer.kind for layer in self.layers))


@dataclass(frozen=True)
class Optimiser:
    """Members that the kind does not have are at their neutral values."""

    kind: str
    learning_rate: float
    weight_decay: float
    momentum: float = 0.0
    nesterov: bool = False
    beta1: float = 0.9
    beta2: float = 0.999
    alpha: float = 0.99
    epsilon: float = 1e-8

    @property
    def state_suffixes(self) -> tuple[str, ...]:
        """Names of the state tensors of a learned tensor, as in state files."""
        if self.kind in ("adam", "adamw"):
            return ("exp_avg", "exp_avg_sq")
        momentum = ("momentum",) if self.momentum != 0 else ()
        return (("square_avg",) if self.kind == "rmsprop" else ()) + momentum


@dataclass(frozen=True)
class Schedule:
    kind: str
    warm_up: int  # steps
    warm_up_start: float
    period: int = 1  # steps
    gamma: float = 1.0
    minimum: float = 0.0


@dataclass(frozen=True)
class Recipe:
    optimiser: Optimiser
    schedule: Schedule
    loss: str
    label_smoothing: float
    clip_norm: float  # 0: not clipped
    passes: int
    last_batch: str
    epochs: int


@dataclass(frozen=True)
class Workload:
    network: Network
    recipe: Recipe
    train_count: int  # samples of an epoch's order
    stored_count: int  # samples of samples.train
    evaluation_count: int
    batch_size: int
    last_batch_size: int
    steps_per_epoch: int
    total_steps: int
    order_length: int  # indices of an order file
    raw: dict  # the whole file
    neighbours: int | None = None  # k of a search for nearest neighbours, which trains nothing

    @property
    def method(self) -> str:
        """The word of hello's `methods` that this workload asks for."""
        return "training" if self.neighbours is None else "neighbours"

    def batch_of(self, step: int) -> int:
        """Images of a step."""
        last = step % self.steps_per_epoch == self.steps_per_epoch - 1
        return self.last_batch_size if last else self.batch_size

    def state_shapes(self) -> dict[str, Shape]:
        """Every tensor of the state but `step`: parameters, running statistics, then the optimiser's."""
        shapes = {tensor.name: tensor.shape for tensor in self.network.tensors}
        for tensor in self.network.tensors:
            if tensor.learned:
                shapes |= {f"{tensor.name}.{suffix}": tensor.shape for suffix in self.recipe.optimiser.state_suffixes}
        return shapes


def _read_layer(data: dict, index: int, known: set[str]) -> Layer:
    where = f"the workload: layer {index}"
    name = get_string(data, "name", where)
    inputs = tuple(get_list(data, "inputs", where, str))
    if name in known or not inputs or not all(i in known for i in inputs):
        raise Failed(f"{where}: '{name}' must have a new name and read earlier layers, not {', '.join(inputs)}")
    attributes = {k: v for k, v in data.items() if k not in ("name", "kind", "inputs", "output")}
    for key, least in _PAIRS.items():
        if key in data:
            attributes[key] = get_shape(data, key, where, 2, least)
    return Layer(index, name, get_string(data, "kind", where), inputs, get_shape(data, "output", where, 3, 1), attributes)


def _read_network(data: dict) -> Network:
    where = "the workload: network"
    layers: list[Layer] = []
    for index, entry in enumerate(get_list(data, "layers", where, dict)):
        layers.append(_read_layer(entry, index, {"input"} | {layer.name for layer in layers}))
    tensors = []
    for entry in get_list(data, "parameters", where, dict):
        place = f"{where}.parameters"
        tensors.append(Tensor(get_string(entry, "name", place), get_shape(entry, "shape", place), get_string(entry, "layer", place), get_boolean(entry, "learned", place)))
    network = Network(get_string(data, "name", where), get_shape(data, "input", where, 3, 1), get_integer(data, "classes", where, 1), tuple(layers), tuple(tensors))
    if layers and layers[-1].output != (network.classes, 1, 1):
        raise Failed(f"{where}: the last layer must yield ({network.classes}, 1, 1), one value for each class")
    return network


def _read_recipe(data: dict) -> Recipe:
    where = "the workload: recipe"
    o, s = get_object(data, "optimiser", where), get_object(data, "schedule", where)
    of, at = f"{where}.optimiser", f"{where}.schedule"
    neutral = Optimiser("", 0.0, 0.0)
    numbers = {key: get_number(o, key, of, getattr(neutral, key)) for key in ("momentum", "beta1", "beta2", "alpha", "epsilon")}
    optimiser = Optimiser(get_string(o, "kind", of), get_number(o, "learning_rate", of), get_number(o, "weight_decay", of), nesterov=get_boolean(o, "nesterov", of, False), **numbers)
    schedule = Schedule(
        get_string(s, "kind", at),
        get_integer(s, "warm_up", at, default=0),
        get_number(s, "warm_up_start", at, 0.0),
        get_integer(s, "period", at, 1, default=1),
        get_number(s, "gamma", at, 1.0),
        get_number(s, "minimum", at, 0.0),
    )
    return Recipe(
        optimiser,
        schedule,
        get_string(data, "loss", where),
        get_number(data, "label_smoothing", where, 0.0),
        get_number(data, "clip_norm", where, 0.0),
        get_integer(data, "passes", where, 1, default=1),
        get_string(data, "last_batch", where),
        get_integer(data, "epochs", where, 1),
    )


def parse_workload(data: dict) -> Workload:
    """The dataclasses of a workload.json; Failed says which member is wrong."""
    where = "the workload"
    if get_string(data, "format", where) != "trainmark-workload" or get_integer(data, "version", where) != 1:
        raise Failed(f"{where}: 'format' and 'version' must be trainmark-workload, 1")
    network, recipe = _read_network(get_object(data, "network", where)), _read_recipe(get_object(data, "recipe", where))
    d, derived = get_object(data, "dataset", where), get_object(data, "derived", where)
    train, validation = get_integer(d, "train_count", where, 1), get_integer(d, "validation_count", where)
    evaluated = validation or get_integer(d, "test_count", where, 1)
    k = get_integer(get_object(data, "neighbours", where), "k", f"{where}: neighbours", 1, train) if "neighbours" in data else None
    if (k is None) != bool(network.layers):
        raise Failed(f"{where}: its network must have layers, or it must have 'neighbours' instead")
    random = get_string(d, "validation", where, "last") == "random" and k is None
    epoch = train if k is None else evaluated
    numbers = {key: get_integer(derived, key, f"{where}: derived", 1) for key in ("batch_size", "last_batch_size", "steps_per_epoch", "total_steps")}
    batch, steps = numbers["batch_size"], numbers["steps_per_epoch"]
    full_batches = -(-epoch // batch) if recipe.last_batch == "pad" else epoch // batch
    length = epoch if recipe.last_batch == "keep" else full_batches * batch
    consumed = (steps - 1) * batch + numbers["last_batch_size"]
    if numbers["last_batch_size"] > batch or consumed > length or numbers["total_steps"] != steps * recipe.epochs:
        raise Failed(f"{where}: 'derived' does not fit the {epoch} samples and {recipe.epochs} epochs")
    if batch % recipe.passes or numbers["last_batch_size"] % recipe.passes:
        raise Failed(f"{where}: batches of {batch} and {numbers['last_batch_size']} images cannot be cut into {recipe.passes} passes")
    return Workload(
        network=network,
        recipe=recipe,
        train_count=train,
        stored_count=train + (validation if random else 0),
        evaluation_count=evaluated,
        order_length=length,
        raw=data,
        neighbours=k,
        **numbers,
    )


def read_workload(path: Path) -> Workload:
    """Reads and checks workload.json."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as problem:
        raise Failed(f"the file '{path}' is not valid JSON: {problem}") from None
    return parse_workload(data)
