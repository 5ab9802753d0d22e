"""Every layer kind, loss and optimiser by its formula in docs/protocol.md and docs/recipes.md, in float64 PyTorch arithmetic.

Written from the formulas with sums and products, not with the layers that adapters use, so that both are not wrong in the
same way; gradients are autograd's. Also a workload that has every layer kind.
"""
from __future__ import annotations

import math

import torch


def windows(x, layer, fill):
    """(n, c, taps, p, q): what each window sees."""
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = (layer[k] for k in ("kernel", "stride", "padding", "dilation"))
    n, c, h, w = x.shape
    padded = torch.full((n, c, h + 2 * ph, w + 2 * pw), fill, dtype=x.dtype)
    padded[:, :, ph : ph + h, pw : pw + w] = x
    p, q = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1, (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    taps = [padded[:, :, r * dh : r * dh + sh * (p - 1) + 1 : sh, s * dw : s * dw + sw * (q - 1) + 1 : sw] for r in range(kh) for s in range(kw)]
    return torch.stack(taps, 2)


def conv2d(x, layer, state, name):
    weight, groups = state[name + ".weight"], layer["groups"]
    taps = windows(x, layer, 0.0)
    n, c, t, p, q = taps.shape
    parts = taps.reshape(n, groups, c // groups * t, p, q)
    y = torch.einsum("ngkpq,gok->ngopq", parts, weight.reshape(groups, weight.shape[0] // groups, -1)).reshape(n, -1, p, q)
    return y + state[name + ".bias"].view(-1, 1, 1) if layer["bias"] else y


def normalised(x, axes, epsilon):
    mean = x.mean(axes, keepdim=True)
    variance = (x - mean).square().mean(axes, keepdim=True)
    return (x - mean) / (variance + epsilon).sqrt(), mean, variance


def forward(described, state, x, training, masks, moved):
    """Logits (n, classes); running statistics after the step go to `moved`."""
    values = {"input": x}
    for layer in described["layers"]:
        name, kind, inputs = layer["name"], layer["kind"], [values[i] for i in layer["inputs"]]
        a = inputs[0]
        if kind == "dense":
            y = a.reshape(len(a), -1) @ state[name + ".weight"].T + (state[name + ".bias"] if layer["bias"] else 0)
        elif kind == "conv2d":
            y = conv2d(a, layer, state, name)
        elif kind == "max_pool2d":
            y = windows(a, layer, -math.inf).amax(2)
        elif kind == "average_pool2d":
            y = windows(a, layer, 0.0).mean(2)
        elif kind == "global_average_pool":
            y = a.mean((2, 3))
        elif kind == "relu":
            y = torch.where(a > 0, a, 0.0)
        elif kind == "relu6":
            y = torch.where(a > 0, torch.where(a < 6, a, 6.0), 0.0)
        elif kind == "gelu":
            y = 0.5 * a * (1 + torch.erf(a / math.sqrt(2)))
        elif kind == "sigmoid":
            y = 1 / (1 + torch.exp(-a))
        elif kind == "tanh":
            y = 1 - 2 / (torch.exp(2 * a) + 1)
        elif kind == "flatten":
            y = a
        elif kind == "add":
            y = sum(inputs)
        elif kind == "concat":
            y = torch.cat(inputs, 1)
        elif kind == "layer_norm":
            weight, bias = state[name + ".weight"], state[name + ".bias"]
            y = normalised(a, (1, 2, 3), layer["epsilon"])[0] * weight.reshape(a.shape[1:]) + bias.reshape(a.shape[1:])
        elif kind == "batch_norm":
            weight, bias = (state[f"{name}.{t}"].view(-1, 1, 1) for t in ("weight", "bias"))
            if training:
                y, mean, variance = normalised(a, (0, 2, 3), layer["epsilon"])
                count, m = a.numel() / a.shape[1], layer["momentum"]
                moved[name + ".running_mean"] = (1 - m) * state[name + ".running_mean"] + m * mean.detach().flatten()
                moved[name + ".running_var"] = (1 - m) * state[name + ".running_var"] + m * variance.detach().flatten() * count / (count - 1)
            else:
                mean, variance = (state[f"{name}.{t}"].view(-1, 1, 1) for t in ("running_mean", "running_var"))
                y = (a - mean) / (variance + layer["epsilon"]).sqrt()
            y = y * weight + bias
        elif kind == "dropout":
            y = a * torch.from_numpy(masks[name].copy()) / (1 - layer["rate"]) if training else a
        values[name] = y.reshape(len(x), *layer["output"])
    return values[described["layers"][-1]["name"]].flatten(1)


def loss_of(logits, labels, recipe):
    one_hot = torch.eye(logits.shape[1], dtype=logits.dtype)[labels]
    if recipe["loss"] == "mean_squared_error":
        return (logits - one_hot).square().mean()
    minus_log = -(logits - logits.exp().sum(1, keepdim=True).log())
    e = recipe["label_smoothing"]
    return ((1 - e) * (minus_log * one_hot).sum(1) + e * minus_log.mean(1)).mean()


def update(o, w, g, state, name, rate, t):
    """In place, by docs/recipes.md."""
    decay, momentum = o["weight_decay"], o.get("momentum", 0.0)
    kind = o["kind"]
    if kind == "adamw":
        w -= rate * decay * w
    else:
        g = g + decay * w
    if kind in ("adam", "adamw"):
        a, b = state[name + ".exp_avg"], state[name + ".exp_avg_sq"]
        a[...] = o["beta1"] * a + (1 - o["beta1"]) * g
        b[...] = o["beta2"] * b + (1 - o["beta2"]) * g * g
        w -= rate / (1 - o["beta1"] ** t) * a / ((b / (1 - o["beta2"] ** t)).sqrt() + o["epsilon"])
        return
    if kind == "rmsprop":
        b = state[name + ".square_avg"]
        b[...] = o["alpha"] * b + (1 - o["alpha"]) * g * g
        g = g / (b.sqrt() + o["epsilon"])
    if momentum:
        v = state[name + ".momentum"]
        v[...] = momentum * v + g
        g = g + momentum * v if o.get("nesterov") else v
    w -= rate * g


def train_step(workload, state, x, labels, rate, number, masks):
    """Loss and gradients; `state` (name -> float64) moves."""
    described, recipe = workload["network"], workload["recipe"]
    learned = [t["name"] for t in described["parameters"] if t["learned"]]
    passes, gradients, total = recipe["passes"], {}, 0.0
    part = len(x) // passes
    for first in range(0, len(x), part):
        leaves = {name: state[name].clone().requires_grad_(name in learned) for name in (t["name"] for t in described["parameters"])}
        moved: dict = {}
        cut = {name: mask[first : first + part] for name, mask in masks.items()}
        loss = loss_of(forward(described, leaves, x[first : first + part], True, cut, moved), labels[first : first + part], recipe) / passes
        for name, gradient in zip(learned, torch.autograd.grad(loss, [leaves[name] for name in learned])):
            gradients[name] = gradients.get(name, 0) + gradient
        total += loss.item()
        state.update(moved)
    if recipe["clip_norm"] > 0:
        norm = math.sqrt(sum(float(g.square().sum()) for g in gradients.values()))
        gradients = {name: g * min(1, recipe["clip_norm"] / (norm + 1e-6)) for name, g in gradients.items()}
    for name in learned:
        update(recipe["optimiser"], state[name], gradients[name], state, name, rate, number + 1)
    return total, gradients


def layer(name, kind, inputs, output, **attributes):
    return {"name": name, "kind": kind, "inputs": inputs.split(), "output": list(output), **attributes}


def window(kernel, stride=1, padding=0, dilation=1):
    return {k: [v, v] for k, v in {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}.items()}


def every_layer():
    """The member `network` of a workload with every kind, both forms of values, and groups, dilation and branches."""
    layers = [
        layer("conv1", "conv2d", "input", (4, 6, 6), channels=4, groups=2, bias=True, **window(3, padding=1)),
        layer("bn1", "batch_norm", "conv1", (4, 6, 6), epsilon=1e-5, momentum=0.1),
        layer("relu1", "relu", "bn1", (4, 6, 6)),
        layer("max1", "max_pool2d", "relu1", (4, 6, 6), **window(3, padding=1)),
        layer("conv2", "conv2d", "relu1", (4, 6, 6), channels=4, groups=1, bias=False, **window(3, padding=2, dilation=2)),
        layer("clipped", "relu6", "conv2", (4, 6, 6)),
        layer("gelu1", "gelu", "max1", (4, 6, 6)),
        layer("sum", "add", "gelu1 clipped", (4, 6, 6)),
        layer("ln1", "layer_norm", "sum", (4, 6, 6), epsilon=1e-5),
        layer("avg1", "average_pool2d", "ln1", (4, 4, 4), **window(5, padding=1)),
        layer("avg2", "average_pool2d", "ln1", (4, 4, 4), **window(2, dilation=2)),
        layer("avg3", "average_pool2d", "avg1", (4, 4, 4), **window(1)),
        layer("both", "concat", "avg3 avg2", (8, 4, 4)),
        layer("sig", "sigmoid", "both", (8, 4, 4)),
        layer("drop", "dropout", "sig", (8, 4, 4), rate=0.25),
        layer("gap", "global_average_pool", "drop", (8, 1, 1)),
        layer("fc1", "dense", "drop", (8, 1, 1), outputs=8, bias=True),
        layer("relu2", "relu", "fc1", (8, 1, 1)),
        layer("mixed", "add", "gap relu2", (8, 1, 1)),
        layer("bn2", "batch_norm", "mixed", (8, 1, 1), epsilon=1e-3, momentum=0.3),
        layer("tanh1", "tanh", "bn2", (8, 1, 1)),
        layer("drop2", "dropout", "tanh1", (8, 1, 1), rate=0.5),
        layer("ln2", "layer_norm", "drop2", (8, 1, 1), epsilon=1e-5),
        layer("flat", "flatten", "ln2", (8, 1, 1)),
        layer("last", "conv2d", "flat", (3, 1, 1), channels=3, groups=1, bias=True, **window(1)),
    ]
    shapes = {"conv1.weight": (4, 1, 3, 3), "conv1.bias": (4,), "conv2.weight": (4, 4, 3, 3), "ln1.weight": (4, 6, 6), "ln1.bias": (4, 6, 6),
              "fc1.weight": (8, 128), "fc1.bias": (8,), "ln2.weight": (8,), "ln2.bias": (8,), "last.weight": (3, 8, 1, 1), "last.bias": (3,)}
    for name, channels in (("bn1", 4), ("bn2", 8)):
        shapes |= {f"{name}.{t}": (channels,) for t in ("weight", "bias", "running_mean", "running_var")}
    parameters = [{"name": n, "shape": list(s), "layer": n.split(".")[0], "learned": "running" not in n} for n, s in shapes.items()]
    return {"name": "every-layer", "input": [2, 6, 6], "classes": 3, "layers": layers, "parameters": parameters}
