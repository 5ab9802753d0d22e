"""Dropout masks that `load` brings in a file, for workers with the ability `dropout_masks`."""
from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from .errors import Failed
from .workload import Workload


def read_masks(path: Path, workload: Workload) -> dict[str, np.ndarray]:
    """Dropout layer -> uint8 (images, channels, height, width), 1 kept, of one step whose batch the size tells."""
    layers = [layer for layer in workload.network.layers if layer.kind == "dropout"]
    values = np.frombuffer(path.read_bytes(), np.uint8)
    per_image = sum(math.prod(layer.output) for layer in layers)
    if per_image == 0 or len(values) == 0 or len(values) % per_image or values.max() > 1:
        raise Failed(f"the file '{path}' must hold a 0 or 1 for each of {per_image} elements of every image, not {len(values)} bytes")
    images, masks, at = len(values) // per_image, {}, 0
    for layer in layers:
        count = images * math.prod(layer.output)
        masks[layer.name] = values[at : at + count].reshape(images, *layer.output)
        at += count
    return masks
