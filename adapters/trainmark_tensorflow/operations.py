"""The parts of a step by TensorFlow's profiler: operations of the graph, whose names say to which layer and to what else they belong.

What grappler has fused is named after the last of its operations, but its type tells of the product in it, with which it counts.
"""
from __future__ import annotations

import contextlib
import glob
import re
import tempfile
from typing import Any

import tensorflow as tf

from trainmark_worker.batches import Stretch
from trainmark_worker.operations import OF_LAYER, Part, TakenApart
from trainmark_worker.timeline import Piece, take_apart as take_pieces_apart
from trainmark_worker.workload import Layer, Network

from .scopes import PREFIX

_STRETCH = "trainmark stretch"
_NAME = re.compile(r"^(?P<path>\S*[/\w]):(?P<type>\w+)$")
_SCOPE = re.compile(re.escape(PREFIX) + r"\.([a-z_]+?)(?:_\d+)?(?:/|$)")
_LAYER = re.compile(r"(?:^|/)([a-z_0-9]+?)_(\d+)(?:_\d+)?(?=/)")
_PRODUCTS = {"matrix_multiplication": re.compile("MatMul"), "convolution": re.compile("Conv2[dD]")}
_KIND = {"matrix_multiplication": "dense", "convolution": "conv2d"}


def _layer_of(path: str, network: Network) -> Layer | None:
    """By the numbered names of the Keras layers."""
    for kind, index in _LAYER.findall(path):
        if int(index) < len(network.layers) and network.layers[int(index)].kind == kind:
            return network.layers[int(index)]
    return None


def _reader_of(layer: Layer | None, kind: str, network: Network) -> Layer | None:
    """The layer of that kind that this one was fused into: itself or one before it."""
    layers = {each.name: each for each in network.layers}
    while layer is not None and layer.kind != kind:
        layer = layers.get(layer.inputs[0])
    return layer


def part_of(name: str, network: Network) -> Part | None:
    """What an event `path:type` is."""
    found = _NAME.match(name)
    if found is None:
        return None
    path, kind = found.group("path"), found.group("type")
    phase = "backward" if "gradient_tape/" in path else "forward"
    if scope := _SCOPE.search(path):
        word = scope.group(1)
        return Part(word, "update" if word in ("update", "clip") else phase)
    if "ResourceApply" in kind:
        return Part("update", "update")
    layer = _layer_of(path, network)
    for word, pattern in _PRODUCTS.items():
        if pattern.search(kind):
            owner = _reader_of(layer, _KIND[word], network)
            return Part(word, phase, owner.name if owner else None)
    return Part(OF_LAYER[layer.kind], phase, layer.name) if layer else None


def _events(folder: str) -> list[list[tuple[str, float, float]]]:
    """(name, begin, end) in ns of every thread of the host."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    (path,) = glob.glob(f"{folder}/**/*.xplane.pb", recursive=True)
    space = xplane_pb2.XSpace()
    with open(path, "rb") as file:
        space.ParseFromString(file.read())
    threads = []
    for plane in space.planes:
        names = {key: metadata.name for key, metadata in plane.event_metadata.items()}
        for line in plane.lines:
            begins = [(names[event.metadata_id], line.timestamp_ns + event.offset_ps / 1e3, event.duration_ps / 1e3) for event in line.events]
            threads.append([(name, begin, begin + duration) for name, begin, duration in begins if duration > 0])
    return threads


def take_apart(adapter: Any, stretches: list[Stretch]) -> list[TakenApart]:
    """For a TensorflowAdapter whose steps are graphs."""
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        with contextlib.ExitStack() as stack:
            stack.callback(tf.profiler.experimental.stop)
            for stretch in stretches:
                with tf.profiler.experimental.Trace(_STRETCH):
                    adapter.results(adapter.train(stretch))  # which waits for the device
        threads = _events(folder)
    borders = sorted((begin, end) for thread in threads for name, begin, end in thread if name.split("#")[0] == _STRETCH)
    network = adapter.workload.network
    words: dict[str, Part | None] = {}
    pieces = []
    for thread in threads:
        last = float("-inf")
        for name, begin, end in sorted(thread, key=lambda event: event[1]):
            if name not in words:
                words[name] = part_of(name, network)
            part = words[name]
            if part is not None and begin >= last:
                pieces.append(Piece(begin, end, part))
                last = end
    return take_pieces_apart(pieces, [(begin, end, len(stretch)) for (begin, end), stretch in zip(borders, stretches)])
