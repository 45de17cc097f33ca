#!/usr/bin/env python3
"""A registry of 100,000 entries: adding it by URL, using it, publishing one entry more, and reading it as a plain file.

usage: bench/registry.py [--zoo ZOO] [--entries N] [--rounds N]

The registry (big_registry.py) is signed and served on loopback by Python. What was added has an index, so that one entry is
found without reading the others; a file given with --registry is parsed by each command. Whole processes, medians. Ends with
1 if a limit is missed.
"""
import argparse
import functools
import http.server
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import threading

import big_registry
import rounds

# Seconds.
LIMITS = {"show": 0.1, "path": 0.1, "list": 1, "search": 1, "registry add": 5, "publish one more": 4}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def serve(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d/" % server.server_port


def write_weights(path, value):
    """A safetensors file of one small tensor."""
    header = json.dumps({"weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<f", value))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--zoo", default="bazel-bin/cli/zoo")
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="zoo-bench-"))
    try:
        return measure(arguments, work)
    finally:
        shutil.rmtree(work)


def make(zoo, work, entries):
    """The registry's folder, signed, with the one file that is pulled; the name of its entry."""
    folder = work / "big"
    (folder / "files").mkdir(parents=True)
    with open(folder / "zoo.json", "w", encoding="utf-8") as file:
        big_registry.write(file, entries)
    number = entries // 2
    model, weights = big_registry.name(number)
    (folder / "files" / ("%s-%s.pth" % (model, weights))).write_bytes(big_registry.content(number))
    zoo("keygen", "-o", work / "key.pem")
    zoo("sign", folder, "--key", work / "key.pem")
    return folder, "%s:%s" % (model, weights)


def measure(arguments, work):
    environment = {**os.environ, "ZOO_CACHE": str(work / "cache"), "XDG_CONFIG_HOME": str(work / "config"),
                   "XDG_STATE_HOME": str(work / "state")}
    for variable in ("ZOO_REGISTRY", "ZOO_CONFIG", "ZOO_OFFLINE", "ZOO_MIRROR"):
        environment.pop(variable, None)

    def zoo(*words):
        return rounds.run([arguments.zoo, *map(str, words)], env=environment, stderr=subprocess.DEVNULL)

    folder, name = make(zoo, work, arguments.entries)
    url = serve(folder)

    def add():
        for place in ("config", "state"):
            shutil.rmtree(work / place, ignore_errors=True)
        return [zoo("registry", "add", "big", url, "--key", work / "key.pub")[0]]

    # A second folder, so that what was added stays what is served.
    grown = work / "grown"
    shutil.copytree(folder, grown)
    published = iter(range(1, 1_000_000))

    def publish():
        number = next(published)
        write_weights(work / "one.safetensors", number)
        chain = ["--supersedes", "one_more:v%d" % (number - 1)] if number > 1 else ["--default"]
        return [zoo("publish", work / "one.safetensors", "--to", grown, "--name", "one_more:v%d" % number, "--license", "MIT", *chain)[0]]

    def command(*words):
        return lambda: [zoo(*words)[0]]

    took = rounds.medians({"registry add": add}, min(arguments.rounds, 3))
    zoo("pull", "big/" + name)
    file = ("--registry", folder / "zoo.json")
    took |= rounds.medians({
        "show": command("show", "big/" + name),
        "path": command("path", "big/" + name),
        "list": command("list"),
        "search": command("search", "vit", "places"),
        "show, of a file": command("show", name, *file),
        "list, of a file": command("list", *file),
    }, arguments.rounds)
    took |= rounds.medians({"publish one more": publish}, min(arguments.rounds, 3))
    print("%d entries, %.1f MB; medians of %d; %s" % (arguments.entries, (folder / "zoo.json").stat().st_size / 1e6,
                                                      arguments.rounds, rounds.load_average()))
    rounds.print_table([["", "ms", "limit"]] + [[row, "%.0f" % (seconds * 1e3), "%.0f" % (LIMITS[row] * 1e3) if row in LIMITS else ""]
                                                for row, [seconds] in took.items()])
    return int(any(took[row][0] > limit for row, limit in LIMITS.items()))


if __name__ == "__main__":
    sys.exit(main())
