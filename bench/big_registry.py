#!/usr/bin/env python3
"""Makes a registry of many entries, each with all that a careful publisher says: zoo.json, the same each time.

usage: bench/big_registry.py FOLDER [ENTRIES]     100,000 entries are 73 MB

The file of entry n, files/MODEL-WEIGHTS.pth, would hold the digits of n; none is made.
"""
import hashlib
import json
import pathlib
import sys

FAMILIES = ["resnet", "vit_b_", "swin_t_", "convnext_", "efficientnet_b", "regnet_y_", "densenet", "mobilenet_v"]
DATASETS = ["ImageNet-1K", "Places365", "iNaturalist-2021"]
WEIGHTS_EACH = 4
CATEGORIES = 1000


def name(number):
    """The model and the weights of an entry."""
    model = number // WEIGHTS_EACH
    return "%s%d_site%08d" % (FAMILIES[model % len(FAMILIES)], 18 + model % 83, model), "V%d" % (number % WEIGHTS_EACH + 1)


def content(number):
    return b"%d" % number


def entry(number):
    model, weights = name(number)
    digest = hashlib.sha256(content(number)).hexdigest()
    return {
        "model": model,
        "weights": weights,
        "default": number % WEIGHTS_EACH == 0,
        "architecture": {"name": FAMILIES[number // WEIGHTS_EACH % len(FAMILIES)] + "18", "options": {"num_classes": 1000}},
        "artifact": {
            "file": "%s-%s.pth" % (model, digest[:8]),
            "size": len(content(number)),
            "sha256": digest,
            "sources": [{"url": "files/%s-%s.pth" % (model, weights)}],
        },
        "parameters": 1_000_000 + number * 7919 % 200_000_000,
        "license": "Apache-2.0",
        "metrics": {DATASETS[number % len(DATASETS)]: {"acc@1": 60 + number % 3000 / 100, "acc@5": 90 + number % 900 / 100}},
        "gflops": 1 + number % 500 / 10,
        "min_size": [32, 32],
        "categories": "names",
        "preset": {"resize": [256], "crop": [224], "interpolation": "bilinear", "antialias": True,
                   "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
        "fingerprint": "weights:sha256:" + hashlib.sha256(digest.encode()).hexdigest(),
    }


def write(file, entries):
    """Writes the registry into an open text file, entry by entry."""
    head = {"schema": "zoo/registry/1", "name": "big", "version": 1,
            "categories": {"names": ["category %d" % i for i in range(CATEGORIES)]}}
    file.write(json.dumps(head, separators=(",", ":"))[:-1] + ',"entries":[\n')
    for number in range(entries):
        file.write((",\n" if number else "") + json.dumps(entry(number), separators=(",", ":")))
    file.write("\n]}\n")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "zoo.json", "w", encoding="utf-8") as file:
        write(file, int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)


if __name__ == "__main__":
    main()
