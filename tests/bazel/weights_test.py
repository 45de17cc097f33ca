#!/usr/bin/env python3
"""bazel/weights.bzl in a small workspace that takes files and compiles nothing: what is fetched, from where, and what is refused."""
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import unittest

from workspace import Workspace, locked

PREPARED = """\
workspace(name = "taker")
local_repository(name = "zoo", path = "overridden")
load("@zoo//third_party:distro.bzl", "distro_probe")
distro_probe(name = "distro")
load("@distro//:repos.bzl", "distro_repositories")
distro_repositories()
load("@zoo//bazel:weights.bzl", "zoo_weights")
"""
WORKSPACE_LOCK = """\
zoo_weights(name = "{name}", lock = "//:{file}")
load("@{name}//:repos.bzl", {name}_repositories = "weights_repositories")
{name}_repositories()
"""
MODULE = """\
module(name = "taker")
bazel_dep(name = "zoo", version = "0.1.0")
weights = use_extension("@zoo//bazel:extensions.bzl", "weights")
"""
MODULE_LOCK = """\
weights.lock(name = "{name}", file = "//:{file}")
use_repo(weights, "{name}")
"""
COPY = """\
genrule(
    name = "copy",
    srcs = ["{label}"],
    outs = ["copied"],
    cmd = "cp $< $@",
)
"""
# Compares what parse_lock says of the lock in each row.
TABLE = """\
load("@zoo//bazel:lock.bzl", "parse_lock", "urls_at")

def problems(rows):
    for text, expected in rows:
        weights, problem = parse_lock(text, "zoo.lock")
        said = problem or "; ".join([w["unusable"] for w in weights])
        if said != expected:
            fail("expected " + expected + " but got " + said)

def urls(rows):
    for host, given, expected in rows:
        if urls_at(host, given) != expected:
            fail("%s: %s" % (host, urls_at(host, given)))
"""

CONTENT = b"weights of a net " * 1000
URL = "https://models.example.org/d.pt"
ALIAS_RULE = "must be a target's name: letters, digits and ._-, a letter or digit first, no word of Bazel's"
# What is changed in a good lock, and what is said of it.
BAD = [
    ({"alias": "a b"}, 'weights[0]: alias is "a b", and ' + ALIAS_RULE),
    ({"alias": "../x"}, 'weights[0]: alias is "../x", and ' + ALIAS_RULE),
    ({"alias": "a..b"}, 'weights[0]: alias is "a..b", and ' + ALIAS_RULE),
    ({"alias": "_a"}, 'weights[0]: alias is "_a", and ' + ALIAS_RULE),
    ({"alias": ""}, 'weights[0]: alias is "", and ' + ALIAS_RULE),
    ({"alias": 'a"'}, "weights[0]: alias is \"a\\\"\", and " + ALIAS_RULE),
    ({"alias": "all"}, 'weights[0]: alias is "all", and ' + ALIAS_RULE),
    ({"alias": "BUILD.bazel"}, 'weights[0]: alias is "BUILD.bazel", and ' + ALIAS_RULE),
    ({"alias": 7}, "weights[0]: alias is 7, and " + ALIAS_RULE),
    ({"alias": "a" * 129}, 'weights[0]: alias is "' + "a" * 79 + ", and " + ALIAS_RULE),
    ({"name": "a\nb"}, 'weights[0]: name is "a\\nb", and must be the name of an entry'),
    ({"name": None}, "weights[0]: name is None, and must be the name of an entry"),
    ({"file": "../d.pt"}, "weights[0]: file is \"../d.pt\", and must be a file's name without '/'"),
    ({"file": "a\\b"}, "weights[0]: file is \"a\\\\b\", and must be a file's name without '/'"),
    ({"file": ".."}, "weights[0]: file is \"..\", and must be a file's name without '/'"),
    ({"file": ""}, "weights[0]: file is \"\", and must be a file's name without '/'"),
    ({"sha256": "ab"}, 'weights[0]: sha256 is "ab", and must be 64 lower-case hex digits'),
    ({"sha256": "A" * 64}, 'weights[0]: sha256 is "' + "A" * 64 + '", and must be 64 lower-case hex digits'),
    ({"sha256": ""}, 'weights[0]: sha256 is "", and must be 64 lower-case hex digits'),
    ({"sha256": None}, "weights[0]: sha256 is None, and must be 64 lower-case hex digits"),
    ({"sources": URL}, 'weights[0]: sources is "%s", and must be a list of URLs and objects' % URL),
    ({"sources": [7]}, "weights[0]: sources is [7], and must be a list of URLs and objects"),
    ({"auth_host": "a/b"}, 'weights[0]: auth_host is "a/b", and must be null or a host\'s name in lower case'),
    ({"auth_host": ""}, 'weights[0]: auth_host is "", and must be null or a host\'s name in lower case'),
]
NO_URL = ("d (lab/d:v1) has no https or file URL, and Bazel takes weights from no other source; the lock gives %s. "
          "Publish them in a folder or on an https server (zoo publish), and lock that entry.")
NO_NAME = ("d (lab/d:v1) is the file %s, whose name Bazel cannot take. "
           "Publish it under a name of letters, digits and ._-+=,~ and lock that entry.")
# What is changed, and the sentence for whoever uses the weights; the lock is right.
UNUSABLE = [
    ({"sources": []}, NO_URL % "none"),
    ({"sources": ["http://h.example/d.pt?key=canary#canary"]}, NO_URL % "http://h.example/d.pt"),
    ({"sources": ["https://me:canary@h.example/d.pt"]}, NO_URL % "https://***@h.example/d.pt"),
    ({"sources": ["https:///d.pt", "https://:8/d.pt"]}, NO_URL % "https:///d.pt, https://:8/d.pt"),
    ({"sources": ["file://host/d.pt", "file:///", "d.pt"]}, NO_URL % "file://host/d.pt, file:///, d.pt"),
    ({"sources": ["https://h.example/a b"]}, NO_URL % "a URL with other characters than URLs have"),
    ({"sources": [{"wheel": "digits==1.0", "member": "d.pt"}]}, NO_URL % "the wheel digits==1.0"),
    ({"sources": [{"wheel": 7}]}, NO_URL % "what is no URL"),
    ({"file": "BUILD"}, NO_NAME % '"BUILD"'),
    ({"file": "build.Bazel"}, NO_NAME % '"build.Bazel"'),
    ({"file": "a b.pt"}, NO_NAME % '"a b.pt"'),
    ({"file": "@a.pt"}, NO_NAME % '"@a.pt"'),
    ({"file": "a:b.pt"}, NO_NAME % '"a:b.pt"'),
    ({}, ""),
    ({"sources": ["http://h.example/d.pt", URL]}, ""),
    ({"file": "d-1.2+a=b,c~.pt", "auth_host": "h.example", "new": {"field": 1}}, ""),
]
LOCKS = [
    ([], "zoo.lock: its schema is None, and this zoo reads zoo/lock/1; write it anew with zoo lock"),
    ({"schema": "zoo/lock/2"}, 'zoo.lock: its schema is "zoo/lock/2", and this zoo reads zoo/lock/1; write it anew with zoo lock'),
    ({"schema": "zoo/lock/1"}, "zoo.lock: it has no list of weights; write it anew with zoo lock"),
    ({"schema": "zoo/lock/1", "weights": [7]}, "zoo.lock: weights[0]: is not an object"),
    ({"schema": "zoo/lock/1", "weights": [locked("d", b"", [URL]), locked("D", b"", [URL])]},
     "zoo.lock: weights[1]: the aliases d and D are too alike"),
    ({"schema": "zoo/lock/1", "weights": []}, ""),
]
HF = "huggingface.co"
# auth_host, URLs, those that may have its token.
AT_HOST = [
    (HF, ["https://huggingface.co/a/b", "https://huggingface.co.evil.example/a", "https://evil.example/huggingface.co/",
          "https://huggingface.co:8443/a", "https://cdn.huggingface.co/a", "file:///huggingface.co/a"],
     ["https://huggingface.co/a/b"]),
    ("", ["https://huggingface.co/a", "https:///a"], []),
]


def one(**changes):
    return {"schema": "zoo/lock/1", "weights": [{**locked("d", b"", [URL]), **changes}]}


class Counting(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT and counts."""

    requests = 0

    def do_GET(self):
        Counting.requests += 1
        self.send_response(200)
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *arguments):
        pass


class Weights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = pathlib.Path(tempfile.mkdtemp(prefix="zoo_weights."))
        (cls.temporary / "taker").mkdir()
        cls.cache = cls.temporary / "repository cache"
        cls.taker = Workspace(cls.temporary / "taker", cls.temporary / "output", ["--nohome_rc"],
                              ["--repository_cache=%s" % cls.cache])

    @classmethod
    def tearDownClass(cls):
        cls.taker.close()
        subprocess.run(["chmod", "-R", "u+w", str(cls.temporary)], check=False)
        shutil.rmtree(cls.temporary, ignore_errors=True)

    def setUp(self):
        self.files = pathlib.Path(tempfile.mkdtemp(dir=self.temporary))
        shutil.rmtree(self.cache, ignore_errors=True)
        self.use_locks(weights="zoo.lock")

    def use_locks(self, **locks):
        """The workspace gets these repositories: name = file of the lock."""
        self.taker.write(
            WORKSPACE=PREPARED + "".join(WORKSPACE_LOCK.format(name=n, file=f) for n, f in locks.items()),
            MODULE=MODULE + "".join(MODULE_LOCK.format(name=n, file=f) for n, f in locks.items()))

    def file(self, name, content):
        """A file: URL."""
        (self.files / name).write_bytes(content)
        return (self.files / name).as_uri()

    def take(self, label):
        """What a target that has `label` as its source gets; the build must succeed."""
        self.taker.write(BUILD=COPY.format(label=label))
        done = self.taker.run("build", "//:copy")
        self.assertEqual(done.returncode, 0, done.stderr)
        return (self.taker.folder / "bazel-bin" / "copied").read_bytes()

    def refuse(self, label):
        """What Bazel says when it refuses."""
        self.taker.write(BUILD=COPY.format(label=label))
        done = self.taker.run("build", "//:copy")
        self.assertNotEqual(done.returncode, 0, "it was built")
        return done.stderr

    def repository(self, name):
        """The folder of a repository, whatever Bazel puts before its name; None if it was not fetched."""
        folders = list((self.taker.output_base / "external").iterdir())
        return next((f for f in folders if f.name == name or f.name.endswith(("~" + name, "+" + name))), None)

    def check_table(self, function, rows):
        self.taker.write_lock()
        (self.taker.folder / "table.bzl").write_text(TABLE)
        self.taker.write(BUILD='load("//:table.bzl", "%s")\n%s(%s)\n' % (function, function, json.dumps(rows)))
        done = self.taker.run("build", "//:all")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_target_gets_the_bytes(self):
        self.taker.write_lock(locked("digits", CONTENT, [self.file("digits.pt", CONTENT)]))
        self.assertEqual(self.take("@weights//:digits"), CONTENT)
        self.assertIn("digits.pt", os.listdir(self.repository("weights_digits")))

    def test_a_path_with_a_blank(self):
        self.taker.write_lock(locked("blank", CONTENT, [self.file("a blank.pt", CONTENT)]))
        self.assertEqual(self.take("@weights//:blank"), CONTENT)

    def test_only_what_is_used_is_fetched(self):
        self.taker.write_lock(locked("used", CONTENT, [self.file("used.pt", CONTENT)]),
                              locked("unused", b"other", ["file:///nowhere/unused.pt"]))
        self.assertEqual(self.take("@weights//:used"), CONTENT)
        self.assertIsNotNone(self.repository("weights_used"))
        self.assertIsNone(self.repository("weights_unused"))

    def test_other_bytes_are_refused(self):
        other = CONTENT.replace(b"net", b"not", 1)
        self.taker.write_lock(locked("changed", CONTENT, [self.file("changed.pt", other)]))
        said = self.refuse("@weights//:changed")
        self.assertIn("Checksum was", said)
        self.assertIn("but wanted " + locked("changed", CONTENT, [])["sha256"], said)

    def test_http_is_refused_and_not_asked(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Counting)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = "http://127.0.0.1:%d/d.pt" % server.server_port
        self.taker.write_lock(locked("plain", CONTENT, [url]))
        self.assertIn("zoo.lock: plain (lab/plain:v1) has no https or file URL, and Bazel takes weights from no other source; "
                      "the lock gives %s." % url, self.refuse("@weights//:plain"))
        self.taker.write_lock(locked("both", CONTENT, [url, self.file("both.pt", CONTENT)]))
        self.assertEqual(self.take("@weights//:both"), CONTENT)
        self.assertEqual(Counting.requests, 0)

    def test_without_a_url_only_their_user_fails(self):
        self.taker.write_lock(locked("here", CONTENT, [self.file("here.pt", CONTENT)]),
                              locked("wheel", b"other", [{"wheel": "digits==1.0", "member": "d.pt"}]),
                              locked("odd", b"odd", [self.file("odd.pt", b"odd")], file="o d.pt"))
        self.assertEqual(self.take("@weights//:here"), CONTENT)
        self.assertIn("wheel (lab/wheel:v1) has no https or file URL", self.refuse("@weights//:wheel"))
        self.assertIn('odd (lab/odd:v1) is the file "o d.pt", whose name Bazel cannot take', self.refuse("@weights//:odd"))

    def test_offline_from_the_repository_cache(self):
        self.taker.write_lock(locked("once", CONTENT, [self.file("once.pt", CONTENT)]))
        self.assertEqual(self.take("@weights//:once"), CONTENT)
        (self.files / "once.pt").unlink()
        self.taker.write_lock(locked("again", CONTENT, ["https://weights.invalid/again.pt"]))
        self.assertEqual(self.take("@weights//:again"), CONTENT)
        self.taker.write_lock(locked("never", b"never seen", ["https://weights.invalid/never.pt"]))
        self.assertIn("weights.invalid", self.refuse("@weights//:never"))

    def test_sources_in_order(self):
        self.taker.write_lock(locked("mirrored", CONTENT, ["file:///nowhere/m.pt", self.file("m.pt", CONTENT)]))
        self.assertEqual(self.take("@weights//:mirrored"), CONTENT)

    def test_a_new_lock_is_read(self):
        for content in (b"first", b"second"):
            self.taker.write_lock(locked("moving", content, [self.file("%s.pt" % content.decode(), content)]))
            self.assertEqual(self.take("@weights//:moving"), content)

    def test_two_locks(self):
        self.use_locks(weights="zoo.lock", others="others.lock")
        self.taker.write_lock(locked("same", CONTENT, [self.file("a.pt", CONTENT)]))
        self.taker.write_lock(locked("same", b"others", [self.file("b.pt", b"others")]), name="others.lock")
        self.assertEqual(self.take("@weights//:same"), CONTENT)
        self.assertEqual(self.take("@others//:same"), b"others")

    def test_one_repository_for_two_weights(self):
        self.use_locks(weights="zoo.lock", weights_lab="lab.lock")
        self.taker.write_lock(locked("lab_d", CONTENT, [self.file("a.pt", CONTENT)]))
        self.taker.write_lock(locked("d", b"others", [self.file("b.pt", b"others")]), name="lab.lock")
        self.assertIn("weights_lab_d", self.refuse("@weights//:lab_d"))

    def test_wrong_locks(self):
        self.check_table("problems", [(json.dumps(lock), said) for lock, said in LOCKS] +
                         [(json.dumps(one(**changes)), "zoo.lock: " + said) for changes, said in BAD])

    def test_what_bazel_cannot_fetch(self):
        self.check_table("problems", [(json.dumps(one(**changes)), said and "zoo.lock: " + said) for changes, said in UNUSABLE])

    def test_a_token_is_for_its_host(self):
        self.check_table("urls", AT_HOST)

    def test_no_json(self):
        for text in ("", "{", '{"schema": "zoo/lock/1", "schema": "zoo/lock/1", "weights": []}'):
            (self.taker.folder / "zoo.lock").write_text(text)
            self.refuse("@weights//:digits")


if __name__ == "__main__":
    unittest.main()
