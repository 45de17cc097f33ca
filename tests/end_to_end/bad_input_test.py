#!/usr/bin/env python3
"""Wrong names and wrong files, given to the real program: one clear message, the exit code, and nothing left behind."""
import json
import pathlib
import shutil
import unittest

import harness
from harness import entry

USAGE, NOT_FOUND, CORRUPT, UNSUPPORTED, MISMATCH = 2, 3, 6, 7, 8


class BadInput(harness.ZooTest):
    def check(self, code, sentence, *args, **options):
        """Runs `zoo ARGS`: it fails with this code and sentence; file names in it are relative to our folder."""
        got, out, err = self.zoo(*args, **options)
        err = err.replace(str(self.folder) + "/", "")
        self.assertEqual((got, out, err), (code, "", "zoo: " + sentence + "\n" if sentence is not None else err))
        self.assertFalse(self.cache.exists())
        return err

    def write(self, name, data):
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def test_names(self):
        for code, sentence, *args in [
            (USAGE, 'there is no command "lst"; did you mean `zoo list`? `zoo help` lists all', "lst"),
            (USAGE, "`zoo pull` needs NAME; usage: zoo pull [options] NAME...", "pull"),
            (NOT_FOUND, 'no model is named "resent18"; did you mean "resnet18"? `zoo list` shows all 118', "pull", "resent18"),
            (NOT_FOUND, 'no model is named "resent18"; did you mean "resnet18"? `zoo list` shows all 118', "classify", "x.png", "--model", "resent18"),
            (NOT_FOUND, 'resnet18 has no weights named "V7"; it has IMAGENET1K_V1', "show", "resnet18:V7"),
            (NOT_FOUND, "cannot open ./absent.pth: No such file or directory", "inspect", "./absent.pth"),
        ]:
            with self.subTest(args=args):
                self.check(code, sentence, *args)

    def test_what_is_no_checkpoint(self):
        page = "the server answered with a page instead of the file: look at the address in a browser"
        for name, data, code, sentence in [
            ("pägé 1.pth", "<!DOCTYPE html><html>", UNSUPPORTED, "this is an HTML page (21 bytes), not a checkpoint; " + page),
            ("lfs.pth", "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 12\n", UNSUPPORTED,
             "this is a Git LFS pointer (65 bytes), not the file it points to; fetch it with `git lfs pull`"),
            ("z.pth", b"\x1f\x8b\x08" + bytes(43), UNSUPPORTED, "this is a gzip file (46 bytes), not a checkpoint; unpack it first"),
            ("empty.pth", "", UNSUPPORTED, "the file is empty; download it again"),
            ("picture.pth", self.read("chelsea.png"), UNSUPPORTED,
             "this is a PNG picture (240512 bytes), not a checkpoint; this is the wrong file: weights are .pth or .safetensors"),
            ("cut.pth", self.read("state_dict.pth")[:2000], CORRUPT,
             "zip cut off after 2000 bytes: it has no end record; download it again"),
        ]:
            path = self.write(name, data)
            for args in [("inspect", path), ("verify", path), ("classify", self.files["chelsea.png"], "--arch", "resnet18", "--weights", path)]:
                with self.subTest(args=args):
                    self.check(code, name + ": " + sentence, *args)

    def test_checkpoint_of_another_model(self):
        weights = self.write("wéights 1.pth", self.read("state_dict.pth"))
        photo = self.write("phötö 1.png", self.read("chelsea.png"))
        self.check(
            MISMATCH,
            "wéights 1.pth does not fit resnet18: missing conv1.weight, bn1.weight, bn1.bias and 119 more; "
            "unexpected steps, 0.weight, 1.weight and 6 more",
            "classify", photo, "--arch", "resnet18", "--weights", weights)

    def test_what_is_no_photo(self):
        page = self.write("page.png", "<!DOCTYPE html>")
        self.check(UNSUPPORTED,
                   "page.png: this is an HTML page, not a JPEG or PNG image; "
                   "the server answered with a page instead of the file: look at the address in a browser",
                   "preprocess", page, "--for", "resnet18")
        half = self.write("hälf.png", self.read("chelsea.png")[:100_000])
        self.check(CORRUPT, "hälf.png: the file ends after 100000 bytes, before its PNG image does; get the file again from where it came",
                   "preprocess", half, "--for", "resnet18")

    def test_registries(self):
        def document(**changes):
            good = entry("m", b"abc", "http://127.0.0.1/m.pth")
            good.update(changes)
            return json.dumps({"schema": "zoo/registry/1", "name": "r", "version": 1, "updated": "2026-01-01T00:00:00Z", "entries": [good]})

        artifact = entry("m", b"abc", "http://127.0.0.1/m.pth")["artifact"]
        no_hash = {k: v for k, v in artifact.items() if k != "sha256"}
        for text, code, sentence in [
            ("{", CORRUPT, "not valid JSON at byte 2"),
            ('{"schema": "zoo/registry/1", "schema": "x"}', CORRUPT, 'JSON has key "schema" twice in one object'),
            ("[" * (4 << 20), CORRUPT, "JSON is nested deeper than 64"),
            (document(artifact=no_hash), CORRUPT,
             "entries[0] (m:V1): artifact.sha256 is missing: without it or sha256_prefix nothing could be verified"),
            (document(artifact={**artifact, "file": "../m.pth"}), CORRUPT,
             'entries[0] (m:V1): artifact.file "../m.pth" is a path, not the name of a file'),
            (document(model="../m"), CORRUPT,
             "entries[0]: model \"../m\" is not a name: letters, digits, '.', '_' and '-', a letter or digit first, no \"..\", at most 128"),
            (document().replace("registry/1", "registry/9"), UNSUPPORTED,
             'schema is "zoo/registry/9"; this program reads version 1, that file needs one that reads version 9'),
        ]:
            path = self.write("régistry 1.json", text)
            with self.subTest(text=text[:200]):
                self.check(code, "régistry 1.json: " + sentence, "list", "--registry", path)
        self.check(NOT_FOUND, "cannot open absent.json: No such file or directory", "list", "--registry", self.folder / "absent.json")

    def test_errors_as_json(self):
        code, out, err = self.zoo("show", "resent18", "--json")
        self.assertEqual((code, json.loads(out)), (NOT_FOUND, {
            "schema": "zoo/error/1", "code": "not_found", "message": 'no model is named "resent18"',
            "hint": 'did you mean "resnet18"? `zoo list` shows all 118'}))
        self.assertEqual(err, 'zoo: no model is named "resent18"; did you mean "resnet18"? `zoo list` shows all 118\n')

    def test_no_zoo_run_beside_zoo(self):
        alone = self.folder / "alöne"
        alone.mkdir()
        shutil.copy(self.files["zoo"], alone / "zoo")
        self.files["zoo"] = str(alone / "zoo")
        self.check(UNSUPPORTED,
                   '`zoo classify` is carried out by zoo-run, and there is no zoo-run in "alöne"; build //cli:zoo-run, or install zoo-run into that folder',
                   "classify", "x.png", "--model", "resnet18")

    def read(self, name):
        return pathlib.Path(self.files[name]).read_bytes()


if __name__ == "__main__":
    unittest.main(argv=["bad_input_test"])
