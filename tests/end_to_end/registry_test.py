#!/usr/bin/env python3
"""Registries by URL, seen through the real program: added, asked for news, and what can go wrong on this machine."""
import contextlib
import datetime
import json
import pathlib
import signal
import subprocess
import threading
import time
import unittest

from harness import entry, send
from registry_harness import BODY, CORRUPT, NETWORK, NOT_FOUND, OK, RegistryTest, USAGE, document, tagged


class Registries(RegistryTest):
    def test_add_pull_and_forget(self):
        self.publish(document(1))
        out, err = self.add("--key", self.key.text)
        self.assertEqual((out, err), ("added lab: 1 entry, version 1, signed with the key %s\n" % self.key.shown_id, ""))
        self.assertEqual(self.requests(), ["/lab/zoo.json", "/lab/zoo.json.minisig"])
        row = self.listed()["lab"]
        self.assertEqual((row["url"], row["key"], row["name"], row["version"], row["entries"], row["error"]),
                         (self.url, self.key.text, "lab", 1, 1, None))
        # Its relative sources begin at its folder; a host that was named may have a private address.
        code, out, err = self.zoo("pull", "lab/net", "--quiet")
        self.assertEqual((code, err), (OK, ""))
        self.assertEqual(pathlib.Path(out.strip()).read_bytes(), BODY)
        self.assertEqual(self.requests(), ["/lab/files/net.pth"])
        # By its URL, and alone in force.
        self.assertEqual(self.zoo("path", "net", "--registry", self.url)[0], OK)
        self.assertEqual(self.zoo("path", "lab/net", "--registry", "builtin")[0], NOT_FOUND)
        self.assertEqual(self.zoo("completion", "names", env={"ZOO_REGISTRY": "lab"})[1], "net\nnet:V1\n")
        self.assertEqual(self.zoo("registry", "remove", "lab"), (OK, "removed lab\n", ""))
        self.assertEqual(self.zoo("registry", "remove", "lab"),
                         (NOT_FOUND, "", "zoo: no registry was added as \"lab\"; `zoo registry list` shows those that were\n"))
        self.assertEqual(self.zoo("registry", "list"), (OK, "", "no registry was added; builtin is always there\n"))
        self.assertFalse((self.state / "lab").exists())

    def test_files_are_the_owners(self):
        self.add_signed()
        for path in [self.folder / "home/.config/zoo/config.json", *(self.state / "lab").glob("*.json*"), self.state / "lab/state.json"]:
            self.assertEqual(path.stat().st_mode & 0o777, 0o600, path)
        for path in [self.folder / "home/.config/zoo", self.state, self.state / "lab"]:
            self.assertEqual(path.stat().st_mode & 0o777, 0o700, path)

    def test_nothing_new_is_two_short_answers(self):
        self.add_signed()
        self.requests()
        code, out, err = self.zoo("registry", "update", "--json")
        self.assertEqual((code, err), (OK, ""))
        row = json.loads(out)["updated"][0]
        self.assertEqual((row["alias"], row["changed"], row["requests"]), ("lab", False, 2))
        self.assertTrue(all("If-None-Match" in headers for _, headers in self.server.seen), self.server.seen)
        self.assertEqual(self.requests(), ["/lab/zoo.json", "/lab/zoo.json.minisig"])
        self.assertEqual(self.zoo("registry", "update")[1],
                         "lab: 1 entry, version 1, signed with the key %s, unchanged\n" % self.key.shown_id)
        self.publish(document(2, "net", "more"))
        self.assertEqual(self.zoo("registry", "update", "lab")[1],
                         "lab: 2 entries, version 2, signed with the key %s\n" % self.key.shown_id)
        self.assertEqual(self.zoo("show", "lab/more")[0], OK)

    def test_who_reads_it_asks_after_a_day(self):
        self.add_signed()
        self.publish(document(2, "net", "more"))
        self.requests()
        self.assertEqual(self.zoo("show", "lab/more")[0], NOT_FOUND, "it was asked a moment ago")
        self.assertEqual(self.requests(), [])
        self.age(0.9)
        self.assertEqual(self.zoo("list", "--registry", "lab", "--quiet")[0], OK)
        self.assertEqual(self.requests(), [])
        self.age(0.2)
        for command in ["path", "verify"]:
            self.zoo(command, "lab/net")
            self.assertEqual(self.requests(), [], command + " makes no request")
        self.assertEqual(self.zoo("list", "--registry", "builtin", "--quiet")[0], OK)
        self.assertEqual(self.requests(), [], "it is not in force")
        self.assertEqual(self.zoo("show", "lab/more")[0], OK)
        self.assertEqual(self.requests(), ["/lab/zoo.json", "/lab/zoo.json.minisig"])
        self.assertEqual(self.zoo("search", "net", "--refresh", "--quiet")[0], OK)
        self.assertEqual(len(self.requests()), 2)
        self.assertEqual(self.zoo("show", "lab/net", "--refresh", "--offline"),
                         (USAGE, "", "zoo: --refresh asks servers, and this run is offline; leave one of the two out\n"))

    def test_what_is_cached_is_pulled_without_a_word(self):
        self.add_signed()
        self.assertEqual(self.zoo("pull", "lab/net", "--quiet")[0], OK)
        self.age(3)
        self.requests()
        self.assertEqual(self.zoo("pull", "lab/net", "--quiet")[0], OK)
        self.assertEqual(self.requests(), [])
        self.publish(document(2, "net", "more"))
        self.assertEqual(self.zoo("pull", "lab/more", "--quiet")[0], OK)
        self.assertEqual(self.requests(), ["/lab/zoo.json", "/lab/zoo.json.minisig"], "its file is in the cache")

    def test_offline_the_last_good_copy_serves(self):
        self.add_signed()
        self.age(30)
        self.requests()
        for variable in [{}, {"ZOO_OFFLINE": "1"}]:
            option = [] if variable else ["--offline"]
            self.assertEqual(self.zoo("show", "lab/net", *option, env=variable)[0], OK)
        self.assertEqual(self.requests(), [])
        self.assertEqual(self.zoo("registry", "update", "--offline"), (
            NOT_FOUND, "",
            "zoo: lab is not asked for, because this run is offline (%s); repeat the command where there is a network\n" % self.url))
        when = datetime.datetime.fromtimestamp(self.listed()["lab"]["checked"], datetime.timezone.utc).strftime("%Y-%m-%d %H:%M")
        self.server.routes["/lab/zoo.json"] = lambda h: send(h, 503, b"busy")
        code, out, err = self.zoo("list", "--registry", "lab", env={"TZ": "UTC"})
        self.assertEqual(code, OK)
        self.assertEqual(err.splitlines()[0].replace(self.server.url, "http://HOST"),
                         "lab: http://HOST/lab/zoo.json: it answers 503 Service Unavailable; the copy of %s serves" % when)
        self.assertEqual(self.requests(), ["/lab/zoo.json"], "once, and not again within the hour")
        self.assertEqual(self.zoo("list", "--registry", "lab", "--quiet")[::2], (OK, ""))
        self.assertEqual(self.requests(), [])
        del self.server.routes["/lab/zoo.json"]
        self.assertEqual(self.zoo("list", "--registry", "lab", "--refresh"), (
            NETWORK, "", "zoo: lab: %szoo.json: it answers 404 Not Found; a registry's URL is that of its folder, where a zoo.json is, or of its "
            "file\n" % self.url))

    def test_unsigned(self):
        self.server.routes["/lab/zoo.json"] = tagged(document(1))
        out, err = self.add()
        self.assertEqual(out, "added lab: 1 entry, version 1, unsigned\n")
        self.assertEqual(err, "lab: unsigned: whatever its server says is believed, and checked only against what was seen before\n")
        self.assertEqual(self.listed()["lab"]["key"], None)
        self.publish(document(2))
        code, out, err = self.zoo("registry", "update")
        self.assertEqual((code, out), (OK, "lab: 1 entry, version 2, unsigned\n"))
        self.assertEqual(err, "lab: taken unsigned, because no key was given; it is signed with the key %s: get that key from its publisher, "
                         "`zoo registry remove lab`, and add it again with --key\n" % self.key.shown_id)
        self.publish(document(1))
        self.refused("lab: version 1 is offered, and version 2 was seen before; nothing was taken: an old copy is being served, by mistake or on "
                     "purpose; ask its publisher")

    def test_a_key_in_a_file_and_a_file_of_another_name(self):
        content = document(1)
        self.server.routes["/a/models.json"] = tagged(content)
        self.server.routes["/a/models.json.minisig"] = tagged(self.key.sign(content))
        public = self.folder / "lab.pub"
        public.write_text("untrusted comment: minisign public key %s\n%s\n" % (self.key.shown_id, self.key.text))
        self.assertEqual(self.zoo("registry", "add", "lab", self.server.url + "/a/models.json", "--key", public)[0], OK)
        self.assertEqual(self.listed()["lab"]["key"], self.key.text)

    def test_a_folder_is_read_where_it_lies(self):
        folder = self.folder / "models ö"
        folder.mkdir()
        (folder / "zoo.json").write_bytes(document(1))
        self.assertEqual(self.zoo("registry", "add", "ours", folder), (OK, "added ours: 1 entry, read where it lies\n", ""))
        self.assertEqual(self.zoo("show", "ours/net")[0], OK)
        (folder / "zoo.json").write_bytes(document(1, "net", "more"))
        self.assertEqual(self.zoo("show", "ours/more")[0], OK)
        self.assertEqual(self.zoo("registry", "update")[1], "ours: 2 entries, read where it lies\n")
        self.assertEqual(self.zoo("registry", "add", "again", folder, "--key", self.key.text)[0], USAGE)

    def test_never_fetched(self):
        config = self.folder / "mine.json"
        config.write_text(json.dumps({"schema": "zoo/config/1", "registries": [{"alias": "lab", "url": self.url, "key": self.key.text}]}))
        env = {"ZOO_CONFIG": str(config)}
        self.assertEqual(self.zoo("path", "lab/net", env=env), (
            NOT_FOUND, "", "zoo: lab was never fetched here (%s); `zoo registry update lab` fetches it\n" % self.url))
        self.publish(document(1))
        self.assertEqual(self.zoo("show", "lab/net", env=env)[0], OK, "a command that asks servers gets it")

    def test_damage(self):
        self.add_signed()
        copy = next(p for p in (self.state / "lab").glob("*.json") if p.name != "state.json")
        copy.write_bytes(copy.read_bytes()[:-1] + b" ")
        code, _, err = self.zoo("show", "lab/net", "--offline")
        self.assertEqual(code, CORRUPT)
        self.assertTrue(err.startswith("zoo: the copy of the registry lab that is kept here is damaged: its sha256 is "), err)
        self.assertTrue(err.endswith("; `zoo registry update lab` fetches it again\n"), err)
        self.assertEqual(self.zoo("registry", "update")[0], OK)
        self.assertEqual(self.zoo("show", "lab/net", "--offline")[0], OK)
        state = self.state / "lab/state.json"
        state.write_text("{}")
        sentence = ("zoo: %s: schema is missing; what was seen of lab is not known any more: `zoo registry remove lab` and add it again, with its "
                    "key\n" % state)
        self.assertEqual(self.zoo("registry", "update"), (CORRUPT, "", sentence))
        self.assertEqual(self.zoo("show", "lab/net"), (CORRUPT, "", sentence))
        self.assertEqual(self.listed()["lab"]["error"], sentence[len("zoo: "):-1])
        self.assertEqual(self.zoo("path", "resnet18", "--registry", "builtin")[0], NOT_FOUND)
        self.assertEqual(self.zoo("registry", "remove", "lab")[0], OK)
        self.add("--key", self.key.text)
        config = self.folder / "home/.config/zoo/config.json"
        config.write_text('{"schema": "zoo/config/1", "registries": [{"alias": "lab", "url": "%s", "kay": ""}]}' % self.url)
        self.assertEqual(self.zoo("list"), (
            CORRUPT, "", "zoo: %s: registries[0].kay is no setting; mend the file, or remove it and add the registries again\n" % config))

    def test_a_second_process_waits_or_goes_on(self):
        self.add_signed()
        self.publish(document(2, "net", "more"))
        asked, answer = threading.Event(), threading.Event()
        page = self.server.routes["/lab/zoo.json"]

        def slow(handler):
            asked.set()
            answer.wait(60)
            page(handler)

        self.server.routes["/lab/zoo.json"] = slow
        first = self.start("registry", "update")
        self.assertTrue(asked.wait(60))
        # Who only reads is not kept waiting, and asks nothing while another does.
        self.age(3)
        self.requests()
        self.assertEqual(self.zoo("show", "lab/net")[0], OK)
        self.assertEqual(self.requests(), [])
        second = self.start("registry", "update")
        time.sleep(0.2)
        self.assertIsNone(second.poll())
        answer.set()
        self.assertEqual(first.wait(60), OK)
        self.assertEqual(second.wait(60), OK)
        self.assertEqual(self.listed()["lab"]["version"], 2)

    def test_killed_at_any_moment(self):
        """Whatever a killed update left, the copy of before or the new one serves, and the next update goes through."""
        models = ["m%d" % i for i in range(400)]
        self.add_signed(1, "net", *models)
        version = 1
        for i in range(40):
            before = self.listed()["lab"]["version"]
            version += 1
            self.publish(document(version, "net", *models, note=i))
            child = self.start("registry", "update")
            time.sleep(0.001 * i)
            child.send_signal(signal.SIGKILL)
            child.wait(60)
            self.assertIn(self.listed()["lab"]["version"], (before, version))
            code, _, err = self.zoo("show", "lab/net", "--offline")
            self.assertEqual((code, err), (OK, ""))
            if i % 8 == 7:
                self.assertEqual(self.zoo("registry", "update", "--quiet")[0], OK)
                self.assertEqual(self.listed()["lab"]["version"], version)
                left = {p.name for p in (self.state / "lab").iterdir()}
                digest = self.listed()["lab"]["sha256"]
                self.assertEqual(left, {"state.json", digest + ".json", digest + ".json.minisig", digest + ".index"})

    def start(self, *args):
        child = subprocess.Popen([self.files["zoo"], *args], env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)

        def end():
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            child.wait(60)

        self.addCleanup(end)
        return child


if __name__ == "__main__":
    unittest.main(argv=["registry_test"])
