#!/usr/bin/env python3
"""What a command costs that finds everything here already: whole processes against /bin/true, interleaved, the least of 40.

usage: bench/startup.py [ZOO] [NAME]     NAME must be in the cache
"""
import os
import subprocess
import sys
import time

ROUNDS = 40
LIMITS = {"zoo version": 6, "zoo path": 10, "zoo pull (cached)": 10}


def milliseconds(command):
    start = time.perf_counter()
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - start) * 1e3


def main():
    zoo = sys.argv[1] if len(sys.argv) > 1 else "bazel-bin/cli/zoo"
    name = sys.argv[2] if len(sys.argv) > 2 else "efficientnet_lite0"
    rows = {
        "/bin/true": ["/bin/true"],
        "zoo version": [zoo, "version"],
        "zoo path": [zoo, "path", name],
        "zoo pull (cached)": [zoo, "pull", name],
    }
    least = {row: float("inf") for row in rows}
    for _ in range(ROUNDS):
        for row, command in rows.items():
            least[row] = min(least[row], milliseconds(command))
    print("least of %d, ms; load average %.1f" % (ROUNDS, os.getloadavg()[0]))
    for row, took in least.items():
        over = took - least["/bin/true"]
        limit = LIMITS.get(row)
        print("%-18s %6.2f%s" % (row, took, "" if limit is None else "  over /bin/true %5.2f, limit %d" % (over, limit)))


main()
