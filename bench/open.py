#!/usr/bin/env python3
"""Opening checkpoints, against Python's torch.load and safetensors.

    bazel build //bench:open && bench/open.py --python PYTHON_WITH_TORCH_AND_SAFETENSORS

A file of 66,000 tensors, whose index is all the work, and one of 1 GiB in 100 tensors, of which
opening must not touch the weights. safe_open tells names; with its tensors taken, it has done what
Checkpoint and torch.load(mmap=True) have. Both files are made on the fly and lie in the page cache.
Every figure is taken in a process of its own, the first time that the process does it; sides take
turns; medians.
"""

import argparse
import os
import sys
import tempfile
import time

# Python finds the modules beside this file.
import rounds

MANY, LARGE = "many tensors", "1 GiB"
TENSORS = {MANY: 66000, LARGE: 100}

# figure, file, side, other side, the ratio that is wanted: other / side
ROWS = [
    ("66,000 tensors: Checkpoint / torch.load(weights_only=True)", MANY, "zip read", "weights_only", 40),
    ("66,000 tensors: Checkpoint / torch.load(weights_only=False)", MANY, "zip read", "pickle", None),
    ("66,000 tensors: Checkpoint / torch.load(mmap=True)", MANY, "zip map", "mmap", None),
    ("66,000 tensors: Checkpoint / safetensors' safe_open", MANY, "safetensors map", "safe_open", None),
    ("1 GiB mapped: Checkpoint / torch.load(mmap=True)", LARGE, "zip map", "mmap", 5),
    ("1 GiB mapped: Checkpoint / safetensors' safe_open", LARGE, "zip map", "safe_open", 1),
    ("1 GiB mapped: Checkpoint / safe_open and its tensors", LARGE, "zip map", "safetensors", None),
    ("1 GiB safetensors: Checkpoint / safe_open", LARGE, "safetensors map", "safe_open", 1),
]
# Resident memory per tensor of the index, and beside the file's size.
MAX_SHARE = 0.01


def python_side(what, stem):
    """Runs in the Python that has torch and safetensors."""
    import torch
    from safetensors import safe_open
    from safetensors.torch import save_file

    if what in TENSORS:
        numel = 1 if what == MANY else (1 << 30) // 4 // TENSORS[LARGE]
        tensors = {"layers.%d.weight" % i: torch.zeros(numel) for i in range(TENSORS[what])}
        torch.save(tensors, stem + ".pth")
        save_file(tensors, stem + ".safetensors")
        return
    loads = {"weights_only": {"weights_only": True}, "pickle": {"weights_only": False},
             "mmap": {"weights_only": True, "mmap": True}}
    start = time.perf_counter()
    if what == "safe_open":
        with safe_open(stem + ".safetensors", "pt") as file:
            count = len(file.keys())
    elif what == "safetensors":
        with safe_open(stem + ".safetensors", "pt") as file:
            count = len({name: file.get_tensor(name) for name in file.keys()})
    else:
        count = len(torch.load(stem + ".pth", **loads[what]))
    print(1000 * (time.perf_counter() - start), 0, count)


def measure(arguments, stem, which, count):
    this = os.path.abspath(__file__)
    python = [arguments.python, this, "--side"]
    rounds.run(python + [which, stem])
    sides = {}
    for suffix, name in ((".pth", "zip"), (".safetensors", "safetensors")):
        for how in ("map", "read"):
            sides["%s %s" % (name, how)] = [arguments.open, how, stem + suffix]
    for what in ("weights_only", "pickle", "mmap", "safe_open", "safetensors"):
        if what == "weights_only" and which == LARGE:
            continue  # reads the gigabyte: what is compared is opening
        if what == "pickle" and which == LARGE:
            continue
        sides[what] = python + [what, stem]

    def measured(argv):
        numbers = [float(word) for word in rounds.run(argv)[1].split()]
        if numbers[2] != count:
            sys.exit("%s found %d tensors of %d" % (" ".join(argv), numbers[2], count))
        return numbers

    return rounds.medians({name: (lambda argv=argv: measured(argv)) for name, argv in sides.items()}, arguments.rounds)


def report(results, large_bytes):
    met = True
    table = [("figure", "ms", "other, ms", "ratio", "target", "")]
    for figure, file, side, other, target in ROWS:
        own, theirs = results[file][side][0], results[file][other][0]
        good = target is None or theirs / own >= target
        met = met and good
        table.append((figure, "%.2f" % own, "%.2f" % theirs, "%.1f x" % (theirs / own),
                      "" if target is None else ">= %g" % target, "" if good else "missed"))
    for side in ("zip map", "zip read", "safetensors map", "safetensors read"):
        grown = results[LARGE][side][1] * 1024
        good = grown <= MAX_SHARE * large_bytes
        met = met and good
        table.append(("1 GiB, %s: resident memory / file, MB" % side, "%.2f" % (grown / 1e6), "%.0f" % (large_bytes / 1e6),
                      "%.4f x" % (grown / large_bytes), "<= %g" % MAX_SHARE, "" if good else "missed"))
    rounds.print_table(table)
    return met


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--python", default=os.environ.get("ZOO_PYTHON"),
                        help="a Python with torch and safetensors (default: ZOO_PYTHON)")
    parser.add_argument("--open", default="bazel-bin/bench/open")
    parser.add_argument("--rounds", type=int, default=5)
    rounds.add_realtime(parser)
    parser.add_argument("--side", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        return python_side(*arguments.side)
    if not arguments.python:
        parser.error("a Python with torch and safetensors is needed: --python or ZOO_PYTHON")
    rounds.prepare(arguments)
    before = rounds.load_average()
    with tempfile.TemporaryDirectory(prefix="zoo-bench.") as folder:
        results = {which: measure(arguments, os.path.join(folder, str(count)), which, count)
                   for which, count in TENSORS.items()}
        met = report(results, os.path.getsize(os.path.join(folder, str(TENSORS[LARGE]) + ".pth")))
    print("medians of %d; before: %s; after: %s" % (arguments.rounds, before, rounds.load_average()))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
