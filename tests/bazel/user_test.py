#!/usr/bin/env python3
"""examples/bazel_user, from training to a build: the digits example's weights are published and locked, and another Bazel project
builds and runs a program that loads them. Compiles what the program needs of zoo once more; the next run finds that in its output base."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from workspace import BAZEL, DEBIAN, ROOT, Workspace, major


def bazel_here(*arguments):
    config = ["--config=offline"] if major() == 7 and DEBIAN else []
    done = subprocess.run([BAZEL, arguments[0], *config, "--noshow_progress", *arguments[1:]], cwd=ROOT, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise RuntimeError("bazel %s: %s" % (" ".join(arguments), done.stderr))
    return done.stdout.strip()


class BazelUser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = pathlib.Path(tempfile.mkdtemp(prefix="zoo_bazel_user."))
        cls.addClassCleanup(shutil.rmtree, cls.temporary, ignore_errors=True)
        bazel_here("build", "//cli:zoo", "//cli:zoo-run", "//examples/digits")
        # The copy has the same place every time, as Bazel 4 does not notice that a workspace has moved.
        place = pathlib.Path(bazel_here("info", "output_base")) / "bazel_user"
        shutil.rmtree(place / "workspace", ignore_errors=True)
        shutil.copytree(ROOT / "examples" / "bazel_user", place / "workspace",
                        ignore=shutil.ignore_patterns("bazel-*", "zoo.lock"))
        rc = ROOT / "user.bazelrc"  # where LibTorch is, a disk cache: what holds for the tree holds here too
        cls.user = Workspace(place / "workspace", place / "output", ["--bazelrc=%s" % rc] if rc.exists() else [])
        cls.addClassCleanup(cls.user.close)

    def zoo(self, *arguments):
        """The program, with a cache and registries of its own."""
        places = {name: str(self.temporary / name.lower()) for name in ("ZOO_CACHE", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ZOO_")}
        done = subprocess.run([ROOT / "bazel-bin/cli/zoo", *arguments], env={**environment, **places}, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def lock_trained_weights(self):
        saved = self.temporary / "saved"
        subprocess.run([ROOT / "bazel-bin/examples/digits/digits", ROOT / "examples/digits/digits.csv", saved],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        lab = self.temporary / "lab"
        self.zoo("publish", saved / "best.pt", "--name", "digits:v1", "--to", lab, "--license", "MIT")
        self.zoo("lock", "--registry", lab, "digits", "-o", self.user.folder / "zoo.lock")

    def test_a_program_with_locked_weights(self):
        self.lock_trained_weights()
        done = self.user.run("run", "//:read_digit")
        self.assertEqual((done.returncode, done.stdout), (0, "8 tensors placed\nit is a 4\n"), done.stderr)

    def test_every_public_target_can_be_used(self):
        self.user.write_lock()
        done = self.user.run("build", "--nobuild", "@zoo//:zoo", "@zoo//:own_module", "@zoo//:without_torch")
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
