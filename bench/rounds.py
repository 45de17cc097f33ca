"""What the scripts share: sides that take turns, medians, and one table."""

import os
import statistics
import subprocess
import sys
import time


def run(argv, **more):
    """Seconds of a whole process, and what it printed."""
    start = time.perf_counter()
    child = subprocess.run(argv, stdout=subprocess.PIPE, text=True, **more)
    seconds = time.perf_counter() - start
    if child.returncode != 0:
        sys.exit("%s ended with exit code %d" % (" ".join(argv), child.returncode))
    return seconds, child.stdout


class Side:
    """A process that answers each line with numbers."""

    def __init__(self, argv):
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *command):
        self.process.stdin.write(" ".join(command) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit("a side ended with exit code %d" % self.process.wait())
        return [float(number) for number in answer.split()]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def medians(sides, rounds):
    """Of {name: function that gives numbers}: each runs once to warm up, then all take turns."""
    for side in sides.values():
        side()
    samples = {name: [] for name in sides}
    for number in range(rounds):
        order = list(sides) if number % 2 == 0 else list(reversed(sides))
        for name in order:
            samples[name].append(sides[name]())
    return {name: [statistics.median(column) for column in zip(*rows)] for name, rows in samples.items()}


def add_realtime(parser):
    parser.add_argument("--realtime", action="store_true",
                        help="all sides at a real-time priority, before other programs (as root)")


def prepare(arguments):
    """What both sides inherit."""
    if arguments.realtime:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(5))


def load_average():
    return "load average %.1f, %d cores" % (os.getloadavg()[0], os.cpu_count())


def print_table(rows):
    """Rows of texts, the first being the heads; the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [text.rjust(width) for text, width in zip(row[1:], widths[1:])]
        print("  ".join(cells))
