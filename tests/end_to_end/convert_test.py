#!/usr/bin/env python3
"""What `zoo convert` makes of every checkpoint of tests/data, loaded by PyTorch with weights_only=True and compared bit for bit with what
PyTorch reads from the original.

Runs itself again with the Python that has torch, which ZOO_PYTHON names.
"""
import collections
import enum
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

# Files that PyTorch does not open; the test sees that it still does not. In legacy files it takes no untyped storages; byte strings of
# Python 2 must be told an encoding; the others name classes that are not there, or hold what it never writes.
NOT_OPENED = {"dtypes_legacy.pth", "storage_legacy.pth", "old_python2_legacy.pth", "python2.pth", "objects_more.pth", "recurrent.pth",
              "subclasses.pth", "ultralytics.pt", "opcodes.pth", "zip_longer_storage.pth", "float6.safetensors"}
# Nor does torch.load open these.
NOT_LOADED_FORMATS = {"pickle", "pt2", "sharded", "torch_package"}
HAS_SAFETENSORS = importlib.util.find_spec("safetensors") is not None
# It builds a legacy file's nested tensors of sizes that it has not read yet: whether that fails is up to what was in memory.
BY_CHANCE = {"special_legacy.pth"}
# In legacy files it has storages of elements only.
NOT_LEGACY = {"storage.pth"}
# No file that is written here can hold floats of six bits, and no safetensors file these: complex128 and such, quantized and sparse tensors.
NOT_WRITTEN = {"float6.safetensors"}
NO_SAFETENSORS = {"bits.pth", "bits_of_views.pth", "dtypes.pth", "dtypes_legacy.pth", "other_spellings.pth", "quantized.pth", "sparse.pth",
                  "special.pth", "special_legacy.pth"} | NOT_WRITTEN
UNSUPPORTED, MISMATCH = 7, 8


class Colour(enum.Enum):
    """Colour and Words are named by the corpus's files, as classes of the script that made them."""

    RED = 1


class Words(dict):
    pass


def bits(tensor):
    """Its elements' bytes in row-major order, signs resolved."""
    tensor = tensor.detach().resolve_conj().resolve_neg().contiguous()
    return bytes(tensor.view(-1).view(torch.uint8).tolist()) if tensor.numel() else b""


def quantization(tensor):
    if not tensor.is_quantized:
        return None
    if tensor.qscheme() == torch.per_tensor_affine:
        return ("tensor", tensor.q_scale(), tensor.q_zero_point())
    return ("channel", tensor.q_per_channel_axis(), tensor.q_per_channel_scales().tolist(), tensor.q_per_channel_zero_points().tolist())


def plain(tensor):
    """A tensor as values that compare."""
    about = (str(tensor.layout), str(tensor.dtype), tuple(tensor.shape) if not tensor.is_nested else None, tensor.requires_grad,
             isinstance(tensor, torch.nn.Parameter))
    if tensor.is_meta:
        return about + (tensor.stride(),)
    if tensor.is_nested:
        return about + tuple(plain(part) for part in tensor.unbind())
    if tensor.layout == torch.sparse_coo:
        return about + (tensor.is_coalesced(), plain(tensor._indices()), plain(tensor._values()))
    if tensor.layout in (torch.sparse_csr, torch.sparse_bsr):
        return about + (plain(tensor.crow_indices()), plain(tensor.col_indices()), plain(tensor.values()))
    if tensor.layout in (torch.sparse_csc, torch.sparse_bsc):
        return about + (plain(tensor.ccol_indices()), plain(tensor.row_indices()), plain(tensor.values()))
    values = tensor.int_repr() if tensor.is_quantized else tensor
    return about + (tensor.stride(), quantization(tensor), bits(values))


PLAIN = (int, float, bool, str, bytes, bytearray, complex, type(None))


def members(value):
    """(step, member) of a container, or None. A module has those of its state dict."""
    if isinstance(value, torch.nn.Module):
        value = value.state_dict()
    if type(value) in (dict, collections.OrderedDict):
        return [(repr(key), member) for key, member in value.items()]
    if type(value) in (list, tuple):
        return list(enumerate(value))
    return None


def places(root):
    """path -> tensor or plain value, of everything that a converted file must hold."""
    found, todo = {}, [((), root, frozenset())]
    while todo:
        path, value, inside = todo.pop()
        if isinstance(value, torch.Tensor):
            if not wrapped(value):
                found[path] = value
        elif type(value) in PLAIN + (torch.Size, torch.dtype, torch.device):
            found[path] = repr(value)
        elif type(value) is set:
            found[path] = sorted(map(repr, value))
        elif members(value) is not None and id(value) not in inside:
            found[path] = "list" if isinstance(value, (list, tuple)) else "dict"
            todo += [(path + (step,), member, inside | {id(value)}) for step, member in members(value)]
    return found


def sharing(found):
    """Which places share memory. Of one dtype: a file that is written here has no storage of two. By where storages lie: old files
    have some that are a part of another."""
    runs = []
    for path, value in found.items():
        if isinstance(value, torch.Tensor) and value.layout == torch.strided and not value.is_meta and not value.is_nested and value.numel():
            storage = value.untyped_storage()
            runs.append((str(value.dtype), storage.data_ptr(), storage.data_ptr() + storage.nbytes(), tuple(map(str, path))))
    groups, dtype, end = [], None, 0
    for run in sorted(runs):
        if run[0] != dtype or run[1] >= end:
            groups.append([])
            dtype, end = run[0], 0
        groups[-1].append(run[3])
        end = max(end, run[2])
    return sorted(map(sorted, groups))


def wrapped(tensor):
    """A tensor of several others, which only a Python program can put together again."""
    return tensor.is_nested and tensor.layout == torch.jagged


def read_safetensors(path):
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__")
    for entry in header.values():
        if entry["dtype"] == "F4":  # PyTorch counts pairs
            entry["shape"][-1] //= 2
    return {name: (entry["shape"], data[8 + length:][slice(*entry["data_offsets"])]) for name, entry in header.items()}


class Convert(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="zoo cönvert ", dir=os.environ.get("TEST_TMPDIR"))
        cls.folder = pathlib.Path(cls.scratch.name)
        cls.files = sorted(path for path in CORPUS.iterdir() if path.with_name(path.name + ".json").exists())
        assert len(cls.files) >= 20, cls.files

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def zoo(self, *args):
        done = subprocess.run([ZOO, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                              env={**os.environ, "ZOO_CACHE": str(self.folder / "cache")})
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def originals(self):
        """(file, what PyTorch reads from it) of all that it opens."""
        for path in self.files:
            kind = self.expected(path)["format"]
            # torch.load hands safetensors files to a package of their own.
            if path.name in BY_CHANCE or kind in NOT_LOADED_FORMATS or kind == "safetensors" and not HAS_SAFETENSORS:
                continue
            try:
                original = torch.load(path, weights_only=False, map_location="cpu")
            except Exception as error:
                self.assertIn(path.name, NOT_OPENED, error)
                continue
            self.assertNotIn(path.name, NOT_OPENED)
            yield path, original

    def expected(self, path):
        return json.loads(path.with_name(path.name + ".json").read_text())

    def check_same(self, original, converted):
        want, got = places(original), places(converted)
        # In a list None stands for what was left out.
        left_out = {path for path in set(got) - set(want) if got[path] == "None"}
        self.assertEqual({str(p) for p in want}, {str(p) for p in set(got) - left_out})
        for path, value in want.items():
            if not isinstance(value, torch.Tensor):
                self.assertEqual(value, got[path], path)
                continue
            self.assertEqual(plain(value), plain(got[path]), path)
        self.assertEqual(sharing(want), sharing(got))

    def test_all_of_every_file(self):
        for form in ("zip", "legacy"):
            for path, original in self.originals():
                with self.subTest(file=path.name, form=form):
                    out = self.folder / f"{path.stem} {form}.pth"
                    code, stdout, stderr = self.zoo("convert", path, out, "--format", form, "--drop-objects")
                    if form == "legacy" and path.name == "special.pth":  # the nested tensor
                        self.assertEqual((code, stdout, out.exists()), (UNSUPPORTED, "", False))
                        continue
                    self.assertEqual((code, stdout), (0, f"{out}\n"), stderr)
                    if form == "legacy" and path.name in NOT_LEGACY:
                        continue
                    self.check_same(original, torch.load(out, weights_only=True))
                    if form == "zip":
                        self.check_same(original, torch.load(out, weights_only=True, mmap=True))

    def test_the_weights_of_every_file(self):
        for path in self.files:
            where = self.expected(path)["state_dict"]
            if where is None:
                continue
            for form in ("pth", "safetensors"):
                with self.subTest(file=path.name, form=form):
                    out = self.folder / f"{path.stem} weights.{form}"
                    code, stdout, stderr = self.zoo("convert", path, out, "--only-weights", "--quiet")
                    if form == "pth" and path.name in NOT_WRITTEN or form == "safetensors" and path.name in NO_SAFETENSORS:
                        self.assertEqual((code, stdout, out.exists()), (UNSUPPORTED, "", False))
                        continue
                    self.assertEqual((code, stdout, stderr), (0, f"{out}\n", ""))
                    if form == "safetensors":
                        continue
                    code, stdout, stderr = self.zoo("diff", path, out, "--json")
                    report = json.loads(stdout)
                    self.assertEqual((code, report["same"], report["same_tensors"]), (0, True, where["tensors"]), stdout)

    def test_safetensors_hold_the_same_bits(self):
        for path, original in self.originals():
            where = self.expected(path)["state_dict"]
            if where is None or path.name in NO_SAFETENSORS:
                continue
            with self.subTest(file=path.name):
                weights = original
                for step in where["path"]:
                    weights = weights[step]
                if isinstance(weights, torch.nn.Module):
                    weights = weights.state_dict()
                weights = {name: value for name, value in weights.items() if isinstance(value, torch.Tensor) and not wrapped(value)}
                out = self.folder / f"{path.stem} bits.safetensors"
                code, _, stderr = self.zoo("convert", path, out, "--only-weights")
                self.assertEqual(code, 0, stderr)
                got = read_safetensors(out)
                self.assertEqual(set(weights), set(got))
                for name, tensor in weights.items():
                    self.assertEqual((list(tensor.shape), bits(tensor)), got[name], name)

    def test_casts_are_pytorchs(self):
        values = [0.0, -0.0, 1.0, 1.0009765625, 65504.0, 65519.9, 65520.0, -1e30, 6e-8, 2.98e-8, 2.9802322387695312e-08, 1e-45, 3.3895313892515355e38,
                  float("inf"), float("-inf"), float("nan")]
        torch.manual_seed(0)
        made = {"f32": torch.cat([torch.tensor(values), torch.randn(100_000) * torch.logspace(-44, 38, 100_000)]),
                "f64": torch.cat([torch.tensor(values, dtype=torch.float64), torch.randn(50_000, dtype=torch.float64) * 1e5]),
                "f16": torch.arange(65536, dtype=torch.int32).to(torch.int16).view(torch.float16),
                "bf16": torch.arange(65536, dtype=torch.int32).to(torch.int16).view(torch.bfloat16), "i64": torch.arange(3)}
        source = self.folder / "casts.pth"
        torch.save(made, source)
        for name in ("float16", "bfloat16", "float32"):
            out = self.folder / f"{name}.pth"
            code, stdout, stderr = self.zoo("convert", source, out, "--dtype", name, "--json")
            self.assertEqual(code, 0, stderr)
            got, overflowed = torch.load(out, weights_only=True), 0
            for key, tensor in made.items():
                want = tensor.to(getattr(torch, name)) if key != "i64" else tensor
                self.assertEqual(got[key].dtype, want.dtype)
                nan = want.isnan()
                self.assertTrue(torch.equal(got[key].isnan(), nan), (name, key))
                self.assertEqual(bits(got[key][~nan]), bits(want[~nan]), (name, key))
                overflowed += int((tensor.isfinite() & want.isinf()).sum())
            self.assertEqual(json.loads(stdout)["overflowed"], overflowed)

    def test_prefixes_and_metadata(self):
        model = torch.nn.DataParallel(torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2)))
        source, out = self.folder / "parallel.pth", self.folder / "single.pth"
        torch.save({"epoch": 1, "state_dict": model.state_dict()}, source)
        code, _, stderr = self.zoo("convert", source, out, "--only-weights", "--strip-prefix", "module.")
        self.assertEqual((code, stderr.splitlines()[0]), (0, "left out: epoch (an int)"))
        got, want = torch.load(out, weights_only=True), model.module.state_dict()
        self.assertEqual(list(got), list(want))
        self.assertEqual(got._metadata, want._metadata)
        model.module.load_state_dict(got)

    def test_a_slice_does_not_drag_its_storage_along(self):
        big = torch.arange(100_000.0)
        source, out = self.folder / "slice.pth", self.folder / "small.pth"
        torch.save({"a": big[10:20], "b": big[15:40:2], "none": big[:0]}, source)
        code, stdout, stderr = self.zoo("convert", source, out, "--json")
        self.assertEqual(code, 0, stderr)
        self.assertEqual(json.loads(stdout)["trimmed"], 400_000 - 30 * 4)
        got = torch.load(out, weights_only=True)
        self.assertEqual((got["a"].tolist(), got["b"].tolist(), got["none"].shape), (big[10:20].tolist(), big[15:40:2].tolist(), (0,)))
        self.assertEqual(got["a"].untyped_storage().data_ptr(), got["b"].untyped_storage().data_ptr())


if __name__ == "__main__":
    ZOO, CORPUS = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    python = os.environ.get("ZOO_PYTHON", sys.executable)
    if os.environ.get("CONVERT_TEST_INNER") != "1":
        os.environ["CONVERT_TEST_INNER"] = "1"
        os.execvp(python, [python, __file__, *sys.argv[1:]])
    import torch
    sys.modules["make"] = sys.modules["__main__"]
    unittest.main(argv=["convert_test"])
