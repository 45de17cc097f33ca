#!/usr/bin/env python3
"""zoo diff and zoo convert as people and scripts meet them: whole messages, exit codes, JSON, and what is left behind when they fail."""
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import unittest

import harness

USAGE, NOT_FOUND, DISK, CORRUPT, UNSUPPORTED, MISMATCH, INTERRUPTED = 2, 3, 5, 6, 7, 8, 130
FINGERPRINT = "weights:sha256:20d6f521ec12dfa67e134f228767df3fb586b4955200cf15249706911b7e6f61"


def safetensors(nbytes):
    """The head of a file with one tensor of so many bytes."""
    header = json.dumps({"w": {"dtype": "U8", "shape": [nbytes], "data_offsets": [0, nbytes]}}).encode()
    return len(header).to_bytes(8, "little") + header


class DiffAndConvert(harness.ZooTest):
    def setUp(self):
        super().setUp()
        for name, path in self.files.items():
            if name != "zoo":
                (self.folder / name).write_bytes(pathlib.Path(path).read_bytes())
        self.names = self.left()

    def left(self):
        return sorted(os.listdir(self.folder))

    def run_here(self, *args, **options):
        """zoo with our folder for its own: (exit code, standard output, standard error)."""
        return self.zoo(*args, cwd=self.folder, **options)

    def test_diff_tells_what_differs(self):
        self.assertEqual(self.run_here("diff", "state_dict.pth", "state_dict_legacy.pth"), (0, f"same weights: 9 tensors, {FINGERPRINT}\n", ""))
        table = """\
A: state_dict.pth (zip, 9 tensors)
B: training.pth (zip, state_dict, 9 tensors)

NAME      DIFFERENCE  MAX ABS  MAX REL  FIRST AT
2.weight  6 of 6         0.01   0.0643  [0, 0]
2.bias    3 of 3         0.01    0.134  [0]

different weights: 2 tensors differ, 7 are the same
"""
        for options in ((), ("--quiet",)):
            self.assertEqual(self.run_here("diff", "state_dict.pth", "training.pth", *options), (MISMATCH, table, ""))
        self.assertEqual(self.run_here("diff", "state_dict.pth", "training.pth", "--tolerance", "0.02"),
                         (0, "same weights within the tolerance: 9 tensors\n", ""))

    def test_diff_json(self):
        code, out, err = self.run_here("diff", "state_dict.pth", "training.pth", "--json")
        report = json.loads(out)
        self.assertEqual((code, err, report["schema"], report["same"], report["same_tensors"]), (MISMATCH, "", "zoo/diff/1", False, 7))
        self.assertEqual(report["b"], {"file": "training.pth", "format": "zip", "state_dict": ["state_dict"], "tensors": 9, "not_compared": 0})
        self.assertEqual([row["name"] for row in report["different"]], ["2.weight", "2.bias"])
        row = report["different"][0]
        self.assertEqual((row["elements"], row["differing"], row["nan"], row["first"]), (6, 6, 0, [0, 0]))
        self.assertEqual(row["a"], {"dtype": "float32", "shape": [3, 2], "layout": "strided"})
        code, out, err = self.run_here("diff", "state_dict.pth", "state_dict_legacy.pth", "--json")
        self.assertEqual((code, err, json.loads(out)["fingerprint"], json.loads(out)["different"]), (0, "", FINGERPRINT, []))

    def test_convert_keeps_the_weights(self):
        code, out, err = self.run_here("convert", "training.pth", "öut 1.safetensors", "--only-weights")
        self.assertEqual((code, out), (0, "öut 1.safetensors\n"))
        self.assertEqual(err.splitlines()[:2], ["left out: epoch (an int)", "left out: best_acc1 (a tensor)"])
        self.assertRegex(err.splitlines()[-1], r"^training\.pth: zip, 9 tensors, 6\.1 KiB -> safetensors, \d+ B$")
        self.assertEqual(self.run_here("diff", "training.pth", "öut 1.safetensors")[0], 0)
        code, out, err = self.run_here("convert", "training.pth", "quiet.pth", "--only-weights", "--quiet")
        self.assertEqual((code, out, err), (0, "quiet.pth\n", ""))

    def test_convert_json(self):
        code, out, err = self.run_here("convert", "training.pth", "o.pth", "--only-weights", "--half", "--sha256", "--json")
        report = json.loads(out)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(list(report), ["schema", "in", "out", "format", "size", "sha256", "tensors", "left_out", "changed", "overflowed", "trimmed"])
        self.assertEqual((report["schema"], report["in"], report["out"], report["format"]), ("zoo/convert/1", "training.pth", "o.pth", "zip"))
        data = (self.folder / "o.pth").read_bytes()
        self.assertEqual((report["size"], report["sha256"]), (len(data), hashlib.sha256(data).hexdigest()))
        self.assertEqual((report["tensors"], report["overflowed"], report["trimmed"]), (9, 0, 0))
        self.assertEqual(report["left_out"][0], {"path": ["epoch"], "what": "an int"})
        self.assertEqual(report["changed"][0], {"path": ["state_dict", "0.weight"], "what": "float32, written as float16"})

    def test_what_goes_wrong(self):
        cut = (self.folder / "state_dict.pth").read_bytes()[:2000]
        (self.folder / "cut.pth").write_bytes(cut)
        (self.folder / "page.pth").write_text("<html>")
        (self.folder / "folder").mkdir()
        self.names = self.left()
        objects = ("training.pth: not all of it is plain data: scheduler.milestones (an object of collections.Counter), args (an object of "
                   "argparse.Namespace); --only-weights writes the state dict alone, --drop-objects leaves these out")
        rows = [
            (USAGE, "`zoo diff` needs B; usage: zoo diff [options] A B", "diff", "state_dict.pth"),
            (USAGE, "`zoo convert` needs OUT; usage: zoo convert [options] IN OUT", "convert", "state_dict.pth"),
            (USAGE, '`zoo convert` cannot take --format "npz", only zip, legacy or safetensors; usage: zoo convert [options] IN OUT', "convert", "state_dict.pth", "o", "--format", "npz"),
            (USAGE, '--half is --dtype float16, not "bfloat16"; give one of the two', "convert", "state_dict.pth", "o", "--half", "--dtype", "bfloat16"),
            (USAGE, 'state_dict.pth: no name begins with "module."; the first name is "steps"',
             "convert", "state_dict.pth", "o", "--strip-prefix", "module."),
            (USAGE, "folder: a folder, not a file", "diff", "folder", "state_dict.pth"),
            (NOT_FOUND, 'there is no file "absent.pth", and it is not the name of known weights; `zoo list` shows the names',
             "diff", "state_dict.pth", "absent.pth"),
            (NOT_FOUND, 'training.pth: there is no "ema" in it; `zoo inspect` shows what the file holds',
             "diff", "training.pth", "state_dict.pth", "--key-a", "ema"),
            (NOT_FOUND, "cannot write nowhere/o.pth: No such file or directory", "convert", "state_dict.pth", "nowhere/o.pth"),
            (DISK, "cannot write folder: Is a directory", "convert", "state_dict.pth", "folder"),
            (CORRUPT, "cut.pth: zip cut off after 2000 bytes: it has no end record; download it again", "convert", "cut.pth", "o"),
            (UNSUPPORTED, objects, "convert", "training.pth", "o"),
            (UNSUPPORTED, "training.pth: epoch is an int, and safetensors files hold tensors by name and nothing else; "
             "--only-weights writes the state dict alone", "convert", "training.pth", "o.safetensors"),
            (UNSUPPORTED, "page.pth: this is an HTML page (6 bytes), not a checkpoint; the server answered with a page instead of the file: look at "
             "the address in a browser", "diff", "state_dict.pth", "page.pth"),
        ]
        for code, sentence, *args in rows:
            for options in ((), ("--quiet",), ("--json",)):
                with self.subTest(args=args, options=options):
                    got, out, err = self.run_here(*args, *options)
                    self.assertEqual((got, err), (code, f"zoo: {sentence}\n"))
                    if options == ("--json",):
                        error = json.loads(out)
                        self.assertEqual(error["schema"], "zoo/error/1")
                        self.assertEqual("; ".join(filter(None, [error["message"], error["hint"]])), sentence)
                    else:
                        self.assertEqual(out, "")
                    self.assertEqual(self.left(), self.names)

    def test_out_may_be_in(self):
        code, _, err = self.run_here("convert", "state_dict.pth", "state_dict.pth", "--format", "legacy")
        self.assertEqual(code, 0, err)
        self.assertEqual(self.run_here("diff", "state_dict.pth", "state_dict_legacy.pth")[0], 0)
        self.assertEqual(self.left(), self.names)

    def test_two_write_one_file(self):
        command = [self.files["zoo"], "convert", "state_dict.pth", "o.pth", "--quiet"]
        started = [subprocess.Popen(command, cwd=self.folder, env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
        for process in started:
            out, err = process.communicate(timeout=120)
            self.assertEqual((process.returncode, out, err), (0, b"o.pth\n", b""))
        self.assertEqual(self.left(), sorted(self.names + ["o.pth"]))
        self.assertEqual(self.run_here("diff", "state_dict.pth", "o.pth")[0], 0)

    def test_an_interrupt_leaves_nothing(self):
        size = 1 << 30
        head = safetensors(size)
        with open(self.folder / "big.safetensors", "wb") as file:
            file.write(head)
            file.truncate(len(head) + size)
        names = self.left()
        process = subprocess.Popen([self.files["zoo"], "convert", "big.safetensors", "o.pth"], cwd=self.folder, env=self.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while self.left() == names and process.poll() is None:
            pass
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=120)
        self.assertEqual((process.returncode, out), (INTERRUPTED, b""))
        self.assertEqual(self.left(), names)

    def test_help(self):
        for command, line in (("diff", "Compare the weights of two checkpoints."), ("convert", "Write a checkpoint anew, as zip, legacy or safetensors.")):
            code, out, err = self.run_here("help", command)
            self.assertEqual((code, out.splitlines()[2], err), (0, line, ""))


if __name__ == "__main__":
    unittest.main(argv=["convert_cli_test"])
