#!/usr/bin/env python3
"""`zoo classify` against the same in Python: whole processes, from start to the class of one photo, or of many.

    bazel build //cli:zoo //cli:zoo-run
    bench/classify.py --python PYTHON_WITH_TORCH [--torchvision PYTHON_WITH_TORCHVISION] [--times N] [PHOTO]

For a file of resnet50's size, made on the fly from random numbers, in the page cache. Python needs
Pillow and NumPy. Sides take turns; medians.
"""

import argparse
import json
import os
import sys
import tempfile

# Python finds the modules beside this file.
import rounds

MIN_RATIO = 4
MIN_RATIO_OF_MANY = 1
BATCH = 8
PRESET = {"resize": 232, "crop": 224, "mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
PHOTO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests/data/photos/china.jpg")


def photo_plain(file):
    import numpy
    import torch
    from PIL import Image

    photo = Image.open(file).convert("RGB")
    scale = PRESET["resize"] / min(photo.size)
    photo = photo.resize([int(side * scale) for side in photo.size], Image.BILINEAR)
    left, top = [round((side - PRESET["crop"]) / 2) for side in photo.size]
    photo = photo.crop((left, top, left + PRESET["crop"], top + PRESET["crop"]))
    pixels = torch.from_numpy(numpy.array(photo)).permute(2, 0, 1).float() / 255
    mean, std = [torch.tensor(PRESET[name]).view(3, 1, 1) for name in ("mean", "std")]
    return ((pixels - mean) / std)[None]


def photo_torchvision(file):
    from PIL import Image
    from torchvision.transforms._presets import ImageClassification

    preset = ImageClassification(crop_size=PRESET["crop"], resize_size=PRESET["resize"])
    return preset(Image.open(file).convert("RGB"))[None]


def python_side(what, weights, photo, times):
    """Runs in the Python that has torch: prints the most probable class of the last photo."""
    import torch

    if what == "torchvision":
        from torchvision.models import resnet50 as make
    else:
        from resnet50 import ResNet50 as make
    model = make()
    if what == "save":
        # Logits that differ well from class to class, so that all sides agree on the first.
        torch.nn.init.normal_(model.fc.weight)
        torch.save(model.state_dict(), weights)
        return
    model.load_state_dict(torch.load(weights))
    model.eval()
    prepare = photo_torchvision if what == "torchvision" else photo_plain
    with torch.inference_mode():
        for start in range(0, times, BATCH):
            batch = torch.cat([prepare(photo) for _ in range(min(BATCH, times - start))])
            probability, index = model(batch).softmax(1)[-1].max(0)
    print(json.dumps({"index": index.item(), "probability": probability.item()}))


def zoo_round(argv, seen):
    def once():
        seconds, text = rounds.run(argv)
        seen.append(json.loads(text)["results"][-1]["top"][0]["index"])
        return [1000 * seconds]
    return once


def python_round(argv, seen):
    def once():
        seconds, text = rounds.run(argv)
        seen.append(json.loads(text)["index"])
        return [1000 * seconds]
    return once


def report(results, times):
    """Prints the table; true if every target is met."""
    own, met = results["zoo"][0], True
    target = MIN_RATIO if times == 1 else MIN_RATIO_OF_MANY
    table = [("start to class" if times == 1 else "%d photos" % times, "ms", "ratio", "target", ""), ("zoo classify", "%.0f" % own, "", "", "")]
    for name, row in results.items():
        if name == "zoo":
            continue
        good = row[0] >= target * own
        met = met and good
        table.append((name, "%.0f" % row[0], "%.1f x" % (row[0] / own), ">= %g" % target, "" if good else "missed"))
    rounds.print_table(table)
    return met


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photo", nargs="?", default=PHOTO, help="a JPEG file (default: one of the tests')")
    parser.add_argument("--python", default=os.environ.get("ZOO_PYTHON"), help="a Python with torch (default: ZOO_PYTHON)")
    parser.add_argument("--torchvision", metavar="PYTHON", help="one with torchvision, for another row")
    parser.add_argument("--zoo", default="bazel-bin/cli/zoo")
    parser.add_argument("--times", type=int, default=1, metavar="N", help="the photo N times, in batches of %d" % BATCH)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--side", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        return python_side(*arguments.side, arguments.photo, arguments.times)
    if not arguments.python:
        parser.error("a Python with torch is needed: --python or ZOO_PYTHON")
    before, seen = rounds.load_average(), []
    this = os.path.abspath(__file__)
    with tempfile.TemporaryDirectory(prefix="zoo-bench.") as folder:
        file = os.path.join(folder, "resnet50.pth")
        rounds.run([arguments.python, this, "--side", "save", file])
        python = [this, arguments.photo, "--times", str(arguments.times), "--side"]
        own = [arguments.zoo, "classify", *[arguments.photo] * arguments.times, "--arch", "resnet50", "--weights", file]
        sides = {
            "zoo": zoo_round([*own, "--batch", str(BATCH), "--json", "--quiet"], seen),
            "Python, torch alone": python_round([arguments.python, *python, "plain", file], seen),
        }
        if arguments.torchvision:
            sides["Python, torchvision"] = python_round([arguments.torchvision, *python, "torchvision", file], seen)
        met = report(rounds.medians(sides, arguments.rounds), arguments.times)
    if len(set(seen)) != 1:
        print("the sides disagree on the class: " + ", ".join(map(str, sorted(set(seen)))))
        return 1
    print("medians of %d; before: %s; after: %s" % (arguments.rounds, before, rounds.load_average()))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
