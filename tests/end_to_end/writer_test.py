#!/usr/bin/env python3
"""What zoo writes, loaded by PyTorch with weights_only=True and compared bit for bit.

Runs itself again with the Python that has torch, which ZOO_PYTHON names.
"""
import collections
import hashlib
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import zipfile

DTYPES = ("float32 float64 float16 bfloat16 uint8 int8 int16 int32 int64 bool uint16 uint32 uint64 complex64 float8_e4m3fn "
          "float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn_x2").split()
MORE_DTYPES = "complex32 complex128 bits1x8 bits2x4 bits4x2 bits8 bits16".split()
# float8_e8m0fnu and float4_e2m1fn_x2 are known to the format, but not to every reader of it in Python.
NEWEST = ("float8_e8m0fnu", "float4_e2m1fn_x2")


def pattern(dtype, count, seed):
    return bytes((seed + 7 * i) % (2 if dtype == "bool" else 256) for i in range(count))


def item_size(name):
    return torch.empty(0, dtype=getattr(torch, name)).element_size()


def storage_of(tensor):
    return bytes(tensor.untyped_storage().tolist())


def elements_of(tensor):
    """The bytes of its elements in row-major order, signs resolved."""
    return bytes(tensor.resolve_conj().resolve_neg().contiguous().view(-1).view(torch.uint8).tolist())


class Written(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="zoo ünï-", dir=os.environ.get("TEST_TMPDIR"))
        cls.folder = pathlib.Path(cls.temporary.name)
        out = subprocess.run([WRITE, str(cls.folder)], check=True, stdout=subprocess.PIPE, text=True).stdout
        cls.said = {name: (int(size), digest) for name, size, digest in map(str.split, out.splitlines())}
        cls.loaded = {name: torch.load(cls.folder / name, weights_only=True)
                      for name in ("zip.pt", "plain.pt", "packed.pt", "legacy.pt")}
        for name in ("zip.pt", "plain.pt"):
            cls.loaded[name + " mmap"] = torch.load(cls.folder / name, weights_only=True, mmap=True)

    @classmethod
    def tearDownClass(cls):
        del cls.loaded
        cls.temporary.cleanup()

    def each(self, part, check):
        for name, loaded in self.loaded.items():
            with self.subTest(name):
                check(loaded[part])

    def test_said(self):
        for name, (size, digest) in self.said.items():
            data = (self.folder / name).read_bytes()
            self.assertEqual(len(data), size, name)
            if digest != "-":
                self.assertEqual(hashlib.sha256(data).hexdigest(), digest, name)
        self.assertEqual(self.said["zip.pt"], self.said["again.pt"])
        self.assertEqual({p.name for p in self.folder.iterdir()}, set(self.said))  # no temporary file is left

    def test_dtypes(self):
        def check(tensors):
            self.assertEqual(list(tensors), DTYPES + MORE_DTYPES)
            for first, names in ((1, DTYPES), (100, MORE_DTYPES)):
                for seed, name in enumerate(names, first):
                    tensor = tensors[name]
                    self.assertEqual((tensor.dtype, tensor.shape, tensor.stride()), (getattr(torch, name), (2, 3), (3, 1)), name)
                    self.assertEqual(storage_of(tensor), pattern(name, 6 * item_size(name), seed), name)
        self.each("dtypes", check)

    def test_views(self):
        def check(views):
            self.assertEqual({name: (tuple(t.shape), t.stride(), t.storage_offset(), t.is_conj(), t.is_neg())
                              for name, t in views.items()}, {
                "whole": ((4, 6), (6, 1), 0, False, False), "again": ((4, 6), (6, 1), 0, False, False),
                "transposed": ((6, 4), (1, 6), 0, False, False), "slice": ((2, 2), (6, 1), 7, False, False),
                "expanded": ((3, 6), (0, 1), 0, False, False), "scalar": ((), (), 5, False, False),
                "empty": ((0, 3), (3, 1), 0, False, False), "conj": ((4,), (1,), 0, True, False),
                "neg": ((4,), (1,), 0, False, True), "both": ((2,), (2,), 0, True, True)})
            self.assertIs(views["whole"], views["again"])
            shared = [views[n].untyped_storage().data_ptr() for n in ("whole", "transposed", "slice", "expanded", "scalar")]
            self.assertEqual(len(set(shared)), 1)
            self.assertEqual(views["conj"].untyped_storage().data_ptr(), views["both"].untyped_storage().data_ptr())
            self.assertEqual(storage_of(views["whole"]), pattern("float32", 96, 3))
            self.assertEqual(storage_of(views["conj"]), pattern("complex64", 32, 4))
            self.assertEqual(storage_of(views["neg"]), pattern("float64", 32, 5))
        self.each("views", check)

    def test_module(self):
        def check(module):
            self.assertIs(type(module), collections.OrderedDict)
            self.assertEqual({name: (type(t), t.requires_grad) for name, t in module.items()}, {
                "parameter": (torch.nn.Parameter, True), "frozen": (torch.nn.Parameter, False),
                "leaf": (torch.Tensor, True), "plain": (torch.Tensor, False)})
            self.assertEqual(len({t.data_ptr() for t in module.values()}), 1)
            self.assertEqual(storage_of(module["plain"]), pattern("float32", 24, 9))
            self.assertIs(type(module._metadata), collections.OrderedDict)
            self.assertEqual(module._metadata, {"": {"version": 1}, "bn": {"version": 2}})
        self.each("module", check)

    def test_quantized(self):
        def check(tensors):
            for name in ("qint8", "quint8", "qint32"):
                tensor = tensors[name]
                self.assertEqual((tensor.dtype, tensor.q_scale(), tensor.q_zero_point()), (getattr(torch, name), 0.125, 3))
                self.assertEqual(storage_of(tensor), pattern(name, 24 if name == "qint32" else 6, 20))
            for name, scheme, size in (("channels", torch.per_channel_affine, 6),
                                       ("quint4x2", torch.per_channel_affine_float_qparams, 4)):
                tensor = tensors[name]
                self.assertEqual((tensor.qscheme(), tensor.q_per_channel_axis()), (scheme, 0))
                self.assertEqual(tensor.q_per_channel_scales().tolist(), [0.5, 0.25])
                self.assertEqual(tensor.q_per_channel_zero_points().tolist(), [1, 2])
                self.assertEqual(storage_of(tensor), pattern(name, size, 20))
        self.each("quantized", check)

    def test_composites(self):
        values = torch.frombuffer(bytearray(pattern("int16", 8, 30)), dtype=torch.int16)

        def check(tensors):
            for name, coalesced in (("coo", False), ("coalesced", True)):
                tensor = tensors[name]
                self.assertEqual((tensor.layout, tensor.shape, tensor.is_coalesced()), (torch.sparse_coo, (2, 3), coalesced))
                self.assertEqual(tensor._indices().tolist(), [[0, 1], [2, 0]])
                self.assertEqual(tensor._values().tolist(), values[:2].tolist())
            for name, shape, dims in (("csr", (2, 3), (2,)), ("csc", (3, 2), (2,)), ("bsr", (2, 4), (2, 1, 2)), ("bsc", (2, 4), (2, 1, 2))):
                tensor = tensors[name]
                self.assertEqual((tensor.layout, tensor.shape), (getattr(torch, "sparse_" + name), shape))
                rows = name in ("csr", "bsr")
                self.assertEqual((tensor.crow_indices() if rows else tensor.ccol_indices()).tolist(), [0, 1, 2])
                self.assertEqual((tensor.col_indices() if rows else tensor.row_indices()).tolist(), [1, 0])
                self.assertEqual(tensor.values().tolist(), values[:torch.Size(dims).numel()].view(dims).tolist())
            meta = tensors["meta"]
            self.assertEqual((meta.device.type, meta.dtype, meta.shape, meta.stride(), meta.requires_grad),
                             ("meta", torch.bfloat16, (2, 3), (1, 2), True))
        self.each("composites", check)

    def test_nested(self):
        nested = self.loaded["zip.pt"]["nested"]
        self.assertTrue(nested.is_nested)
        self.assertEqual([tuple(t.shape) for t in nested.unbind()], [(2, 2), (2, 3)])
        self.assertEqual(b"".join(elements_of(t) for t in nested.unbind()), pattern("float32", 40, 31))

    def test_containers(self):
        def check(given):
            self.assertEqual(given["many"], list(range(2001)))
            self.assertEqual(given["entries"], {i: i % 2 == 0 for i in range(1001)})
            deep, depth = given["deep"], 0
            while deep:
                self.assertIs(type(deep), dict if depth % 2 == 0 else list)
                deep, depth = deep[0], depth + 1
            self.assertEqual((deep, depth), ([], 20000))
            first, second, (third,), none = given["shared"]
            self.assertEqual((first, none), ([7], ()))
            self.assertTrue(first is second is third)
            loop = given["loop"]
            self.assertIs(loop[0], loop)
            self.assertIs(loop[1][0], loop)
            self.assertEqual((len(loop), len(loop[1]), loop[1][1]), (2, 2, 1))
            self.assertIs(given["ring"]["ring"], given["ring"])
            self.assertEqual((given["set"], given["no_set"]), ({1, "a", (2, 3)}, set()))
            self.assertEqual((given["counter"], given["no_counter"]), ({3: 2, "a": 1}, {}))
            self.assertIs(type(given["counter"]), collections.Counter)
            self.assertIs(type(given["no_counter"]), collections.Counter)
            self.assertEqual(given["tuples"], [(1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)])
        self.each("containers", check)

    def test_values(self):
        numbers = [0, 255, 256, 65535, 65536, -1, -128, -129, 2**31 - 1, -2**31, 2**31, -2**31 - 1, 2**63 - 1, -2**63, 2**63, -2**63, 12, 0,
                   10**600, -10**600, -0.0, 1e300, 1.5 - 2j, True, False, None]

        def check(given):
            self.assertEqual([(type(n), repr(n)) for n in given["numbers"]], [(type(n), repr(n)) for n in numbers])
            self.assertEqual(list(given["keys"].items()),
                             [(1, "int"), (None, "none"), (1.5, "float"), (b"\0\xff", "bytes"), ((1, "x"), "tuple")])
            self.assertEqual((given["text"], given["no_text"]), ("café \ud800 😀", ""))
            self.assertEqual((given["bytes"], given["no_bytes"]), (bytes(range(256)), b""))
            self.assertEqual((given["bytearray"], given["no_bytearray"]), (bytearray(range(256)), bytearray()))
            self.assertEqual((given["size"], given["no_size"]), (torch.Size([1, 2, 3, 4]), torch.Size([])))
            self.assertIs(type(given["size"]), torch.Size)
            self.assertEqual(given["dtypes"], [torch.float32, torch.float8_e4m3fn, torch.int4, torch.uint7])
            self.assertEqual(given["devices"], [torch.device("cpu"), torch.device("cuda", 1), torch.device("cuda")])
            self.assertEqual((given["storage"].dtype, bytes(given["storage"].untyped().tolist())), (torch.int16, pattern("int16", 6, 40)))
            self.assertEqual(bytes(given["untyped"].untyped().tolist()), pattern("uint16", 6, 41))
        self.each("values", check)

    def test_optimizer(self):
        def check(given):
            parameters = [torch.nn.Parameter(torch.zeros(2, 3)) for _ in range(2)]
            adam = torch.optim.Adam(parameters)
            adam.load_state_dict(given)
            for number, parameter in enumerate(parameters):
                for name, size in (("step", 4), ("exp_avg", 24), ("exp_avg_sq", 24)):
                    self.assertEqual(elements_of(adam.state[parameter][name]), pattern("float32", size, 50 + number), name)
            self.assertEqual(adam.param_groups[0]["betas"], (0.9, 0.999))
        self.each("optimizer", check)

    def test_zip(self):
        for name, alignment in (("zip.pt", 64), ("plain.pt", 4096), ("packed.pt", 1)):
            data = (self.folder / name).read_bytes()
            with zipfile.ZipFile(self.folder / name) as archive:
                self.assertIsNone(archive.testzip() if name != "plain.pt" else None)
                infos = archive.infolist()
            storages = [i for i in infos if "/data/" in i.filename]
            self.assertEqual([i.filename for i in infos], ["archive/data.pkl", "archive/byteorder"] +
                             ["archive/data/%d" % i for i in range(len(storages))] + ["archive/version"])
            for info in storages:
                header = data[info.header_offset:info.header_offset + 30]
                start = info.header_offset + 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
                self.assertEqual(start % alignment, 0, (name, info.filename))
                self.assertEqual((info.compress_type, info.date_time), (zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0)))
                self.assertEqual(info.CRC == 0, name == "plain.pt")

    def test_safetensors(self):
        path = self.folder / "all.safetensors"
        data = path.read_bytes()
        length = int.from_bytes(data[:8], "little")
        self.assertEqual(length % 8, 0)
        header = json.loads(data[8:8 + length])
        self.assertEqual(header.pop("__metadata__"), {"a": "é\n", "format": "pt"})
        reference = self.loaded["zip.pt"]
        expected = {**{name: reference["dtypes"][name] for name in DTYPES}, **reference["views"],
                    "café \"\\\n\x01": torch.tensor([60], dtype=torch.uint8)}
        self.assertEqual(set(header), set(expected))
        at = 0
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            self.assertEqual(begin, at)
            self.assertEqual(data[8 + length + begin:8 + length + end], elements_of(expected[name]), name)
            at = end
        self.assertEqual(8 + length + at, len(data))
        self.assertEqual(header["float4_e2m1fn_x2"]["shape"], [2, 6])
        items = [expected[name].element_size() for name in header]
        self.assertEqual(items, sorted(items, reverse=True))
        if not importlib.util.find_spec("safetensors"):
            return
        import safetensors
        with safetensors.safe_open(path, framework="pt") as opened:
            self.assertEqual(opened.metadata(), {"a": "é\n", "format": "pt"})
            for name in set(expected) - set(NEWEST):
                tensor = opened.get_tensor(name)
                self.assertEqual((tensor.dtype, tensor.shape), (expected[name].dtype, expected[name].shape), name)
                self.assertEqual(elements_of(tensor), elements_of(expected[name]), name)


if __name__ == "__main__":
    WRITE = os.path.abspath(sys.argv[1])
    python = os.environ.get("ZOO_PYTHON", sys.executable)
    if os.environ.get("WRITER_TEST_INNER") != "1":
        os.environ["WRITER_TEST_INNER"] = "1"
        os.execvp(python, [python, __file__, WRITE])
    import torch
    unittest.main(argv=["writer_test"])
