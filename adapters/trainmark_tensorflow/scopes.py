"""Names of parts of a graph, in the names of its operations; without a graph there is nothing to name."""
from __future__ import annotations

import contextlib

import tensorflow as tf

PREFIX = "operation"


def scope(word: str) -> contextlib.AbstractContextManager:
    """What is traced within counts as this operation."""
    return contextlib.nullcontext() if tf.executing_eagerly() else tf.name_scope(f"{PREFIX}.{word}")
