#!/usr/bin/env python3
"""Memory of two processes that have the same model loaded, against the same in Python.

    bazel build //bench:load && bench/share.py --python PYTHON_WITH_TORCH

Each has loaded a file of resnet50's size as the cache's are loaded, and computed once. Linux counts
a page that n processes use as 1/n of a page in each one's PSS.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile

# Python finds the modules beside this file.
import rounds

# Of the file, in each of two processes; of the file, changed pages.
MAX_EACH, MAX_CHANGED = 0.55, 0.02


def python_side(what, file):
    """Runs in the Python that has torch."""
    import torch
    from resnet50 import ResNet50

    model = ResNet50()
    if what == "save":
        torch.save(model.state_dict(), file)
        return
    model.load_state_dict(torch.load(file))
    model.eval()
    with torch.inference_mode():
        model(torch.zeros(1, 3, 224, 224))
    print("ready", flush=True)
    sys.stdin.read()


@contextlib.contextmanager
def held(argv):
    """A process that is ready, until the end of the block; gives its id."""
    child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if child.stdout.readline() != "ready\n":
        sys.exit("%s did not get ready" % " ".join(argv))
    try:
        yield child.pid
    finally:
        child.stdin.close()
        child.wait()


def megabytes(pid, maps, mapping=None):
    """The sums of a process's lines in /proc/PID/MAPS, of all mappings or of those of one file, in MB."""
    sums, counted = {}, mapping is None
    with open("/proc/%d/%s" % (pid, maps), encoding="utf-8") as lines:
        for line in lines:
            words = line.split(None, 5)
            if not words[0].endswith(":"):
                counted = mapping is None or (len(words) == 6 and words[5].rstrip("\n") == mapping)
            elif counted and words[-1].strip() == "kB":
                sums[words[0]] = sums.get(words[0], 0) + int(words[1]) * 1024 / 1e6
    return sums


def total(pids):
    return sum(megabytes(pid, "smaps_rollup")["Pss:"] for pid in pids)


def added(argv):
    """What a second process of that kind adds to the first, in MB."""
    with held(argv) as first:
        alone = total([first])
        with held(argv) as second:
            return total([first, second]) - alone


def measure(arguments, file):
    argv = [arguments.load, "hold", "resnet50", file]
    python = [arguments.python, os.path.abspath(__file__), "--side", "hold", file]
    size = os.path.getsize(file) / 1e6
    with held(argv) as first:
        alone = megabytes(first, "smaps", file)
        with held(argv) as second:
            both = [megabytes(pid, "smaps", file) for pid in (first, second)]
    yield "the file in one process alone: PSS", alone["Pss:"], size, None
    for name, part in zip(("first", "second"), both):
        yield "the file in the %s of two: PSS" % name, part["Pss:"], size, MAX_EACH
        yield "the file in the %s of two: changed pages" % name, part["Anonymous:"], size, MAX_CHANGED
    yield "what a second process adds: PSS of all / Python's", added(argv), added(python), None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--python", default=os.environ.get("ZOO_PYTHON"), help="a Python with torch (default: ZOO_PYTHON)")
    parser.add_argument("--load", default="bazel-bin/bench/load")
    parser.add_argument("--side", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        return python_side(*arguments.side)
    if not arguments.python:
        parser.error("a Python with torch is needed: --python or ZOO_PYTHON")
    table, met = [("figure", "MB", "of, MB", "ratio", "target", "")], True
    with tempfile.TemporaryDirectory(prefix="zoo-bench.") as folder:
        file = os.path.join(folder, "resnet50.pth")
        rounds.run([arguments.python, os.path.abspath(__file__), "--side", "save", file])
        for figure, own, other, target in measure(arguments, file):
            good = target is None or own <= target * other
            met = met and good
            table.append((figure, "%.1f" % own, "%.1f" % other, "%.3f x" % (own / other),
                          "" if target is None else "<= %g" % target, "" if good else "missed"))
    rounds.print_table(table)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
