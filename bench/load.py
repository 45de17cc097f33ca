#!/usr/bin/env python3
"""Construction, loading and start-up against plain LibTorch, one read() and Python.

    bazel build //cli:zoo //bench:load && bench/load.py --python PYTHON_WITH_TORCH

For a file of resnet50's size, made on the fly from random numbers, in the page cache. Every figure
is taken in a process of its own, the first time that the process does it; sides take turns; medians.
"""

import argparse
import os
import sys
import tempfile
import time

# Python finds the modules beside this file.
import rounds

# figure, side, other side, the ratio that is wanted: (">=", other / side) or ("<=", side / other)
ROWS = [
    ("construct: models::Make / plain torch::nn", "make", "plain", ">=", 40),
    ("ready by mmap / one read()", "map", "read", "<=", 0.15),
    ("ready by copying / one read()", "copy", "read", "<=", 0.8),
    ("ready by mmap / Python build + load + load_state_dict", "map", "default", ">=", 50),
    ("ready by mmap / Python meta + mmap + assign", "map", "best", ">=", 10),
    ("start: zoo version / an empty program with LibTorch", "version", "nothing", "<=", 0.1),
]
MAX_FRESH = 0.02


def python_side(what, file):
    """Runs in the Python that has torch."""
    import torch
    from resnet50 import ResNet50

    if what == "save":
        torch.save(ResNet50().state_dict(), file)
        return
    start = time.perf_counter()
    if what == "default":
        model = ResNet50()
        model.load_state_dict(torch.load(file))
    else:
        with torch.device("meta"):
            model = ResNet50()
        model.load_state_dict(torch.load(file, mmap=True), assign=True)
    model.eval()
    print(1000 * (time.perf_counter() - start))


def measured(argv):
    """A side that says itself what it took: milliseconds, and kilobytes if it tells them."""
    return lambda: [float(word) for word in rounds.run(argv)[1].split()]


def started(argv):
    return lambda: [1000 * rounds.run(argv)[0]]


def measure(arguments, file):
    this = os.path.abspath(__file__)
    python = [arguments.python, this, "--side"]
    rounds.run(python + ["save", file])
    sides = {what: measured([arguments.load, what, file]) for what in ("make", "plain", "map", "copy", "read")}
    sides["default"] = measured(python + ["default", file])
    sides["best"] = measured(python + ["best", file])
    sides["version"] = started([arguments.zoo, "version"])
    sides["nothing"] = started([arguments.load, "nothing"])
    return rounds.medians(sides, arguments.rounds)


def report(results, size):
    """Prints the table; true if every target is met."""
    met = True
    table = [("figure", "ms", "other, ms", "ratio", "target", "")]
    for figure, side, other, relation, target in ROWS:
        own, theirs = results[side][0], results[other][0]
        ratio = theirs / own if relation == ">=" else own / theirs
        good = ratio >= target if relation == ">=" else ratio <= target
        met = met and good
        text = "%.1f x" % ratio if relation == ">=" else "%.3f x" % ratio
        table.append((figure, "%.2f" % own, "%.2f" % theirs, text, "%s %g" % (relation, target), "" if good else "missed"))
    fresh = results["make"][1] * 1024 / size
    good = fresh <= MAX_FRESH
    table.append(("construct: fresh memory / weights, MB", "%.2f" % (results["make"][1] * 1024 / 1e6), "%.2f" % (size / 1e6),
                  "%.3f x" % fresh, "<= %g" % MAX_FRESH, "" if good else "missed"))
    rounds.print_table(table)
    return met and good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--python", default=os.environ.get("ZOO_PYTHON"), help="a Python with torch (default: ZOO_PYTHON)")
    parser.add_argument("--load", default="bazel-bin/bench/load")
    parser.add_argument("--zoo", default="bazel-bin/cli/zoo")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--side", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        return python_side(*arguments.side)
    if not arguments.python:
        parser.error("a Python with torch is needed: --python or ZOO_PYTHON")
    before = rounds.load_average()
    with tempfile.TemporaryDirectory(prefix="zoo-bench.") as folder:
        file = os.path.join(folder, "resnet50.pth")
        results = measure(arguments, file)
        met = report(results, os.path.getsize(file))
    print("medians of %d; before: %s; after: %s" % (arguments.rounds, before, rounds.load_average()))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
