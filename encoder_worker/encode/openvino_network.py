"""VGG16's features in OpenVINO's own operations, in floats or with int8 layers."""

from collections.abc import Sequence

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from encoder_worker.encode.quantization import LEVELS, quantize_kernel
from encoder_worker.model.vgg16 import LAYERS, SIDE, Convolution, Weights


def build_network(
    weights: Weights, ranges: Sequence[float] | None = None, *, with_inputs: bool = False
) -> ov.Model:
    """VGG16's features: uint8 (n, 224, 224, 3) to float32 (n, 7, 7, 512).

    With `ranges`, the largest value that enters each convolution, all but the first are int8.
    With `with_inputs`, the largest value that enters each is given as well, float32 (13,).
    """
    pictures = ops.parameter([-1, SIDE, SIDE, 3], np.uint8, name="pictures")
    mean = np.array(weights.mean, np.float32)
    factor = np.float32(1) / np.array(weights.deviation, np.float32)
    pixels = ops.multiply(ops.subtract(ops.convert(pictures, "f32"), mean), factor)
    node = ops.transpose(pixels, np.array([0, 3, 1, 2])).output(0)
    layers = enumerate(weights.load())
    largest = []
    for kind in LAYERS:
        if kind == "pool":
            node = ops.max_pool(node, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2]).output(0)
            continue
        index, layer = next(layers)
        if with_inputs:
            everything = np.array([0, 1, 2, 3])
            largest.append(ops.unsqueeze(ops.reduce_max(ops.abs(node), everything), np.array([0])))
        if ranges is None or index == 0:
            kernel: ov.Node = ops.constant(layer.kernel)
        else:
            node = _round_input(node, ranges[index])
            kernel = _round_kernel(layer)
        node = ops.convolution(node, kernel, [1, 1], [1, 1], [1, 1], [1, 1]).output(0)
        node = ops.relu(ops.add(node, layer.bias.reshape(1, -1, 1, 1))).output(0)
    outputs = [ops.transpose(node, np.array([0, 2, 3, 1]))]
    if with_inputs:
        outputs.append(ops.concat(largest, 0))
    return ov.Model(outputs, [pictures], "vgg16")


def _round_input(node: ov.Output, largest: float) -> ov.Node:
    low, high = np.float32(0), np.float32(largest)
    return ops.fake_quantize(node, low, high, low, high, LEVELS)


def _round_kernel(layer: Convolution) -> ov.Node:
    kernel, scales = quantize_kernel(layer)
    return ops.multiply(ops.convert(ops.constant(kernel), "f32"), ops.constant(scales))
