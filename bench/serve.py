#!/usr/bin/env python3
"""`zoo serve` against nginx with sendfile: a file of 550 MB on loopback, to one client and to 16 at once.

    bazel build //cli:zoo && bench/serve.py

Both serve the same bytes, take turns in one run, and are read by the same curl processes, which write
to /dev/null. Prints medians of the bytes a second that arrived, and their ratio. Servers and clients
share the machine's cores.
"""

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import pull
import rounds

MIN_RATIO = 0.8
CLIENTS = (1, 16)


def start_zoo(zoo, folder, sha256):
    environment = dict(os.environ, ZOO_CACHE=folder + "/cache", ZOO_REGISTRY=folder + "/zoo.json", ZOO_OFFLINE="0")
    subprocess.run([zoo, "pull", "big", "--quiet"], env=environment, check=True, stdout=subprocess.DEVNULL)
    server = subprocess.Popen([zoo, "serve", "--listen", "127.0.0.1:0", "--quiet"], env=environment, stdout=subprocess.PIPE, text=True)
    return server, server.stdout.readline().strip() + "cas/" + sha256


def seconds(url, clients):
    """Until all of them have the whole file."""
    start = time.perf_counter()
    running = [subprocess.Popen(["curl", "-sS", "--fail", "-o", "/dev/null", url]) for _ in range(clients)]
    if any([client.wait() for client in running]):
        sys.exit("curl failed on " + url)
    return time.perf_counter() - start


def check(url, sha256):
    body = subprocess.run(["curl", "-sS", "--fail", url], check=True, stdout=subprocess.PIPE).stdout
    if hashlib.sha256(body).hexdigest() != sha256:
        sys.exit("wrong bytes from " + url)


def measure(urls, size, count):
    """Prints a line for each number of clients; whether the target was met for all."""
    met = True
    for clients in CLIENTS:
        rates = {name: [] for name in urls}
        for _ in range(count):
            for name, url in urls.items():
                rates[name].append(clients * size / seconds(url, clients) / 1e6)
        zoo, nginx = (statistics.median(rates[name]) for name in ("zoo", "nginx"))
        print("%2d clients, medians of %d: nginx %.0f MB/s, zoo serve %.0f MB/s: %.2f x (at least %.1f)" % (
            clients, count, nginx, zoo, zoo / nginx, MIN_RATIO))
        met = met and zoo >= MIN_RATIO * nginx
    return met


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--zoo", default="bazel-bin/cli/zoo")
    parser.add_argument("--mb", type=int, default=550, help="size of the file, in 10^6 bytes")
    parser.add_argument("--rounds", type=int, default=7)
    rounds.add_realtime(parser)
    arguments = parser.parse_args()
    rounds.prepare(arguments)
    folder = tempfile.mkdtemp(prefix="zoo-bench.")
    servers = []
    try:
        os.mkdir(folder + "/files")
        os.chmod(folder, 0o755)  # nginx's workers are another user if this is root
        size = arguments.mb * 10**6
        sha256 = pull.make_file(folder + "/files/big.pth", size)
        nginx, port = pull.start_nginx(folder)
        servers.append(nginx)
        urls = {"nginx": "http://127.0.0.1:%d/big.pth" % port}
        pull.write_registry(folder + "/zoo.json", urls["nginx"], size, sha256)
        zoo, urls["zoo"] = start_zoo(os.path.abspath(arguments.zoo), folder, sha256)
        servers.append(zoo)
        for url in urls.values():
            check(url, sha256)
        met = measure(urls, size, arguments.rounds)
    finally:
        for server in servers:
            server.terminate()
            server.wait()
        shutil.rmtree(folder)
    print(rounds.load_average())
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
