"""From what a profiler recorded to parts of steps: pieces of time on several threads, of which each instant counts once.

Where pieces of several threads lie over each other, each of them gets its share of the instant; so parts and the rest always sum to the step.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

from .operations import Part, TakenApart


@dataclass(frozen=True)
class Piece:
    """Time that one thread spent on a part."""

    begin: float  # ns
    end: float
    part: Part


def parts_between(pieces: Iterable[Piece], begin: float, end: float) -> dict[Part, tuple[float, float]]:
    """Part -> (ns, pieces) within [begin, end)."""
    edges: list[tuple[float, int, int]] = []  # time, +1 or -1, which piece
    inside = [piece for piece in pieces if piece.end > begin and piece.begin < end]
    for i, piece in enumerate(inside):
        edges += [(max(piece.begin, begin), 1, i), (min(piece.end, end), -1, i)]
    edges.sort()
    sums = {piece.part: [0.0, 0.0] for piece in inside}
    active: set[int] = set()
    last = begin
    for time, change, i in edges:
        for j in active:
            sums[inside[j].part][0] += (time - last) / len(active)
        last = time
        if change > 0:
            active.add(i)
            sums[inside[i].part][1] += 1
        else:
            active.discard(i)
    return {part: (ns, calls) for part, (ns, calls) in sums.items()}


def take_apart(pieces: list[Piece], stretches: list[tuple[float, float, int]]) -> list[TakenApart]:
    """stretches: (begin, end, steps) of each, in ns of the profiler's clock, in order."""
    ordered = sorted(pieces, key=lambda piece: piece.begin)
    found, at = [], 0
    for begin, end, steps in stretches:
        own = []
        while at < len(ordered) and ordered[at].begin < end:
            if ordered[at].begin >= begin:
                own.append(ordered[at])
            at += 1
        found.append(TakenApart(round(end - begin), steps, parts_between(own, begin, end)))
    return found
