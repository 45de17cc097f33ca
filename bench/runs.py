#!/usr/bin/env python3
"""`zoo runs` on 1,000 epochs: from run.json, from bare checkpoints as nobody saw them before, and from those again.

usage: bench/runs.py [--zoo ZOO] [--python PYTHON_WITH_TORCH] [--rounds N]

The checkpoints are what torch.save makes of a network with as many tensors as resnet18 has and its Adam state, the tensors
being small: what costs is the index, not the weights. torch.load with mmap=True, which reads no weights either, is timed on
a tenth of them. Ends with 1 if a limit is missed.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import rounds

EPOCHS = 1000
LIMITS = {"from run.json": 0.1, "cold, from checkpoints": 2.0}

MAKE = """
import sys, torch
torch.manual_seed(0)
layers = []
for _ in range(20):
    layers += [torch.nn.Conv2d(2, 2, 3, bias=False), torch.nn.BatchNorm2d(2)]
model = torch.nn.Sequential(*layers, torch.nn.Linear(2, 2))
optimizer = torch.optim.Adam(model.parameters())
sum(p.sum() for p in model.parameters()).backward()
optimizer.step()
for epoch in range(int(sys.argv[2])):
    torch.save({"epoch": epoch, "model_state_dict": model.state_dict(), "optimizer_state_dict": optimizer.state_dict(),
                "loss": 1 / (epoch + 1), "acc": 1 - 1 / (epoch + 1)}, "%s/checkpoint_%04d.pt" % (sys.argv[1], epoch))
"""

LOAD = """
import glob, sys, time, torch
files = sorted(glob.glob(sys.argv[1] + "/*.pt"))[::10]
start = time.perf_counter()
for file in files:
    torch.load(file, mmap=True, weights_only=True)["loss"]
print((time.perf_counter() - start) * 10)
"""


def make_run(folder):
    """A run.json of as many epochs, five of which are kept."""
    epochs = []
    for epoch in range(EPOCHS):
        kept = epoch >= EPOCHS - 5
        file = "checkpoint_%04d.pt" % epoch
        epochs.append({"epoch": epoch, "file": file, "metrics": {"loss": 1 / (epoch + 1), "acc": 1 - 1 / (epoch + 1)},
                       "time": "2026-11-24T15:30:00Z", "seconds": 1.5, "kept": kept, "best": epoch == EPOCHS - 1})
        if kept:
            (folder / file).write_bytes(b"x")
    (folder / "run.json").write_text(json.dumps({
        "schema": "zoo/run-history/1", "monitor": "acc", "better": "higher", "epochs": epochs, "best": EPOCHS - 1, "last": EPOCHS - 1,
        "stopped": None}, indent=2))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--zoo", default="bazel-bin/cli/zoo")
    parser.add_argument("--python", default=os.environ.get("ZOO_PYTHON", sys.executable))
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="zoo-bench-"))
    try:
        return measure(arguments, work)
    finally:
        shutil.rmtree(work)


def measure(arguments, work):
    recorded, bare, cache = work / "recorded", work / "bare", work / "cache"
    for folder in (recorded, bare):
        folder.mkdir()
    make_run(recorded)
    subprocess.run([arguments.python, "-c", MAKE, str(bare), str(EPOCHS)], check=True)
    bytes_of_one = (bare / "checkpoint_0000.pt").stat().st_size

    def zoo(folder):
        return [rounds.run([arguments.zoo, "runs", str(folder), "--cache", str(cache)])[0]]

    def cold():
        shutil.rmtree(cache, ignore_errors=True)
        return zoo(bare)

    def python():
        return [float(rounds.run([arguments.python, "-c", LOAD, str(bare)])[1])]

    took = {name: values[0] for name, values in rounds.medians(
        {"from run.json": lambda: zoo(recorded), "cold, from checkpoints": cold, "again": lambda: zoo(bare), "torch.load, mmap": python},
        arguments.rounds).items()}
    print("%d epochs, checkpoints of %d KiB; medians of %d; %s" % (EPOCHS, bytes_of_one // 1024, arguments.rounds, rounds.load_average()))
    rounds.print_table([["", "ms", "limit"]] + [[name, "%.0f" % (seconds * 1e3), "%.0f" % (LIMITS[name] * 1e3) if name in LIMITS else ""]
                                                for name, seconds in took.items()])
    return int(any(took[name] > limit for name, limit in LIMITS.items()))


if __name__ == "__main__":
    sys.exit(main())
