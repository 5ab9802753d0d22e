"""Names of parts of a program that JAX keeps in the metadata of what is compiled; the code is the same with them."""
from __future__ import annotations

from typing import Any

import jax

from trainmark_worker.operations import OF_LAYER
from trainmark_worker.workload import Layer

PREFIX = "operation"


def scope(word: str) -> Any:
    """What is traced within counts as this operation."""
    return jax.named_scope(f"{PREFIX}.{word}")


def layer_scope(layer: Layer) -> Any:
    return scope(f"{OF_LAYER[layer.kind]}.{layer.index}")
