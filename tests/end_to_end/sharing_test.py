#!/usr/bin/env python3
"""The story of docs/sharing.md with the real programs: a network is trained, published, signed and served by nginx; another machine, with a
cache, a home and, where this machine allows it, a user of its own, pulls it and computes the same, and so does Python. Then everything that a
server could do about it is done, and refused.

The weights of the digits example are of a module of its own; those of a small SqueezeNet are of an architecture that zoo has, so they have a
probe. Runs the Python part again with the Python that has torch, which ZOO_PYTHON names."""
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

import harness

OK, NETWORK, CORRUPT = 0, 4, 6
NOBODY = 65534
FILES = harness.arguments()

NGINX_PLACES = ("/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx", "/usr/local/bin/nginx")
NGINX = """
daemon off;
%(user)s
worker_processes 1;
pid "%(folder)s/nginx.pid";
error_log "%(folder)s/error.log";
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path "%(folder)s/temp";
  proxy_temp_path "%(folder)s/temp";
  fastcgi_temp_path "%(folder)s/temp";
  uwsgi_temp_path "%(folder)s/temp";
  scgi_temp_path "%(folder)s/temp";
  sendfile on;
  server { listen 127.0.0.1:%(port)d; root "%(root)s"; }
}
"""

# Prints accuracy of the digits' weights, then the logits of the SqueezeNet for the tensor in a file.
PYTHON = """
import sys, torch
sys.path[:0] = sys.argv[1:3]
import check, squeezenets
rows = torch.tensor([[float(field) for field in line.split(",")] for line in open(sys.argv[3])])[check.TRAINING_ROWS:]
print("%.4f" % check.accuracy(torch.load(sys.argv[4], weights_only=True), rows))
net = squeezenets.SqueezeNet()
net.load_state_dict(torch.load(sys.argv[5], weights_only=True))
with torch.no_grad():
    logits = net.eval().double()(torch.load(sys.argv[6], weights_only=True).double())
print(" ".join(map(repr, logits.flatten().tolist())))
"""
MAKE_INPUT = "import sys, torch; torch.manual_seed(1); torch.save(torch.randn(2, 3, 70, 90), sys.argv[1])"


def torch_python():
    return os.environ.get("ZOO_PYTHON", sys.executable)


def another_user(program):
    """What makes subprocess run it as somebody else; nothing where there can be nobody else, or nobody who may read LibTorch."""
    if os.geteuid() != 0:
        return {}
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    try:
        done = subprocess.run([program, "version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, **who)
    except OSError:
        return {}  # a sandbox that knows one user
    return who if done.returncode == 0 else {}


class Nginx:
    """Serves a folder; the listening socket is ours before nginx starts."""

    def __init__(self, root, folder):
        folder.mkdir()
        binary = next(place for place in NGINX_PLACES if os.access(place, os.X_OK))
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(64)
            port = listener.getsockname()[1]
            os.set_inheritable(listener.fileno(), True)
            (folder / "nginx.conf").write_text(NGINX % {"folder": folder, "root": root, "port": port, "user": "user root;" if os.geteuid() == 0 else ""})
            self.process = subprocess.Popen([binary, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"],
                                            env={"NGINX": "%d;" % listener.fileno()}, pass_fds=[listener.fileno()])
        self.url = "http://127.0.0.1:%d/" % port

    def close(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(timeout=60)


class Machine:
    """A computer of its own: home, cache, state and, if there can be one, user."""

    def __init__(self, folder, program):
        self.home, self.program = folder, program
        folder.mkdir()
        self.who = another_user(program.parent / "zoo-run")
        if self.who:
            os.chown(folder, NOBODY, NOBODY)

    def zoo(self, *args, **extra):
        environment = {k: v for k, v in os.environ.items() if k in ("PATH", "TMPDIR")}
        environment.update(LC_ALL="C.UTF-8", HOME=str(self.home), **extra)
        done = subprocess.run([self.program, *map(str, args)], env=environment, cwd=self.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120, **self.who)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def done(self, *args, **extra):
        code, out, err = self.zoo(*args, **extra)
        if code != OK:
            raise AssertionError("zoo %s: %d, %s" % (" ".join(map(str, args)), code, err))
        return out

    def blobs(self):
        return {p.name: p.read_bytes() for p in (self.home / ".cache/zoo/blobs").glob("**/*") if p.is_file()}


class Sharing(harness.ZooTest):
    @classmethod
    def setUpClass(cls):
        """Trains, publishes and signs, once."""
        # Where another user may come; TEST_TMPDIR need not be.
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="zoo sharing-"))
        cls.shared.chmod(0o755)
        cls.programs = cls.shared / "bin"
        cls.programs.mkdir()
        for name in ("zoo", "zoo-run"):
            # Where the build keeps them others need not be let in.
            shutil.copy2(os.path.join(os.path.dirname(FILES["zoo"]), name), cls.programs / name)
        cls.lab = cls.shared / "registry"
        publisher = Machine(cls.shared / "publisher", cls.programs / "zoo")
        publisher.who = {}
        saved, made = cls.shared / "saved", cls.shared / "made"
        trained = subprocess.run([FILES["digits"], FILES["digits.csv"], str(saved)], check=True, stdout=subprocess.PIPE, text=True, timeout=300)
        cls.accuracy = trained.stdout.splitlines()[-1].split()[1]
        best = next(epoch for epoch in json.loads((saved / "run.json").read_text())["epochs"] if epoch["best"])
        made.mkdir()
        subprocess.run([FILES["model_files"], "make", str(made)], check=True, stdout=subprocess.DEVNULL, timeout=120)
        publisher.done("publish", saved / best["file"], "--arch", "digits_net", "--name", "digits:v1", "--to", cls.lab, "--license", "MIT",
                       "--metric", "digits/acc@1=%.2f" % (100 * float(cls.accuracy)))
        publisher.done("publish", made / "state.pt", "--arch", "squeezenet1_1", "--option", "num_classes=7", "--option", "dropout=0.25", "--name",
                       "net:v1", "--to", cls.lab, "--license", "MIT", "--photo", FILES["chelsea.png"])
        cls.key = publisher.done("keygen", "-o", cls.shared / "lab.pem").split()[-1]
        publisher.done("sign", cls.lab, "--key", cls.shared / "lab.pem")
        cls.publisher = publisher

    @classmethod
    def tearDownClass(cls):
        for root, folders, _ in os.walk(cls.shared):
            for name in folders:
                with contextlib.suppress(OSError):
                    os.chmod(os.path.join(root, name), 0o700)
        shutil.rmtree(cls.shared)

    def setUp(self):
        super().setUp()
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="t-", dir=self.shared))
        self.place.chmod(0o755)
        self.root = self.place / "www"
        shutil.copytree(self.lab, self.root / "lab")
        self.nginx = Nginx(self.root, self.place / "nginx")
        self.addCleanup(self.nginx.close)
        self.url = self.nginx.url + "lab/"
        self.machine = Machine(self.place / "another machine", self.programs / "zoo")

    def add(self, machine=None, key=None):
        return (machine or self.machine).done("registry", "add", "lab", self.url, "--key", key or self.key)

    def document(self):
        return json.loads((self.root / "lab/zoo.json").read_text())

    def entry(self, model):
        return next(entry for entry in self.document()["entries"] if entry["model"] == model)

    def served(self, model):
        return self.root / "lab" / self.entry(model)["artifact"]["sources"][0]["url"]

    def write(self, document, key="lab.pem"):
        (self.root / "lab/zoo.json").write_text(json.dumps(document))
        self.publisher.done("sign", self.root / "lab", "--key", self.shared / key, "--replace-key")

    def refused(self, code, sentence, *args, **extra):
        before = self.machine.blobs()
        got, out, err = self.machine.zoo(*args, **extra)
        self.assertEqual(got, code, err)
        self.assertEqual(out, "")
        self.assertIn(sentence, err.replace(self.nginx.url, "http://HOST/"))
        self.assertEqual(self.machine.blobs(), before)

    def test_the_same_bytes_the_same_weights_the_same_logits(self):
        print("another user:", bool(self.machine.who))
        self.assertIn("2 entries, version 2, signed", self.add())
        paths = dict(zip(("digits", "net"), self.machine.done("pull", "lab/digits", "lab/net", "--quiet").split("\n")))
        for model, path in paths.items():
            entry = self.entry(model)
            self.assertEqual(pathlib.Path(path).read_bytes(), self.served(model).read_bytes())
            self.assertEqual(pathlib.Path(path).name, entry["artifact"]["sha256"])
            self.machine.done("verify", path, "--fingerprint", entry["fingerprint"])
        provenance = self.entry("digits")["provenance"]
        self.assertEqual("%.4f" % provenance["metrics"]["acc"], self.accuracy)

        checked = json.loads(self.machine.done("check", "lab/net", "--json", "--quiet"))
        self.assertEqual([row["input"].split()[0] for row in checked["passed"]], ["generated", "photo"])

        tensor = self.place / "input.pt"
        subprocess.run([torch_python(), "-c", MAKE_INPUT, tensor], check=True)
        ours = json.loads(self.machine.done("run", "lab/net", "--input", tensor, "--dtype", "float64", "--json", "--quiet"))["logits"]
        theirs = subprocess.run([torch_python(), "-c", PYTHON, os.path.dirname(FILES["check.py"]), os.path.dirname(os.path.abspath(__file__)),
                                 FILES["digits.csv"], paths["digits"], paths["net"], tensor], check=True, stdout=subprocess.PIPE, text=True)
        accuracy, logits = theirs.stdout.splitlines()
        self.assertEqual(accuracy, self.accuracy)
        logits, ours = [float(x) for x in logits.split()], [x for row in ours for x in row]
        self.assertEqual(len(logits), 2 * 7)
        largest = max(map(abs, logits))
        self.assertGreater(largest, 1e-3)
        for a, b in zip(logits, ours):
            self.assertLess(abs(a - b), 1e-9 * largest)

        # Once here, nothing is asked of anybody.
        self.nginx.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.nginx.process.send_signal, signal.SIGCONT)
        self.assertEqual(self.machine.done("pull", "lab/digits", "lab/net", "--quiet").split("\n")[:2], list(paths.values()))
        self.machine.done("check", "lab/net", "--quiet")

    def test_locked_and_carried_to_a_machine_without_a_network(self):
        self.add()
        other = Machine(self.place / "a third machine", self.programs / "zoo")
        self.add(other)
        locks = []
        for machine in (self.machine, other):
            machine.done("pull", "lab/digits", "lab/net", "--quiet")
            locks.append(machine.done("lock", "lab/digits", "lab/net"))
        self.assertEqual(locks[0], locks[1])
        self.assertEqual(self.machine.blobs(), other.blobs())
        bundles = []
        for machine in (self.machine, other):
            (machine.home / "zoo.lock").write_text(locks[0])
            machine.done("bundle", "--lock", "zoo.lock", "-o", "weights.tar", "--quiet")
            bundles.append((machine.home / "weights.tar").read_bytes())
        self.assertEqual(bundles[0], bundles[1])

        lonely = Machine(self.place / "no network", self.programs / "zoo")
        (lonely.home / "weights.tar").write_bytes(bundles[0])
        (lonely.home / "zoo.lock").write_text(locks[0])
        for file in lonely.home.iterdir():
            file.chmod(0o644)
        lonely.done("unbundle", "weights.tar", "--quiet")
        # What `check` keeps beside the weights, the probe's photo, is no part of a lock.
        locked = {row["sha256"] for row in json.loads(locks[0])["weights"]}
        self.assertEqual({name for name in lonely.blobs()}, locked)
        pulled = lonely.done("pull", "--lock", "zoo.lock", "--offline", "--quiet").splitlines()
        self.assertEqual({os.path.basename(path) for path in pulled}, locked)

    def test_one_byte_of_the_weights_changed(self):
        self.add()
        file = self.served("digits")
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.chmod(0o644)
        file.write_bytes(data)
        wrong, right = hashlib.sha256(data).hexdigest(), self.entry("digits")["artifact"]["sha256"]
        self.refused(CORRUPT, "sha256 is %s, it must be %s; the download was deleted" % (wrong, right), "pull", "lab/digits")

    def test_one_byte_of_the_registry_changed(self):
        self.add()
        text = (self.root / "lab/zoo.json").read_text()
        (self.root / "lab/zoo.json").write_text(text.replace('"MIT"', '"MIX"', 1))
        self.refused(CORRUPT, " is not of this content: one of the two was changed; do not use it", "registry", "update", "lab")
        self.machine.done("show", "lab/digits", "--offline")

    def test_an_older_registry(self):
        document = self.document()
        old = {name: (self.root / "lab" / name).read_bytes() for name in ("zoo.json", "zoo.json.minisig")}
        self.write({**document, "version": document["version"] + 1})
        self.add()
        for name, data in old.items():
            (self.root / "lab" / name).write_bytes(data)
        self.refused(CORRUPT, "lab: version 2 is offered, and version 3 was seen before; nothing was taken: ", "registry", "update", "lab")
        self.assertEqual(json.loads(self.machine.done("registry", "list", "--json"))["registries"][0]["version"], 3)

    def test_another_key(self):
        self.add()
        document = self.document()
        self.publisher.done("keygen", "-o", self.place / "other.pem")
        self.write({**document, "version": document["version"] + 1}, key=self.place / "other.pem")
        self.refused(CORRUPT, "; use it only if its publisher tells you, by another way, of a new key", "registry", "update", "lab")

    def test_no_signature_any_more(self):
        self.add()
        (self.root / "lab/zoo.json.minisig").unlink()
        self.refused(CORRUPT, "lab: it has no signature, and must be signed with %s (" % self.key, "registry", "update", "lab")

    def test_an_entry_with_the_hash_of_another_file(self):
        """Signed, and still not what it says."""
        document = self.document()
        digits, net = (next(entry for entry in document["entries"] if entry["model"] == model)["artifact"] for model in ("digits", "net"))
        own = digits["sha256"]
        digits["sha256"] = net["sha256"]
        self.write({**document, "version": document["version"] + 1})
        self.add()
        self.refused(CORRUPT, "sha256 is %s, it must be %s; the download was deleted" % (own, net["sha256"]), "pull", "lab/digits")
        # The other way round: the file of the other under its own hash.
        digits["sha256"], digits["sources"] = own, net["sources"]
        self.write({**document, "version": document["version"] + 2})
        self.machine.done("registry", "update", "lab")
        self.refused(CORRUPT, "it offers %d bytes, the registry says %d" % (net["size"], digits["size"]), "pull", "lab/digits")

    def test_a_redirect_to_http(self):
        certificate, private = self.place / "cert.pem", self.place / "tls.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", private, "-out", certificate],
                       check=True, stderr=subprocess.DEVNULL)
        certificate.chmod(0o644)
        secure = harness.Server()
        self.addCleanup(secure.close)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, private)
        secure.http.socket = context.wrap_socket(secure.http.socket, server_side=True)
        for name in ("zoo.json", "zoo.json.minisig"):
            secure.routes["/lab/" + name] = harness.serve_file((self.root / "lab" / name).read_bytes())
        source = "/lab/" + self.entry("digits")["artifact"]["sources"][0]["url"]
        secure.routes[source] = lambda handler: harness.send(handler, 302, Location=self.nginx.url + source[1:])
        url = secure.url.replace("http://127.0.0.1", "https://localhost") + "/lab/"
        self.machine.done("registry", "add", "lab", url, "--key", self.key, CURL_CA_BUNDLE=str(certificate))
        self.refused(NETWORK, "redirects from https to http", "pull", "lab/digits", CURL_CA_BUNDLE=str(certificate))

    def test_a_name_that_leads_elsewhere(self):
        for change, sentence in (({"model": "../digits"}, 'model "../digits" is not a name'),
                                 ({"artifact": {"file": "../../../.bashrc"}}, 'artifact.file "../../../.bashrc" is a path, not the name of a file'),
                                 ({"artifact": {"sources": [{"url": "files/../../x"}]}}, 'artifact.sources[0].url "files/../../x" must be files/ and')):
            with self.subTest(change):
                document = self.document()
                entry = document["entries"][0]
                for key, value in change.items():
                    entry[key] = {**entry[key], **value} if isinstance(value, dict) else value
                document["version"] += 1
                text = json.dumps(document).encode()
                (self.root / "lab/zoo.json").write_bytes(text)
                # zoo signs no such registry, so somebody else does.
                self.assertNotEqual(self.publisher.zoo("sign", self.root / "lab", "--key", self.shared / "lab.pem")[0], OK)
                self.sign_otherwise(text, document)
                self.refused(CORRUPT, sentence, "registry", "add", "lab", self.url, "--key", self.key)
                shutil.copy(self.lab / "zoo.json", self.root / "lab/zoo.json")

    def sign_otherwise(self, text, document):
        """As minisign would, with openssl."""
        import base64
        key_id = base64.b64decode(self.key)[2:10]

        def raw(message):
            (self.place / "message").write_bytes(message)
            return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.shared / "lab.pem", "-in", self.place / "message"],
                                  check=True, stdout=subprocess.PIPE).stdout
        comment = "zoo registry %s version %d sha256 %s" % (document["name"], document["version"], hashlib.sha256(text).hexdigest())
        signature = raw(hashlib.blake2b(text).digest())
        lines = ["untrusted comment: x", base64.b64encode(b"ED" + key_id + signature).decode(), "trusted comment: " + comment,
                 base64.b64encode(raw(signature + comment.encode())).decode()]
        (self.root / "lab/zoo.json.minisig").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
