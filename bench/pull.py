#!/usr/bin/env python3
"""A cold, verified `zoo pull` against `curl -o FILE` and `sync FILE`, from nginx on loopback.

    bazel build //cli:zoo && bench/pull.py

Both read the same file of 550 MB, take turns in one run and write to the same file system. curl
does not hash; zoo does. Prints medians, their ratio and zoo's peak memory. zoo receives, hashes and
writes in two threads: without a free core the ratio says more of the machine's load than of zoo.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

MAX_RATIO = 1.15
MAX_RSS_MIB = 64
PIECE = 1 << 20

NGINX_CONF = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 768; }}
http {{
  access_log off;
  client_body_temp_path {folder}/temp;
  proxy_temp_path {folder}/temp;
  fastcgi_temp_path {folder}/temp;
  uwsgi_temp_path {folder}/temp;
  scgi_temp_path {folder}/temp;
  sendfile on;
  tcp_nopush on;
  server {{ listen 127.0.0.1:{port}; location / {{ root {folder}/files; }} }}
}}
"""


def make_file(path, size):
    """Seeded bytes; their SHA-256."""
    hasher = hashlib.sha256()
    generator = random.Random(1)
    with open(path, "wb") as file:
        while size > 0:
            piece = generator.randbytes(min(PIECE, size))
            file.write(piece)
            hasher.update(piece)
            size -= len(piece)
        file.flush()
        os.fsync(file.fileno())
    return hasher.hexdigest()


def start_nginx(folder):
    """The process and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    conf = os.path.join(folder, "nginx.conf")
    with open(conf, "w") as file:
        file.write(NGINX_CONF.format(folder=folder, port=port))
    server = subprocess.Popen(["nginx", "-p", folder, "-c", conf, "-e", folder + "/error.log"])
    for _ in range(200):
        if server.poll() is not None:
            sys.exit("nginx ended at once; see " + folder + "/error.log")
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return server, port
        except ConnectionRefusedError:
            time.sleep(0.02)
    sys.exit("nginx does not listen")


def write_registry(path, url, size, sha256):
    entry = {
        "model": "big",
        "weights": "v1",
        "architecture": {"name": "big", "options": {}},
        "artifact": {"file": "big.pth", "size": size, "sha256": sha256, "sources": [{"url": url}]},
    }
    with open(path, "w") as file:
        json.dump({"schema": "zoo/registry/1", "name": "bench", "version": 1, "entries": [entry]}, file)


def run(argv, **more):
    """Seconds and peak resident MiB of one process."""
    start = time.perf_counter()
    child = subprocess.Popen(argv, stdout=subprocess.DEVNULL, **more)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit("%s ended with exit code %d" % (argv[0], child.returncode))
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def curl_round(folder, url):
    target = os.path.join(folder, "curl.out")
    fetched, rss = run(["curl", "-s", "-o", target, url])
    synced, _ = run(["sync", target])
    os.unlink(target)
    return fetched + synced, rss


def zoo_round(folder, zoo):
    cache = os.path.join(folder, "cache")
    environment = dict(os.environ, ZOO_CACHE=cache, ZOO_REGISTRY=folder + "/zoo.json", ZOO_OFFLINE="0")
    result = run([zoo, "pull", "big", "--quiet"], env=environment)
    shutil.rmtree(cache)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--zoo", default="bazel-bin/cli/zoo")
    parser.add_argument("--mb", type=int, default=550, help="size of the file, in 10^6 bytes")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", help="where to write (default: the usual place for such files)")
    arguments = parser.parse_args()
    zoo = os.path.abspath(arguments.zoo)
    folder = tempfile.mkdtemp(prefix="zoo-bench.", dir=arguments.folder)
    server = None
    try:
        os.mkdir(folder + "/files")
        size = arguments.mb * 10**6
        sha256 = make_file(folder + "/files/big.pth", size)
        server, port = start_nginx(folder)
        url = "http://127.0.0.1:%d/big.pth" % port
        write_registry(folder + "/zoo.json", url, size, sha256)
        curl_round(folder, url)  # warms the page cache
        curls, zoos = [], []
        for number in range(arguments.rounds):
            curls.append(curl_round(folder, url))
            zoos.append(zoo_round(folder, zoo))
            print("round %d: curl + sync %.3f s, zoo pull %.3f s" % (number + 1, curls[-1][0], zoos[-1][0]))
    finally:
        if server is not None:
            server.terminate()
            server.wait()
        shutil.rmtree(folder)
    curl = statistics.median(seconds for seconds, _ in curls)
    pull = statistics.median(seconds for seconds, _ in zoos)
    rss = max(mib for _, mib in zoos)
    print("medians of %d: curl + sync %.3f s, zoo pull %.3f s: %.2f x (at most %.2f)" % (
        arguments.rounds, curl, pull, pull / curl, MAX_RATIO))
    print("load averages at the end: %.1f %.1f %.1f, %d cores" % (*os.getloadavg(), os.cpu_count()))
    print("peak memory of zoo: %.1f MiB (at most %d)" % (rss, MAX_RSS_MIB))
    return 0 if pull <= MAX_RATIO * curl and rss <= MAX_RSS_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
