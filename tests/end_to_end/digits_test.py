#!/usr/bin/env python3
"""The digits example: killed at random moments and run again it ends with the weights of a run that nobody killed; Python reads the
result; a full disk loses nothing that was saved before."""
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
import unittest

import harness

KILLS = 30
FILES = harness.arguments()


def train(saved, **more):
    return subprocess.Popen([FILES["digits"], FILES["digits.csv"], str(saved)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def finish(child):
    out, err = child.communicate(timeout=300)
    return child.returncode, out, err


class Digits(harness.ZooTest):
    def assert_all_readable(self, saved):
        """Every checkpoint under its final name, run.json included."""
        for file in saved.glob("*.pt"):
            code, _, err = self.zoo("verify", str(file), "--quiet")
            self.assertEqual(code, 0, "%s: %s" % (file.name, err))
        if (saved / "run.json").exists():
            history = json.loads((saved / "run.json").read_text())
            for epoch in history["epochs"]:
                self.assertTrue(not epoch["kept"] or (saved / epoch["file"]).exists(), epoch)

    def whole_run(self):
        saved = self.folder / "whole run"
        code, out, err = finish(train(saved))
        self.assertEqual(code, 0, err)
        self.assertIn("of the test digits are read right", out)
        return saved, out.splitlines()[-1].split(";")[0]

    def test_killed_at_any_moment(self):
        whole, best = self.whole_run()
        weights = (whole / "best.pt").read_bytes()
        seed = random.randrange(1 << 32)
        print("kills at the moments of seed", seed)
        moments = random.Random(seed)
        kills = number = 0
        while kills < KILLS:
            saved = self.folder / ("killed %d" % number)
            number += 1
            while kills < KILLS:
                child = train(saved)
                child.stdout.readline()  # LibTorch has started, the run is open
                time.sleep(moments.uniform(0, 0.3))
                child.send_signal(signal.SIGKILL)
                code, out, err = finish(child)
                self.assert_all_readable(saved)
                if code == 0:
                    break  # it was done before
                self.assertEqual(code, -signal.SIGKILL, err)
                kills += 1
            code, out, err = finish(train(saved))
            self.assertEqual(code, 0, err)
            self.assertEqual(out.splitlines()[-1].split(";")[0], best)
            self.assertEqual((saved / "best.pt").read_bytes(), weights, "after %d kills, seed %d" % (kills, seed))

    def test_python_reads_the_result(self):
        saved, best = self.whole_run()
        check = subprocess.run([os.environ.get("ZOO_PYTHON", sys.executable), FILES["check.py"], FILES["digits.csv"], str(saved)], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
        self.assertEqual(check.returncode, 0, check.stdout)
        self.assertIn("Python finds %s" % best.split()[1], check.stdout)

    def test_a_full_disk_loses_nothing(self):
        saved = self.folder / "full"

        def little_room():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

        code, _, err = finish(train(saved, preexec_fn=little_room))
        self.assertEqual(code, 1)
        self.assertIn("epoch 0 is not saved", err)
        self.assertEqual(sorted(file.name for file in saved.glob("*.pt*")), [])
        code, out, err = finish(train(saved))
        self.assertEqual((code, out.splitlines()[0]), (0, "a new run"), err)

    def test_a_second_process_is_refused(self):
        saved = self.folder / "two"
        first = train(saved)
        first.stdout.readline()
        code, _, err = finish(train(saved))
        first.kill()
        finish(first)
        self.assertEqual(code, 1)
        self.assertIn(str(first.pid), err)


if __name__ == "__main__":
    unittest.main(argv=["digits_test"])
