#!/usr/bin/env python3
"""docs/your_own_module.md says what is so: its code is the example's and Python's, and what it shows is what comes out."""
import json
import pathlib
import re
import shlex
import subprocess
import unittest

import harness


class OwnModule(harness.ZooTest):
    def text(self, name):
        return pathlib.Path(self.files[name]).read_text(encoding="utf-8")

    def blocks(self, language):
        found = re.findall(r"^```%s\n(.*?)^```$" % language, self.text("your_own_module.md"), re.DOTALL | re.MULTILINE)
        self.assertTrue(found, "the page has no block of " + (language or "text"))
        return found

    def run_program(self, program, *args):
        """(exit code, what it prints), beside the checkpoints."""
        folder = pathlib.Path(self.files["digits.pth"]).parent
        done = subprocess.run([self.files[program], *args], cwd=folder, env=self.environment(COLUMNS="100"), timeout=120, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def test_code_is_cut_from_the_sources(self):
        for language, source in [("python", "make.py"), ("cpp", "own_module.cc")]:
            for block in self.blocks(language):
                self.assertIn("\n" + block, self.text(source))

    def test_the_rule_is_in_the_table(self):
        rules = [block.strip() for block in self.blocks("") if block.startswith("{KeyRule")]
        self.assertEqual(len(rules), 1)
        self.assertIn(rules[0], self.text("key_rules.cc"))

    def test_sessions_are_what_comes_out(self):
        sessions = [block for block in self.blocks("") if block.startswith("$ ")]
        self.assertEqual(len(sessions), 5)
        for session in sessions:
            command, shown = session[2:].split("\n", 1)
            with self.subTest(command):
                self.assertEqual(self.run_program(*shlex.split(command))[1], shown)

    def test_the_logit_is_pythons(self):
        logits = json.loads(self.text("logits.json"))
        code, out = self.run_program("own_module", "digits.pth")
        index, logit = re.search(r"class (\d+), logit (\S+)$", out).groups()
        self.assertEqual((code, int(index)), (0, logits.index(max(logits))))
        self.assertAlmostEqual(float(logit), max(logits), delta=1e-5)

    def test_what_does_not_fit_is_a_failure(self):
        self.assertEqual(self.run_program("own_module", "wrapped.pth")[0], 1)
        self.assertEqual(self.run_program("own_module")[0], 2)


if __name__ == "__main__":
    unittest.main(argv=["own_module_test"])
