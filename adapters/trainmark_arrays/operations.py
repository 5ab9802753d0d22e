"""The parts of a step, timed: while it lasts, the calls of an adapter's networks are calls between two readings of the clock.

Nothing of it is in the code that is timed otherwise.
"""
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from trainmark_worker.batches import Stretch
from trainmark_worker.operations import OF_LAYER, TakenApart, Timer, replaced
from trainmark_worker.workload import Layer

from .losses import Loss
from .model import Network
from .operation import Operation


def _timed_operation(timer: Timer, layer: Layer, operation: Operation) -> Any:
    word = OF_LAYER[layer.kind]
    return SimpleNamespace(
        forward=timer.around(operation.forward, word, "forward", layer.name), backward=timer.around(operation.backward, word, "backward", layer.name), y=operation.y
    )


def _timed_loss(timer: Timer, loss: Loss) -> Any:
    return SimpleNamespace(
        total=timer.around(loss.total, "loss", "forward"), correct=timer.around(loss.correct, "loss", "forward"), backward=timer.around(loss.backward, "loss", "backward")
    )


def _changes(timer: Timer, network: Network) -> list[tuple[Any, str, Any]]:
    return [
        (network, "layers", [(layer, _timed_operation(timer, layer, operation)) for layer, operation in network.layers]),
        (network, "loss", _timed_loss(timer, network.loss)),
        (network, "add", timer.around(network.add, "join", "backward")),
    ]


def take_apart(adapter: Any, stretches: list[Stretch]) -> list[TakenApart]:
    """For an ArrayAdapter."""
    timer = Timer(adapter.synchronise)
    networks = [adapter.bound] if adapter.bound is not None else [network for (_, training), network in adapter.networks.items() if training]
    changes = [change for network in networks for change in _changes(timer, network)]
    changes += [
        (adapter, "batch", timer.around(adapter.batch, "gather", "forward")),
        (adapter, "clip", timer.around(adapter.clip, "clip", "update")),
        (adapter, "update", timer.around(adapter.update, "update", "update")),
    ]
    with replaced(*changes):
        return timer.run(adapter.train, stretches)
