"""Writes training_goldens.json: one step of training of small nets, in float64, by torchvision.

usage: python3 make_training_goldens.py > training_goldens.json
"""

import json
import math
import re
import sys

import numpy
import torch
import torchvision

RULE = [
    "Nets are filled, and the input made, by the rule of model_goldens.json, then converted to float64.",
    "The loss is the mean cross entropy of the logits with the labels i % 10, plus 0.3 times that of "
    "each auxiliary head. A step: torch.manual_seed(seed), forward in training mode, backward, "
    "plain SGD with the rate lr on all parameters.",
    "loss: before and after the step, each forward after torch.manual_seed(seed). parameters, buffers: "
    "sums of absolute values after both forwards, without num_batches_tracked.",
]
SEED, RATE = 5, 0.001

# builder, options, input.
NETS = [
    ("alexnet", {"dropout": 0.25}, [3, 3, 80, 96]),
    ("densenet121", {"drop_rate": 0.2, "bn_size": 2}, [3, 3, 64, 80]),
    ("efficientnet_b0", {}, [3, 3, 64, 80]),
    ("efficientnet_v2_s", {"stochastic_depth_prob": 0.4, "dropout": 0.1}, [3, 3, 64, 80]),
    ("googlenet", {"transform_input": True, "dropout_aux": 0.5}, [3, 3, 96, 80]),
    ("inception_v3", {"dropout": 0.3}, [2, 3, 299, 299]),
    ("mnasnet0_5", {}, [3, 3, 64, 80]),
    ("mobilenet_v2", {"width_mult": 0.35, "round_nearest": 4}, [3, 3, 64, 80]),
    ("mobilenet_v3_large", {"width_mult": 0.5}, [3, 3, 64, 80]),
    ("mobilenet_v3_small", {"reduced_tail": True, "dilated": True}, [3, 3, 64, 80]),
    ("regnet_x_400mf", {"stem_width": 24}, [3, 3, 64, 80]),
    ("regnet_y_400mf", {}, [3, 3, 64, 80]),
    ("resnet18", {}, [3, 3, 64, 80]),
    ("resnet50", {"groups": 4, "width_per_group": 8}, [3, 3, 64, 80]),
    ("shufflenet_v2_x0_5", {}, [3, 3, 64, 80]),
    ("squeezenet1_1", {"dropout": 0.25}, [3, 3, 64, 80]),
    ("vgg11_bn", {"dropout": 0.25}, [3, 3, 48, 64]),
]


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
    kept = ("num_batches_tracked", "relative_position_index", "relative_coords_table")
    for name, tensor in net.state_dict().items():
        if not name.endswith(kept):
            filled = values(name, tensor.shape).astype(numpy.float32)
            tensor.copy_(torch.from_numpy(filled).view(tensor.shape))


def loss_of(net, images):
    torch.manual_seed(SEED)
    labels = torch.arange(len(images)) % 10
    outputs = net(images)
    if isinstance(outputs, torch.Tensor):
        outputs = (outputs,)
    losses = [torch.nn.functional.cross_entropy(o, labels) for o in outputs]
    return losses[0] + 0.3 * sum(losses[1:])


def record(builder, options, shape):
    options = {"num_classes": 10, **options}
    extra = {"init_weights": False} if builder in ("googlenet", "inception_v3") else {}
    net = getattr(torchvision.models, builder)(weights=None, **options, **extra)
    fill(net)
    net = net.double().train()
    images = torch.from_numpy((2 * stream("input", math.prod(shape))).astype(numpy.float32))
    images = images.view(shape).double()
    before = loss_of(net, images)
    before.backward()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter -= RATE * parameter.grad
        after = loss_of(net, images)
        total = lambda tensors: sum(t.abs().sum().item() for t in tensors if t.is_floating_point())
        return {"builder": builder, "options": options, "input": shape,
                "loss": [before.item(), after.item()],
                "parameters": total(net.parameters()), "buffers": total(net.buffers())}


def main():
    torch.set_num_threads(1)
    records = []
    for net in NETS:
        records.append(record(*net))
        print(records[-1], file=sys.stderr)
    lines = ",\n".join("  " + json.dumps(r) for r in records)
    versions = {"torch": torch.__version__.split("+")[0], "torchvision": torchvision.__version__.split("+")[0]}
    head = json.dumps({"rule": RULE, "versions": versions, "seed": SEED, "lr": RATE}, indent=1)
    print(head.rstrip("\n}") + f',\n "records": [\n{lines}\n ]\n}}')


main()
