"""What the CPU's and the GPU's programs have in common: parameters, samples and state as long arrays."""
from __future__ import annotations

from typing import Any

import numpy as np

from trainmark_worker.workload import Workload


class Model:
    """Parameters, gradients and optimiser's state of a workload; views of them by name. `make` as in Planner."""

    def __init__(self, workload: Workload, make: Any) -> None:
        self.learned = [t for t in workload.network.tensors if t.learned]
        total = sum(int(np.prod(t.shape, dtype=np.int64)) for t in self.learned)
        suffixes = workload.recipe.optimiser.state_suffixes
        none = make((1,), "workspace")
        self.w, self.g = make((total,), "parameters"), make((total,), "gradients")
        self.sum = make((total,), "gradients") if workload.recipe.passes > 1 else none
        state = {suffix: make((total,), "optimiser_state") for suffix in suffixes}
        # sgd has momentum alone, which its kernel takes first.
        self.states = [*state.values(), none, none][:2]
        self.weights, self.gradients = self.views(self.w), self.views(self.g)
        for tensor in workload.network.tensors:
            if not tensor.learned:
                self.weights[tensor.name] = make(tensor.shape, "parameters")
        self.tensors = dict(self.weights)  # all of the state by name
        for suffix, flat in state.items():
            self.tensors |= {f"{name}.{suffix}": view for name, view in self.views(flat).items()}

    def views(self, flat: Any) -> dict[str, Any]:
        """The learned tensors by name within a long array."""
        views, at = {}, 0
        for tensor in self.learned:
            size = int(np.prod(tensor.shape, dtype=np.int64))
            views[tensor.name] = flat[at : at + size].reshape(tensor.shape)
            at += size
        return views

    def values(self) -> dict[str, Any]:
        return {"w": self.w, "g": self.g, "sum": self.sum, "s0": self.states[0], "s1": self.states[1]}
