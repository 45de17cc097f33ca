"""Another Bazel project, which uses this checkout as @zoo: its folder, its own server, and lock files for it."""
import hashlib
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BAZEL = os.environ.get("BAZEL", "bazel")
DEBIAN = pathlib.Path("/usr/share/bazel").exists()


def major():
    """7 for Bazel 7; 4 for Debian 12's, which has no number."""
    words = subprocess.run([BAZEL, "--version"], stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT).stdout.split()
    number = words[1].split(".")[0] if len(words) > 1 else ""
    return int(number) if number.isdigit() else 4


HAS_MODULES = major() >= 7


def flags():
    """Command flags: this checkout is @zoo, and Debian's Bazel 7 needs no network."""
    given = ["--override_%s=zoo=%s" % ("module" if HAS_MODULES else "repository", ROOT),
             "--noshow_progress", "--color=no", "--curses=no", "--nosandbox_debug"]
    if major() == 7 and DEBIAN:
        given += ["--registry=file://%s/third_party/offline/registry" % ROOT, "--lockfile_mode=off"]
    return given


class Workspace:
    """A folder with a WORKSPACE or MODULE.bazel, and Bazel in it. close() ends the server."""

    def __init__(self, folder, output_base, startup=(), command=()):
        self.folder, self.output_base = pathlib.Path(folder), pathlib.Path(output_base)
        self.startup = ["--output_base=%s" % self.output_base, "--max_idle_secs=60", *startup]
        self.flags = [*flags(), *command]

    def write(self, **texts):
        """write(BUILD="...") writes BUILD.bazel; MODULE and WORKSPACE likewise."""
        for name, text in texts.items():
            (self.folder / (name if name == "WORKSPACE" else name + ".bazel")).write_text(text)

    def write_lock(self, *weights, name="zoo.lock"):
        (self.folder / name).write_text(json.dumps({"schema": "zoo/lock/1", "weights": list(weights)}, indent=2) + "\n")

    def run(self, command, *arguments):
        """The finished process, its output as text."""
        return subprocess.run([BAZEL, *self.startup, command, *self.flags, *arguments], cwd=self.folder, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)

    def close(self):
        subprocess.run([BAZEL, *self.startup, "shutdown"], cwd=self.folder, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def locked(alias, content, sources, **other):
    """One of the weights of a lock: of the file that holds `content`."""
    return {"alias": alias, "name": "lab/%s:v1" % alias, "entry_sha256": "0" * 64, "file": alias + ".pt",
            "size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "sources": sources,
            "auth_host": None, **other}
