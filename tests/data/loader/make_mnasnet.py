"""Writes mnasnet_first.pth and .json, with a Python that has torchvision: python3 make_mnasnet.py

A state dict of MNASNet's first version as torchvision saves it, and the logits that torchvision has of it. The tensors
are views of a few numbers, so that the file is small.
"""

import collections
import json
import pathlib
import sys

import torch
import torchvision

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE.parent))
from golden_values import image, stream  # noqa: E402

SHAPE = [2, 3, 64, 48]


def first_version():
    """torchvision changes a model when it loads a file of the first version, here an empty one."""
    net = torchvision.models.mnasnet0_5(num_classes=10)
    empty = collections.OrderedDict()
    empty._metadata = {"": {"version": 1}}
    net.load_state_dict(empty, strict=False)
    return net


def views(state):
    """Weights as views of the same numbers."""
    numbers = torch.from_numpy(stream("mnasnet", 7000)).float()
    positive = numbers.abs()
    for i, (name, tensor) in enumerate(state.items()):
        if name.endswith("weight"):
            strides = (3, 5, 7, 11)[: tensor.dim()]
            state[name] = torch.as_strided(positive if tensor.dim() == 1 else numbers, tensor.shape, strides, i)
        elif name.endswith("bias"):
            state[name] = torch.as_strided(numbers, tensor.shape, (2,), i)


def settle(net):
    """One number for each norm's mean and one for its variance: what it sees of the image."""
    norms = [m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        net.train()(image([4, 3, 64, 48]))
        for norm in norms:
            norm.running_mean.fill_(norm.running_mean.mean())
            norm.running_var.fill_(norm.running_var.mean())


def shrink(state):
    """Buffers as views, like the weights."""
    for leaf in ("running_mean", "running_var", "num_batches_tracked"):
        names = [name for name in state if name.endswith(leaf)]
        numbers = torch.stack([state[name].flatten()[0] for name in names])
        for i, name in enumerate(names):
            state[name] = numbers[i].expand(state[name].shape)


def main():
    net = first_version()
    state = net.state_dict()
    views(state)
    net.load_state_dict(state)
    settle(net)
    settled = net.state_dict()
    for name in state:
        if not name.endswith(("weight", "bias")):
            state[name] = settled[name]
    shrink(state)
    torch.save(state, HERE / "mnasnet_first.pth")
    loaded = torchvision.models.mnasnet0_5(num_classes=10)
    loaded.load_state_dict(torch.load(HERE / "mnasnet_first.pth", weights_only=True))
    with torch.no_grad():
        logits = loaded.double().eval()(image(SHAPE).double())
    golden = {"input": SHAPE, "logits": logits.tolist()}
    (HERE / "mnasnet_first.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
