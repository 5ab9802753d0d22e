"""The parts of a step by JAX's profiler, which names the operations of the compiled program that ran, and when.

What an operation is stands in the program's text: the scopes of trainmark_jax/scopes.py in the metadata of its instructions. A fused loop is what all of its
instructions are; where they differ it is the product in it, and `fused` where there is none.
"""
from __future__ import annotations

import glob
import re
import tempfile
from typing import Any

import jax

from trainmark_worker.batches import Stretch
from trainmark_worker.operations import Part, TakenApart
from trainmark_worker.timeline import Piece, take_apart as take_pieces_apart

from .scopes import PREFIX

_STRETCH = "trainmark stretch"
_SCOPE = re.compile(re.escape(PREFIX) + r"\.([a-z_]+)(?:\.(\d+))?")
_INSTRUCTION = re.compile(r"^\s+(?:ROOT )?%?([\w.\-]+) = \S+ ([\w\-]+)\(")
_COMPUTATION = re.compile(r"^(?:ENTRY )?%?([\w.\-]+) \(.*\{$")
_CALLED = re.compile(r"calls=%?([\w.\-]+)")
_OP_NAME = re.compile(r'op_name="([^"]*)"')
_PRODUCTS = ("matrix_multiplication", "convolution")


def _part_of(line: str, layers: list[str]) -> Part | None:
    """What the metadata of an instruction say."""
    name = _OP_NAME.search(line)
    scope = _SCOPE.search(name.group(1)) if name else None
    if scope is None:
        return None
    word, layer = scope.group(1), scope.group(2)
    backward = "transpose(" in name.group(1)
    phase = "update" if word in ("update", "clip") else "backward" if backward else "forward"
    return Part(word, phase, layers[int(layer)] if layer is not None else None)


def _together(parts: list[Part]) -> Part | None:
    """What a fusion of such instructions is."""
    kinds = {(part.operation, part.phase) for part in parts}
    if len(kinds) > 1:
        products = [part for part in parts if part.operation in _PRODUCTS]
        phases = [part.phase for part in parts]
        return products[0] if products else Part("fused", max(set(phases), key=phases.count))
    return parts[0] if parts else None


def parts_of_program(text: str, layers: list[str]) -> dict[str, Part]:
    """Instruction -> part, of the text of a compiled program; layers: their names, which scopes count."""
    inside: dict[str, list[Part]] = {}  # computation -> parts of its instructions
    found: dict[str, tuple[Part | None, str | None]] = {}  # instruction -> own part, called computation
    computation = ""
    for line in text.splitlines():
        if begins := _COMPUTATION.match(line):
            computation = begins.group(1)
        instruction = _INSTRUCTION.match(line)
        if instruction is None:
            continue
        part = _part_of(line, layers)
        if part is not None and instruction.group(2) not in ("parameter", "constant", "broadcast"):
            inside.setdefault(computation, []).append(part)
        called = _CALLED.search(line)
        found[instruction.group(1)] = (part, called.group(1) if called else None)
    parts = {}
    for name, (own, called) in found.items():
        part = _together(inside.get(called, [])) if called else own
        if part is not None or own is not None:
            parts[name] = part or own
    return parts


def _pieces(lines: list[list[Any]], parts: dict[str, Part]) -> list[Piece]:
    """Pieces of the threads' events; what ran within an operation with a part belongs to it."""
    pieces = []
    for events in lines:
        end = float("-inf")
        for event in events:
            if event.start_ns < end or event.duration_ns <= 0:
                continue
            part = parts.get(str(dict(event.stats).get("hlo_op", "")))
            if part is not None:
                end = event.start_ns + event.duration_ns
                pieces.append(Piece(event.start_ns, end, part))
    return pieces


def take_apart(train: Any, synchronise: Any, stretches: list[Stretch], text_of: Any, layers: list[str]) -> list[TakenApart]:
    """text_of(stretch): the text of the program that it runs."""
    options = jax.profiler.ProfileOptions()
    options.python_tracer_level = 0
    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder, profiler_options=options):
            for stretch in stretches:
                with jax.profiler.TraceAnnotation(_STRETCH):
                    train(stretch)
                    synchronise()
        (path,) = glob.glob(f"{folder}/**/*.xplane.pb", recursive=True)
        data = jax.profiler.ProfileData.from_file(path)
    lines = [sorted(line.events, key=lambda event: event.start_ns) for plane in data.planes for line in plane.lines]
    borders = sorted((event.start_ns, event.start_ns + event.duration_ns) for events in lines for event in events if event.name == _STRETCH)
    texts: dict[str, dict[str, Part]] = {}
    found = []
    for stretch, (begin, end) in zip(stretches, borders):
        text = text_of(stretch)
        if text not in texts:
            texts[text] = parts_of_program(text, layers)
        within = [[event for event in events if begin <= event.start_ns < end] for events in lines]
        found += take_pieces_apart(_pieces(within, texts[text]), [(begin, end, len(stretch))])
    return found
