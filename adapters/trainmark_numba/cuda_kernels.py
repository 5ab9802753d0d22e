"""CUDA kernels: every one has the name and the arguments that a plan gives it, then its constants.

Element-wise kernels stride over the grid. Kernels named in BLOCKS have a block for every result and sum its terms with
all threads of the block; kernels named in TILES have a block for every tile of a matrix. Constants are in the type of
the arrays, or sums would be in float64; comparisons keep NaN.
"""
import math

import numba
import numpy as np
from numba import cuda

BLOCKS = {"bias_gradient", "conv_weights", "conv_bias", "batch_norm_forward", "batch_norm_backward"}
TILES = {"dense_forward", "dense_weights", "dense_data"}


def make_kernels(dtype: str, threads: int, tile: int) -> dict:
    """Kernels for arrays of `dtype`, blocks of `threads` threads (a power of two) and tiles of tile x tile."""
    real, value = getattr(numba, dtype), np.dtype(dtype).type
    zero, one, half, six = value(0), value(1), value(0.5), value(6)
    root, gelu_scale = value(math.sqrt(0.5)), value(1 / math.sqrt(2 * math.pi))
    tile_shape = (tile, tile)

    @cuda.jit(device=True)
    def block_sum(x):
        """Sum of x over the threads of the block, the same in every thread."""
        shared = cuda.shared.array(threads, numba.float64)
        i = cuda.threadIdx.x
        cuda.syncthreads()  # the array may still be read for the sum before
        shared[i] = x
        width = threads // 2
        while width > 0:
            cuda.syncthreads()
            if i < width:
                shared[i] += shared[i + width]
            width //= 2
        cuda.syncthreads()
        return shared[0]

    def make_product(turn_a, turn_b):
        """c (m, n) = a (m, k) b (k, n); a turned matrix is stored transposed."""

        @cuda.jit
        def product(a, b, c):
            # On lines of their own: the simulator knows shared arrays by their line.
            left = cuda.shared.array(tile_shape, real)
            right = cuda.shared.array(tile_shape, real)
            i, j = cuda.threadIdx.y, cuda.threadIdx.x
            row, column = cuda.blockIdx.y * tile + i, cuda.blockIdx.x * tile + j
            depth = a.shape[0] if turn_a else a.shape[1]
            total = zero
            for first in range(0, depth, tile):
                left[i, j] = zero
                right[i, j] = zero
                if row < c.shape[0] and first + j < depth:
                    left[i, j] = a[first + j, row] if turn_a else a[row, first + j]
                if column < c.shape[1] and first + i < depth:
                    right[i, j] = b[column, first + i] if turn_b else b[first + i, column]
                cuda.syncthreads()
                for k in range(tile):
                    total += left[i, k] * right[k, j]
                cuda.syncthreads()
            if row < c.shape[0] and column < c.shape[1]:
                c[row, column] = total

        return product

    dense_forward = make_product(False, True)  # x (n, i), w (o, i), y (n, o)
    dense_weights = make_product(True, False)  # dy (n, o), x (n, i), dw (o, i)
    dense_data = make_product(False, False)  # dy (n, o), w (o, i), dx (n, i)

    @cuda.jit
    def add_bias(b, y):
        for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
            y[i // y.shape[1], i % y.shape[1]] += b[i % y.shape[1]]

    @cuda.jit
    def bias_gradient(dy, db):
        o, total = cuda.blockIdx.x, 0.0
        for n in range(cuda.threadIdx.x, dy.shape[0], threads):
            total += dy[n, o]
        total = block_sum(total)
        if cuda.threadIdx.x == 0:
            db[o] = total

    # Convolution: one thread for every output, or input gradient; one block for every weight.

    @cuda.jit
    def conv_forward(x, w, b, y, kh, kw, sh, sw, ph, pw, dh, dw, groups):
        places, k_group = y.shape[2] * y.shape[3], y.shape[1] // groups
        for at in range(cuda.grid(1), y.size, cuda.gridsize(1)):
            n, k = at // (y.shape[1] * places), at // places % y.shape[1]
            p, q = at % places // y.shape[3], at % y.shape[3]
            first, total = k // k_group * w.shape[1], b[k]
            for c in range(w.shape[1]):
                for r in range(kh):
                    i = p * sh - ph + r * dh
                    if i < 0 or i >= x.shape[2]:
                        continue
                    for s in range(kw):
                        j = q * sw - pw + s * dw
                        if 0 <= j < x.shape[3]:
                            total += w[k, c, r, s] * x[n, first + c, i, j]
            y[n, k, p, q] = total

    @cuda.jit
    def conv_weights(dy, x, dw_, kh, kw, sh, sw, ph, pw, dh, dw, groups):
        at = cuda.blockIdx.x
        s, r = at % kw, at // kw % kh
        c, k = at // (kw * kh) % dw_.shape[1], at // (kw * kh * dw_.shape[1])
        channel = k // (dy.shape[1] // groups) * dw_.shape[1] + c
        places, total = dy.shape[2] * dy.shape[3], zero
        for m in range(cuda.threadIdx.x, dy.shape[0] * places, threads):
            n, p, q = m // places, m % places // dy.shape[3], m % dy.shape[3]
            i, j = p * sh - ph + r * dh, q * sw - pw + s * dw
            if 0 <= i < x.shape[2] and 0 <= j < x.shape[3]:
                total += dy[n, k, p, q] * x[n, channel, i, j]
        whole = block_sum(total)
        if cuda.threadIdx.x == 0:
            dw_[k, c, r, s] = whole

    @cuda.jit
    def conv_bias(dy, db):
        k, places, total = cuda.blockIdx.x, dy.shape[2] * dy.shape[3], zero
        for m in range(cuda.threadIdx.x, dy.shape[0] * places, threads):
            total += dy[m // places, k, m % places // dy.shape[3], m % dy.shape[3]]
        whole = block_sum(total)
        if cuda.threadIdx.x == 0:
            db[k] = whole

    @cuda.jit
    def conv_data(dy, w, dx, kh, kw, sh, sw, ph, pw, dh, dw, groups):
        places, k_group = dx.shape[2] * dx.shape[3], dy.shape[1] // groups
        for at in range(cuda.grid(1), dx.size, cuda.gridsize(1)):
            n, channel = at // (dx.shape[1] * places), at // places % dx.shape[1]
            i, j = at % places // dx.shape[3], at % dx.shape[3]
            group, c, total = channel // w.shape[1], channel % w.shape[1], zero
            for r in range(kh):
                up = i + ph - r * dh
                if up < 0 or up % sh != 0 or up // sh >= dy.shape[2]:
                    continue
                for s in range(kw):
                    left = j + pw - s * dw
                    if left < 0 or left % sw != 0 or left // sw >= dy.shape[3]:
                        continue
                    for k in range(group * k_group, (group + 1) * k_group):
                        total += w[k, c, r, s] * dy[n, k, up // sh, left // sw]
            dx[n, channel, i, j] = total

    # Pools.

    @cuda.jit
    def max_pool_forward(x, y, winner, kh, kw, sh, sw, ph, pw, dh, dw):
        places = y.shape[2] * y.shape[3]
        for at in range(cuda.grid(1), y.size, cuda.gridsize(1)):
            n, c = at // (y.shape[1] * places), at // places % y.shape[1]
            p, q = at % places // y.shape[3], at % y.shape[3]
            best, place = zero, -1
            for r in range(kh):
                i = p * sh - ph + r * dh
                for s in range(kw):
                    j = q * sw - pw + s * dw
                    if i < 0 or i >= x.shape[2] or j < 0 or j >= x.shape[3]:
                        continue
                    seen = x[n, c, i, j]
                    if place < 0 or seen > best or seen != seen:
                        best, place = seen, i * x.shape[3] + j
            y[n, c, p, q] = best
            winner[n, c, p, q] = place

    @cuda.jit
    def max_pool_backward(dy, winner, dx):
        """dx is 0 before; windows may overlap."""
        places = dy.shape[2] * dy.shape[3]
        for at in range(cuda.grid(1), dy.size, cuda.gridsize(1)):
            n, c = at // (dy.shape[1] * places), at // places % dy.shape[1]
            p, q = at % places // dy.shape[3], at % dy.shape[3]
            place = winner[n, c, p, q]
            cuda.atomic.add(dx, (n, c, place // dx.shape[3], place % dx.shape[3]), dy[n, c, p, q])

    @cuda.jit
    def average_pool_forward(x, y, kh, kw, sh, sw, ph, pw, dh, dw):
        places, scale = y.shape[2] * y.shape[3], real(1 / (kh * kw))
        for at in range(cuda.grid(1), y.size, cuda.gridsize(1)):
            n, c = at // (y.shape[1] * places), at // places % y.shape[1]
            p, q = at % places // y.shape[3], at % y.shape[3]
            total = zero
            for r in range(kh):
                i = p * sh - ph + r * dh
                for s in range(kw):
                    j = q * sw - pw + s * dw
                    if 0 <= i < x.shape[2] and 0 <= j < x.shape[3]:
                        total += x[n, c, i, j]
            y[n, c, p, q] = total * scale

    @cuda.jit
    def average_pool_backward(dy, dx, kh, kw, sh, sw, ph, pw, dh, dw):
        """dx is 0 before."""
        places, scale = dy.shape[2] * dy.shape[3], real(1 / (kh * kw))
        for at in range(cuda.grid(1), dy.size, cuda.gridsize(1)):
            n, c = at // (dy.shape[1] * places), at // places % dy.shape[1]
            p, q = at % places // dy.shape[3], at % dy.shape[3]
            for r in range(kh):
                i = p * sh - ph + r * dh
                for s in range(kw):
                    j = q * sw - pw + s * dw
                    if 0 <= i < dx.shape[2] and 0 <= j < dx.shape[3]:
                        cuda.atomic.add(dx, (n, c, i, j), dy[n, c, p, q] * scale)

    @cuda.jit
    def mean_forward(x, y):
        scale = real(1 / x.shape[1])
        for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
            total = zero
            for j in range(x.shape[1]):
                total += x[i, j]
            y[i] = total * scale

    @cuda.jit
    def mean_backward(dy, dx):
        scale = real(1 / dx.shape[1])
        for i in range(cuda.grid(1), dx.size, cuda.gridsize(1)):
            dx[i // dx.shape[1], i % dx.shape[1]] = dy[i // dx.shape[1]] * scale

    # Batch-norm: x (images, channels, places), a block for every channel.

    @cuda.jit
    def batch_norm_forward(x, weight, bias, running_mean, running_var, saved, y, epsilon, momentum):
        c, places = cuda.blockIdx.x, x.shape[2]
        count, total = x.shape[0] * places, 0.0
        for m in range(cuda.threadIdx.x, count, threads):
            total += x[m // places, c, m % places]
        mean = block_sum(total) / count
        total = 0.0
        for m in range(cuda.threadIdx.x, count, threads):
            d = x[m // places, c, m % places] - mean
            total += d * d
        total = block_sum(total)
        inverse = 1 / math.sqrt(total / count + epsilon)
        if cuda.threadIdx.x == 0:
            saved[0, c] = mean
            saved[1, c] = inverse
            running_mean[c] = (1 - momentum) * running_mean[c] + momentum * mean
            running_var[c] = (1 - momentum) * running_var[c] + momentum * total / max(count - 1, 1)
        level, scale = real(mean), real(inverse) * weight[c]
        for m in range(cuda.threadIdx.x, count, threads):
            y[m // places, c, m % places] = (x[m // places, c, m % places] - level) * scale + bias[c]

    @cuda.jit
    def batch_norm_evaluation(x, weight, bias, running_mean, running_var, y, epsilon, momentum):
        places = x.shape[2]
        for at in range(cuda.grid(1), x.size, cuda.gridsize(1)):
            n, c, j = at // (x.shape[1] * places), at // places % x.shape[1], at % places
            scale = real(weight[c] / math.sqrt(running_var[c] + epsilon))
            y[n, c, j] = (x[n, c, j] - running_mean[c]) * scale + bias[c]

    @cuda.jit
    def batch_norm_backward(x, weight, saved, dy, dw, db):
        c, places = cuda.blockIdx.x, x.shape[2]
        count, mean, inverse = x.shape[0] * places, saved[0, c], saved[1, c]
        along, total = 0.0, 0.0
        for m in range(cuda.threadIdx.x, count, threads):
            d = dy[m // places, c, m % places]
            along += d * ((x[m // places, c, m % places] - mean) * inverse)
            total += d
        along, total = block_sum(along), block_sum(total)
        if cuda.threadIdx.x == 0:
            dw[c] = along
            db[c] = total
        scale, level, slope = weight[c] * inverse, real(total / count), real(along / count)
        for m in range(cuda.threadIdx.x, count, threads):
            n, j = m // places, m % places
            dy[n, c, j] = scale * (dy[n, c, j] - level - (x[n, c, j] - mean) * inverse * slope)

    # Element by element.

    @cuda.jit
    def fill(x, constant):
        for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
            x[i] = constant

    @cuda.jit
    def copy(x, y):
        for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
            y[i] = x[i]

    @cuda.jit
    def add_to(x, y):
        for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
            y[i] += x[i]

    @cuda.jit
    def product(x, scale, y):
        for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
            y[i] = x[i] * scale[i]

    @cuda.jit
    def scale_by(scale, dy):
        for i in range(cuda.grid(1), dy.size, cuda.gridsize(1)):
            dy[i] *= scale[i]

    @cuda.jit
    def relu_forward(x, y):
        for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
            y[i] = zero if x[i] <= zero else x[i]

    @cuda.jit
    def relu_backward(x, y, dy):
        for i in range(cuda.grid(1), dy.size, cuda.gridsize(1)):
            if y[i] <= zero:
                dy[i] = zero

    @cuda.jit
    def relu6_forward(x, y):
        for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
            y[i] = zero if x[i] <= zero else (six if x[i] >= six else x[i])

    @cuda.jit
    def relu6_backward(x, y, dy):
        for i in range(cuda.grid(1), dy.size, cuda.gridsize(1)):
            if y[i] <= zero or y[i] >= six:
                dy[i] = zero

    @cuda.jit
    def sigmoid_forward(x, y):
        for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
            y[i] = half * (one + math.tanh(half * x[i]))

    @cuda.jit
    def sigmoid_backward(x, y, dy):
        for i in range(cuda.grid(1), dy.size, cuda.gridsize(1)):
            dy[i] *= y[i] * (one - y[i])

    @cuda.jit
    def tanh_forward(x, y):
        for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
            y[i] = math.tanh(x[i])

    @cuda.jit
    def tanh_backward(x, y, dy):
        for i in range(cuda.grid(1), dy.size, cuda.gridsize(1)):
            dy[i] *= one - y[i] * y[i]

    @cuda.jit
    def gelu_forward(x, y):
        for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
            y[i] = half * x[i] * (one + math.erf(x[i] * root))

    @cuda.jit
    def gelu_backward(x, y, dy):
        for i in range(cuda.grid(1), dy.size, cuda.gridsize(1)):
            dy[i] *= half * (one + math.erf(x[i] * root)) + x[i] * gelu_scale * math.exp(-half * x[i] * x[i])

    @cuda.jit
    def dropout_mask(scale, seed_low, seed_high, step_low, step_high, first, rate, layer, size):
        """Philox 4x32-10 (docs/protocol.md, Dropout masks): 1 / (1 - rate) where kept, else 0."""
        threshold, kept = np.uint64(rate * 4294967296.0), real(1 / (1 - rate))
        low, bits = np.uint64(0xFFFFFFFF), np.uint64(32)
        high = np.uint64(0xD0 * 16777216 + layer % 65536 * 256 + step_high % 256)
        begin = first * size
        for block in range(begin // 4 + cuda.grid(1), (begin + scale.size + 3) // 4, cuda.gridsize(1)):
            c0, c1, c2, c3 = np.uint64(block) & low, np.uint64(block) >> bits, np.uint64(step_low), high
            k0, k1 = np.uint64(seed_low), np.uint64(seed_high)
            for _ in range(10):
                a, b = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
                c0, c1, c2, c3 = (b >> bits) ^ c1 ^ k0, b & low, (a >> bits) ^ c3 ^ k1, a & low
                k0, k1 = (k0 + np.uint64(0x9E3779B9)) & low, (k1 + np.uint64(0xBB67AE85)) & low
            words = (c0, c1, c2, c3)
            for i in range(4):
                place = block * 4 + i - begin
                if 0 <= place < scale.size:
                    scale[place] = kept if words[i] >= threshold else zero

    # Batches, losses, updates.

    @cuda.jit
    def gather(samples, labels, order, begin, x, batch_labels):
        """samples (count, values), labels (count) of order[begin ...]; x (images, values)."""
        for at in range(cuda.grid(1), x.size, cuda.gridsize(1)):
            n, j = at // x.shape[1], at % x.shape[1]
            source = order[begin + n]
            x[n, j] = samples[source, j]
            if j == 0:
                batch_labels[n] = labels[source]

    @cuda.jit
    def cross_entropy(logits, labels, dlogits, smoothing, factor, mean, losses, correct, step):
        """One thread for an image; adds mean times its loss to losses[step]. factor: of the gradient."""
        for n in range(cuda.grid(1), logits.shape[0], cuda.gridsize(1)):
            classes, best, place = logits.shape[1], logits[n, 0], 0
            for k in range(1, classes):
                if logits[n, k] > best:
                    best, place = logits[n, k], k
            rest, weight, mixed = real(smoothing / classes), zero, zero
            for k in range(classes):
                z = logits[n, k] - best
                mixed += z
                dlogits[n, k] = math.exp(z)
                weight += dlogits[n, k]
            label = labels[n]
            loss = math.log(weight) - real(1 - smoothing) * (logits[n, label] - best) - rest * mixed
            for k in range(classes):
                dlogits[n, k] = (dlogits[n, k] / weight - rest) * real(factor)
            dlogits[n, label] -= real((1 - smoothing) * factor)
            cuda.atomic.add(losses, step, loss * mean)
            if place == label:
                cuda.atomic.add(correct, step, 1)

    @cuda.jit
    def squared_error(logits, labels, dlogits, smoothing, factor, mean, losses, correct, step):
        for n in range(cuda.grid(1), logits.shape[0], cuda.gridsize(1)):
            classes, best, place, total = logits.shape[1], logits[n, 0], 0, zero
            for k in range(classes):
                if logits[n, k] > best:
                    best, place = logits[n, k], k
                d = logits[n, k]
                if k == labels[n]:
                    d -= one
                total += d * d
                dlogits[n, k] = d * real(2 * factor / classes)
            cuda.atomic.add(losses, step, total / classes * mean)
            if place == labels[n]:
                cuda.atomic.add(correct, step, 1)

    @cuda.jit
    def predict(logits, predictions, begin):
        for n in range(cuda.grid(1), logits.shape[0], cuda.gridsize(1)):
            best, place = logits[n, 0], 0
            for k in range(1, logits.shape[1]):
                if logits[n, k] > best:
                    best, place = logits[n, k], k
            predictions[begin + n] = place

    @cuda.jit
    def square_sum(g, norm):
        """norm[0] += sum of squares."""
        total = 0.0
        for i in range(cuda.grid(1), g.size, cuda.gridsize(1)):
            total += g[i] * g[i]
        total = block_sum(total)
        if cuda.threadIdx.x == 0:
            cuda.atomic.add(norm, 0, total)

    @cuda.jit
    def clip(g, norm, most):
        scale = real(min(1.0, most / (math.sqrt(norm[0]) + 1e-6)))
        for i in range(cuda.grid(1), g.size, cuda.gridsize(1)):
            g[i] *= scale

    @cuda.jit
    def sgd(w, g, v, unused, rate, count, weight_decay, momentum, nesterov, beta1, beta2, alpha, epsilon):
        r, decay, m = real(rate), real(weight_decay), real(momentum)
        for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
            slope = g[i] + decay * w[i]
            if momentum != 0:
                v[i] = m * v[i] + slope
                slope = slope + m * v[i] if nesterov else v[i]
            w[i] -= r * slope

    @cuda.jit
    def adam(w, g, a, b, rate, count, weight_decay, momentum, nesterov, beta1, beta2, alpha, epsilon):
        r, divisor = real(rate / (1 - beta1**count)), real(1 / math.sqrt(1 - beta2**count))
        for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
            slope = g[i] + real(weight_decay) * w[i]
            a[i] = real(beta1) * a[i] + real(1 - beta1) * slope
            b[i] = real(beta2) * b[i] + real(1 - beta2) * slope * slope
            w[i] -= r * a[i] / (math.sqrt(b[i]) * divisor + real(epsilon))

    @cuda.jit
    def adamw(w, g, a, b, rate, count, weight_decay, momentum, nesterov, beta1, beta2, alpha, epsilon):
        r, divisor = real(rate / (1 - beta1**count)), real(1 / math.sqrt(1 - beta2**count))
        for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
            a[i] = real(beta1) * a[i] + real(1 - beta1) * g[i]
            b[i] = real(beta2) * b[i] + real(1 - beta2) * g[i] * g[i]
            w[i] = real(1 - rate * weight_decay) * w[i] - r * a[i] / (math.sqrt(b[i]) * divisor + real(epsilon))

    @cuda.jit
    def rmsprop(w, g, b, v, rate, count, weight_decay, momentum, nesterov, beta1, beta2, alpha, epsilon):
        for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
            slope = g[i] + real(weight_decay) * w[i]
            b[i] = real(alpha) * b[i] + real(1 - alpha) * slope * slope
            slope = slope / (math.sqrt(b[i]) + real(epsilon))
            if momentum != 0:
                v[i] = real(momentum) * v[i] + slope
                slope = v[i]
            w[i] -= real(rate) * slope

    return {name: made for name, made in locals().items() if name not in ("block_sum", "make_product") and hasattr(made, "__getitem__") and callable(made)}
