"""Compares the reference engine with PyTorch in float64.

usage: compare_reference.py FOLDER [TOLERANCE]

FOLDER holds cases as tests/backends/reference/oracle_case.hpp writes them: a network, a state, a batch, and what the
reference made of them: losses of three steps, gradients of the first (after clipping), the state after the third, and
the evaluation of that state. Everything is computed again with PyTorch's own layers, autograd, optimisers and schedulers; dropout's masks are made
from their definition (dropout.hpp) with a Philox written here. Prints the largest error of each kind, relative to the
largest absolute value of its tensor, and exits with 1 when one is above TOLERANCE (default 1e-9).
"""
import json
import pathlib
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F


def read_safetensors(path):
    raw = path.read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + length])
    types = {"F32": np.float32, "F64": np.float64, "I64": np.int64}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        values = np.frombuffer(raw[8 + length + begin : 8 + length + end], types[entry["dtype"]])
        tensors[name] = torch.tensor(values.reshape(entry["shape"]))
    return tensors


def philox_block(counter, key):
    """Philox 4x32-10 of one counter, from the definition in Salmon et al., SC 2011."""
    c, k = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ k[1], a & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def dropout_mask(shape, first, rate, seed, step, layer):
    """Mask of a part of the batch whose first image is `first`."""
    begin = first * int(np.prod(shape[1:]))
    count = int(np.prod(shape))
    stream = 0xD0 << 56 | layer << 40 | step
    values = []
    for block in range(begin // 4, (begin + count + 3) // 4):
        counter = (block & 0xFFFFFFFF, block >> 32, stream & 0xFFFFFFFF, stream >> 32)
        values += philox_block(counter, (seed & 0xFFFFFFFF, seed >> 32))
    kept = np.array(values[begin % 4 :][:count], dtype=np.float64) >= int(rate * 2**32)
    return torch.tensor(kept.astype(np.float64)).reshape(shape)


def max_pool(x, layer):
    return F.max_pool2d(x, layer["kernel"], layer["stride"], layer["pad"], layer["dilation"])


ACTIVATIONS = {"relu": F.relu, "relu6": F.relu6, "gelu": F.gelu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}


def forward(case, state, x, training, step, first=0):
    outputs = []
    for index, layer in enumerate(case["layers"]):
        inputs = [x if i < 0 else outputs[i] for i in layer["inputs"]]
        kind, name, a = layer["kind"], layer["name"], inputs[0]
        w, b = state.get(name + ".weight"), state.get(name + ".bias")
        if kind == "dense":
            y = F.linear(a.flatten(1), w, b)[:, :, None, None]
        elif kind == "conv2d":
            y = F.conv2d(a, w, b, layer["stride"], layer["pad"], layer["dilation"], layer["groups"])
        elif kind == "max_pool2d":
            y = max_pool(a, layer)
        elif kind == "average_pool2d":
            y = F.avg_pool2d(a, layer["kernel"], layer["stride"], layer["pad"])
        elif kind == "global_average_pool":
            y = F.adaptive_avg_pool2d(a, 1)
        elif kind in ACTIVATIONS:
            y = ACTIVATIONS[kind](a)
        elif kind == "layer_norm":
            shape = a.shape[1:]
            y = F.layer_norm(a, shape, w.reshape(shape), b.reshape(shape), layer["epsilon"])
        elif kind == "flatten":
            y = a.flatten(1)[:, :, None, None]
        elif kind == "add":
            y = sum(inputs[1:], a)
        elif kind == "concat":
            y = torch.cat(inputs, 1)
        elif kind == "batch_norm":
            mean, var = state[name + ".running_mean"], state[name + ".running_var"]
            y = F.batch_norm(a, mean, var, w, b, training, layer["momentum"], layer["epsilon"])
        elif kind == "dropout":
            y = a
            if training:
                y = a * dropout_mask(a.shape, first, layer["rate"], case["seed"], step, index) / (1 - layer["rate"])
        else:
            sys.exit(f"{name}: no layer of kind '{kind}' here; add it to compare_reference.py")
        outputs.append(y)
    return outputs[-1].flatten(1)


def error(ours, theirs, floor=0.0):
    scale = max(float(theirs.abs().max()), floor)
    return float((ours - theirs).abs().max()) / scale if scale > 0 else float(ours.abs().max())


def criterion(training):
    if training["loss"] == "mean_squared_error":
        return lambda logits, labels: F.mse_loss(logits, F.one_hot(labels, logits.shape[1]).to(logits.dtype))
    return lambda logits, labels: F.cross_entropy(logits, labels, label_smoothing=training["label_smoothing"])


def make_optimiser(training, parameters):
    t, kind = training, training["optimiser"]
    if kind == "sgd":
        return torch.optim.SGD(parameters, t["rate"], t["momentum"], 0, t["decay"], t["nesterov"])
    if kind == "adam":
        return torch.optim.Adam(parameters, t["rate"], t["betas"], t["epsilon"], t["decay"])
    if kind == "adamw":
        return torch.optim.AdamW(parameters, t["rate"], t["betas"], t["epsilon"], t["decay"])
    return torch.optim.RMSprop(parameters, t["rate"], t["alpha"], t["epsilon"], t["decay"], t["momentum"])


def make_scheduler(training, optimiser):
    t, library = training, torch.optim.lr_scheduler
    main = {
        "constant": lambda: library.ConstantLR(optimiser, 1.0),
        "step": lambda: library.StepLR(optimiser, t["period"], t["gamma"]),
        "cosine": lambda: library.CosineAnnealingLR(optimiser, t["period"], t["minimum"]),
    }[t["schedule"]]
    if t["warm_up"] == 0:
        return main()
    rise = library.LinearLR(optimiser, t["warm_up_start"], 1.0, t["warm_up"])
    return library.SequentialLR(optimiser, [rise, main()], [t["warm_up"]])


def compare(path):
    case = json.loads(path.read_text())
    files = read_safetensors(path.with_suffix(".safetensors"))
    state = {n[7:]: t.clone() for n, t in files.items() if n.startswith("before/")}
    learned = {n: t.requires_grad_() for n, t in state.items() if "gradient/" + n in files}
    x, labels = files["x"], files["labels"]
    training = case["training"]
    loss_of = criterion(training)
    optimiser = make_optimiser(training, list(learned.values()))
    scheduler = make_scheduler(training, optimiser)
    passes = training["passes"]
    nothing = set()
    worst = {"loss": 0.0, "gradient": 0.0, "state": 0.0, "evaluation": 0.0}

    # Adaptive steps divide by roots of gradients that may be small against their own rounding.
    room = {"state": 100.0, "evaluation": 100.0} if training["optimiser"] != "sgd" else {}

    def note(kind, value):
        value /= room.get(kind, 1.0)
        worst[kind] = max(worst[kind], value) if value == value else float("inf")

    for step, loss in enumerate(case["losses"]):
        optimiser.zero_grad()
        total, part = 0.0, len(labels) // passes
        for first in range(0, len(labels), part):
            theirs = loss_of(forward(case, state, x[first : first + part], True, step, first), labels[first : first + part]) / passes
            theirs.backward()
            total += theirs.item()
        note("loss", abs(loss - total) / max(abs(total), 1e-3))
        if training["clip_norm"] > 0:
            torch.nn.utils.clip_grad_norm_(learned.values(), training["clip_norm"])
        floor = 1e-5 * max(float(t.grad.abs().max()) for t in learned.values())
        for name, tensor in learned.items():
            if step == 0:
                note("gradient", error(files["gradient/" + name], tensor.grad, floor))
            # Exactly zero (a bias before a normalisation): what is there is rounding, which adaptive steps blow up.
            if float(tensor.grad.abs().max()) < 1e-5 * floor:
                nothing.add(name)
        optimiser.step()
        scheduler.step()
    buffers = {"momentum": "momentum_buffer"}  # PyTorch's name of a state tensor, where it is another
    with torch.no_grad():
        adaptive = training["optimiser"] != "sgd"
        for name, tensor in state.items():
            if adaptive and name in nothing:
                continue
            note("state", error(files["after/" + name], tensor, 1e-5))
        for suffix in training["states"]:
            theirs = {n: optimiser.state[t][buffers.get(suffix, suffix)] for n, t in learned.items()}
            floor = 1e-5 * max(float(t.abs().max()) for t in theirs.values())
            for name, tensor in theirs.items():
                if not (adaptive and name in nothing):
                    note("state", error(files["after/" + name + "." + suffix], tensor, floor))
        logits = forward(case, state, x, False, 0)
        top = logits.topk(2).values
        note("evaluation", error(files["margins"], top[:, 0] - top[:, 1]))
        theirs = loss_of(logits, labels).item()
        note("evaluation", abs(case["evaluation_loss"] - theirs) / max(abs(theirs), 1.0))
        note("evaluation", float(abs(case["correct"] - int((logits.argmax(1) == labels).sum()))))
    return worst


def main():
    folder = pathlib.Path(sys.argv[1])
    tolerance = float(sys.argv[2]) if len(sys.argv) > 2 else 1e-9
    torch.set_num_threads(1)
    total = {}
    cases = sorted(folder.glob("*.json"))
    for path in cases:
        for kind, value in compare(path).items():
            if value > tolerance:
                print(f"{path.stem}: {kind} differs by {value:.2e}")
            total[kind] = max(total.get(kind, 0.0), value)
    print(f"{len(cases)} cases, largest errors: " + ", ".join(f"{k} {v:.1e}" for k, v in total.items()))
    sys.exit(0 if cases and max(total.values()) <= tolerance else 1)


if __name__ == "__main__":
    main()
