"""How many bytes autograd keeps from a forward pass for the backward pass."""
from __future__ import annotations

import torch
from torch import Tensor

from .eager import EagerTrainer


def activation_bytes(trainer: EagerTrainer, x: Tensor, labels: Tensor) -> int:
    """Of the distinct memory that a forward pass of x (n, c, h, w) keeps, without parameters and x itself.

    Running statistics and random numbers are as before afterwards.
    """
    network = trainer.network
    own = {t.untyped_storage().data_ptr() for t in [x, labels, *network.parameters(), *network.buffers()]}
    kept: dict[int, Tensor] = {}  # held, so that no address is used twice

    def note(tensor: Tensor) -> Tensor:
        address = tensor.untyped_storage().data_ptr()
        if address not in own:
            kept[address] = tensor
        return tensor

    buffers = [(buffer, buffer.clone()) for buffer in network.buffers()]
    trainer.set_masks(None, 0, len(labels))
    network.train()
    devices = [x.device] if x.is_cuda else []
    with torch.random.fork_rng(devices), torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        result = trainer.forward(x, labels)
        count = sum(tensor.untyped_storage().nbytes() for tensor in kept.values())
        del result
    with torch.no_grad():
        for buffer, before in buffers:
            buffer.copy_(before)
    return count
