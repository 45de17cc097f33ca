#!/usr/bin/env python3
"""Construction, loading and first logits against plain LibTorch, one read() and Python.

    bazel build //cli:zoo //bench:load && bench/load.py --python PYTHON_WITH_TORCH_AND_TORCHVISION

For files of random numbers, made on the fly, in the page cache. Every figure is taken in a process
of its own, the first time that the process does it; sides take turns; medians. A file is mapped as
the cache's are, and copied as those of a user.
"""

import argparse
import os
import sys
import tempfile
import time

# Python finds the modules beside this file.
import rounds
from torchvision_models import import_models

MODELS = ("resnet50", "resnet152", "vgg16", "vit_b_16")
FORMATS = ("zip", "legacy")

# What a side tells: milliseconds until ready and until the first logits, megabytes of anonymous
# memory and of the peak.
READY, FIRST, ANONYMOUS, PEAK = range(4)

# Formats, figure, side, other side, column, the ratio that is wanted: (">=", other / side) or
# ("<=", side / other). "weights" is the size of the file, for which no process runs.
ROWS = [
    (("zip",), "construct / plain torch::nn", "make", "plain", READY, ">=", 40),
    (("zip",), "construct: fresh memory / weights", "make", "weights", ANONYMOUS, "<=", 0.02),
    (("zip",), "ready, mapped / one read()", "map", "read", READY, "<=", 0.15),
    (("zip",), "first logits, mapped / populated", "map", "populate", FIRST, "<=", 1.1),
    (("legacy",), "ready, from the cache / one read()", "map", "read", READY, "<=", 0.8),
    (FORMATS, "ready, copied / one read()", "copy", "read", READY, "<=", 0.8),
    (("zip",), "ready, mapped / Python, default", "map", "default", READY, ">=", 50),
    (("zip",), "ready, mapped / Python, best", "map", "best", READY, ">=", 10),
    (("legacy",), "ready, copied / Python, default", "copy", "default", READY, ">=", None),
    (("legacy",), "ready, copied / Python, best", "copy", "best", READY, ">=", None),
    (("zip",), "first logits, mapped / Python, default", "map", "default", FIRST, ">=", 3),
    (("zip",), "first logits, mapped / Python, best", "map", "best", FIRST, ">=", 1),
    (FORMATS, "first logits, copied / Python, default", "copy", "default", FIRST, ">=", 3),
    (("legacy",), "first logits, copied / Python, best", "copy", "best", FIRST, ">=", 1),
    (("zip",), "mapped: anonymous memory / weights", "map", "weights", ANONYMOUS, "<=", 0.02),
    (FORMATS, "copied: peak of memory / weights", "copy", "weights", PEAK, "<=", 1.1),
]
START = "start of zoo version / an empty program with LibTorch"
MAX_START = 0.1


def load_by_default(make, torch, file):
    model = make()
    model.load_state_dict(torch.load(file))
    return model


def load_at_best(make, torch, file):
    with torch.device("meta"):
        model = make()
    mapped = {"mmap": True} if file.endswith(".zip") else {}  # a legacy file cannot be
    model.load_state_dict(torch.load(file, **mapped), assign=True)
    return model


def python_side(what, name, file, torchvision):
    """Runs in the Python that has torch."""
    import torch

    models = import_models(torchvision)

    def make():
        return models.get_model(name, weights=None)

    if what == "save":
        state = make().state_dict()
        for kind in FORMATS:
            torch.save(state, file + "." + kind, _use_new_zipfile_serialization=kind == "zip")
        return
    start = time.perf_counter()
    model = {"default": load_by_default, "best": load_at_best}[what](make, torch, file)
    model.eval()
    ready = time.perf_counter()
    with torch.inference_mode():
        model(torch.zeros(1, 3, 224, 224))
    print(1000 * (ready - start), 1000 * (time.perf_counter() - start), 0, 0)


def measured(argv):
    """A side that says itself what it took."""
    def once():
        ready, first, anonymous, peak = [float(word) for word in rounds.run(argv)[1].split()]
        return ready, first, anonymous * 1024 / 1e6, peak * 1024 / 1e6
    return once


def started(argv):
    return lambda: [1000 * rounds.run(argv)[0]]


def python_argv(arguments):
    argv = [arguments.python, os.path.abspath(__file__)]
    return argv + (["--torchvision", arguments.torchvision] if arguments.torchvision else []) + ["--side"]


def measure(arguments, name, kind, file):
    """The medians of every side that the format's rows name."""
    wanted = {side for row in ROWS if kind in row[0] for side in row[2:4]} - {"weights"}
    sides = {}
    for side in sorted(wanted):
        python = side in ("default", "best")
        argv = (python_argv(arguments) if python else [arguments.load]) + [side, name, file]
        sides[side] = measured(argv)
    results = rounds.medians(sides, arguments.rounds)
    results["weights"] = [os.path.getsize(file) / 1e6] * 4
    return results


def judge(figure, own, other, relation, target):
    """A row of the table, and whether its target is met."""
    ratio = other / own if relation == ">=" else own / other
    good = target is None or (ratio >= target if relation == ">=" else ratio <= target)
    text = "%.1f x" % ratio if relation == ">=" else "%.3f x" % ratio
    wanted = "" if target is None else "%s %g" % (relation, target)
    return (figure, "%.2f" % own, "%.2f" % other, text, wanted, "" if good else "missed"), good


def rows_of(name, kind, results):
    for formats, figure, side, other, column, relation, target in ROWS:
        if kind in formats:
            own, theirs = results[side][column], results[other][column]
            yield judge("%s %s: %s" % (name, kind, figure), own, theirs, relation, target)


def all_rows(arguments):
    for name in arguments.models:
        with tempfile.TemporaryDirectory(prefix="zoo-bench.") as folder:
            stem = os.path.join(folder, name)
            rounds.run(python_argv(arguments) + ["save", name, stem])
            for kind in FORMATS:
                file = stem + "." + kind
                yield from rows_of(name, kind, measure(arguments, name, kind, file))
    starts = rounds.medians({"version": started([arguments.zoo, "version"]),
                             "nothing": started([arguments.load, "nothing"])}, arguments.rounds)
    yield judge(START, starts["version"][0], starts["nothing"][0], "<=", MAX_START)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--python", default=os.environ.get("ZOO_PYTHON"), help="a Python with torch (default: ZOO_PYTHON)")
    parser.add_argument("--torchvision", metavar="FOLDER", help="the site-packages of another Python, for one without torchvision")
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--load", default="bazel-bin/bench/load")
    parser.add_argument("--zoo", default="bazel-bin/cli/zoo")
    parser.add_argument("--rounds", type=int, default=5)
    rounds.add_realtime(parser)
    parser.add_argument("--side", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        return python_side(*arguments.side, arguments.torchvision)
    if not arguments.python:
        parser.error("a Python with torch is needed: --python or ZOO_PYTHON")
    rounds.prepare(arguments)
    before = rounds.load_average()
    rows = list(all_rows(arguments))
    rounds.print_table([("figure", "ms or MB", "other", "ratio", "target", "")] + [row for row, _ in rows])
    print("medians of %d; before: %s; after: %s" % (arguments.rounds, before, rounds.load_average()))
    return 0 if all(good for _, good in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
