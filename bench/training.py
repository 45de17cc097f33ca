#!/usr/bin/env python3
"""Saving a training of resnet50 with Adam, some 300 MB, against torch.save; and how long it holds the training up.

    bazel build //bench:training && bench/training.py --python PYTHON_WITH_TORCH

Both sides are long-lived processes that take turns in one run, and write into the page cache. Python's file is
torch.save of {'epoch', 'model_state_dict', 'optimizer_state_dict', 'loss', 'rng_state'}. zoo::Run syncs its files;
what it holds the training up is shown beside a step of the training, 4 images of 224 x 224.
Prints medians and ratios; ends with 1 if a target is missed.
"""

import argparse
import os
import sys
import tempfile

from rounds import Side, add_realtime, load_average, medians, prepare, print_table

MAX_TO_PLAIN, MAX_TO_HASH, MAX_HELD = 1.4, 1.1, 1.0

TORCH = """
import sys, time, torch
sys.path.append(sys.argv[1])
from resnet50 import ResNet50
model = ResNet50()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-5)
images, labels = torch.randn(4, 3, 224, 224), torch.zeros(4, dtype=torch.long)
def step():
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(images), labels).backward()
    optimizer.step()
step()
for line in sys.stdin:
    command, path = line.split()
    start = time.perf_counter()
    if command == "step":
        step()
    else:
        torch.serialization.set_crc32_options(command == "crc")
        torch.save({"epoch": 1, "model_state_dict": model.state_dict(), "optimizer_state_dict": optimizer.state_dict(),
                    "loss": 0.5, "rng_state": torch.get_rng_state()}, path)
    print(time.perf_counter() - start, flush=True)
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--python", default=os.environ.get("ZOO_PYTHON"), help="a Python with torch (default: ZOO_PYTHON)")
    parser.add_argument("--program", default="bazel-bin/bench/training")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", help="where to write (default: the usual place for such files)")
    add_realtime(parser)
    arguments = parser.parse_args()
    if not arguments.python:
        parser.error("a Python with torch is needed: --python or ZOO_PYTHON")
    prepare(arguments)
    zoo = Side([os.path.abspath(arguments.program)])
    torch = Side([arguments.python, "-c", TORCH, os.path.dirname(os.path.abspath(__file__))])
    with tempfile.TemporaryDirectory(prefix="zoo-bench.", dir=arguments.folder) as folder:
        path, sizes = os.path.join(folder, "x.pt"), {}

        def save(name, side, how):
            def one():
                seconds = side.ask(how, path)
                sizes[name] = os.path.getsize(path)
                os.unlink(path)
                return seconds
            return one

        def run(how):
            return lambda: zoo.ask(how, os.path.join(folder, how))

        sides = {"torch.save": save("torch", torch, "crc"), "torch.save, no CRC": save("torch", torch, "plain"),
                 "zoo": save("zoo", zoo, "crc"), "zoo, with SHA-256": save("zoo", zoo, "sha256"),
                 "SHA-256 alone": lambda: zoo.ask("hash", "-"),
                 "a step, Python": lambda: torch.ask("step", "-"), "a step": lambda: zoo.ask("step", "-"),
                 "held up, in the background": run("background"), "held up, at once": run("at-once")}
        found = medians(sides, arguments.rounds)
    zoo.end()
    torch.end()
    print("%.1f MB (torch.save: %.1f MB), medians of %d, %s"
          % (sizes["zoo"] / 1e6, sizes["torch"] / 1e6, arguments.rounds, load_average()))
    rows = [(name, "%.0f" % (1000 * seconds[0])) for name, seconds in found.items()]
    rows.append(("a step while the file is written", "%.0f" % (1000 * found["held up, in the background"][1])))
    print_table([("", "ms")] + rows)
    missed = False
    for name, other, most in [("zoo", "torch.save", 1.0), ("zoo", "torch.save, no CRC", MAX_TO_PLAIN),
                              ("zoo, with SHA-256", "SHA-256 alone", MAX_TO_HASH),
                              ("held up, in the background", "a step", MAX_HELD)]:
        ratio = found[name][0] / found[other][0]
        missed = missed or ratio > most
        print("%s / %s: %.2f (at most %.1f)%s" % (name, other, ratio, most, "" if ratio <= most else "  MISSED"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
