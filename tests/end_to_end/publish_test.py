#!/usr/bin/env python3
"""zoo publish: a registry's folder made and extended by the real program, what it refuses, and that nothing goes wrong with two at once,
a kill, Ctrl-C or a full disk."""
import hashlib
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import struct
import subprocess
import time
import unittest

import harness

USAGE, NOT_FOUND, DISK, CORRUPT, MISMATCH, INTERRUPTED = 2, 3, 5, 6, 8, 130
FILES = harness.arguments()


def safetensors(**tensors):
    """A file of one-dimensional float32 tensors."""
    header, data = {}, b""
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": [len(values)], "data_offsets": [len(data), len(data) + 4 * len(values)]}
        data += struct.pack("<%df" % len(values), *values)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


class Publish(harness.ZooTest):
    def setUp(self):
        super().setUp()
        self.lab = self.folder / "läb 1"
        self.mine = self.write("mine.safetensors", safetensors(weight=[1, 2], bias=[3]))

    def write(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def copy(self, name):
        return self.write(name, pathlib.Path(FILES[name]).read_bytes())

    def publish(self, file, name, *more, to=None, **options):
        return self.zoo("publish", file, "--name", name, "--to", to or self.lab, "--license", "MIT", *more, **options)

    def published(self, file, name, *more):
        code, out, err = self.publish(file, name, "--json", *more)
        self.assertEqual(code, 0, err)
        return json.loads(out)

    def refused(self, code, sentence, file, name, *more):
        before = self.tree()
        got, out, err = self.publish(file, name, *more)
        err = err.replace(str(self.folder) + "/", "")
        self.assertEqual((got, out, err.splitlines()[-1:]), (code, "", ["zoo: " + sentence]), err)
        self.assertEqual(self.tree(), before)

    def tree(self):
        return {str(p.relative_to(self.lab)): p.read_bytes() for p in self.lab.rglob("*") if p.is_file()} if self.lab.exists() else None

    def registry_file(self):
        return json.loads((self.lab / "zoo.json").read_text())

    def squeezenet(self):
        """A small model of ours with ten classes' worth of random weights."""
        made = self.folder / "made"
        made.mkdir(exist_ok=True)
        subprocess.run([FILES["model_files"], "make", str(made)], check=True, stdout=subprocess.DEVNULL, timeout=120)
        return made

    ARCHITECTURE = ("--arch", "squeezenet1_1", "--option", "num_classes=7", "--option", "dropout=0.25")

    def test_a_model_of_ours_and_who_pulls_it_gets_the_same_logits(self):
        made = self.squeezenet()
        names = self.write("names.txt", "\n".join("thing %d" % i for i in range(7)).encode())
        code, out, err = self.publish(made / "state.pt", "net:v1", *self.ARCHITECTURE, "--photo", FILES["chelsea.png"], "--metric", "things/acc@1=14.3",
                                      "--categories", names, "--recipe", "by hand")
        self.assertEqual(code, 0, err)
        self.assertIn("photos are prepared as for squeezenet1_1's usual weights: short side 256, crop 224", err)
        self.assertRegex(out, r"(?m)^checked +2 probes$")
        document = self.registry_file()
        self.assertEqual((document["schema"], document["version"], document["categories"]),
                         ("zoo/registry/1", 1, {"net": ["thing %d" % i for i in range(7)]}))
        entry, = document["entries"]
        blob = (self.lab / "files" / entry["artifact"]["file"]).read_bytes()
        self.assertEqual(blob, (made / "state.pt").read_bytes())
        self.assertEqual((entry["artifact"]["size"], entry["artifact"]["sha256"]), (len(blob), hashlib.sha256(blob).hexdigest()))
        self.assertEqual(entry["artifact"]["sources"], [{"url": "files/" + entry["artifact"]["file"]}])
        self.assertEqual((entry["architecture"], entry["license"], entry["metrics"], entry["recipe"], entry["categories"], entry["default"]),
                         ({"name": "squeezenet1_1", "options": {"num_classes": 7, "dropout": 0.25}}, "MIT", {"things": {"acc@1": 14.3}}, "by hand",
                          "net", True))
        self.assertEqual(entry["parameters"], 726087)
        self.assertEqual([("photo" in probe["input"]) for probe in entry["probe"]], [False, True])
        photo = self.lab / entry["probe"][1]["input"]["photo"]
        self.assertEqual(hashlib.sha256(photo.read_bytes()).hexdigest(), entry["probe"][1]["input"]["sha256"])
        self.assertNotIn("provenance", entry)

        shutil.rmtree(made)
        moved = self.lab.rename(self.folder / "elsewhere")
        code, out, err = self.zoo("pull", "net", "--registry", moved, "--quiet")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(pathlib.Path(out.strip()).read_bytes(), blob)
        code, out, err = self.zoo("check", "net", "--registry", moved, "--json")
        self.assertEqual(code, 0, err)
        checked = json.loads(out)["passed"]
        self.assertEqual([(row["name"], row["input"]) for row in checked], [("net:v1", "generated [1, 3, 224, 224]"), ("net:v1", "photo " + photo.name)])
        code, _, err = self.zoo("verify", pathlib.Path(moved / "files" / entry["artifact"]["file"]), "--fingerprint", entry["fingerprint"])
        self.assertEqual(code, 0, err)
        code, out, err = self.zoo("show", "net", "--registry", moved)
        self.assertEqual(code, 0, err)
        self.assertIn("2 inputs with known logits", out)
        # Another photo under that name, and none.
        (moved / photo.name).write_bytes(b"another")
        code, out, err = self.zoo("check", "net", "--registry", moved)
        self.assertEqual(code, CORRUPT)
        self.assertIn("net:v1, generated [1, 3, 224, 224]  pass  ", out)
        self.assertIn("it is another photo than the one that the probe was made of", err)
        (moved / photo.name).unlink()
        self.assertEqual(self.zoo("check", "net", "--registry", moved)[0], NOT_FOUND)

    def serve(self):
        """The folder as a static web server has it, from now on."""
        self.server.routes = {"/lab/" + name: harness.serve_file(body, etag='"%s"' % hashlib.sha256(body).hexdigest()[:8])
                              for name, body in self.tree().items()}

    def test_from_a_web_server_with_its_photo(self):
        made = self.squeezenet()
        code, _, err = self.publish(made / "state.pt", "net:v1", *self.ARCHITECTURE, "--photo", FILES["chelsea.png"])
        self.assertEqual(code, 0, err)
        entry, = self.registry_file()["entries"]
        photo = entry["probe"][1]["input"]["photo"]
        self.serve()
        code, _, err = self.zoo("registry", "add", "lab", self.server.url + "/lab/")
        self.assertEqual(code, 0, err)
        del self.server.seen[:]
        code, out, err = self.zoo("check", "lab/net", "--json", "--quiet")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(len(json.loads(out)["passed"]), 2)
        self.assertEqual([path for path, _ in self.server.seen], ["/lab/" + entry["artifact"]["sources"][0]["url"], "/lab/" + photo])
        self.assertEqual([blob.name for blob in self.blobs()], sorted([entry["artifact"]["sha256"], entry["probe"][1]["input"]["sha256"]]))
        code, out, err = self.zoo("check", "lab/net", "--offline")
        self.assertEqual(code, 0, err)
        self.assertEqual(len(self.server.seen), 2)
        # Another photo at the server is not taken.
        self.server.routes["/lab/" + photo] = harness.serve_file(b"another photo")
        shutil.rmtree(self.cache)
        code, out, err = self.zoo("check", "lab/net", "--quiet")
        self.assertEqual(code, CORRUPT, err)
        self.assertEqual([blob.name for blob in self.blobs()], [entry["artifact"]["sha256"]])

    def test_what_does_not_fit_a_model_of_ours(self):
        made = self.squeezenet()
        self.refused(MISMATCH, "made/state.pt does not fit squeezenet1_1: wrong shape classifier.1.weight (file [7, 512, 1, 1], module [1000, 512, 1, 1]), "
                     "classifier.1.bias (file [7], module [1000]). For another class count pass num_classes = 7, for a new last layer head = Head::kFresh",
                     made / "state.pt", "net:v1", "--arch", "squeezenet1_1")
        names = self.write("names.txt", b"one\ntwo\n")
        self.refused(MISMATCH, "names.txt has 2 names, and squeezenet1_1 gives 7 logits; one name a line, in the order of the logits",
                     made / "state.pt", "net:v1", *self.ARCHITECTURE, "--categories", names)
        # A whole model is published as its weights.
        document = self.published(made / "whole.pt", "net:v1", *self.ARCHITECTURE)
        self.assertTrue(document["checked"])
        self.assertIsInstance(document["entry"]["probe"], dict)
        state = json.loads(self.zoo("inspect", document["file"], "--json")[1])["state_dict"]
        self.assertEqual(state["path"], [])

    def test_of_a_training_checkpoint_the_weights(self):
        training = self.copy("training.pth")
        document = self.published(training, "mynet:v1")
        self.assertEqual((document["schema"], document["name"], document["version"], document["changed"], document["dry_run"], document["checked"]),
                         ("zoo/publish/1", "mynet:v1", 1, True, False, False))
        self.assertEqual([place["path"] for place in document["left_out"]][:2], [["epoch"], ["best_acc1"]])
        entry = document["entry"]
        self.assertEqual(entry["architecture"], {"name": "mynet", "options": {}})
        self.assertEqual(entry["provenance"]["epoch"], 3)
        self.assertEqual(list(entry["provenance"]), ["file", "format", "epoch", "metrics", "keys", "state_dict"])
        self.assertEqual(entry["provenance"]["keys"], ["epoch", "best_acc1", "state_dict", "optimizer", "scheduler", "args"])
        self.assertNotIn("probe", entry)
        inside = json.loads(self.zoo("inspect", document["file"], "--json")[1])
        self.assertEqual((inside["values"], inside["state_dict"]), ([], {"path": [], "tensors": 9}))
        code, out, _ = self.zoo("diff", training, document["file"])
        self.assertEqual(code, 0, out)

        whole = self.published(training, "mynet:whole", "--whole")
        self.assertEqual(pathlib.Path(whole["file"]).read_bytes(), training.read_bytes())
        self.assertEqual((whole["left_out"], whole["entry"]["fingerprint"]), ([], entry["fingerprint"]))
        code, _, err = self.publish(training, "mynet:v2")
        self.assertEqual(code, 0)
        for line in ("no architecture is named \"mynet\"; published as an architecture of your own: nothing checked that the weights fit, "
                     "and there is no probe",
                     "left out: epoch (an int)", "only the weights are published; --whole publishes the file as it is",
                     "mynet alone still means other weights; --default makes it mean these"):
            self.assertIn(line, err)
        self.refused(USAGE, "--key says what is taken out of the file, and --whole takes all; leave out one of them",
                     training, "mynet:v3", "--whole", "--key", "state_dict")

    def test_names_never_change_their_meaning(self):
        self.published(self.mine, "mynet:v1")
        before = self.tree()
        again = self.published(self.mine, "mynet:v1")
        self.assertEqual((again["changed"], again["version"]), (False, 1))
        self.assertEqual(self.tree(), before)
        other = self.write("other.safetensors", safetensors(weight=[1, 2], bias=[4]))
        digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in (self.mine, other)]
        self.refused(MISMATCH, "mynet:v1 is published already, with other bytes: sha256 is %s there and %s here; a name never changes its meaning: "
                     "publish under a new name with --supersedes mynet:v1" % tuple(digests), other, "mynet:v1")
        self.refused(MISMATCH, "mynet:v1 is published already, with other facts: recipe is not stated there and \"x\" here; a name never changes its "
                     "meaning: publish under a new name with --supersedes mynet:v1", self.mine, "mynet:v1", "--recipe", "x")
        self.refused(USAGE, "MyNet:v2 differs only in case from mynet:v1, which is published already; choose a name that differs in more",
                     other, "MyNet:v2")
        self.refused(NOT_FOUND, "mynet:v0 is not in läb 1; --supersedes names an entry of the same registry, or REGISTRY/NAME",
                     other, "mynet:v2", "--supersedes", "mynet:v0")
        (self.lab / "zoo.json.minisig").write_text("of version 1\n")
        document = self.published(other, "mynet:v2", "--supersedes", "mynet:v1", "--default")
        self.assertEqual((document["version"], document["signature"], document["entry"]["supersedes"]), (2, "stale", "mynet:v1"))
        self.assertEqual((self.lab / "zoo.json.minisig").read_text(), "of version 1\n")
        self.assertEqual(json.loads(self.zoo("show", "mynet", "--registry", self.lab, "--json")[1])["name"], "mynet:v2")
        code, _, err = self.publish(other, "other")
        self.assertEqual(code, 0)
        self.assertIn("zoo.json.minisig is of an earlier version, and nobody will take the new one before `zoo sign ", err)
        self.assertEqual([row["model"] for row in self.registry_file()["entries"]], ["mynet", "mynet", "other"])

    def test_weights_that_are_no_numbers(self):
        bad = self.write("bad.safetensors", safetensors(a=[1], b=[2, float("nan")], c=[float("inf")]))
        sentence = "bad.safetensors: b[1] is not a finite number, nor are others in 1 more tensor; --allow-nan publishes such weights all the same"
        self.refused(CORRUPT, sentence, bad, "mynet")
        self.assertTrue(self.published(bad, "mynet", "--allow-nan")["changed"])

    def test_wrong_requests(self):
        for code, sentence, file, name, *more in [
            (USAGE, "\"mit\" is no licence of the SPDX list; did you mean MIT?", self.mine, "mynet", "--license", "mit"),
            (USAGE, "--name \"lab/mynet\" is not MODEL or MODEL:WEIGHTS; the folder of --to is the registry, and the digest is the file's", self.mine,
             "lab/mynet"),
            (USAGE, "--metric \"acc=1\" is not DATASET/NAME=NUMBER; write --metric digits/acc@1=98.9, for example", self.mine, "mynet", "--metric",
             "acc=1"),
            (USAGE, "--photo is of no use: no architecture is named \"mynet\"; leave it out; only what zoo has can be run on a photo", self.mine, "mynet",
             "--photo", FILES["chelsea.png"]),
            (USAGE, "\"a b\" is no name of a registry; letters, digits, '.', '_' and '-', a letter or digit first", self.mine, "mynet",
             "--registry-name", "a b"),
            (NOT_FOUND, "cannot open absent.pth: No such file or directory", self.folder / "absent.pth", "mynet"),
        ]:
            with self.subTest(sentence=sentence):
                arguments = [a for a in more]
                if "--license" in arguments:
                    code_, out, err = self.zoo("publish", file, "--name", name, "--to", self.lab, *arguments)
                    self.assertEqual((code_, out, err), (code, "", "zoo: " + sentence + "\n"))
                else:
                    self.refused(code, sentence, file, name, *arguments)
        self.assertFalse(self.lab.exists())
        code, out, err = self.zoo("publish", self.mine, "--name", "mynet", "--to", self.lab)
        self.assertEqual((code, out), (USAGE, ""))
        self.assertIn("--license", err)
        self.lab.mkdir()
        (self.lab / "zoo.json").write_text("{}")
        self.refused(CORRUPT, "läb 1/zoo.json: entries is missing", self.mine, "mynet")

    def test_a_dry_run_writes_nothing(self):
        code, out, err = self.publish(self.copy("training.pth"), "mynet:v1", "--dry-run")
        self.assertEqual(code, 0)
        self.assertIn("a dry run: nothing was written", err)
        self.assertFalse(self.lab.exists())
        self.published(self.mine, "mynet:v1")
        before = self.tree()
        document = self.published(self.folder / "training.pth", "mynet:v2", "--dry-run")
        self.assertEqual((document["dry_run"], document["version"]), (True, 2))
        self.assertEqual(self.tree(), before)
        self.refused(MISMATCH, self.publish(self.folder / "training.pth", "mynet:v1")[2].splitlines()[-1][len("zoo: "):], self.folder / "training.pth",
                     "mynet:v1", "--dry-run")
        code, out, err = self.publish(self.mine, "quiet", "--quiet")
        self.assertEqual((code, err), (0, ""))

    def assert_whole(self):
        """Whatever happened: the registry can be read, and each of its files is what it says."""
        if not (self.lab / "zoo.json").exists():
            return 0
        document = self.registry_file()
        for entry in document["entries"]:
            blob = (self.lab / "files" / entry["artifact"]["file"]).read_bytes()
            self.assertEqual(hashlib.sha256(blob).hexdigest(), entry["artifact"]["sha256"])
        self.assertEqual(document["version"], len(document["entries"]))
        return document["version"]

    def start(self, name, **options):
        return subprocess.Popen([FILES["zoo"], "publish", str(self.mine), "--name", name, "--to", str(self.lab), "--license", "MIT"],
                                env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)

    def test_two_at_once(self):
        running = [self.start("mynet:v%d" % i) for i in range(4)]
        done = [(child.communicate(timeout=120), child.returncode) for child in running]
        for (_, err), code in done:
            self.assertIn(code, (0, DISK), err)
            if code == DISK:
                # Who has the lock says so a moment after it got it.
                self.assertRegex(err, r"zoo: cannot publish to .*: (process \d+ on .*|another process) has it open; wait until that is done\n$")
        good = sum(code == 0 for _, code in done)
        self.assertGreater(good, 0)
        self.assertEqual(self.assert_whole(), good)

    def test_killed_or_interrupted_at_any_moment(self):
        seed = random.randrange(1 << 32)
        moments = random.Random(seed)
        entries = 0
        for i in range(8):
            how = (signal.SIGKILL, signal.SIGINT)[i % 2]
            child = self.start("mynet:v%d" % i)
            time.sleep(moments.uniform(0.05, 1))
            child.send_signal(how)
            out, err = child.communicate(timeout=120)
            self.assertIn(child.returncode, (0, -how, INTERRUPTED), err)
            now = self.assert_whole()
            self.assertIn(now - entries, (0, 1), "seed %d" % seed)
            if child.returncode == 0:
                self.assertEqual(now, entries + 1)
            entries = now
        self.published(self.mine, "mynet:last")
        self.assertEqual(self.assert_whole(), entries + 1)
        self.assertEqual([name for name in self.tree() if "incoming" in name or "partial" in name or name.startswith(".")], [])

    def test_a_full_disk(self):
        self.published(self.mine, "mynet:v1")
        before = self.tree()
        large = self.write("large.safetensors", safetensors(weight=[1.0] * 100_000))

        def little_room():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

        code, out, err = self.publish(large, "mynet:v2", preexec_fn=little_room)
        self.assertEqual((code, out), (DISK, ""), err)
        self.assertIn("File too large", err)
        self.assertEqual(self.tree(), before)
        self.assertEqual(self.published(large, "mynet:v2")["version"], 2)


if __name__ == "__main__":
    unittest.main(argv=["publish_test"])
