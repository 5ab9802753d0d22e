"""Reads and writes safetensors files (https://huggingface.co/docs/safetensors) of the types F32, F64 and I64.

Strict: a file whose header, shapes or offsets are not exactly right is refused whole.
"""
from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from .errors import Failed

_TYPES = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8"), "I64": np.dtype("<i8")}
_MOST_HEADER_BYTES = 100_000_000  # the limit of the safetensors library


def _unique(pairs: list) -> dict:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name is there twice")
    return names


def _read_header(raw: bytes, path: Path) -> tuple[dict, int]:
    """The header and the place where the values begin."""
    if len(raw) < 8:
        raise Failed(f"'{path}' has {len(raw)} bytes and is no safetensors file")
    length = int.from_bytes(raw[:8], "little")
    if length > min(len(raw) - 8, _MOST_HEADER_BYTES):
        raise Failed(f"'{path}': the header is said to have {length} bytes, but the file ends before")
    try:
        header = json.loads(raw[8 : 8 + length].decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as problem:
        raise Failed(f"'{path}': the header is not valid JSON: {problem}") from None
    if not isinstance(header, dict):
        raise Failed(f"'{path}': the header must be an object")
    header.pop("__metadata__", None)
    return header, 8 + length


def _whole(values: object, least: int = 0) -> bool:
    return isinstance(values, list) and all(type(v) is int and least <= v < 2**63 for v in values)


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """Every tensor of the file, as copies that own their values."""
    raw = Path(path).read_bytes()
    header, begin = _read_header(raw, path)
    tensors: dict[str, np.ndarray] = {}
    spans = []
    for name, entry in header.items():
        kind, shape, span = (entry.get(k) for k in ("dtype", "shape", "data_offsets")) if isinstance(entry, dict) else (None, None, None)
        if kind not in _TYPES:
            raise Failed(f"'{path}': tensor '{name}' has the type {kind}; known are {', '.join(_TYPES)}")
        if not _whole(shape) or not _whole(span) or len(span) != 2:
            raise Failed(f"'{path}': tensor '{name}' needs 'shape' and two 'data_offsets'")
        count = math.prod(shape)
        if span[1] - span[0] != count * _TYPES[kind].itemsize or span[1] > len(raw) - begin:
            raise Failed(f"'{path}': tensor '{name}' of shape {shape} does not fit the bytes {span[0]} to {span[1]} of the file")
        tensors[name] = np.frombuffer(raw, _TYPES[kind], count, begin + span[0]).reshape(shape).copy()
        spans.append(tuple(span))
    at = 0
    for first, last in sorted(spans):
        if first != at:
            raise Failed(f"'{path}': the tensors overlap or leave a gap at byte {at}")
        at = last
    if at != len(raw) - begin:
        raise Failed(f"'{path}': {len(raw) - begin - at} bytes after the last tensor belong to none")
    return tensors


def write_safetensors(path: Path, tensors: dict[str, np.ndarray]) -> None:
    """Writes the tensors in their order; their types must be float32, float64 or int64."""
    names = {dtype: word for word, dtype in _TYPES.items()}
    header, parts, at = {}, [], 0
    for name, tensor in tensors.items():
        dtype = tensor.dtype.newbyteorder("<")
        if dtype not in names:
            raise Failed(f"tensor '{name}' has the type {tensor.dtype}, which a state file cannot hold")
        part = np.ascontiguousarray(tensor, dtype).tobytes()
        header[name] = {"dtype": names[dtype], "shape": list(tensor.shape), "data_offsets": [at, at + len(part)]}
        parts.append(part)
        at += len(part)
    text = json.dumps(header).encode("utf-8")
    text += b" " * (-len(text) % 8)  # values begin at a multiple of 8
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.writelines(parts)
