#!/usr/bin/env python3
"""Writing a checkpoint of 528 MiB, against torch.save and against the hash alone.

    bazel build //bench:save && bench/save.py --python PYTHON_WITH_TORCH

32 tensors of the sizes of a vgg16, random bytes, into the page cache (nobody syncs). Both sides are
long-lived processes that take turns in one run. Prints medians and ratios.
"""

import argparse
import os
import sys
import tempfile

from rounds import Side, add_realtime, load_average, medians, prepare, print_table

MAX_TO_PLAIN, MAX_TO_HASH = 1.4, 1.1

# Elements of vgg16's weights and biases.
CHANNELS = (3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)
SHAPES = [n for before, after in zip(CHANNELS, CHANNELS[1:]) for n in (9 * before * after, after)]
SHAPES += [25088 * 4096, 4096, 4096 * 4096, 4096, 4096 * 1000, 1000]

TORCH = """
import sys, time, torch
sizes = map(int, sys.argv[1:])
tensors = {"%d.weight" % i: torch.randint(-2**31, 2**31, (n // 4,), dtype=torch.int32).view(torch.float32) for i, n in enumerate(sizes)}
for line in sys.stdin:
    command, path = line.split()
    torch.serialization.set_crc32_options(command == "crc")
    start = time.perf_counter()
    torch.save(tensors, path)
    print(time.perf_counter() - start, flush=True)
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--python", default=os.environ.get("ZOO_PYTHON"), help="a Python with torch (default: ZOO_PYTHON)")
    parser.add_argument("--program", default="bazel-bin/bench/save")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", help="where to write (default: the usual place for such files)")
    add_realtime(parser)
    arguments = parser.parse_args()
    if not arguments.python:
        parser.error("a Python with torch is needed: --python or ZOO_PYTHON")
    prepare(arguments)
    sizes = [str(4 * n) for n in SHAPES]
    zoo = Side([os.path.abspath(arguments.program)] + sizes)
    torch = Side([arguments.python, "-c", TORCH] + sizes)
    with tempfile.TemporaryDirectory(prefix="zoo-bench.", dir=arguments.folder) as folder:
        def save(side, how):
            path = os.path.join(folder, "x.pt")

            def one():
                seconds = side.ask(how, path)
                os.unlink(path)
                return seconds
            return one

        sides = {"torch.save": save(torch, "crc"), "torch.save, no CRC": save(torch, "plain"),
                 "zoo": save(zoo, "crc"), "zoo, no CRC": save(zoo, "plain"),
                 "zoo, with SHA-256": save(zoo, "sha256"), "SHA-256 alone": lambda: zoo.ask("hash")}
        found = {name: values[0] for name, values in medians(sides, arguments.rounds).items()}
    zoo.end()
    torch.end()
    ratios = [("zoo", "torch.save", 1.0), ("zoo", "torch.save, no CRC", MAX_TO_PLAIN),
              ("zoo, with SHA-256", "SHA-256 alone", MAX_TO_HASH)]
    print("%d MiB, medians of %d, %s" % (sum(map(int, sizes)) / 2**20, arguments.rounds, load_average()))
    print_table([("", "ms")] + [(name, "%.0f" % (1000 * seconds)) for name, seconds in found.items()])
    missed = False
    for name, other, most in ratios:
        ratio = found[name] / found[other]
        missed = missed or ratio > most
        print("%s / %s: %.2f (at most %.1f)%s" % (name, other, ratio, most, "" if ratio <= most else "  MISSED"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
