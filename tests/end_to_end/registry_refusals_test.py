#!/usr/bin/env python3
"""What the real program refuses of a registry by URL, with its sentence; what was there before serves on."""
import hashlib
import json
import ssl
import subprocess
import unittest

import harness
from harness import entry, send
from registry_harness import CORRUPT, Key, NETWORK, OK, RegistryTest, USAGE, document, tagged


class Refusals(RegistryTest):
    def test_refusals_of_add(self):
        self.publish(document(1))
        taken = "zoo: the alias lab is taken (%s); choose another, or `zoo registry remove lab` first\n" % self.url
        self.add("--key", self.key.text)
        self.assertEqual(self.zoo("registry", "add", "lab", self.url), (USAGE, "", taken))
        self.assertEqual(self.zoo("registry", "add", "LAB", self.url)[2], taken.replace("alias lab is taken", "alias LAB is taken by lab"))
        self.assertEqual(self.zoo("registry", "add", "two", self.url),
                         (USAGE, "", "zoo: %s was added as lab; `zoo registry remove lab` first\n" % self.url))
        self.assertEqual(self.zoo("registry", "add", "builtin", self.url),
                         (USAGE, "", "zoo: builtin is the registry that is compiled in; choose another alias\n"))
        grammar = "an alias is letters, digits, '.', '_' and '-', a letter or digit first\n"
        for alias in ["../lab", "a/b", "..", ".x", "a b", "a" * 129]:
            code, out, err = self.zoo("registry", "add", alias, self.url)
            self.assertEqual((code, out, err), (USAGE, "", "zoo: \"%s\" cannot be the alias of a registry; %s" % (alias, grammar)))
        self.assertEqual(sorted(p.name for p in self.state.iterdir()), ["lab"])

    def test_a_first_copy_that_is_wrong_leaves_nothing(self):
        self.publish(document(1), key=Key(self.folder, "other"))
        code, out, err = self.zoo("registry", "add", "lab", self.url, "--key", self.key.text)
        self.assertEqual((code, out), (CORRUPT, ""))
        self.assertEqual(self.listed(), {})
        self.assertFalse((self.state / "lab").exists())
        self.assertEqual(self.blobs(), [])

    def test_older(self):
        self.add_signed(7)
        self.publish(document(6))
        self.refused("lab: version 6 is offered, and version 7 was seen before; nothing was taken: an old copy is being served, by mistake or on "
                     "purpose; ask its publisher")

    def test_other_content_of_the_same_version(self):
        self.add_signed(7)
        self.publish(document(7, "net", "more"))
        self.refused("lab: version 7 has sha256 %s now, and had %s before; nothing was taken: a version never changes; its publisher must raise the "
                     "number with each change" % (hashlib.sha256(document(7, "net", "more")).hexdigest(), hashlib.sha256(document(7)).hexdigest()))

    def test_another_name(self):
        self.add_signed(7)
        self.publish(document(8, name="other"))
        self.refused("lab: it calls itself \"other\" now, and was \"lab\" before; nothing was taken; if its publisher confirms the new name, `zoo "
                     "registry remove lab` and add it again")

    def test_another_key(self):
        self.add_signed()
        other = Key(self.folder, "other")
        self.publish(document(2), key=other)
        self.refused("lab: the signature is by key %s, not by key %s; use it only if its publisher tells you, by another way, of a new key"
                     % (other.shown_id, self.key.shown_id))

    def test_stripped_signature(self):
        self.add_signed()
        sentence = ("lab: it has no signature, and must be signed with %s (http://HOST/lab/zoo.json.minisig: it answers 404 Not Found); nothing was "
                    "taken; ask its publisher" % self.key.text)
        del self.server.routes["/lab/zoo.json.minisig"]
        self.refused(sentence)
        self.server.routes["/lab/zoo.json"] = tagged(document(2))
        self.refused(sentence)

    def test_a_changed_byte(self):
        self.add_signed()
        content = document(2)
        changed = content.replace(b"CC0-1.0", b"CC0-1.1")
        self.publish(changed, signature=self.key.sign(content))
        self.refused("lab: the signature by key %s is not of this content: one of the two was changed; do not use it" % self.key.shown_id)

    def test_a_comment_of_another_version(self):
        self.add_signed()
        content = document(2)
        comment = "zoo registry lab version 3 sha256 " + hashlib.sha256(content).hexdigest()
        self.publish(content, signature=self.key.sign(content, comment))
        code, _, err = self.zoo("registry", "update")
        self.assertEqual(code, CORRUPT)
        self.assertTrue(err.startswith("zoo: lab: the signature's trusted comment is \"%s\", and this registry is \"" % comment), err)
        self.assertEqual(self.listed()["lab"]["version"], 1)

    def test_a_name_that_leads_out(self):
        self.add_signed()
        self.publish(document(2, "../../net"))
        code, _, err = self.zoo("registry", "update")
        self.assertEqual(code, CORRUPT)
        self.assertTrue(err.startswith("zoo: lab: %szoo.json: entries[0]: model \"../../net\" " % self.url), err)
        escaping = json.loads(document(2))
        escaping["entries"][0]["artifact"]["sources"] = [{"url": "files/../../../secret"}]
        self.publish(json.dumps(escaping).encode())
        self.assertEqual(self.zoo("registry", "update")[0], CORRUPT)
        escaping["entries"][0]["artifact"]["sources"] = [{"url": "file:///etc/passwd"}]
        self.publish(json.dumps(escaping).encode())
        self.assertEqual(self.zoo("registry", "update")[0], CORRUPT)
        self.assertEqual(self.listed()["lab"]["version"], 1)

    def test_redirects(self):
        """Followed on http; never from https to http."""
        self.publish(document(1))
        self.server.routes["/moved/zoo.json"] = lambda h: send(h, 302, Location="/lab/zoo.json")
        self.server.routes["/moved/zoo.json.minisig"] = lambda h: send(h, 302, Location="/lab/zoo.json.minisig")
        self.assertEqual(self.zoo("registry", "add", "moved", self.server.url + "/moved/", "--key", self.key.text)[0], OK)
        certificate, private = self.folder / "cert.pem", self.folder / "tls.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", private, "-out", certificate],
                       check=True, stderr=subprocess.DEVNULL)
        secure = harness.Server()
        self.addCleanup(secure.close)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, private)
        secure.http.socket = context.wrap_socket(secure.http.socket, server_side=True)
        secure.routes["/zoo.json"] = lambda h: send(h, 302, Location=self.url + "zoo.json")
        url = secure.url.replace("http://127.0.0.1", "https://localhost")
        env = {"CURL_CA_BUNDLE": str(certificate)}
        self.requests()
        self.assertEqual(self.zoo("registry", "add", "lab", url, "--key", self.key.text, env=env), (
            NETWORK, "", "zoo: lab: %s/zoo.json: it redirects from https to http (%szoo.json)\n" % (url, self.url)))
        self.assertEqual(self.requests(), [])
        # The same server with a registry of its own: unsigned is taken over https.
        secure.routes["/zoo.json"] = tagged(document(1))
        self.assertEqual(self.zoo("registry", "add", "lab", url, env=env)[:2], (OK, "added lab: 1 entry, version 1, unsigned\n"))

    def test_one_name_in_two_registries(self):
        self.add_signed()
        self.server.routes["/b/zoo.json"] = tagged(document(1, name="b"))
        self.assertEqual(self.zoo("registry", "add", "two", self.server.url + "/b/")[0], OK)
        self.assertEqual(self.zoo("pull", "net"), (
            USAGE, "", "zoo: \"net\" is in 2 registries: lab/net:V1 and two/net:V1; write `lab/net` or `two/net`\n"))
        self.assertEqual(self.blobs(), [])
        self.assertEqual(self.zoo("pull", "lab/net", "--quiet")[0], OK)


if __name__ == "__main__":
    unittest.main(argv=["registry_refusals_test"])
