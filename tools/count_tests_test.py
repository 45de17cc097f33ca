#!/usr/bin/env python3
"""Feeds tools/count_tests.py with event files and compares what it prints."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "count_tests.py")

GOOD = '<testcase name="A" classname="S" status="run"/>'
BAD = '<testcase name="B" classname="S" status="run"><failure message="x"/></testcase>'
SKIPPED = '<testcase name="C" classname="S" status="run" result="skipped"><skipped/></testcase>'
DISABLED = '<testcase name="D" classname="S" status="notrun" result="suppressed"/>'
CRASHED = '<testcase name="room/t" status="run"><error message="exited with error code 134"/></testcase>'

# what it is, [(label, status, cases of its test.xml or None)], targets that did not build, exit code's name of the
# build, last line, exit code, a line that the output must hold
ROWS = [
    ("cases are counted", [("//a:t", "PASSED", GOOD * 3)], [], "SUCCESS", "3 passed, 0 failed", 0, None),
    ("a failed case", [("//a:t", "FAILED", GOOD + BAD)], [], "TESTS_FAILED", "1 passed, 1 failed", 1, "  //a:t  S.B"),
    ("skipped and disabled are neither", [("//a:t", "PASSED", GOOD + SKIPPED + DISABLED)], [], "SUCCESS",
     "1 passed, 0 failed", 0, "//a     1 targets      1 passed    0 failed    2 skipped"),
    ("a test without cases", [("//a:t", "PASSED", "")], [], "SUCCESS", "1 passed, 0 failed", 0, None),
    ("a test without a file", [("//a:t", "PASSED", None)], [], "SUCCESS", "1 passed, 0 failed", 0, None),
    ("only skipped cases: none ran", [("//a:t", "PASSED", SKIPPED)], [], "SUCCESS", "0 passed, 0 failed", 1, None),
    ("a crash", [("//a:t", "FAILED", CRASHED)], [], "TESTS_FAILED", "0 passed, 1 failed", 1, "  //a:t  room/t"),
    ("a time-out that listed good cases", [("//a:t", "TIMEOUT", GOOD)], [], "TESTS_FAILED", "1 passed, 1 failed", 1,
     "  //a:t  timeout"),
    ("shards are summed", [("//a:t", "PASSED", GOOD), ("//a:t", "FAILED", GOOD + BAD)], [], "TESTS_FAILED",
     "2 passed, 1 failed", 1, None),
    ("a target that does not build", [("//a:t", "PASSED", GOOD)], ["//b:x"], "BUILD_FAILURE", "1 passed, 1 failed", 1,
     "  //b:x  did not build"),
    ("a test that failed is not counted twice", [("//a:t", "FAILED", BAD)], ["//a:t"], "TESTS_FAILED",
     "0 passed, 1 failed", 1, None),
    ("a build that stopped early", [], [], "PARSING_FAILURE", "0 passed, 1 failed", 1,
     "  events.json: the build did not come to its end"),
    ("no test at all", [], [], "SUCCESS", "0 passed, 0 failed", 1, None),
]


def count(folder, tests, broken, finished, *arguments):
    path = os.path.join(folder, "events.json")
    with open(path, "w", encoding="utf-8") as out:
        for number, (label, status, cases) in enumerate(tests):
            outputs = []
            if cases is not None:
                xml = os.path.join(folder, "test %d.xml" % number)
                with open(xml, "w", encoding="utf-8") as f:
                    f.write("<testsuites><testsuite>%s</testsuite></testsuites>" % cases)
                outputs = [{"name": "test.xml", "uri": "file://" + xml.replace(" ", "%20")}]
            event = {"id": {"testResult": {"label": label}}, "testResult": {"status": status, "testActionOutput": outputs}}
            out.write(json.dumps(event) + "\n")
        for label in broken:
            out.write(json.dumps({"id": {"targetCompleted": {"label": label}}, "completed": {}}) + "\n")
        out.write(json.dumps({"id": {"buildFinished": {}}, "finished": {"exitCode": {"name": finished}}}) + "\n")
    done = subprocess.run([sys.executable, PROGRAM, *arguments, path], stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout.splitlines()


class CountTests(unittest.TestCase):
    def test_rows(self):
        for what, tests, broken, finished, last, code, line in ROWS:
            with self.subTest(what), tempfile.TemporaryDirectory() as folder:
                got, lines = count(folder, tests, broken, finished)
                self.assertEqual((lines[-1], got), (last, code))
                if line:
                    self.assertIn(line, lines)

    def test_also(self):
        for outcome, last, code in (("passed", "3 passed, 0 failed", 0), ("failed", "2 passed, 1 failed", 1)):
            with self.subTest(outcome), tempfile.TemporaryDirectory() as folder:
                got, lines = count(folder, [("//a:t", "PASSED", GOOD)], [], "SUCCESS", "--also", "x:a=passed",
                                   "--also", "x:b=" + outcome)
                self.assertEqual((lines[-1], got), (last, code))
                self.assertEqual("  x:b" in lines, outcome == "failed")


if __name__ == "__main__":
    unittest.main()
