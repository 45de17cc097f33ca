"""The values that goldens fill nets with: the rule of model_goldens.json."""

import math
import re

import numpy
import torch
import torchvision

KEPT = ("num_batches_tracked", "relative_position_index", "relative_coords_table")


def stream(name, count):
    key = 0xCBF29CE484222325
    for byte in ("public/" + name).encode():
        key = (key ^ byte) * 0x100000001B3 % 2**64
    z = numpy.uint64(key) + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    z ^= z >> numpy.uint64(31)
    return (z >> numpy.uint64(40)).astype(numpy.float64) * 2.0**-23 - 1


def values(name, shape):
    leaf = name.rsplit(".", 1)[-1]
    u = stream(name, math.prod(shape))
    if leaf == "running_mean":
        return u / 8
    if leaf == "running_var":
        return 1 + abs(u) / 2
    if leaf == "layer_scale":
        return 0.5 + u / 4
    if leaf == "logit_scale":
        return 3 + 2 * u
    if leaf in ("class_token", "pos_embedding", "relative_position_bias_table"):
        return u / 2
    if len(shape) == 1:
        if leaf != "weight":
            return u / 8
        later = ".bn3." in name or re.search(r"\.\d+\.[1-9]\d*\.block\.", name)
        return 0.5 + u / 16 if later else 1 + u / 8
    gain = 6
    if len(shape) == 4 and shape[1] == 1:
        gain = 24 if re.search(r"\.\d+\.\d+\.block\.", name) else 12
    return u * math.sqrt(gain / math.prod(shape[1:]))


def fill(net):
    for name, tensor in net.state_dict().items():
        if not name.endswith(KEPT):
            filled = values(name, tensor.shape).astype(numpy.float32)
            tensor.copy_(torch.from_numpy(filled).view(tensor.shape))


def image(shape):
    return torch.from_numpy((2 * stream("input", math.prod(shape))).astype(numpy.float32)).view(shape)


def versions():
    return {m.__name__: m.__version__.split("+")[0] for m in (torch, torchvision)}
