"""VGG16's features in OpenVINO's own operations, in floats or with int8 layers."""

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from encoder_worker.encode.quantization import LEVELS, Calibration, quantize_kernel
from encoder_worker.model.vgg16 import LAYERS, SIDE, Convolution, Weights

_EVERYTHING = np.array([0, 1, 2, 3])
_ALL_BUT_FILTERS = np.array([0, 2, 3])


def build_network(
    weights: Weights, calibration: Calibration | None = None, *, with_statistics: bool = False
) -> ov.Model:
    """VGG16's features: uint8 (n, 224, 224, 3) to float32 (n, 7, 7, 512).

    With a `calibration` all convolutions but the first are int8. With `with_statistics` two more
    are given: the largest value that enters each convolution, float32 (13,), and the mean of what
    each filter gives before its ReLU, float32 (4224,).
    """
    pictures = ops.parameter([-1, SIDE, SIDE, 3], np.uint8, name="pictures")
    mean = np.array(weights.mean, np.float32)
    factor = np.float32(1) / np.array(weights.deviation, np.float32)
    pixels = ops.multiply(ops.subtract(ops.convert(pictures, "f32"), mean), factor)
    node = ops.transpose(pixels, np.array([0, 3, 1, 2])).output(0)
    layers = enumerate(weights.load())
    largest, means = [], []
    for kind in LAYERS:
        if kind == "pool":
            node = ops.max_pool(node, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2]).output(0)
            continue
        index, layer = next(layers)
        if with_statistics:
            largest.append(ops.unsqueeze(ops.reduce_max(ops.abs(node), _EVERYTHING), np.array([0])))
        kernel: ov.Node = ops.constant(layer.kernel)
        bias = layer.bias
        if calibration is not None and index > 0:
            node = _round_input(node, calibration.ranges[index])
            kernel = _round_kernel(layer)
            bias = bias + calibration.corrections[index]
        node = ops.convolution(node, kernel, [1, 1], [1, 1], [1, 1], [1, 1]).output(0)
        biased = ops.add(node, bias.reshape(1, -1, 1, 1))
        if with_statistics:
            means.append(ops.reduce_mean(biased, _ALL_BUT_FILTERS))
        node = ops.relu(biased).output(0)
    outputs = [ops.transpose(node, np.array([0, 2, 3, 1]))]
    if with_statistics:
        outputs += [ops.concat(largest, 0), ops.concat(means, 0)]
    return ov.Model(outputs, [pictures], "vgg16")


def _round_input(node: ov.Output, largest: np.float32) -> ov.Node:
    low = np.float32(0)
    return ops.fake_quantize(node, low, largest, low, largest, LEVELS)


def _round_kernel(layer: Convolution) -> ov.Node:
    kernel, scales = quantize_kernel(layer)
    return ops.multiply(ops.convert(ops.constant(kernel), "f32"), ops.constant(scales))
