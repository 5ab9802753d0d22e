"""The parts of a step by PyTorch's profiler: what it calls an operation, in the words of the protocol.

On the CPU a part's time is that of the outermost operation that has a word, on whatever thread it ran (the backward pass has its own);
on a GPU it is that of the kernels that it started. Operations inside of one with a word belong to it.
"""
from __future__ import annotations

import re
from typing import Any, Iterator

import torch
from torch.profiler import ProfilerActivity, profile, record_function

from trainmark_worker.batches import Stretch
from trainmark_worker.operations import Part, TakenApart, replaced
from trainmark_worker.timeline import Piece, take_apart as take_pieces_apart

_STRETCH, _CLIP = "trainmark stretch", "trainmark clip"
_FORWARD = {
    "matrix_multiplication": "linear addmm mm matmul bmm",
    "convolution": "conv2d convolution",
    "relu": "relu relu_",
    "activation": "hardtanh hardtanh_ relu6 gelu sigmoid sigmoid_ tanh tanh_",
    "pooling": "max_pool2d avg_pool2d adaptive_avg_pool2d",
    "normalisation": "batch_norm layer_norm",
    "dropout": "dropout mul",
    "join": "add add_ cat",
    "loss": "cross_entropy_loss mse_loss argmax eq sum stack div",
    "gather": "index_select split slice narrow chunk unbind",
    "layout": "flatten view reshape unflatten permute transpose contiguous to copy_",
}
_BACKWARD = {
    "matrix_multiplication": "Addmm Mm T Linear",
    "convolution": "Convolution CudnnConvolution MkldnnConvolution",
    "relu": "Relu",
    "activation": "Hardtanh Gelu Sigmoid Tanh",
    "pooling": "MaxPool2DWithIndices MaxPool2D AvgPool2D AdaptiveAvgPool2D Mean",
    "normalisation": "NativeBatchNorm CudnnBatchNorm BatchNorm NativeLayerNorm",
    "dropout": "NativeDropout FusedDropout Mul",
    "join": "Add Cat AccumulateGrad",
    "loss": "LogSoftmax NllLoss NllLossNd CrossEntropyLoss MseLoss Div",
    "layout": "View UnsafeView ReshapeAlias Permute Transpose ToCopy Clone",
}


def _table(words: dict[str, str]) -> dict[str, str]:
    return {name: word for word, names in words.items() for name in names.split()}


_FORWARD_WORDS, _BACKWARD_WORDS = _table(_FORWARD), _table(_BACKWARD)
_NODE = re.compile(r"autograd::engine::evaluate_function: (?:torch::autograd::)?(\w+?)(?:Backward\d*)?$")


def part_of(name: str) -> Part | None:
    """What an event of the profiler is; None where its children say."""
    if name == _CLIP:
        return Part("clip", "update")
    if name.startswith("Optimizer.step"):
        return Part("update", "update")
    node = _NODE.match(name)
    if node:
        word = _BACKWARD_WORDS.get(node.group(1))
        return Part(word, "backward") if word else None
    if name == "aten::ones_like":  # of the loss, with which the backward pass begins
        return Part("loss", "backward")
    word = _FORWARD_WORDS.get(name.removeprefix("aten::")) if name.startswith("aten::") else None
    return Part(word, "forward") if word else None


def _outermost(event: Any, backward: bool = False) -> Iterator[tuple[Any, Part]]:
    """The outermost events with a part, from this one on; inside of a node of the backward pass all is backward."""
    backward = backward or event.name.startswith("autograd::engine")
    part = part_of(event.name)
    if part is not None:
        yield event, Part(part.operation, "backward") if backward and part.phase == "forward" else part
        return
    for child in event.cpu_children:
        yield from _outermost(child, backward)


def _annotated(function: Any) -> Any:
    def called(*arguments: Any, **named: Any) -> Any:
        with record_function(_CLIP):
            return function(*arguments, **named)

    return called


def take_apart(adapter: Any, stretches: list[Stretch]) -> list[TakenApart]:
    """For a PytorchAdapter."""
    on_gpu = adapter.kind == "cuda"
    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if on_gpu else [])
    clip = (torch.nn.utils, "clip_grad_norm_", _annotated(torch.nn.utils.clip_grad_norm_))
    with replaced(clip), profile(activities=activities) as profiler:
        for stretch in stretches:
            with record_function(_STRETCH):
                adapter.train(stretch)
                adapter.synchronise()
    events = [event for event in profiler.events() if event.device_type == torch.autograd.DeviceType.CPU]
    roots = [event for event in events if event.cpu_parent is None or event.cpu_parent.name == _STRETCH]
    borders = sorted((event.time_range.start, event.time_range.end) for event in events if event.name == _STRETCH)
    found = [pair for event in roots if event.name != _STRETCH for pair in _outermost(event)]
    ranges = [(begin * 1e3, end * 1e3, len(stretch)) for (begin, end), stretch in zip(borders, stretches)]  # the profiler gives us
    if on_gpu:
        return [_on_gpu(found, *each) for each in ranges]
    return take_pieces_apart([Piece(event.time_range.start * 1e3, event.time_range.end * 1e3, part) for event, part in found], ranges)


def _on_gpu(found: list[tuple[Any, Part]], begin: float, end: float, steps: int) -> TakenApart:
    """Kernels of one stream come one after the other, so that their times add up."""
    sums: dict[Part, tuple[float, float]] = {}
    for event, part in found:
        if begin <= event.time_range.start * 1e3 < end and event.device_time_total > 0:
            ns, calls = sums.get(part, (0.0, 0.0))
            sums[part] = (ns + event.device_time_total * 1e3, calls + 1)
    return TakenApart(round(end - begin), steps, sums)
