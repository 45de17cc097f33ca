#!/usr/bin/env python3
"""Hash trees of files of random sizes: ours, and those that libtorrent computes here. (base/hash_tree_test.cc has some of its values.)"""
import json
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

import harness

PYTHON = "/usr/bin/python3"  # Debian's, whose python3-libtorrent is


class HashTreeTest(unittest.TestCase):
    def test_random_files(self):
        if subprocess.run([PYTHON, "-c", "import libtorrent"], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest(PYTHON + " has no libtorrent: tools/setup installs it where there is apt-get")
        files = harness.arguments()
        generator = random.Random(20261128)
        with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")) as folder:
            path = pathlib.Path(folder, "file")
            for _ in range(25):
                length = 16384 << generator.randrange(8)
                size = generator.randrange(1, 1 << generator.randrange(1, 24))
                path.write_bytes(generator.randbytes(size))
                with self.subTest(size=size, length=length):
                    theirs = subprocess.check_output([PYTHON, files["make_hash_tree_goldens.py"], path, str(length)])
                    ours = subprocess.check_output([files["hash_tree_of"], path, str(length)])
                    self.assertEqual(json.loads(ours), json.loads(theirs))


if __name__ == "__main__":
    unittest.main(argv=["hash_tree_test"])
