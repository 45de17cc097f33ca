#!/usr/bin/env python3
"""zoo check as it is installed: no source tree, no weights, no network."""
import json
import signal
import subprocess
import unittest

import harness


class Check(harness.ZooTest):
    def setUp(self):
        super().setUp()
        self.empty = self.folder / "empty"
        self.empty.mkdir()

    def test_architectures_without_a_file(self):
        code, out, err = self.zoo("check", "--random", "squeezenet1_1", "--json", "--offline", cwd=self.empty)
        self.assertEqual((code, err), (0, ""))
        document = json.loads(out)
        self.assertEqual(document["schema"], "zoo/check/1")
        self.assertEqual([row["name"] for row in document["passed"]], ["squeezenet1_1", "squeezenet1_1@num_classes=10"])
        for row in document["passed"]:
            self.assertLess(row["difference"], row["tolerance"])
        self.assertFalse(self.cache.exists())

    def test_ctrl_c_between_two(self):
        with subprocess.Popen([self.files["zoo"], "check", "--random", "--all"], env=self.environment(), cwd=self.empty,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            first = process.stdout.readline().decode()
            process.send_signal(signal.SIGINT)
            rest, err = process.communicate(timeout=120)
        self.assertIn("  pass  difference ", first)
        self.assertEqual((process.returncode, err), (130, b""))
        self.assertRegex(rest.decode(), r"(?m)^\d+ passed, 0 failed, stopped after \d+ of \d+$")

    def test_wrong_requests(self):
        code, out, err = self.zoo("check", "resnet18", "--all")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("zoo: `zoo check` cannot take ", err)
        code, out, err = self.zoo("check", "resnet18", "--shape", "1,3,64,64")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("zoo: `zoo check` takes --shape only with --write", err)

    def test_a_registry_from_elsewhere_cannot_reach_other_files(self):
        body = b"weights"
        entry = harness.entry("net", body, self.server.url + "/net.pth")
        self.server.routes["/net.pth"] = harness.serve_file(body)
        for photo in ("../secret.png", "/etc/passwd", "..", ""):
            entry["probe"] = {"input": {"photo": photo, "sha256": "0" * 64}, "dtype": "float32", "logits": [1], "tolerance": 1}
            code, out, err = self.zoo("check", "net", "--registry", self.registry(entry))
            self.assertEqual((code, out), (6, ""), err)
            self.assertIn("probe.input.photo", err)
        self.assertEqual(self.server.seen, [])

    def test_help(self):
        code, out, _ = self.zoo("help", "check", env={"COLUMNS": "80"})
        self.assertEqual(code, 0)
        for line in ("usage: zoo check [options] [NAME...]", "  --write [FILE]", "  --random", "  --shape N,3,H,W"):
            self.assertIn(line, out)


if __name__ == "__main__":
    unittest.main(argv=["check_test"])
