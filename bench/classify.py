#!/usr/bin/env python3
"""`zoo classify` against the same in Python: whole processes, from start to the class of one photo, or of many.

    bazel build //cli:zoo //cli:zoo-run //bench:classify_steps
    bench/classify.py --python PYTHON_WITH_TORCH_AND_TORCHVISION [--times N] [PHOTO]

For a file of resnet50's size, made on the fly from random numbers, in zoo's cache and in the page
cache. Python needs Pillow and NumPy too. Sides take turns; medians.

What zoo adds is what its time holds beside LibTorch's start, the photo and the forward pass. The time of
an empty program with LibTorch is some 300 ms and moves by a tenth of it, so that no difference with it
tells anything. So each part is measured for itself, all in one round, in a zoo-run with a clock:

    until it is zoo-run      zoo with /bin/true as its zoo-run, without /bin/true alone
    zoo-run's own libraries  `zoo version`, without /bin/true alone
    until the forward pass   from main to the first convolution, without a photo's time
    after it                 from the softmax to the call of _exit
    the kernel's farewell    from _exit to the end, without that of `zoo-run version`
"""

import argparse
import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

# Python finds the modules beside this file.
import rounds
from torchvision_models import import_models

# With torchvision, as people write it; and without, which spares Python half of its imports.
TORCHVISION, TORCH = "Python, torchvision", "Python, torch alone"
MIN_RATIOS, MAX_ADDED = {TORCHVISION: 8, TORCH: 4}, 0.05
# Of --times N, where the forward passes are most of the time of all sides.
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
    # after import_models
    from PIL import Image
    from torchvision.transforms._presets import ImageClassification

    preset = ImageClassification(crop_size=PRESET["crop"], resize_size=PRESET["resize"])
    return preset(Image.open(file).convert("RGB"))[None]


def python_side(what, weights, arguments):
    """Runs in the Python that has torch: prints the most probable class of the last photo."""
    import torch

    if what == "torchvision":
        model = import_models(arguments.torchvision).resnet50()
    else:
        from resnet50 import ResNet50
        model = ResNet50()
    if what == "save":
        # Logits that differ well from class to class, so that all sides agree on the first.
        torch.nn.init.normal_(model.fc.weight)
        torch.save(model.state_dict(), weights)
        return
    model.load_state_dict(torch.load(weights))
    model.eval()
    prepare = photo_torchvision if what == "torchvision" else photo_plain
    with torch.inference_mode():
        for start in range(0, arguments.times, BATCH):
            batch = torch.cat([prepare(arguments.photo) for _ in range(min(BATCH, arguments.times - start))])
            probability, index = model(batch).softmax(1)[-1].max(0)
    print(json.dumps({"index": index.item(), "probability": probability.item()}))


def write_registry(path, file):
    """A registry of one entry, "net"."""
    with open(file, "rb") as weights:
        digest = hashlib.file_digest(weights, "sha256").hexdigest()
    artifact = {"file": "net.pth", "size": os.path.getsize(file), "sha256": digest,
                "sources": [{"url": "file://" + file}]}
    preset = {"resize": [PRESET["resize"]], "crop": [PRESET["crop"]], "interpolation": "bilinear",
              "antialias": True, "mean": PRESET["mean"], "std": PRESET["std"]}
    entry = {"model": "net", "weights": "V1", "default": True, "architecture": {"name": "resnet50", "options": {}},
             "artifact": artifact, "preset": preset}
    with open(path, "w", encoding="utf-8") as out:
        json.dump({"schema": "zoo/registry/1", "name": "bench", "version": 1, "updated": "2026-01-01T00:00:00Z",
                   "entries": [entry]}, out)


def clocked(argv):
    """When a process began, the four times that classify_steps tells, and when it was gone: in ms."""
    began = time.monotonic_ns()
    child = subprocess.run(argv, capture_output=True, text=True)
    ended = time.monotonic_ns()
    if child.returncode != 0:
        sys.exit("%s ended with exit code %d: %s" % (" ".join(argv), child.returncode, child.stderr))
    return [number / 1e6 for number in [began, *map(int, child.stderr.splitlines()[-1].split()), ended]]


class Parts:
    """A round of all that one `zoo classify` is made of."""

    def __init__(self, arguments, folder, common):
        self.folder, self.photo = folder, arguments.photo
        self.command = ["classify", arguments.photo, "--model", "net", "--json", *common]
        for name, zoo_run in {"steps": arguments.steps, "true": "/bin/true"}.items():
            os.mkdir(os.path.join(folder, name))
            shutil.copy(arguments.zoo, os.path.join(folder, name, "zoo"))
            os.symlink(os.path.realpath(zoo_run), os.path.join(folder, name, "zoo-run"))

    def __call__(self):
        program = functools.partial(os.path.join, self.folder)
        began, main, forward, done, leaving, ended = clocked([program("steps/zoo"), *self.command])
        _, empty_main, _, _, empty_leaving, empty_ended = clocked([program("steps/zoo-run"), "version"])
        _, photo_began, _, _, photo_ready, _ = clocked([program("steps/zoo-run"), "photo", self.photo, str(PRESET["resize"])])
        nothing = 1000 * rounds.run(["/bin/true"])[0]
        until_zoo_run = 1000 * rounds.run([program("true/zoo"), *self.command])[0] - nothing
        libraries = 1000 * rounds.run([program("true/zoo"), "version", "--quiet"])[0] - nothing
        photo = photo_ready - photo_began
        return [ended - began, main - began - until_zoo_run - libraries, photo, done - forward, until_zoo_run, libraries,
                forward - main - photo, leaving - done, ended - leaving - (empty_ended - empty_leaving)]


PARTS = ["start to class, with the clock", "  LibTorch's start", "  the photo", "  the forward pass", "  until it is zoo-run",
         "  zoo-run's own libraries", "  until the forward pass", "  after it", "  the kernel's farewell"]
FIRST_OF_ZOO = 4


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


def sides_of(arguments, folder, seen):
    file, registry = os.path.join(folder, "resnet50.pth"), os.path.join(folder, "bench.json")
    python = [arguments.python, os.path.abspath(__file__), arguments.photo, "--times", str(arguments.times)]
    python += ["--torchvision", arguments.torchvision] if arguments.torchvision else []
    rounds.run(python + ["--side", "save", file])
    write_registry(registry, file)
    common = ["--registry", registry, "--cache", os.path.join(folder, "cache"), "--quiet"]
    rounds.run([arguments.zoo, "pull", "net"] + common)
    photos = [arguments.photo] * arguments.times
    sides = {
        "zoo": zoo_round([arguments.zoo, "classify", *photos, "--model", "net", "--batch", str(BATCH), "--json"] + common, seen),
        TORCHVISION: python_round(python + ["--side", "torchvision", file], seen),
        TORCH: python_round(python + ["--side", "plain", file], seen),
    }
    if arguments.times == 1:
        sides["parts"] = Parts(arguments, folder, common)
    return sides


def add_parts(table, parts):
    """What zoo's time for one photo is made of; true if its own part is small enough."""
    whole, added = parts[0], sum(parts[FIRST_OF_ZOO:])
    met = added <= MAX_ADDED * whole
    for name, part in zip(PARTS, parts):
        table.append((name, "%.1f" % part, "%.3f x" % (part / whole), "", ""))
    table.append(("what zoo adds: the last five", "%.1f" % added, "%.3f x" % (added / whole), "<= %g" % MAX_ADDED, "" if met else "missed"))
    return met


def report(results, times):
    """Prints the table; true if every target is met."""
    own = results["zoo"][0]
    table = [("start to class" if times == 1 else "%d photos" % times, "ms", "ratio", "target", ""), ("zoo classify", "%.0f" % own, "", "", "")]
    met = True
    for name in MIN_RATIOS:
        least = MIN_RATIOS[name] if times == 1 else MIN_RATIO_OF_MANY
        theirs = results[name][0]
        good = theirs >= least * own
        met = met and good
        table.append((name, "%.0f" % theirs, "%.1f x" % (theirs / own), ">= %g" % least, "" if good else "missed"))
    if times == 1:
        met = add_parts(table, results["parts"]) and met
    rounds.print_table(table)
    return met


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photo", nargs="?", default=PHOTO, help="a JPEG file (default: one of the tests')")
    parser.add_argument("--python", default=os.environ.get("ZOO_PYTHON"), help="a Python with torch (default: ZOO_PYTHON)")
    parser.add_argument("--torchvision", metavar="FOLDER", help="the site-packages of another Python, for one without torchvision")
    parser.add_argument("--zoo", default="bazel-bin/cli/zoo")
    parser.add_argument("--times", type=int, default=1, metavar="N", help="the photo N times, in batches of %d" % BATCH)
    parser.add_argument("--steps", default="bazel-bin/bench/classify_steps")
    parser.add_argument("--rounds", type=int, default=5)
    rounds.add_realtime(parser)
    parser.add_argument("--side", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        return python_side(*arguments.side, arguments)
    if not arguments.python:
        parser.error("a Python with torch is needed: --python or ZOO_PYTHON")
    rounds.prepare(arguments)
    before, seen = rounds.load_average(), []
    with tempfile.TemporaryDirectory(prefix="zoo-bench.") as folder:
        met = report(rounds.medians(sides_of(arguments, folder, seen), arguments.rounds), arguments.times)
    if len(set(seen)) != 1:
        print("the sides disagree on the class: " + ", ".join(map(str, sorted(set(seen)))))
        return 1
    print("medians of %d; before: %s; after: %s" % (arguments.rounds, before, rounds.load_average()))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
