#!/usr/bin/env python3
"""Lock files and bundles with the real program: locked, pulled, bundled, taken to a machine without a network."""
import copy
import hashlib
import io
import json
import os
import pathlib
import signal
import subprocess
import tarfile
import unittest

import harness

WEIGHTS = {"one": harness.seeded_bytes(1, 70_000), "two": harness.seeded_bytes(2, 3), "three": b""}


class Sharing(harness.ZooTest):
    def setUp(self):
        super().setUp()
        self.entries = []
        for model, body in WEIGHTS.items():
            path = "/%s.pth" % model
            self.server.routes[path] = harness.serve_file(body)
            self.entries.append(harness.entry(model, body, self.server.url + path))
        self.registry(*self.entries)
        self.lock = self.folder / "zoo.lock"
        self.tar = self.folder / "weights ö.tar"

    def registry(self, *entries):
        path = self.folder / "house.json"
        os.replace(super().registry(*entries), path)
        return path

    def run_zoo(self, *args, code=0, **options):
        """The real program in this house, which must end with that code: (standard output, standard error)."""
        done, out, err = self.zoo(*args, "--registry", self.folder / "house.json", **options)
        self.assertEqual(done, code, err)
        return out, err

    def make_lock(self, *names):
        self.run_zoo("lock", *(names or ("one", "two", "drei=three")), "-o", self.lock)

    def make_bundle(self):
        self.make_lock()
        self.run_zoo("pull", "--lock", self.lock)
        self.run_zoo("bundle", "--lock", self.lock, "-o", self.tar)

    def elsewhere(self):
        """Another machine: another cache, no registry, no server."""
        self.cache = self.folder / "cache elsewhere"
        self.server.routes.clear()
        self.server.seen.clear()

    def test_lock(self):
        self.make_lock()
        document = json.loads(self.lock.read_text())
        self.assertEqual(document["schema"], "zoo/lock/1")
        self.assertEqual([row["alias"] for row in document["weights"]], ["drei", "one", "two"])
        row = document["weights"][1]
        self.assertEqual((row["name"], row["size"], row["sources"]),
                         ("house/one:V1", 70_000, [self.server.url + "/one.pth"]))
        self.assertEqual(row["sha256"], hashlib.sha256(WEIGHTS["one"]).hexdigest())
        out, _ = self.run_zoo("lock", "two", "one", "drei=three")
        self.assertEqual(out, self.lock.read_text())
        self.assertEqual(self.server.seen, [])
        out, err = self.run_zoo("lock", "one", "other=one:V1", "ONE=one", code=2)
        self.assertEqual((out, err), ("", "zoo: house/one:V1 and house/one:V1 would both be called ONE; choose an alias for "
                                      "one of them: ALIAS=house/one:V1\n"))

    def test_add(self):
        self.make_lock("one")
        self.run_zoo("lock", "--add", self.lock, "two", "drei=three")
        added = self.lock.read_text()
        self.make_lock()
        self.assertEqual(added, self.lock.read_text())

    def test_check_and_update(self):
        self.make_lock()
        self.assertEqual(self.run_zoo("lock", "--check", self.lock)[0], "")
        changed = copy.deepcopy(self.entries)
        changed[0]["artifact"]["sources"].append({"url": self.server.url + "/mirror.pth"})
        self.registry(*changed)
        out, _ = self.run_zoo("lock", "--check", self.lock, code=8)
        lines = out.splitlines()
        self.assertEqual([line.split(" is ")[0] for line in lines], ["one: entry_sha256", "one: sources"])
        changes = json.loads(self.run_zoo("lock", "--check", self.lock, "--json", code=8)[0])["changes"]
        self.assertEqual([change["field"] for change in changes], ["entry_sha256", "sources"])
        # Weights that are in no registry now: nothing is written.
        before = self.lock.read_text()
        self.registry(*changed[:2])
        self.run_zoo("lock", "--check", self.lock, code=3)
        self.run_zoo("lock", "--update", self.lock, code=3)
        self.assertEqual(self.lock.read_text(), before)
        self.registry(*changed)
        self.run_zoo("lock", "--update", self.lock)
        self.assertEqual(self.run_zoo("lock", "--check", self.lock)[0], "")
        self.assertIn("/mirror.pth", self.lock.read_text())

    def test_pull_needs_no_registry(self):
        self.make_lock()
        nowhere = ("--registry", self.folder / "nowhere.json")
        code, out, err = self.zoo("pull", "--lock", self.lock, *nowhere)
        self.assertEqual(code, 0, err)
        paths = [pathlib.Path(line) for line in out.splitlines()]
        self.assertEqual([path.read_bytes() for path in paths], [WEIGHTS["three"], WEIGHTS["one"], WEIGHTS["two"]])
        # Of an empty file there is nothing to be asked.
        self.assertEqual(sorted(path for path, _ in self.server.seen), ["/one.pth", "/two.pth"])
        self.elsewhere()
        self.cache = self.folder / "cache ö"
        self.assertEqual(self.zoo("pull", "--lock", self.lock, "two", *nowhere)[:2], (0, "%s\n" % paths[2]))
        self.assertEqual(self.zoo("path", "--lock", self.lock, "two", *nowhere), (0, "%s\n" % paths[2], ""))
        self.assertEqual(self.zoo("pull", "--lock", self.lock, "tow", *nowhere)[0], 3)
        self.assertEqual(self.server.seen, [])

    def test_pull_gives_exactly_the_locked_bytes(self):
        self.make_lock("one")
        self.server.routes["/one.pth"] = harness.serve_file(WEIGHTS["one"][:-1] + b"x")
        self.run_zoo("pull", "--lock", self.lock, code=6)
        self.assertEqual(self.blobs(), [])

    def test_a_lock_made_here_is_the_same_elsewhere(self):
        self.make_lock()
        self.run_zoo("pull", "--lock", self.lock)
        here = {blob.name: blob.read_bytes() for blob in self.blobs()}
        self.cache = self.folder / "another cache"
        self.run_zoo("pull", "--lock", self.lock)
        self.assertEqual({blob.name: blob.read_bytes() for blob in self.blobs()}, here)
        self.assertEqual(self.run_zoo("lock", "one", "two", "drei=three")[0], self.lock.read_text())

    def test_bundle_is_a_plain_tar(self):
        self.make_bundle()
        first = self.tar.read_bytes()
        self.cache = self.folder / "another cache"
        self.run_zoo("pull", "--lock", self.lock)
        self.run_zoo("bundle", "--lock", self.lock, "-o", self.tar)
        self.assertEqual(self.tar.read_bytes(), first)
        names = ["zoo.lock", "entries.json"] + sorted(
            "blobs/sha256/" + hashlib.sha256(body).hexdigest() for body in WEIGHTS.values())
        listed = subprocess.run(["tar", "tvf", self.tar, "--numeric-owner", "--utc"], capture_output=True, text=True, check=True)
        self.assertEqual(listed.stderr, "")
        rows = [line.split() for line in listed.stdout.splitlines()]
        self.assertEqual([row[-1] for row in rows], names)
        self.assertEqual({(row[0], row[1], row[3], row[4]) for row in rows}, {("-r--r--r--", "0/0", "1970-01-01", "00:00")})
        with tarfile.open(self.tar) as tar:
            self.assertEqual(tar.getnames(), names)
            for member in tar.getmembers():
                self.assertEqual((member.uid, member.gid, member.mtime, member.mode, member.isreg()), (0, 0, 0, 0o444, True))
                if member.name.startswith("blobs/"):
                    self.assertEqual("blobs/sha256/" + hashlib.sha256(tar.extractfile(member).read()).hexdigest(), member.name)
            self.assertEqual(tar.extractfile("zoo.lock").read(), self.lock.read_bytes())

    def test_unbundle_without_a_network(self):
        self.make_bundle()
        self.elsewhere()
        to = self.folder / "from the bundle"
        code, out, err = self.zoo("unbundle", self.tar, "--to", to, "--registry", self.folder / "nowhere.json")
        self.assertEqual(code, 0, err)
        self.assertEqual([pathlib.Path(line).read_bytes() for line in out.splitlines()],
                         [WEIGHTS["three"], WEIGHTS["one"], WEIGHTS["two"]])
        self.assertEqual((to / "zoo.lock").read_bytes(), self.lock.read_bytes())
        self.assertEqual(self.zoo("pull", "--lock", to / "zoo.lock", "--offline", "--quiet")[:2], (0, out))
        shown = json.loads(self.zoo("show", "house/one", "--json", "--registry", to / "house")[1])
        self.assertEqual(json.dumps(shown).count("CC0-1.0"), 1)
        document = json.loads(self.zoo("unbundle", self.tar, "--json", "--quiet")[1])
        self.assertEqual({(row["alias"], row["cached"]) for row in document["weights"]},
                         {("drei", True), ("one", True), ("two", True)})
        self.assertEqual(self.server.seen, [])
        self.assertNothingWrongInCache()

    def test_list(self):
        self.make_bundle()
        self.elsewhere()
        document = json.loads(self.zoo("unbundle", "--list", self.tar, "--json")[1])
        self.assertEqual([(row["alias"], row["here"]) for row in document["weights"]],
                         [("drei", True), ("one", True), ("two", True)])
        self.assertIn("house/one:V1", self.zoo("unbundle", "--list", self.tar)[1])
        self.assertEqual(self.blobs(), [])

    def test_only_missing(self):
        self.make_lock("one")
        old = self.folder / "old.lock"
        os.rename(self.lock, old)
        self.make_bundle()
        whole = self.tar.stat().st_size
        self.run_zoo("bundle", "--lock", self.lock, "--only-missing", old, "-o", self.tar)
        self.assertLess(self.tar.stat().st_size, whole - 70_000)
        self.elsewhere()
        code, out, err = self.zoo("unbundle", self.tar)
        self.assertEqual((code, len(out.splitlines())), (3, 2))
        self.assertIn("house/one:V1 is neither in ", err)
        self.server.routes["/one.pth"] = harness.serve_file(WEIGHTS["one"])
        self.run_zoo("pull", "--lock", old)
        self.assertEqual(len(self.zoo("unbundle", self.tar)[1].splitlines()), 3)

    def test_bundle_of_what_is_not_here(self):
        self.make_lock()
        _, err = self.run_zoo("bundle", "--lock", self.lock, "-o", self.tar, code=3)
        self.assertEqual(err, "zoo: not in the cache: drei, one, two; `zoo pull --lock %s` gets them\n" % self.lock)
        self.run_zoo("pull", "--lock", self.lock)
        changed = copy.deepcopy(self.entries)
        changed[0]["license"] = "MIT"
        self.registry(*changed)
        self.run_zoo("bundle", "--lock", self.lock, "-o", self.tar, code=8)
        self.assertFalse(self.tar.exists())
        self.run_zoo("bundle", "--lock", self.lock, "-o", self.tar, "--no-entries")
        self.elsewhere()
        self.assertEqual(self.zoo("unbundle", self.tar)[0], 0)

    def test_two_at_once(self):
        self.make_bundle()
        self.elsewhere()
        both = [subprocess.Popen([self.files["zoo"], "unbundle", self.tar], env=self.environment(), stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE) for _ in range(2)]
        outs = [process.communicate(timeout=60)[0] for process in both]
        self.assertEqual([process.returncode for process in both], [0, 0])
        self.assertEqual(outs[0], outs[1])
        self.assertEqual(len(self.blobs()), 3)
        self.assertNothingWrongInCache()

    def test_interrupted(self):
        """A pipe takes as much as the test reads, so the program is in the middle of a file when the signal comes."""
        large = harness.seeded_bytes(3, 8 << 20)
        self.server.routes["/large.pth"] = harness.serve_file(large)
        self.registry(harness.entry("large", large, self.server.url + "/large.pth"))
        self.make_lock("large")
        self.run_zoo("pull", "--lock", self.lock)
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        process = subprocess.Popen([self.files["zoo"], "bundle", "--lock", self.lock, "-o", pipe, "--no-entries", "--quiet"],
                                   env=self.environment(), stderr=subprocess.PIPE)
        with open(pipe, "rb") as end:
            end.read(1 << 20)
            process.send_signal(signal.SIGINT)
            rest = end.read()
        self.assertLess(len(rest), 7 << 20)
        self.assertEqual(process.wait(timeout=60), 130)
        self.assertEqual(process.stderr.read(), b"zoo: house/large:V1: cancelled; no bundle was written\n")
        process.stderr.close()

    def test_no_room(self):
        self.make_lock()
        self.run_zoo("pull", "--lock", self.lock)
        _, err = self.run_zoo("bundle", "--lock", self.lock, "-o", "/dev/full", code=5)
        self.assertIn("the file needs ", err)

    def test_damaged(self):
        self.make_bundle()
        self.elsewhere()
        body = self.tar.read_bytes()
        at = body.index(WEIGHTS["one"]) + 40_000
        self.tar.write_bytes(body[:at] + bytes([body[at] ^ 1]) + body[at + 1:])
        code, out, err = self.zoo("unbundle", self.tar, "--to", self.folder / "to", "--quiet")
        self.assertEqual((code, len(out.splitlines())), (6, 2))
        self.assertRegex(err, "^zoo: .*: house/one:V1: one.pth: sha256 is .*; the bundle is damaged: get it again\n$")
        self.assertEqual(len(self.blobs()), 2)
        self.assertNothingWrongInCache()
        self.assertFalse((self.folder / "to").exists())

    def test_host_of_a_token(self):
        self.registry(harness.entry("one", WEIGHTS["one"], "https://models.example.org/one.pth"), *self.entries[1:])
        out, _ = self.run_zoo("lock", "one", "two", "--auth-host", "models.example.org")
        self.assertEqual([row["auth_host"] for row in json.loads(out)["weights"]], ["models.example.org", None])
        self.lock.write_text(out)
        self.run_zoo("lock", "--update", self.lock)
        self.assertEqual(self.lock.read_text(), out)
        _, err = self.run_zoo("lock", "two", "--auth-host", "models.example.org", code=2)
        self.assertTrue(err.startswith('zoo: none of these weights has an https source at "models.example.org"; '), err)

    def test_hostile(self):
        """Tars that Python makes of a good bundle's members with one thing changed."""
        self.make_bundle()
        self.elsewhere()
        with tarfile.open(self.tar) as tar:
            members = [(member, tar.extractfile(member).read()) for member in tar.getmembers()]

        def change(**fields):
            changed = copy.copy(members[2][0])
            for name, value in fields.items():
                setattr(changed, name, value)
            return members[:2] + [(changed, members[2][1])] + members[3:]

        outside = self.folder / "outside"
        cases = {
            "parent": change(name="../outside"),
            "absolute": change(name=str(outside)),
            "symbolic link": change(type=tarfile.SYMTYPE, linkname="/etc/passwd", size=0),
            "hard link": change(type=tarfile.LNKTYPE, linkname="zoo.lock", size=0),
            "directory": change(type=tarfile.DIRTYPE, size=0),
            "owner": change(uid=1),
            "set user id": change(mode=0o4755),
            "time": change(mtime=1),
            "twice": members[:3] + members[2:],
            "another order": members[:2] + members[:1:-1],
            "no lock": members[1:],
            "no entries": members[:1] + members[2:],
            "one more": members + [(tarfile.TarInfo("blobs/sha256/" + "0" * 64), b"")],
        }
        for what, wanted in cases.items():
            with self.subTest(what):
                data = io.BytesIO()
                with tarfile.open(fileobj=data, mode="w", format=tarfile.USTAR_FORMAT) as tar:
                    for member, body in wanted:
                        tar.addfile(member, io.BytesIO(body))
                self.tar.write_bytes(data.getvalue())
                code, out, err = self.zoo("unbundle", self.tar, "--to", self.folder / "to")
                self.assertEqual((code, out), (6, ""), err)
                self.assertIn("at byte ", err)
                self.assertEqual(self.blobs(), [])
                self.assertFalse(outside.exists())
                self.assertFalse((self.folder / "to").exists())


if __name__ == "__main__":
    unittest.main(argv=["bundle_test"])
