"""Writes the files beside it, with a Python that has torch and safetensors: python3 make.py

They hold tensors of a small net (conv, bn, fc) the way PyTorch's users save them.
"""

import json
import pathlib

import safetensors.torch
import torch
from torch import nn

HERE = pathlib.Path(__file__).parent


def net():
    torch.manual_seed(0)
    made = nn.Sequential()
    made.add_module("conv", nn.Conv2d(1, 2, 1, bias=False))
    made.add_module("bn", nn.BatchNorm2d(2))
    made.add_module("fc", nn.Linear(2, 3))
    made.bn.num_batches_tracked += 7
    return made


def save(name, value, **kwargs):
    torch.save(value, HERE / name, **kwargs)


def prefixed(prefix):
    return {prefix + name: tensor for name, tensor in net().state_dict().items()}


def main():
    state = net().state_dict()
    save("small.pth", state)
    save("legacy.pth", state, _use_new_zipfile_serialization=False)
    safetensors.torch.save_file(state, HERE / "small.safetensors", metadata={"format": "pt"})
    shards = ["small.safetensors", "legacy.pth"]
    index = {"weight_map": {name: shards[i % 2] for i, name in enumerate(state)}}
    (HERE / "sharded.index.json").write_text(json.dumps(index, indent=2) + "\n")
    save("training.pth", {"epoch": 3, "model": state, "ema": state})
    save("data_parallel.pth", prefixed("module."))
    save("compiled.pth", prefixed("module._orig_mod."))
    save("backbone.pth", prefixed("backbone."))
    save("half.pth", {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in state.items()})
    save("old.pth", {name: tensor for name, tensor in state.items() if "tracked" not in name})
    other = {**state, "fc.weight": torch.ones(5, 2), "fc.bias": torch.ones(5)}
    save("five_classes.pth", other)
    wrong = {"conv.weight": torch.ones(2, 1, 3, 3), "bn.weight": torch.ones(2, dtype=torch.int32)}
    save("wrong.pth", {**wrong, "fc.bias": torch.ones(3).to_sparse(), "head": torch.ones(1)})
    base = torch.arange(24, dtype=torch.float32)
    save(
        "views.pth",
        {
            "whole": base.view(4, 6),
            "part": base[5:11].view(2, 3),
            "turned": base.view(4, 6).t(),
            "wide": base[1:2].expand(4, 6),
            "scalar": base[7],
            "empty": torch.zeros(0, 3),
            "conjugate": torch.tensor([1 + 2j, 3 - 4j]).conj(),
            "negative": torch.tensor([1 + 2j, 3 - 4j]).conj().imag,
            "complex": torch.tensor([1 + 2j, 3 - 4j], dtype=torch.complex128),
        },
    )


if __name__ == "__main__":
    main()
