"""Kernels of the CPU, in plain Python that Numba compiles: loops, and BLAS for matrix products.

Scalars are brought to the type of the arrays first, or Numba would compute in float64. Comparisons are written so that
NaN stays NaN. `prange` is a plain range where a function is compiled for one thread.
"""
import math

import numpy as np
from numba import prange

# Dense layers: x (images, inputs), w (outputs, inputs), y (images, outputs).


def dense_forward(x, w, y):
    np.dot(x, w.T, y)


def dense_weights(dy, x, dw):
    np.dot(dy.T, x, dw)


def dense_data(dy, w, dx):
    np.dot(dy, w, dx)


def add_bias(b, y):
    for n in prange(y.shape[0]):
        for o in range(y.shape[1]):
            y[n, o] += b[o]


def bias_gradient(dy, db):
    # Not parallel: rows are short and read once.
    db[:] = 0
    for n in range(dy.shape[0]):
        for o in range(dy.shape[1]):
            db[o] += dy[n, o]


# Element by element; arrays are flat. backward: dy becomes the gradient of x.


def copy(x, y):
    for i in prange(x.size):
        y[i] = x[i]


def add_to(x, y):
    for i in prange(x.size):
        y[i] += x[i]


def product(x, scale, y):
    for i in prange(x.size):
        y[i] = x[i] * scale[i]


def scale_by(scale, dy):
    for i in prange(dy.size):
        dy[i] *= scale[i]


def relu_forward(x, y):
    zero = x.dtype.type(0)
    for i in prange(x.size):
        y[i] = zero if x[i] <= zero else x[i]


def relu_backward(x, y, dy):
    zero = x.dtype.type(0)
    for i in prange(dy.size):
        dy[i] = dy[i] if y[i] > zero else zero


def relu6_forward(x, y):
    zero, six = x.dtype.type(0), x.dtype.type(6)
    for i in prange(x.size):
        y[i] = zero if x[i] <= zero else (six if x[i] >= six else x[i])


def relu6_backward(x, y, dy):
    zero, six = x.dtype.type(0), x.dtype.type(6)
    for i in prange(dy.size):
        dy[i] = dy[i] if y[i] > zero and y[i] < six else zero


def sigmoid_forward(x, y):
    one, half = x.dtype.type(1), x.dtype.type(0.5)
    for i in prange(x.size):
        y[i] = half * (one + math.tanh(half * x[i]))


def sigmoid_backward(x, y, dy):
    one = x.dtype.type(1)
    for i in prange(dy.size):
        dy[i] *= y[i] * (one - y[i])


def tanh_forward(x, y):
    for i in prange(x.size):
        y[i] = math.tanh(x[i])


def tanh_backward(x, y, dy):
    one = x.dtype.type(1)
    for i in prange(dy.size):
        dy[i] *= one - y[i] * y[i]


def gelu_forward(x, y):
    one, half, root = x.dtype.type(1), x.dtype.type(0.5), x.dtype.type(math.sqrt(0.5))
    for i in prange(x.size):
        y[i] = half * x[i] * (one + math.erf(x[i] * root))


def gelu_backward(x, y, dy):
    one, half, root, scale = x.dtype.type(1), x.dtype.type(0.5), x.dtype.type(math.sqrt(0.5)), x.dtype.type(1 / math.sqrt(2 * math.pi))
    for i in prange(dy.size):
        dy[i] *= half * (one + math.erf(x[i] * root)) + x[i] * scale * math.exp(-half * x[i] * x[i])


# Pools. x (images, channels, height, width). Constants: kernel, stride, padding, dilation, each height and width.


def max_pool_forward(x, y, winner, kh, kw, sh, sw, ph, pw, dh, dw):
    """winner: place of the first maximum in its image, or -1 where a window sees none (all NaN counts as the first)."""
    height, width = x.shape[2], x.shape[3]
    for n in prange(x.shape[0]):
        for c in range(x.shape[1]):
            image = x[n, c]
            for p in range(y.shape[2]):
                for q in range(y.shape[3]):
                    best, place = image[0, 0], -1
                    for r in range(kh):
                        i = p * sh - ph + r * dh
                        if i < 0 or i >= height:
                            continue
                        for s in range(kw):
                            j = q * sw - pw + s * dw
                            if j < 0 or j >= width:
                                continue
                            if place < 0 or image[i, j] > best or image[i, j] != image[i, j]:
                                best, place = image[i, j], i * width + j
                    y[n, c, p, q], winner[n, c, p, q] = best, place


def max_pool_backward(dy, winner, dx):
    width = dx.shape[3]
    for n in prange(dx.shape[0]):
        for c in range(dx.shape[1]):
            image = dx[n, c]
            image[:] = 0
            for p in range(dy.shape[2]):
                for q in range(dy.shape[3]):
                    place = winner[n, c, p, q]
                    image[place // width, place % width] += dy[n, c, p, q]


def average_pool_forward(x, y, kh, kw, sh, sw, ph, pw, dh, dw):
    height, width, scale = x.shape[2], x.shape[3], x.dtype.type(1 / (kh * kw))
    for n in prange(x.shape[0]):
        for c in range(x.shape[1]):
            for p in range(y.shape[2]):
                for q in range(y.shape[3]):
                    total = x.dtype.type(0)
                    for r in range(kh):
                        i = p * sh - ph + r * dh
                        if 0 <= i < height:
                            for s in range(kw):
                                j = q * sw - pw + s * dw
                                if 0 <= j < width:
                                    total += x[n, c, i, j]
                    y[n, c, p, q] = total * scale


def average_pool_backward(dy, dx, kh, kw, sh, sw, ph, pw, dh, dw):
    height, width, scale = dx.shape[2], dx.shape[3], dx.dtype.type(1 / (kh * kw))
    for n in prange(dx.shape[0]):
        for c in range(dx.shape[1]):
            dx[n, c] = 0
            for p in range(dy.shape[2]):
                for q in range(dy.shape[3]):
                    for r in range(kh):
                        i = p * sh - ph + r * dh
                        if 0 <= i < height:
                            for s in range(kw):
                                j = q * sw - pw + s * dw
                                if 0 <= j < width:
                                    dx[n, c, i, j] += dy[n, c, p, q] * scale


def mean_forward(x, y):
    """x (planes, places), y (planes)."""
    scale = x.dtype.type(1 / x.shape[1])
    for i in prange(x.shape[0]):
        total = x.dtype.type(0)
        for j in range(x.shape[1]):
            total += x[i, j]
        y[i] = total * scale


def mean_backward(dy, dx):
    scale = dx.dtype.type(1 / dx.shape[1])
    for i in prange(dx.shape[0]):
        dx[i] = dy[i] * scale


# Batch-norm: x (images, channels, places); saved (2, channels): mean, 1 / deviation. Sums in float64.


def batch_norm_forward(x, weight, bias, running_mean, running_var, saved, y, epsilon, momentum):
    n, m = x.shape[0], x.shape[0] * x.shape[2]
    for c in prange(x.shape[1]):
        total = 0.0
        for i in range(n):
            for j in range(x.shape[2]):
                total += x[i, c, j]
        mean = total / m
        total = 0.0
        for i in range(n):
            for j in range(x.shape[2]):
                total += (x[i, c, j] - mean) ** 2
        saved[0, c], saved[1, c] = mean, 1 / math.sqrt(total / m + epsilon)
        running_mean[c] = (1 - momentum) * running_mean[c] + momentum * mean
        running_var[c] = (1 - momentum) * running_var[c] + momentum * total / max(m - 1, 1)
        scale = saved[1, c] * weight[c]
        for i in range(n):
            for j in range(x.shape[2]):
                y[i, c, j] = (x[i, c, j] - saved[0, c]) * scale + bias[c]


def batch_norm_evaluation(x, weight, bias, running_mean, running_var, y, epsilon, momentum):
    for n in prange(x.shape[0]):
        for c in range(x.shape[1]):
            scale = x.dtype.type(weight[c] / math.sqrt(running_var[c] + epsilon))
            for j in range(x.shape[2]):
                y[n, c, j] = (x[n, c, j] - running_mean[c]) * scale + bias[c]


def batch_norm_backward(x, weight, saved, dy, dw, db):
    m = x.shape[0] * x.shape[2]
    for c in prange(x.shape[1]):
        mean, inverse, along, total = saved[0, c], saved[1, c], 0.0, 0.0
        for i in range(x.shape[0]):
            for j in range(x.shape[2]):
                along += dy[i, c, j] * ((x[i, c, j] - mean) * inverse)
                total += dy[i, c, j]
        dw[c], db[c] = along, total
        scale, level, slope = weight[c] * inverse, x.dtype.type(total / m), x.dtype.type(along / m)
        for i in range(x.shape[0]):
            for j in range(x.shape[2]):
                dy[i, c, j] = scale * (dy[i, c, j] - level - (x[i, c, j] - mean) * inverse * slope)


# Dropout by Philox 4x32-10 (docs/protocol.md, Dropout masks).


def dropout_mask(scale, seed, number, first, rate, layer, size):
    """scale (elements of the batch): 1 / (1 - rate) where kept, else 0. first: images of the batch before these."""
    threshold = np.uint64(int(rate * 4294967296.0))
    kept, none = scale.dtype.type(1 / (1 - rate)), scale.dtype.type(0)
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    high = np.uint64((0xD0 << 24) | ((layer & 0xFFFF) << 8))  # upper half of the stream
    step = np.uint64(number)
    begin = first * size
    for block in prange(begin // 4, (begin + scale.size + 3) // 4):
        c0, c1 = np.uint64(block) & low, np.uint64(block) >> half
        c2, c3 = step & low, high | ((step >> half) & np.uint64(0xFF))
        k0, k1 = seed & low, seed >> half
        for _ in range(10):
            a, b = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
            c0, c1, c2, c3 = (b >> half) ^ c1 ^ k0, b & low, (a >> half) ^ c3 ^ k1, a & low
            k0, k1 = (k0 + np.uint64(0x9E3779B9)) & low, (k1 + np.uint64(0xBB67AE85)) & low
        words = (c0, c1, c2, c3)
        for i in range(4):
            place = block * 4 + i - begin
            if 0 <= place < scale.size:
                scale[place] = kept if words[i] >= threshold else none


# Batches, losses, updates.


def gather(samples, labels, indices, x, batch_labels):
    """samples (count, values of an image) and labels (count) of the indices (images)."""
    for n in prange(x.shape[0]):
        at = indices[n]
        batch_labels[n] = labels[at]
        for j in range(x.shape[1]):
            x[n, j] = samples[at, j]


def cross_entropy(logits, labels, dlogits, smoothing, factor):
    """Sum of the losses, correct answers; dlogits: factor times the gradient of that sum."""
    classes = logits.shape[1]
    one, rest, scale = logits.dtype.type(1 - smoothing), logits.dtype.type(smoothing / classes), logits.dtype.type(factor)
    total, right = 0.0, 0
    for n in range(logits.shape[0]):
        best, place = logits[n, 0], 0
        for k in range(1, classes):
            if logits[n, k] > best:
                best, place = logits[n, k], k
        if place == labels[n]:
            right += 1
        weight = logits.dtype.type(0)
        mixed = logits.dtype.type(0)  # of the logits, when labels are smoothed
        for k in range(classes):
            z = logits[n, k] - best
            mixed += z
            dlogits[n, k] = math.exp(z)
            weight += dlogits[n, k]
        z = logits[n, labels[n]] - best
        total += math.log(weight) - one * z - rest * mixed
        inverse = logits.dtype.type(1) / weight
        for k in range(classes):
            dlogits[n, k] = (dlogits[n, k] * inverse - rest) * scale
        dlogits[n, labels[n]] -= one * scale
    return total, right


def squared_error(logits, labels, dlogits, smoothing, factor):
    classes = logits.shape[1]
    scale = logits.dtype.type(2 * factor / classes)
    total, right = 0.0, 0
    for n in range(logits.shape[0]):
        best, place = logits[n, 0], 0
        for k in range(classes):
            if logits[n, k] > best:
                best, place = logits[n, k], k
            d = logits[n, k]
            if k == labels[n]:
                d -= logits.dtype.type(1)
            total += d * d
            dlogits[n, k] = d * scale
        if place == labels[n]:
            right += 1
    return total / classes, right


def clip(g, most):
    total = 0.0
    for i in prange(g.size):
        total += g[i] * g[i]
    scale = g.dtype.type(min(1.0, most / (math.sqrt(total) + 1e-6)))
    for i in prange(g.size):
        g[i] *= scale


def sgd(w, g, v, unused, rate, count, weight_decay, momentum, nesterov, beta1, beta2, alpha, epsilon):
    r, decay, m = w.dtype.type(rate), w.dtype.type(weight_decay), w.dtype.type(momentum)
    if momentum == 0:
        for i in prange(w.size):
            w[i] -= r * (g[i] + decay * w[i])
    else:
        for i in prange(w.size):
            slope = g[i] + decay * w[i]
            v[i] = m * v[i] + slope
            w[i] -= r * (slope + m * v[i] if nesterov else v[i])


def adam(w, g, a, b, rate, count, weight_decay, momentum, nesterov, beta1, beta2, alpha, epsilon):
    t = w.dtype.type
    b1, b2, c1, c2, decay, e = t(beta1), t(beta2), t(1 - beta1), t(1 - beta2), t(weight_decay), t(epsilon)
    r, root = t(rate / (1 - beta1**count)), t(1 / math.sqrt(1 - beta2**count))
    for i in prange(w.size):
        slope = g[i] + decay * w[i]
        a[i] = b1 * a[i] + c1 * slope
        b[i] = b2 * b[i] + c2 * slope * slope
        w[i] -= r * a[i] / (math.sqrt(b[i]) * root + e)


def adamw(w, g, a, b, rate, count, weight_decay, momentum, nesterov, beta1, beta2, alpha, epsilon):
    t = w.dtype.type
    b1, b2, c1, c2, keep, e = t(beta1), t(beta2), t(1 - beta1), t(1 - beta2), t(1 - rate * weight_decay), t(epsilon)
    r, root = t(rate / (1 - beta1**count)), t(1 / math.sqrt(1 - beta2**count))
    for i in prange(w.size):
        a[i] = b1 * a[i] + c1 * g[i]
        b[i] = b2 * b[i] + c2 * g[i] * g[i]
        w[i] = keep * w[i] - r * a[i] / (math.sqrt(b[i]) * root + e)


def rmsprop(w, g, b, v, rate, count, weight_decay, momentum, nesterov, beta1, beta2, alpha, epsilon):
    t = w.dtype.type
    r, decay, m, keep, c, e = t(rate), t(weight_decay), t(momentum), t(alpha), t(1 - alpha), t(epsilon)
    for i in prange(w.size):
        slope = g[i] + decay * w[i]
        b[i] = keep * b[i] + c * slope * slope
        slope = slope / (math.sqrt(b[i]) + e)
        if momentum != 0:
            v[i] = m * v[i] + slope
            slope = v[i]
        w[i] -= r * slope
