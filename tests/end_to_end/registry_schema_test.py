#!/usr/bin/env python3
"""docs/registry.schema.json against the registries of the tree, against one that the program publishes, and against every document that
the tests of the parser know to be refused. It needs the Python package jsonschema, which tools/setup installs for Debian's Python."""
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

try:
    import jsonschema
except ImportError:
    DEBIANS = "/usr/bin/python3"
    if sys.executable == DEBIANS or not os.path.exists(DEBIANS):
        sys.exit("this test needs python3-jsonschema: tools/setup installs it")
    os.execv(DEBIANS, [DEBIANS, *sys.argv])

import harness

# What the parser refuses and a JSON schema cannot: the end of the parser's message, and why.
BEYOND = [
    (r"must be a whole number from 0 to 2\^53, is [\d.]+\.0$", "1.0 is an integer to a schema"),
    (r"is no list of this registry$", "refers to another part of the document"),
    (r"^entries\[1\]|has several entries", "compares entries"),
    (r"outside of size_range", "compares fields"),
    (r"size_range must be \[MIN, MAX\].*", "compares the two"),
    (r"sha256_prefix is \w+, but sha256 is", "compares fields"),
    (r"pieces.hashes is missing$", "needed if the file is longer than a piece"),
    (r"hashes has \d+ bytes", "a length that follows from other fields"),
    (r"hashes are of another root", "a hash over other fields"),
]


class Schema(harness.ZooTest):
    @classmethod
    def setUpClass(cls):
        cls.named = harness.arguments()
        schema = json.loads(pathlib.Path(cls.named["registry.schema.json"]).read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        cls.validator = jsonschema.Draft202012Validator(schema)

    def problems(self, document):
        return ["%s: %s" % ("/".join(map(str, e.absolute_path)), e.message) for e in self.validator.iter_errors(document)]

    def test_registries_of_the_tree(self):
        checked = []
        for name, path in self.named.items():
            if not name.endswith(".json") or name == "registry.schema.json":
                continue
            text = pathlib.Path(path).read_text()
            code, _, err = self.zoo("list", "--registry", path)
            try:
                document = json.loads(text)
            except ValueError:
                self.assertEqual(code, 6, name)
                continue
            self.assertEqual(self.problems(document) == [], code == 0, "%s: %s %s" % (name, self.problems(document), err))
            checked.append(name)
        self.assertIn("builtin.json", checked)
        self.assertGreaterEqual(len(checked), 7)

    def test_what_the_program_publishes(self):
        lab = self.folder / "lab"
        names = self.folder / "names"
        names.write_text("one\ntwo\n")
        for name, file, *more in [("mynet:v1", "training.pth", "--metric", "a/b=1", "--categories", names, "--recipe", "x"),
                                  ("mynet:v2", "state_dict.pth", "--supersedes", "mynet:v1")]:
            code, _, err = self.zoo("publish", self.named[file], "--name", name, "--to", lab, "--license", "MIT", *more)
            self.assertEqual(code, 0, err)
        made = self.folder / "made"
        made.mkdir()
        subprocess.run([self.named["model_files"], "make", str(made)], check=True, stdout=subprocess.DEVNULL, timeout=120)
        code, _, err = self.zoo("publish", made / "state.pt", "--name", "net", "--to", lab, "--license", "MIT", "--arch", "squeezenet1_1", "--num-classes",
                                "7", "--photo", self.named["chelsea.png"])
        self.assertEqual(code, 0, err)
        document = json.loads((lab / "zoo.json").read_text())
        self.assertEqual(len(document["entries"]), 3)
        self.assertEqual(self.problems(document), [])

    def test_what_the_parser_refuses(self):
        rows = self.folder / "rows"
        for name in ("parse_test", "parse_entry_test", "parse_artifact_test"):
            done = subprocess.run([self.named[name]], env=self.environment(REFUSED_ROWS=str(rows)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self.assertEqual(done.returncode, 0, done.stdout)
        count, beyond = 0, set()
        for line in rows.read_text().splitlines():
            row = json.loads(line)
            count += 1
            why = [i for i, (pattern, _) in enumerate(BEYOND) if re.search(pattern, row["message"])]
            accepted = not self.problems(row["document"])
            if accepted:
                self.assertTrue(why, "the schema lets through: %s" % row["message"])
                beyond.update(why)
        self.assertGreater(count, 120)
        self.assertEqual(sorted(beyond), list(range(len(BEYOND))), "listed, but the schema refuses all of it")


if __name__ == "__main__":
    unittest.main(argv=["registry_schema_test"])
