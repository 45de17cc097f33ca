"""Writes hash_tree_goldens.json: the BitTorrent v2 hash trees of generated files, as libtorrent computes them.

usage: /usr/bin/python3 make_hash_tree_goldens.py > hash_tree_goldens.json     (Debian: python3-libtorrent)
       /usr/bin/python3 make_hash_tree_goldens.py FILE PIECE_LENGTH             the tree of one file
"""

import base64
import json
import os
import sys
import tempfile

import libtorrent

BLOCK = 16384
# Bytes, piece length. An empty file has no tree, and libtorrent makes no torrent of it alone.
CASES = [(size, length) for length in (BLOCK, 4 * BLOCK, 64 * BLOCK) for size in sorted({
    1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 1, 3 * BLOCK, length - 1, length, length + 1, 2 * length,
    2 * length + 1, 3 * length - BLOCK, 5 * length + 777})]
CASES += [(1, 1 << 26), (7 * BLOCK + 5, 1 << 26), (33 * BLOCK, BLOCK), (100 * BLOCK + 1, 2 * BLOCK)]


def content(size):
    """Byte i is the top byte of i * 2654435761, modulo 2^32."""
    return bytes((i * 2654435761 & 0xFFFFFFFF) >> 24 for i in range(size))


def tree(path, length):
    """{"root", "pieces" (base64)}; there are no pieces for a file of one."""
    name = os.path.basename(path)
    files = libtorrent.file_storage()
    files.add_file(name, os.path.getsize(path))
    torrent = libtorrent.create_torrent(files, length, libtorrent.create_torrent.v2_only)
    libtorrent.set_piece_hashes(torrent, os.path.dirname(os.path.abspath(path)))
    made = torrent.generate()
    file = made[b"info"][b"file tree"][name.encode()][b""]
    root = file[b"pieces root"]
    pieces = made.get(b"piece layers", {}).get(root, b"")
    return {"root": root.hex(), "pieces": base64.b64encode(pieces).decode()}


def golden(folder, size, length):
    path = os.path.join(folder, "file")
    with open(path, "wb") as file:
        file.write(content(size))
    return {"size": size, "length": length, **tree(path, length)}


def main():
    if len(sys.argv) == 3:
        return print(json.dumps(tree(sys.argv[1], int(sys.argv[2]))))
    with tempfile.TemporaryDirectory() as folder:
        rows = [golden(folder, size, length) for size, length in CASES]
    print("[\n " + ",\n ".join(map(json.dumps, rows)) + "\n]")


if __name__ == "__main__":
    main()
