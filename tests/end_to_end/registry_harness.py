"""What the tests of registries by URL share. Signatures are made here, by openssl and hashlib, not by zoo."""
import base64
import hashlib
import json
import subprocess

import harness
from harness import entry, seeded_bytes, send, serve_file

BODY = seeded_bytes(7, 50_000)
OK, USAGE, NOT_FOUND, NETWORK, CORRUPT = 0, 2, 3, 4, 6


class Key:
    """An Ed25519 key, and signatures as minisign writes them."""

    def __init__(self, folder, name):
        self.pem = folder / (name + ".pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.pem], check=True, stdout=subprocess.DEVNULL)
        der = subprocess.run(["openssl", "pkey", "-in", self.pem, "-pubout", "-outform", "DER"], check=True, stdout=subprocess.PIPE).stdout
        self.id = hashlib.sha256(der[-32:]).digest()[:8]
        self.text = base64.b64encode(b"Ed" + self.id + der[-32:]).decode()
        self.shown_id = self.id[::-1].hex().upper()

    def raw(self, message):
        to_sign = self.pem.with_suffix(".message")
        to_sign.write_bytes(message)
        return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.pem, "-in", to_sign], check=True,
                              stdout=subprocess.PIPE).stdout

    def sign(self, document, comment=None):
        said = json.loads(document)
        if comment is None:
            comment = "zoo registry %s version %d sha256 %s" % (said["name"], said["version"], hashlib.sha256(document).hexdigest())
        of_message = self.raw(hashlib.blake2b(document).digest())
        of_comment = self.raw(of_message + comment.encode())
        return ("untrusted comment: signature\n%s\ntrusted comment: %s\n%s\n" % (
            base64.b64encode(b"ED" + self.id + of_message).decode(), comment, base64.b64encode(of_comment).decode())).encode()


def tagged(body):
    """A page with an ETag, which answers 304 to who has it."""
    tag = '"%s"' % hashlib.sha256(body).hexdigest()[:16]

    def route(handler):
        if handler.headers.get("If-None-Match") == tag:
            return send(handler, 304, ETag=tag)
        return send(handler, 200, body, ETag=tag)

    return route


def document(version, *models, name="lab", **fields):
    entries = [entry(model, BODY, "files/net.pth") for model in models or ["net"]]
    return json.dumps({"schema": "zoo/registry/1", "name": name, "version": version, "updated": "2026-01-01T00:00:00Z", "entries": entries,
                       **fields}).encode()


class RegistryTest(harness.ZooTest):
    """A registry of one small file at self.url, and what zoo knows of it."""

    def setUp(self):
        super().setUp()
        self.key = Key(self.folder, "lab")
        self.url = self.server.url + "/lab/"
        self.state = self.folder / "home/.local/state/zoo/registries"
        self.server.routes["/lab/files/net.pth"] = serve_file(BODY)

    def publish(self, content, key=None, signature=None):
        self.server.routes["/lab/zoo.json"] = tagged(content)
        self.server.routes["/lab/zoo.json.minisig"] = tagged(signature or (key or self.key).sign(content))

    def add(self, *args):
        code, out, err = self.zoo("registry", "add", "lab", self.url, *args)
        self.assertEqual(code, OK, err)
        return out, err

    def add_signed(self, version=1, *models):
        self.publish(document(version, *models))
        self.add("--key", self.key.text)

    def listed(self):
        code, out, err = self.zoo("registry", "list", "--json")
        self.assertEqual((code, err), (OK, ""))
        return {row["alias"]: row for row in json.loads(out)["registries"]}

    def refused(self, sentence, code=CORRUPT):
        """An update that is refused with that sentence; what was there serves as before."""
        before = self.listed()["lab"]
        copies = sorted(p.name for p in (self.state / "lab").iterdir())
        got, out, err = self.zoo("registry", "update", "lab")
        self.assertEqual((got, out, err.replace(self.server.url, "http://HOST")), (code, "", "zoo: " + sentence + "\n"))
        self.assertEqual(self.listed()["lab"], before)
        self.assertEqual(sorted(p.name for p in (self.state / "lab").iterdir()), copies)
        self.assertEqual(self.zoo("show", "lab/net", "--offline")[0], OK)

    def age(self, days, alias="lab"):
        """Lets the registry have been asked that long ago."""
        path = self.state / alias / "state.json"
        state = json.loads(path.read_text())
        state["checked"] -= int(days * 86400)
        state["tried"] -= int(days * 86400)
        path.write_text(json.dumps(state))

    def requests(self):
        seen = [path for path, _ in self.server.seen]
        self.server.seen.clear()
        return seen
