"""Convolutions over (n, h, w, c) with explicit padding, since TensorFlow's 'SAME' pads otherwise, and pools with gaps."""
from __future__ import annotations

import tensorflow as tf

from trainmark_worker.workload import Layer


def _dilated(layer: Layer, w: tf.Tensor) -> tf.Tensor:
    """The kernel (kh, kw, i, o) with zeros between its taps: on CPUs the gradient knows no dilation."""
    (dh, dw), (kh, kw) = layer["dilation"], layer["kernel"]
    if (dh, dw) == (1, 1):
        return w
    i, o = w.shape[2:]
    w = tf.pad(w[:, None, :, None], [[0, 0], [0, dh - 1], [0, 0], [0, dw - 1], [0, 0], [0, 0]])
    return tf.reshape(w, (kh * dh, kw * dw, i, o))[: (kh - 1) * dh + 1, : (kw - 1) * dw + 1]


def convolve(layer: Layer, x: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """Cross-correlation without bias; weight (kh, kw, c / groups, o)."""
    w, groups, stride = _dilated(layer, weight), layer["groups"], layer["stride"]
    top, left = layer["padding"]
    # "VALID" where it is the same: only so does TensorFlow join a convolution with its bias and ReLU.
    padding = [[0, 0], [top, top], [left, left], [0, 0]] if top or left else "VALID"
    if groups == 1:
        return tf.nn.conv2d(x, w, stride, padding)
    if w.shape[2] == 1 and stride[0] == stride[1]:
        kh, kw, _, o = w.shape
        return tf.nn.depthwise_conv2d(x, tf.reshape(w, (kh, kw, groups, o // groups)), [1, *stride, 1], padding)
    # Grouped convolutions have no gradient on CPUs.
    parts = zip(tf.split(x, groups, axis=3), tf.split(w, groups, axis=3))
    return tf.concat([tf.nn.conv2d(a, b, stride, padding) for a, b in parts], axis=3)


def dilated_pool(layer: Layer, x: tf.Tensor, kind: str) -> tf.Tensor:
    """MAX or AVG without padding; TensorFlow has no pool with both stride and dilation."""
    y = tf.nn.pool(x, layer["kernel"], kind, strides=(1, 1), padding="VALID", dilations=layer["dilation"])
    sh, sw = layer["stride"]
    return y[:, ::sh, ::sw]
