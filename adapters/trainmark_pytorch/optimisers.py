"""torch.optim with the state of the protocol.

Fused where PyTorch has it (sgd, adam, adamw on CPU and CUDA): one call for all tensors; adam on a CPU is several times
faster so than tensor by tensor.
"""
from __future__ import annotations

import torch
from torch import Tensor

from trainmark_worker import workload as work

_BUFFERS = {"momentum": "momentum_buffer"}  # PyTorch's name of a state tensor, where it is another


def _make(o: work.Optimiser, parameters: list[Tensor], rate: float | Tensor, device: torch.device) -> torch.optim.Optimizer:
    captured = isinstance(rate, Tensor) and device.type == "cuda"
    fused = True if device.type in ("cpu", "cuda") else None  # None: PyTorch chooses
    if o.kind == "sgd":
        return torch.optim.SGD(parameters, rate, o.momentum, 0, o.weight_decay, o.nesterov, fused=fused)
    if o.kind == "rmsprop":
        several = {"foreach": True, "capturable": True} if captured else {}
        return torch.optim.RMSprop(parameters, rate, o.alpha, o.epsilon, o.weight_decay, o.momentum, **several)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[o.kind]
    return kind(parameters, rate, (o.beta1, o.beta2), o.epsilon, o.weight_decay, fused=fused, capturable=captured)


class Optimiser:
    """Updates the parameters; its state tensors stay at their addresses."""

    def __init__(self, recipe: work.Optimiser, parameters: dict[str, Tensor], rate_on_device: bool) -> None:
        first = next(iter(parameters.values()))
        self.rate = torch.zeros((), dtype=torch.float32, device=first.device) if rate_on_device else None
        self.torch = _make(recipe, list(parameters.values()), recipe.learning_rate if self.rate is None else self.rate, first.device)
        self.group = self.torch.param_groups[0]
        # The number of the step: a tensor of each parameter, where the fused kernels want it.
        counted = recipe.kind != "sgd"
        on_device = bool(self.group.get("fused") or self.group.get("capturable"))
        self.numbers: list[Tensor] = []
        self.tensors: dict[str, Tensor] = {}
        for name, parameter in parameters.items():
            state = self.torch.state[parameter]
            if counted:
                state["step"] = torch.zeros((), dtype=torch.float32, device=first.device if on_device else "cpu")
                self.numbers.append(state["step"])
            for suffix in recipe.state_suffixes:
                state[_BUFFERS.get(suffix, suffix)] = self.tensors[f"{name}.{suffix}"] = torch.zeros_like(parameter, requires_grad=False)
        self.next_step = 0  # number that the tensors of `numbers` hold
        self.step = self.torch.step

    def begin(self, number: int) -> None:
        """The next step has this number; frameworks count from 1, and before the step."""
        if number != self.next_step:
            for tensor in self.numbers:
                tensor.fill_(number)
        self.next_step = number

    def forget_step(self) -> None:
        """The state has been replaced, perhaps by one that captures have disturbed."""
        self.next_step = -1

    def set_rate(self, rate: float) -> None:
        self.group["lr"] = rate
