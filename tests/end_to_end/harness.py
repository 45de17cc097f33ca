"""What the end-to-end tests share: a folder of their own, the real program, and a web server on loopback that misbehaves on request.

A test is a Python file run by sh_test with the paths of `zoo` (and of data files) as arguments. Nothing here leaves the machine.
"""
import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import random
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import unittest


def arguments():
    """The files named on the command line by BUILD, absolute, keyed by their base names."""
    return {os.path.basename(p): os.path.abspath(p) for p in sys.argv[1:]}


class Server:
    """Serves `routes`: path -> function(handler). Counts what it sees."""

    def __init__(self):
        self.routes = {}
        self.seen = []  # (path, headers)
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                owner.seen.append((self.path, dict(self.headers)))
                route = owner.routes.get(self.path)
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    if route is None:
                        self.send_response(404)
                        self.send_header("Content-Length", "0")
                        self.end_headers()
                    else:
                        route(self)

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.handle_error = lambda *_: None  # a client that hangs up is part of the tests
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()
        self.url = "http://127.0.0.1:%d" % self.http.server_address[1]

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


def send(handler, status, body=b"", **headers):
    handler.send_response(status)
    headers.setdefault("Content_Length", str(len(body)))
    for name, value in headers.items():
        if value is not None:
            handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def serve_file(body, etag='"v1"'):
    """A well-behaved file with ranges."""

    def route(handler):
        wanted = handler.headers.get("Range")
        if wanted is None:
            return send(handler, 200, body, ETag=etag, Accept_Ranges="bytes")
        if handler.headers.get("If-Match", etag) != etag:
            return send(handler, 412)
        start = int(wanted[len("bytes="):].split("-")[0])
        if start >= len(body):
            return send(handler, 416, Content_Range="bytes */%d" % len(body))
        return send(handler, 206, body[start:], ETag=etag, Content_Range="bytes %d-%d/%d" % (start, len(body) - 1, len(body)))

    return route


def seeded_bytes(seed, count):
    return random.Random(seed).randbytes(count)


def entry(model, body, url, **fields):
    """A registry entry for `body` served at `url`; `fields` replace or add to its artifact."""
    artifact = {"file": model + ".pth", "size": len(body), "sha256": hashlib.sha256(body).hexdigest(), "sources": [{"url": url}]}
    artifact.update(fields)
    return {"model": model, "weights": "V1", "default": True, "architecture": {"name": "resnet18", "options": {}}, "artifact": artifact,
            "license": "CC0-1.0"}


class ZooTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.files = arguments()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zoo ünï-", dir=os.environ.get("TEST_TMPDIR")))
        self.cache = self.folder / "cache ö"
        self.server = Server()

    def tearDown(self):
        self.server.close()
        for root, folders, _ in os.walk(self.folder):
            for name in folders:
                with contextlib.suppress(OSError):
                    os.chmod(os.path.join(root, name), stat.S_IRWXU)
        shutil.rmtree(self.folder)

    def registry(self, *entries):
        path = self.folder / "registry ß.json"
        path.write_text(json.dumps({"schema": "zoo/registry/1", "name": "test", "version": 1, "updated": "2026-01-01T00:00:00Z",
                                    "entries": list(entries)}))
        return path

    def environment(self, **extra):
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "TMPDIR", "TEST_TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS")}
        return {**kept, "LC_ALL": "C.UTF-8", "HOME": str(self.folder / "home"), "ZOO_CACHE": str(self.cache), **extra}

    def zoo(self, *args, env=None, **options):
        """Runs the real program to its end: (exit code, standard output, standard error)."""
        done = subprocess.run([self.files["zoo"], *map(str, args)], env=self.environment(**(env or {})), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, **options)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def blobs(self):
        return sorted(p for p in self.cache.glob("blobs/**/*") if p.is_file())

    def assertNothingWrongInCache(self):
        for blob in self.blobs():
            self.assertEqual(hashlib.sha256(blob.read_bytes()).hexdigest(), blob.name)
