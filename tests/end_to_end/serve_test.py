#!/usr/bin/env python3
"""zoo serve with the real program: curl and raw sockets as clients, another cache that pulls from it, files that go away, and how it ends."""
import concurrent.futures
import contextlib
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import unittest

import harness
from harness import entry, seeded_bytes

USAGE, NETWORK, INTERRUPTED = 2, 4, 130
SMALL, LARGE = seeded_bytes(1, 300_000), seeded_bytes(2, 40_000_000)
SECRET = b"nobody may read this"


def sha256(body):
    return hashlib.sha256(body).hexdigest()


class Serving:
    """A zoo serve that runs; `log` is what it said on standard error once it ended."""

    def __init__(self, test, *options, **env):
        self.process = subprocess.Popen([test.files["zoo"], "serve", "--json", *map(str, options)], env=test.environment(**env),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        text = b""
        for line in self.process.stdout:
            text += line
            if line == b"}\n":
                break
        self.said = json.loads(text) if text else None
        self.url = self.said["url"] if text else None

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        assert out == b"", out
        self.log = err.decode()
        return self.process.returncode

    def address(self):
        return self.said["address"], self.said["port"]

    def get(self, path, method="GET", **headers):
        """(status, headers, body)"""
        connection = http.client.HTTPConnection(*self.address(), timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return response.status, response.headers, response.read()

    def raw(self, request):
        """All that comes back for these bytes until the server closes the connection or has nothing more to say."""
        with socket.create_connection(self.address(), timeout=60) as client:
            with contextlib.suppress(OSError):  # it may have hung up already
                client.sendall(request)
                client.shutdown(socket.SHUT_WR)
            reply = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := client.recv(65536):
                    reply += piece
            return reply


class ServeTest(harness.ZooTest):
    def setUp(self):
        super().setUp()
        self.server.routes["/small.pth"] = harness.serve_file(SMALL)
        self.server.routes["/large.pth"] = harness.serve_file(LARGE)
        self.lab = self.folder / "lab.json"
        self.registry(entry("small", SMALL, self.server.url + "/small.pth"), entry("large", LARGE, self.server.url + "/large.pth"),
                      entry("gone", b"gone", self.server.url + "/gone.pth")).rename(self.lab)
        self.assertEqual(self.zoo("pull", "small", "large", "--registry", self.lab)[0], 0)
        self.requests_of_pull = len(self.server.seen)
        (self.folder / "secret").write_bytes(SECRET)
        self.running = []

    def tearDown(self):
        for serving in self.running:
            if serving.process.poll() is None:
                serving.process.kill()
            serving.process.communicate()
        super().tearDown()

    def serve(self, *options):
        serving = Serving(self, "--listen", "127.0.0.1:0", "--registry", self.lab, *options)
        self.running.append(serving)
        return serving

    def blob(self, body):
        return self.cache / "blobs" / "sha256" / sha256(body)[:2] / sha256(body)

    # --- what it serves --------------------------------------------------------------------------

    def test_under_each_path(self):
        serving = self.serve()
        self.assertEqual((serving.said["schema"], serving.said["address"]), ("zoo/serve/1", "127.0.0.1"))
        origin = "/http/" + self.server.url[len("http://"):]
        for path in ("/cas/" + sha256(SMALL), "/weights/small", "/weights/lab/small:V1", "/weights/small@sha256:" + sha256(SMALL),
                     origin + "/small.pth"):
            status, headers, body = serving.get(path)
            self.assertEqual((status, sha256(body)), (200, sha256(SMALL)), path)
            self.assertEqual(headers["ETag"], '"%s"' % sha256(SMALL))
            self.assertEqual((headers["Accept-Ranges"], headers["Content-Length"]), ("bytes", str(len(SMALL))))
            self.assertEqual((headers["Content-Type"], headers["X-Content-Type-Options"]), ("application/octet-stream", "nosniff"))
            status, headers, body = serving.get(path, "HEAD")
            self.assertEqual((status, headers["Content-Length"], body), (200, str(len(SMALL)), b""))
        self.assertIn("immutable", serving.get("/cas/" + sha256(SMALL), "HEAD")[1]["Cache-Control"])
        for path in ("/weights/gone", "/weights/other", origin + "/gone.pth", "/cas/" + "0" * 64):
            self.assertEqual(serving.get(path)[0], 404, path)
        self.assertEqual(serving.get("/registries/lab/zoo.json")[2], self.lab.read_bytes())
        self.assertEqual(serving.get("/weights/small", "POST")[0], 405)
        self.assertEqual(serving.get("/weights/small", "POST")[1]["Allow"], "GET, HEAD")

    def test_the_page(self):
        serving = self.serve()
        status, headers, page = serving.get("/")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        self.assertIn(b"/weights/lab/small:V1", page)
        index = json.loads(serving.get("/index.json")[2])
        self.assertEqual([(f["file"], f["size"], f["sha256"]) for f in index["files"]],
                         [("large.pth", len(LARGE), sha256(LARGE)), ("small.pth", len(SMALL), sha256(SMALL))])
        for path in re.findall(rb'href="([^"]+)"', page):
            self.assertEqual(serving.get(path.decode(), "HEAD")[0], 200, path)

    def test_conditions(self):
        serving = self.serve()
        path, tag = "/cas/" + sha256(SMALL), '"%s"' % sha256(SMALL)
        status, headers, body = serving.get(path, Range="bytes=100-199")
        self.assertEqual((status, headers["Content-Range"], body), (206, "bytes 100-199/300000", SMALL[100:200]))
        self.assertEqual(serving.get(path, Range="bytes=-100")[2], SMALL[-100:])
        status, headers, body = serving.get(path, Range="bytes=300000-")
        self.assertEqual((status, headers["Content-Range"], body), (416, "bytes */300000", b""))
        self.assertEqual(serving.get(path, Range="bytes=0-1", If_Range='"x"')[2], SMALL)
        self.assertEqual(serving.get(path, Range="bytes=0-1", If_Range=tag)[2], SMALL[:2])
        self.assertEqual(serving.get(path, If_None_Match=tag)[::2], (304, b""))
        self.assertEqual(serving.get(path, If_Match='"x"')[::2], (412, b""))
        # Several requests on one connection, of every kind.
        with contextlib.closing(http.client.HTTPConnection(*serving.address(), timeout=60)) as connection:
            for _ in range(3):
                for headers, status, body in (({}, 200, SMALL), ({"Range": "bytes=5-"}, 206, SMALL[5:]), ({"If-None-Match": tag}, 304, b""),
                                              ({"Range": "bytes=300000-"}, 416, b"")):
                    connection.request("GET", path, headers=headers)
                    response = connection.getresponse()
                    self.assertEqual((response.status, response.read()), (status, body))

    def test_curl_goes_on(self):
        serving = self.serve()
        target = self.folder / "part.pth"
        target.write_bytes(LARGE[:12_345_678])
        subprocess.run(["curl", "-sS", "--fail", "-C", "-", "-o", target, serving.url + "weights/large"], check=True)
        self.assertEqual(sha256(target.read_bytes()), sha256(LARGE))
        # What is complete gets the answer that says so, and stays.
        subprocess.run(["curl", "-sS", "-C", "-", "-o", target, serving.url + "weights/large"], check=False)
        self.assertEqual(sha256(target.read_bytes()), sha256(LARGE))

    def test_64_clients(self):
        serving = self.serve()

        def client(number):
            wrong = []
            for turn in range(4):
                start = (number * 7919 + turn * 104_729) % len(LARGE)
                end = min(start + 1_000_000, len(LARGE)) - 1
                status, _, body = serving.get("/weights/large", Range="bytes=%d-%d" % (start, end))
                if status != 206 or body != LARGE[start:end + 1]:
                    wrong.append((number, turn, status))
                if serving.get("/cas/" + sha256(SMALL))[2] != SMALL:
                    wrong.append((number, turn))
            return wrong

        with concurrent.futures.ThreadPoolExecutor(64) as pool:
            self.assertEqual(sum(pool.map(client, range(64)), []), [])
        self.assertEqual(serving.end(), 0)

    def test_a_mirror_for_another_cache(self):
        serving = self.serve("--verbose")
        host = self.server.url[len("http://"):]
        self.server.routes.clear()
        mirror = "%s/=%shttp/%s/" % (self.server.url, serving.url, host)
        code, out, err = self.zoo("pull", "small", "large", "--json", "--quiet", "--registry", self.lab,
                                  env={"ZOO_MIRROR": mirror, "ZOO_CACHE": str(self.folder / "other")})
        self.assertEqual((code, err), (0, ""))
        pulled = json.loads(out)["pulled"]
        self.assertEqual([(p["name"], p["requests"], p["bytes_received"]) for p in pulled], [("small:V1", 1, len(SMALL)), ("large:V1", 1, len(LARGE))])
        self.assertTrue(pulled[0]["source"].startswith(serving.url), pulled)
        self.assertEqual(len(self.server.seen), self.requests_of_pull)
        self.assertEqual(serving.end(), 0)
        lines = serving.log.splitlines()[1:]
        self.assertEqual(lines, ["127.0.0.1 GET /http/%s/small.pth 200 300000" % host, "127.0.0.1 GET /http/%s/large.pth 200 40000000" % host])

    def test_a_registry_for_another_user(self):
        folder = self.folder / "shared"
        (folder / "files").mkdir(parents=True)
        (folder / "files" / "own.pth").write_bytes(SMALL)
        self.registry(entry("own", SMALL, "files/own.pth")).rename(folder / "zoo.json")
        self.assertEqual(self.zoo("pull", "own", "--registry", folder)[0], 0)
        first = Serving(self, "--listen", "127.0.0.1:0", "--registry", folder)
        self.running.append(first)
        other = {"HOME": str(self.folder / "other"), "ZOO_CACHE": str(self.folder / "other" / "cache")}
        code, out, err = self.zoo("registry", "add", "lab", first.url + "registries/shared/", env=other)
        self.assertEqual(code, 0, err)
        code, out, err = self.zoo("pull", "lab/own", "--json", "--quiet", env=other)
        self.assertEqual(code, 0, err)
        self.assertEqual(json.loads(out)["pulled"][0]["source"], first.url + "registries/shared/files/own.pth")
        # That one serves what it remembers, byte for byte.
        second = Serving(self, "--listen", "127.0.0.1:0", **other)
        self.running.append(second)
        self.assertEqual(second.get("/registries/lab/zoo.json")[2], (folder / "zoo.json").read_bytes())
        self.assertEqual(second.get("/registries/lab/files/own.pth")[2], SMALL)
        self.assertEqual(second.get("/registries/lab/zoo.json.minisig")[0], 404)

    # --- what goes away or changes meanwhile -----------------------------------------------------

    def test_removed_and_pulled_again(self):
        serving = self.serve()
        self.assertEqual(serving.get("/weights/small")[0], 200)
        self.assertEqual(self.zoo("cache", "remove", "small", "--registry", self.lab)[0], 0)
        for path in ("/weights/small", "/cas/" + sha256(SMALL)):
            self.assertEqual(serving.get(path)[0], 404, path)
        self.assertNotIn(sha256(SMALL).encode(), serving.get("/index.json")[2])
        self.assertEqual(self.zoo("pull", "small", "--registry", self.lab)[0], 0)
        self.assertEqual(serving.get("/weights/small")[2], SMALL)

    def test_removed_during_a_transfer(self):
        serving = self.serve()
        with contextlib.closing(http.client.HTTPConnection(*serving.address(), timeout=60)) as connection:
            connection.request("GET", "/weights/large")
            response = connection.getresponse()
            begin = response.read(1000)
            self.assertEqual(self.zoo("cache", "remove", "large", "--registry", self.lab)[0], 0)
            self.assertEqual(sha256(begin + response.read()), sha256(LARGE))
        self.assertEqual(serving.get("/weights/large")[0], 404)

    def test_a_changed_file_is_never_served(self):
        serving = self.serve()
        self.assertEqual(serving.get("/weights/small")[0], 200)
        os.chmod(self.blob(SMALL), 0o644)
        self.blob(SMALL).write_bytes(SMALL[:-1] + bytes([SMALL[-1] ^ 1]))
        self.assertEqual(serving.get("/weights/small")[0], 404)
        self.assertEqual(serving.get("/cas/" + sha256(SMALL))[0], 404)

    def test_links_are_not_followed(self):
        serving = self.serve()
        for planted in (self.blob(SMALL), self.blob(LARGE)):
            self.assertEqual(serving.get("/cas/" + planted.name, Range="bytes=0-0")[0], 206)
            planted.unlink()
            planted.symlink_to(self.folder / "secret")
            status, _, body = serving.get("/cas/" + planted.name)
            self.assertEqual(status, 404)
            self.assertNotIn(SECRET, body)

    # --- hostile clients -------------------------------------------------------------------------

    def test_hostile_requests(self):
        serving = self.serve()
        host = b" HTTP/1.1\r\nHost: localhost\r\n"
        cas = b"/cas/" + sha256(SMALL).encode()
        rows = [
            # What is sent, and the statuses that may come back; 0: no answer at all.
            (b"GET /../../../../etc/passwd" + host + b"\r\n", {400, 404}),
            (b"GET /cas/../../LAYOUT" + host + b"\r\n", {400, 404}),
            (b"GET /cas/%2e%2e/%2e%2e/LAYOUT" + host + b"\r\n", {400}),
            (b"GET /cas/..%2f..%2fLAYOUT" + host + b"\r\n", {400}),
            (b"GET //etc/passwd" + host + b"\r\n", {404}),
            (b"GET /index/sha256-" + sha256(SMALL).encode() + b".json" + host + b"\r\n", {404}),
            (b"GET /cas/" + sha256(SMALL).upper().encode() + host + b"\r\n", {404}),
            (b"GET /cas/" + b"a" * 63 + host + b"\r\n", {404}),
            (b"GET /weights/a%00b" + host + b"\r\n", {400}),
            (b"GET /weights/a%0d%0aSet-Cookie:x=1" + host + b"\r\n", {400}),
            (b"GET /" + b"a" * 5000 + host + b"\r\n", {414}),
            (b"GET /" + b"a" * 100_000 + host + b"\r\n", {0, 414, 431}),
            (b"GET /" + host + b"X: " + b"a" * 100_000 + b"\r\n\r\n", {0, 413, 431}),
            (b"GET /" + host + b"X: 1\r\n" * 20_000 + b"\r\n", {0, 413, 431}),
            (b"GET http://localhost/" + host + b"\r\n", {400}),
            (b"GET *" + host + b"\r\n", {400}),
            (b"OPTIONS *" + host + b"\r\n", {405}),
            (b"GET / HTTP/1.1\r\n\r\n", {400}),  # no Host
            (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", {421}),
            (b"PUT " + cas + host + b"Content-Length: 5\r\n\r\nhello", {400}),
            (b"DELETE " + cas + host + b"\r\n", {405}),
            (b"GET " + cas + host + b"Content-Length: 5\r\n\r\nhello", {400}),
            (b"GET " + cas + host + b"Content-Length: -1\r\n\r\n", {0, 400}),
            (b"GET " + cas + host + b"Content-Length: 99999999999999999999\r\n\r\n", {0, 400, 413}),
            (b"GET " + cas + host + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
            (b"GET " + cas + host + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", {0, 400}),
            (b"GET " + cas + host + b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n", {400}),
            (b"GET " + cas + b"\0/../../secret" + host + b"\r\n", {0, 200, 400, 404}),  # never more than the file before the NUL
            (b"CONNECT localhost:80" + host + b"\r\n", {0, 400, 405}),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {0, 400, 405, 505}),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 300, {0, 400}),
            (b"\r\n" * 10_000, {0, 400, 414, 431}),
            (b"\0" * 10_000, {0, 400, 414, 431}),
            (b"GET", {0, 400}),
            (b"", {0}),
        ]
        for request, allowed in rows:
            reply = serving.raw(request)
            status = int(reply.split(b" ")[1]) if reply.startswith(b"HTTP/1.") else 0
            self.assertIn(status, allowed, (request[:100], reply[:200]))
            self.assertNotIn(SECRET, reply)
            self.assertNotIn(b"zoo/cache/1", reply)
            self.assertNotIn(b"Set-Cookie", reply.split(b"\r\n\r\n")[0])
            if status == 400 and b"hello" in request:
                self.assertEqual(reply.count(b"HTTP/1.1 "), 1, "the body was taken for a request")
        self.assertEqual(serving.get("/weights/small")[2], SMALL)
        self.assertEqual(serving.end(), 0)

    def test_a_body_is_no_second_request(self):
        serving = self.serve()
        hidden = b"GET /weights/small HTTP/1.1\r\nHost: localhost\r\n\r\n"
        reply = serving.raw(b"GET /index.json HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(hidden) + hidden)
        self.assertEqual(reply.count(b"HTTP/1.1 "), 1, reply[:500])
        self.assertTrue(reply.startswith(b"HTTP/1.1 400 "), reply[:100])

    def test_the_log_is_escaped(self):
        serving = self.serve("--verbose")
        serving.raw(b"G\x1b[2JET /\x1b]0;x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        serving.raw(b"GET /\x1b]52;c;x\x07 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertEqual(serving.get("/weights/small")[0], 200)
        self.assertEqual(serving.end(), 0)
        self.assertNotIn("\x1b", serving.log)
        self.assertIn("127.0.0.1 GET /weights/small 200 300000\n", serving.log)

    # --- beginning and end -----------------------------------------------------------------------

    def test_where_it_listens(self):
        serving = self.serve()
        code, out, err = self.zoo("serve", "--listen", "127.0.0.1:%d" % serving.said["port"])
        self.assertEqual((code, out), (NETWORK, ""))
        self.assertEqual(err, "zoo: cannot listen on %s: Address already in use; another program does; name another port with --listen\n" % serving.url[:-1])
        code, out, err = self.zoo("serve", "--listen", "example.org:80")
        self.assertEqual((code, out), (USAGE, ""))
        self.assertIn('zoo: "example.org:80" is no address to listen on; write ADDRESS:PORT', err)
        self.assertEqual(serving.end(), 0)
        self.assertEqual(serving.log, "serving %s; Ctrl-C ends it\n" % self.cache)
        everywhere = Serving(self, "--listen", "0.0.0.0:0")
        self.running.append(everywhere)
        self.assertEqual(everywhere.end(), 0)
        self.assertIn("there is no password and no encryption", everywhere.log)

    def test_an_empty_cache(self):
        serving = Serving(self, "--listen", "127.0.0.1:0", "--registry", self.lab, ZOO_CACHE=str(self.folder / "nothing"))
        self.running.append(serving)
        self.assertEqual(json.loads(serving.get("/index.json")[2])["files"], [])
        self.assertEqual(serving.get("/weights/small")[0], 404)
        self.assertEqual(serving.end(), 0)
        self.assertFalse((self.folder / "nothing").exists())

    def begin_transfer(self, serving):
        client = socket.create_connection(serving.address(), timeout=60)
        client.sendall(b"GET /weights/large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return client, client.recv(1000)

    def test_ctrl_c_lets_a_transfer_end(self):
        serving = self.serve()
        client, reply = self.begin_transfer(serving)
        with contextlib.closing(client), socket.create_connection(serving.address(), timeout=60) as idle:
            serving.process.send_signal(signal.SIGINT)
            self.assertEqual(idle.recv(1), b"")  # who asks for nothing is let go
            # The transfer has five seconds, and a refusal may take the kernel some of them.
            rest = []
            reader = threading.Thread(target=lambda: rest.extend(iter(lambda: client.recv(1 << 20), b"")))
            reader.start()
            with self.assertRaises(OSError):
                socket.create_connection(serving.address(), timeout=60).close()
            reader.join(60)
            reply += b"".join(rest)
        self.assertEqual(sha256(reply.split(b"\r\n\r\n", 1)[1]), sha256(LARGE))
        serving.process.communicate(timeout=60)
        self.assertEqual(serving.process.returncode, INTERRUPTED)

    def test_ctrl_c_cuts_who_does_not_read(self):
        serving = self.serve("--verbose")
        client, _ = self.begin_transfer(serving)
        with contextlib.closing(client):
            self.assertEqual(serving.end(signal.SIGINT), INTERRUPTED)
        self.assertIn("127.0.0.1 GET /weights/large 200 40000000 cut\n", serving.log)

    def test_the_second_ctrl_c_ends_it_at_once(self):
        serving = self.serve()
        client, _ = self.begin_transfer(serving)
        with contextlib.closing(client), socket.create_connection(serving.address(), timeout=60) as idle:
            serving.process.send_signal(signal.SIGINT)
            self.assertEqual(idle.recv(1), b"")
            self.assertEqual(serving.end(signal.SIGINT), -signal.SIGINT)


if __name__ == "__main__":
    unittest.main(argv=["serve_test"])
