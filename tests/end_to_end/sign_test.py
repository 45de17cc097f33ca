#!/usr/bin/env python3
"""zoo keygen and zoo sign beside the programs whose formats they are: minisign and openssl. Each verifies what the other signed."""
import base64
import hashlib
import json
import os
import random
import stat
import subprocess
import unittest

import harness

USAGE, NOT_FOUND, CORRUPT, UNSUPPORTED, MISMATCH = 2, 3, 6, 7, 8


class SignTest(harness.ZooTest):
    def setUp(self):
        super().setUp()
        self.lab = self.folder / "lab ß"
        self.lab.mkdir()
        self.document = self.lab / "zoo.json"
        self.signature = self.lab / "zoo.json.minisig"
        self.secret, self.public = self.folder / "lab.pem", self.folder / "lab.pub"
        self.write(7)

    def write(self, version, **more):
        body = harness.seeded_bytes(1, 1000)
        entries = [harness.entry("digits", body, "https://example.org/digits.pth")]
        self.document.write_text(json.dumps({"schema": "zoo/registry/1", "name": "lab", "version": version, "entries": entries, **more}))

    def keygen(self, path=None):
        code, out, err = self.zoo("keygen", "-o", path or self.secret)
        self.assertEqual(code, 0, err)
        return out.strip()

    def sign(self, *more):
        return self.zoo("sign", self.lab, "--key", self.secret, *more)

    def check(self, key):
        return self.zoo("sign", self.lab, "--check", "--key", key)

    def minisign(self, *args):
        return subprocess.run(["minisign", *map(str, args)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=60)

    def digest(self):
        return hashlib.sha256(self.document.read_bytes()).hexdigest()

    def comment(self):
        return "zoo registry lab version 7 sha256 " + self.digest()

    def test_minisign_verifies_what_zoo_signs(self):
        key = self.keygen()
        self.assertEqual(stat.S_IMODE(os.stat(self.secret).st_mode), 0o600)
        self.assertEqual(self.public.read_text().splitlines()[1], key)
        self.assertEqual(self.sign()[:2], (0, str(self.signature) + "\n"))
        for by in (["-P", key], ["-p", self.public]):
            done = self.minisign("-V", "-m", self.document, *by)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("Signature and comment signature verified", done.stdout)
            self.assertIn("Trusted comment: " + self.comment(), done.stdout)
        self.write(8)
        self.assertNotEqual(self.minisign("-V", "-m", self.document, "-P", key).returncode, 0)

    def test_zoo_verifies_what_minisign_signs(self):
        public, secret = self.folder / "m.pub", self.folder / "m.key"
        made = self.minisign("-G", "-W", "-p", public, "-s", secret)
        self.assertEqual(made.returncode, 0, made.stdout)
        key = public.read_text().splitlines()[1]
        for kind in (["-H"], ["-l"]):  # prehashed, and the older kind
            signed = self.minisign("-S", "-s", secret, "-m", self.document, "-t", self.comment(), *kind)
            self.assertEqual(signed.returncode, 0, signed.stdout)
            for given in (key, public):
                code, out, err = self.check(given)
                self.assertEqual((code, out), (0, "lab version 7, sha256 %s: signed by %s\n" % (self.digest(), key)), err)
        # Without a comment that says which registry it is.
        self.assertEqual(self.minisign("-S", "-s", secret, "-m", self.document).returncode, 0)
        code, out, err = self.check(key)
        self.assertEqual((code, out), (CORRUPT, ""))
        self.assertIn("and this registry is \"%s\"" % self.comment(), err)
        # Its secret key is of a kind of its own.
        code, _, err = self.zoo("sign", self.lab, "--key", secret)
        self.assertEqual(code, UNSUPPORTED)
        self.assertIn("a secret key of the minisign program, which only that program reads; sign with `minisign -S -t", err)

    def test_openssl_reads_the_secret_key_and_makes_one(self):
        key = self.keygen()
        der = subprocess.check_output(["openssl", "pkey", "-in", str(self.secret), "-pubout", "-outform", "DER"])
        self.assertEqual(self.zoo("sign", self.lab, "--key", self.secret, "--json")[0], 0)
        self.assertEqual(base64.b64decode(key)[10:], der[-32:])
        own = self.folder / "own.pem"
        subprocess.check_call(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(own)])
        code, out, err = self.zoo("sign", self.lab, "--key", own, "--replace-key", "--json")
        self.assertEqual(code, 0, err)
        self.assertEqual(self.minisign("-V", "-m", self.document, "-P", json.loads(out)["public_key"]).returncode, 0)

    def test_refusals(self):
        key = self.keygen()
        self.assertEqual(self.check(key)[0], NOT_FOUND)
        code, _, err = self.zoo("keygen", "-o", self.secret)
        self.assertEqual((code, err), (USAGE, "zoo: %s is there already, and a key is never overwritten; choose another name\n" % self.secret))
        self.assertEqual(self.sign()[0], 0)
        signed = self.signature.read_bytes()
        self.write(7, updated="later")  # the same version with other content
        self.assertEqual(self.sign()[0], USAGE)
        self.write(6)
        self.assertEqual(self.sign()[0], USAGE)
        self.assertEqual(self.check(key)[0], CORRUPT)
        self.assertEqual(self.signature.read_bytes(), signed)
        self.write(8)
        self.assertEqual(self.sign()[0], 0)
        other = self.folder / "other.pem"
        other_key = self.keygen(other)
        self.assertEqual(self.check(other_key)[0], CORRUPT)
        code, _, err = self.zoo("sign", self.lab, "--key", other)
        self.assertEqual(code, MISMATCH)
        self.assertIn("--replace-key", err)
        os.chmod(self.secret, 0o644)
        code, _, err = self.sign()
        self.assertEqual(code, USAGE)
        self.assertIn("`chmod 600 %s`" % self.secret, err)

    def test_a_hundred_changed_bytes(self):
        """Never another registry under a signature, neither here nor by minisign's judgement."""
        key = self.keygen()
        self.assertEqual(self.sign()[0], 0)
        good = self.check(key)
        files = {self.document: self.document.read_bytes(), self.signature: self.signature.read_bytes()}
        first_line = files[self.signature].index(b"\n")
        generator = random.Random(3)
        for _ in range(100):
            path = generator.choice(list(files))
            changed = bytearray(files[path])
            at = generator.randrange(len(changed))
            changed[at] ^= generator.randrange(1, 256)
            path.write_bytes(changed)
            code, out, err = self.check(key)
            if code == 0:
                self.assertEqual((path, (code, out, err)), (self.signature, good))
                self.assertLess(at, first_line)
            else:
                self.assertEqual(code, CORRUPT, err)
            path.write_bytes(files[path])


if __name__ == "__main__":
    unittest.main(argv=["sign_test"])
