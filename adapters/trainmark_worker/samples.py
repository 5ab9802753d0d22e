"""Samples: 8-bit images and labels at an offset of files that are mapped, and the table that makes inputs of pixels."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import Failed
from .fields import get_integer, get_object, get_shape, get_string

_CHUNK = 1024  # images at a time, so that temporary arrays stay small


@dataclass(frozen=True)
class Samples:
    """A split; the arrays are maps of files and read-only."""

    images: np.ndarray  # uint8 (count, channels, height, width)
    labels: np.ndarray  # uint8 (count), each below network.classes
    source: tuple  # files, offsets, sizes and times of change: equal for equal content

    @property
    def count(self) -> int:
        return len(self.labels)


def _map(place: dict, where: str, folder: Path, shape: tuple[int, ...]) -> tuple[np.ndarray, tuple]:
    """uint8 `shape` at an offset of a file, and what identifies it."""
    path = folder / get_string(place, "file", where)
    offset = get_integer(place, "offset", where)
    if get_shape(place, "shape", where) != shape:
        raise Failed(f"{where}: 'shape' must be {list(shape)} for this workload, not {place['shape']}")
    status = path.stat()
    needed = int(np.prod(shape, dtype=np.int64))
    if status.st_size - offset < needed:
        raise Failed(f"{where}: {needed} bytes are needed at offset {offset} of the file '{path}', which has {status.st_size}")
    values = np.memmap(path, np.uint8, "r", offset, shape)
    return values.view(np.ndarray), (str(path.resolve()), offset, status.st_size, status.st_mtime_ns)


def map_samples(data: dict, where: str, folder: Path, count: int, image: tuple[int, ...], classes: int) -> Samples:
    """Maps a split of `count` images of shape `image` (channels, height, width)."""
    images, images_source = _map(get_object(data, "images", where), f"{where}.images", folder, (count, *image))
    labels, labels_source = _map(get_object(data, "labels", where), f"{where}.labels", folder, (count,))
    wrong = np.flatnonzero(labels >= classes)
    if len(wrong):
        at = int(wrong[0])
        raise Failed(f"{where}.labels: sample {at} has the label {labels[at]}, but the network tells only {classes} classes apart")
    return Samples(images, labels, (images_source, labels_source))


def read_tables(path: Path, channels: int) -> np.ndarray:
    """float32 (channels, 256): the input of a pixel is table[c][pixel]."""
    values = np.fromfile(path, "<f4")
    if len(values) != channels * 256 or path.stat().st_size != channels * 1024:
        raise Failed(f"the file '{path}' must hold {channels} tables of 256 float32 values")
    return values.reshape(channels, 256).astype(np.float32)


def normalise(images: np.ndarray, table: np.ndarray, dtype: str = "float32") -> np.ndarray:
    """Inputs (n, channels, height, width) of type `dtype` of images uint8 (n, channels, height, width).

    Exactly the values of the table, whose type is float32; computing them in another way gives other last bits.
    """
    inputs = np.empty(images.shape, dtype)
    table = table.astype(dtype)
    for first in range(0, len(images), _CHUNK):
        for c in range(images.shape[1]):
            inputs[first : first + _CHUNK, c] = table[c][images[first : first + _CHUNK, c]]
    return inputs
