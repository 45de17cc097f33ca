"""Writes the checkpoints of this folder and what `zoo inspect --json --hash` must say of each, and
the fuzz targets' corpora.

    python3 make.py        # with torch 2.13.0 and numpy

The expectations are made from the Python objects, not by reading the files.
"""

import argparse
import collections
import datetime
import enum
import functools
import hashlib
import json
import pathlib
import sys
import warnings
import zipfile

import numpy
import torch

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE.parents[1] / "fuzz" / "checkpoint" / "corpus"
warnings.filterwarnings("ignore")


class Colour(enum.Enum):
    RED = 1


class Words(dict):
    """A dict of a class of its own: its entries are set by SETITEMS."""


def sha256(data):
    return hashlib.sha256(bytes(data)).hexdigest()


def tensor_bytes(tensor):
    """The logical values, row-major, little-endian."""
    tensor = tensor.detach().resolve_conj().resolve_neg()
    if tensor.is_quantized:
        tensor = tensor.int_repr()
    tensor = tensor.contiguous().clone()
    return bytes(tensor.untyped_storage())


def dtype_name(dtype):
    return str(dtype).removeprefix("torch.")


class Expected:
    def __init__(self):
        self.storages, self.seen, self.open = {}, {}, []
        self.tensors, self.values, self.containers = [], [], []
        self.objects, self.modules = [], []

    def storage(self, storage):
        return "s%d" % self.storages.setdefault(storage.data_ptr() or id(storage), len(self.storages))

    def describe(self, tensor):
        out = {"dtype": dtype_name(tensor.dtype), "requires_grad": tensor.requires_grad,
               "parameter": isinstance(tensor, torch.nn.Parameter), "device": str(tensor.device),
               "layout": "strided" if tensor.layout == torch.strided else dtype_name(tensor.layout)}
        if tensor.is_nested:
            out.update(layout="nested", shape=[], numel=1, nbytes=tensor.element_size())
            parts = tensor._nested_tensor_size(), tensor._nested_tensor_strides(), tensor._nested_tensor_storage_offsets()
            for name, part in zip(["buffer", "sizes", "strides", "offsets"], [tensor.values(), *parts]):
                out[name] = self.describe(part)
            return out
        out.update(shape=list(tensor.shape), numel=tensor.numel(), nbytes=tensor.numel() * tensor.element_size())
        if tensor.layout == torch.sparse_coo:
            out.update(indices=self.describe(tensor._indices()), values=self.describe(tensor._values().detach()),
                       coalesced=tensor.is_coalesced())
            return out
        if tensor.layout == torch.sparse_csr:
            out.update(compressed_indices=self.describe(tensor.crow_indices()),
                       plain_indices=self.describe(tensor.col_indices()), values=self.describe(tensor.values()))
            return out
        if tensor.is_meta:
            out["layout"] = "meta"
            return out
        out.update(stride=list(tensor.stride()), storage_offset=tensor.storage_offset(),
                   storage=self.storage(tensor.untyped_storage()), storage_nbytes=tensor.untyped_storage().nbytes(),
                   sha256=sha256(tensor_bytes(tensor)))
        if tensor.is_conj():
            out["conj"] = True
        if tensor.is_neg():
            out["neg"] = True
        if tensor.is_quantized and tensor.qscheme() == torch.per_tensor_affine:
            out["quant"] = {"scheme": "per_tensor_affine", "scale": tensor.q_scale(), "zero_point": tensor.q_zero_point()}
        elif tensor.is_quantized:
            out["quant"] = {"scheme": "per_channel_affine", "axis": tensor.q_per_channel_axis(),
                            "scales": [float(x) for x in tensor.q_per_channel_scales()],
                            "zero_points": [float(x) for x in tensor.q_per_channel_zero_points()]}
        return out

    def value(self, path, kind, value):
        self.values.append({"path": path, "type": kind, "value": value})

    def step(self, key):
        if isinstance(key, str) or (isinstance(key, int) and not isinstance(key, bool)):
            return key
        return {"key": repr(key)}

    def container(self, path, kind, x, members):
        entry = {"path": path, "type": kind, "len": len(x)}
        self.containers.append(entry)
        if any(x is y for y in self.open):
            entry["same_as"] = self.seen[id(x)]
            return
        self.seen.setdefault(id(x), path)
        if kind == "dict":
            entry["keys"] = [self.step(k) for k in x]
        self.open.append(x)
        for key, member in members:
            self.visit(path + [self.step(key)], member)
        self.open.pop()

    def leaf(self, path, x):
        """True if x is a value without members."""
        rows = [
            (bool, "bool", lambda: x), (int, "int", lambda: str(x)), (float, "float", lambda: self.hex(x)),
            (complex, "complex", lambda: [self.hex(x.real), self.hex(x.imag)]), (bytes, "bytes", lambda: x.hex()),
            (bytearray, "bytearray", lambda: x.hex()), (frozenset, "frozenset", lambda: sorted(map(repr, x))),
            (set, "set", lambda: sorted(map(repr, x))), (range, "range", lambda: [x.start, x.stop, x.step]),
            (slice, "slice", lambda: [x.start, x.stop, x.step]), (torch.Size, "size", lambda: list(x)),
            (torch.dtype, "dtype", lambda: dtype_name(x)), (torch.device, "device", lambda: str(x)),
        ]
        if x is None:
            self.value(path, "none", None)
            return True
        if isinstance(x, numpy.generic):
            self.value(path, "npscalar", {"dtype": x.dtype.newbyteorder("<").str, "hex": x.astype(x.dtype.newbyteorder("<")).tobytes().hex()})
            return True
        if isinstance(x, numpy.ndarray):
            little = numpy.ascontiguousarray(x.astype(x.dtype.newbyteorder("<")))
            self.value(path, "ndarray", {"dtype": little.dtype.str, "shape": list(x.shape), "sha256": sha256(little.tobytes())})
            return True
        if isinstance(x, str):
            try:
                x.encode()
                self.value(path, "str", x)
            except UnicodeEncodeError:
                self.value(path, "str_surrogatepass_hex", x.encode("utf-8", "surrogatepass").hex())
            return True
        if isinstance(x, torch.UntypedStorage):
            self.value(path, "storage", {"nbytes": x.nbytes(), "storage": self.storage(x), "sha256": sha256(bytes(x))})
            return True
        for kind, name, make in rows:
            if type(x) is kind:
                self.value(path, name, make())
                return True
        return False

    @staticmethod
    def hex(x):
        return x.hex() if x == x and abs(x) != float("inf") else str(x)

    def visit(self, path, x):
        if isinstance(x, torch.Tensor):
            self.tensors.append({"path": path, **self.describe(x)})
        elif self.leaf(path, x):
            pass
        elif type(x) in (dict, collections.OrderedDict):
            self.container(path, "dict", x, x.items())
        elif type(x) in (list, tuple):
            self.container(path, "list" if type(x) is list else "tuple", x, enumerate(x))
        elif isinstance(x, torch.nn.Module):
            self.module(path, "", x)
        elif callable(x) and hasattr(x, "__qualname__"):
            self.objects.append({"path": path, "class": f"{x.__module__}.{x.__qualname__}"})
        else:
            self.object(path, x)

    def module(self, path, prefix, x):
        name = path + [prefix[1:]] if prefix else path
        attrs = {}
        for key, v in vars(x).items():
            plain = v is None or isinstance(v, (bool, int, float, str)) or (
                isinstance(v, (list, tuple)) and all(isinstance(i, (bool, int, float, str, type(None))) for i in v))
            if plain and key != "training":
                attrs[key] = list(v) if isinstance(v, tuple) else v
        self.modules.append({"path": name, "class": f"{type(x).__module__}.{type(x).__qualname__}",
                             "training": x.training, "attrs": attrs})
        under = lambda k: path + [(prefix[1:] + "." if prefix else "") + k]
        for key, t in list(x._parameters.items()) + list(x._buffers.items()):
            if t is not None and key not in x._non_persistent_buffers_set:
                self.visit(under(key), t)
        for key, child in x._modules.items():
            if child is not None:
                self.module(path, prefix + "." + key, child)

    def object(self, path, x):
        """What pickle makes of it: arguments, state, items, entries."""
        made = x.__reduce_ex__(2)
        func, args, state, items, entries = (tuple(made) + (None,) * 5)[:5]
        cls = func
        if func.__module__ in ("copyreg", "copy_reg"):
            cls, args = args[0], args[1:]
        self.objects.append({"path": path, "class": f"{cls.__module__}.{cls.__qualname__}"})
        for i, a in enumerate(args):
            self.visit(path + [i], a)
        if isinstance(state, dict):
            for key, v in state.items():
                self.visit(path + [self.step(key)], v)
        elif state is not None:
            self.visit(path + [0], state)
        for i, v in enumerate(items or ()):
            self.visit(path + [i], v)
        for key, v in entries or ():
            self.visit(path + [self.step(key)], v)


def write(name, obj, fmt, state_dict=None, save=torch.save, **options):
    file = HERE / name
    save(obj, file, **options)
    expect(file, obj, fmt, state_dict)


def expect(file, obj, fmt, state_dict=None):
    e = Expected()
    e.visit([], obj)
    data = file.read_bytes()
    document = {"schema": "zoo/inspect/1", "file": file.name, "size": len(data), "sha256": sha256(data), "format": fmt,
                "tensors": e.tensors, "values": e.values, "containers": e.containers, "objects": e.objects,
                "modules": e.modules, "state_dict": state_dict}
    file.with_name(file.name + ".json").write_text(json.dumps(document, indent=1) + "\n")


def rezip(source, name, obj, state_dict=None, swap=False, method=zipfile.ZIP_DEFLATED):
    """The same records written by zipfile: deflated, or with each float32 big-endian."""
    with zipfile.ZipFile(HERE / source) as old, zipfile.ZipFile(HERE / name, "w", method) as new:
        for info in old.infolist():
            data = old.read(info)
            if swap and "/data/" in info.filename:
                data = numpy.frombuffer(data, "<u4").byteswap().tobytes()
            if swap and info.filename.endswith("/byteorder"):
                data = b"big"
            new.writestr(zipfile.ZipInfo(info.filename, (1980, 1, 1, 0, 0, 0)), data, method)
    expect(HERE / name, obj, "zip", state_dict)


def both(stem, obj, state_dict=None, **options):
    write(f"{stem}.pth", obj, "zip", state_dict, **options)
    write(f"{stem}_legacy.pth", obj, "legacy", state_dict, _use_new_zipfile_serialization=False, **options)


def small_model():
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3, bias=False), torch.nn.BatchNorm2d(2), torch.nn.Linear(2, 3))
    model.register_buffer("steps", torch.tensor([1, 2]))
    model.register_buffer("scratch", torch.zeros(2), persistent=False)
    return model


def training(model):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    model[2](torch.ones(1, 2)).sum().backward()
    optimizer.step()
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [1, 2])
    return {"epoch": 3, "best_acc1": torch.tensor(0.5), "state_dict": model.state_dict(), "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(), "args": argparse.Namespace(lr=0.01, arch="tiny", crop=None)}


def all_dtypes():
    names = ["float32", "float64", "float16", "bfloat16", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32",
             "uint64", "complex32", "complex64", "complex128", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz",
             "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn_x2"]
    out = {"bool": torch.tensor([True, False, True])}
    for name in names:
        dtype = getattr(torch, name)
        out[name] = torch.arange(1, 1 + 3 * dtype.itemsize, dtype=torch.uint8).view(dtype)
    return out


def views():
    base = torch.arange(24.0)
    tied = torch.ones(2, 2)
    return {"row": base[3:7], "grid": base.view(4, 6), "transposed": base.view(4, 6).t(), "sliced": base.view(4, 6)[1:, ::2],
            "expanded": torch.tensor([7.0]).expand(2, 3), "scalar": torch.tensor(2.5), "empty": torch.empty(0, 3),
            "tied_a": tied, "tied_b": tied.view(4), "same": tied, "deep": base.view(2, 3, 2, 2).permute(3, 1, 0, 2),
            "parameter": torch.nn.Parameter(torch.tensor([1.0])), "frozen": torch.nn.Parameter(torch.tensor([2.0]), requires_grad=False),
            "grad": torch.ones(1, requires_grad=True), "conj": torch.tensor([1 + 2j, 3 - 4j]).conj(),
            "neg": torch.tensor([1 + 2j, 3 - 4j]).conj().imag}


def values():
    shared = [1, 2]
    loop = []
    loop.append(loop)
    return {"int": [0, 1, -1, 255, 256, 65535, 65536, -2**31, 2**31, 2**63 - 1, -2**63, 2**63, 2**70, -2**70, 10**80],
            "float": [0.0, -0.0, 1.5, -0.1, 1e300, 5e-324, float("inf"), float("-inf"), float("nan")],
            "bool": [True, False], "none": None, "complex": 1.5 - 2j, "str": ["", "caf\u00e9 \u6f22 \U0001f600", "nul\0 \n\"'\\"],
            "surrogate": "a\ud800b", "bytes": b"\x00\xff abc", "bytearray": bytearray(b"xyz\xfe"), "set": {3, 1, 2}, "frozenset": frozenset(["b", "a"]),
            "empty": [{}, [], (), set()], "range": range(1, 10, 2), "slice": slice(None, 3, None), "size": torch.Size([1, 2, 3]), "dtype": torch.bfloat16,
            "device": [torch.device("cpu"), torch.device("cuda", 1)], "tuple": (1, ("a", (None,))), "nested": {"a": {"b": [{"c": 1}]}},
            "keys": {1: "int", None: "none", True and 2.5: "float", (1, "x"): "tuple", b"k": "bytes", "1": "str", -5: "negative"},
            "shared": [shared, shared], "loop": loop, "ordered": collections.OrderedDict([("z", 1), ("a", 2)])}


def objects():
    return {"namespace": argparse.Namespace(a=1, b=[torch.tensor([1.0])]), "defaultdict": collections.defaultdict(list, {"k": [1]}),
            "counter": collections.Counter("aab"), "words": Words(a=1), "date": datetime.date(2020, 1, 2),
            "partial": functools.partial(print, 1), "path": pathlib.PurePosixPath("a/b"), "type": collections.Counter}


def numpy_values():
    return {"f4": numpy.arange(6, dtype="<f4").reshape(2, 3), "f8": numpy.array(1.5), "big": numpy.arange(3, dtype=">i4"),
            "fortran": numpy.asfortranarray(numpy.arange(6, dtype="i8").reshape(2, 3)), "text": numpy.array(["ab", "c"]),
            "bool": numpy.array([True, False]), "complex": numpy.array([1 + 2j]), "empty": numpy.zeros((0, 2)),
            "scalar": [numpy.float64(2.5), numpy.int32(-3), numpy.bool_(True), numpy.float16(0.5)]}


def special_tensors():
    per_channel = torch.quantize_per_channel(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([0.1, 0.2]), torch.tensor([0, 1]), 0, torch.qint8)
    coo = torch.sparse_coo_tensor([[0, 1], [2, 0]], [3.0, 4.0], (2, 3))
    return {"quantized": torch.quantize_per_tensor(torch.tensor([1.0, 2.0]), 0.5, 3, torch.quint8), "per_channel": per_channel,
            "qint32": torch.quantize_per_tensor(torch.tensor([1.0, 2.0]), 0.5, 3, torch.qint32),
            "coo": coo, "coalesced": coo.coalesce(), "csr": torch.tensor([[0.0, 1.0], [2.0, 0.0]]).to_sparse_csr(),
            "nested": torch.nested.nested_tensor([torch.ones(2), torch.zeros(3)]), "meta": torch.empty(2, 3, device="meta", dtype=torch.float16)}


def write_corpus():
    """What the fuzz targets start from."""
    for kind in ("zip", "legacy", "pickle"):
        (CORPUS / kind).mkdir(parents=True, exist_ok=True)
    for stem in ("floats", "deflated", "big_endian", "special"):
        (CORPUS / "zip" / stem).write_bytes((HERE / f"{stem}.pth").read_bytes())
    for stem in ("state_dict", "training", "special", "storage"):
        (CORPUS / "legacy" / stem).write_bytes((HERE / f"{stem}_legacy.pth").read_bytes())
    for stem in ("values", "values_protocol3", "values_protocol4", "objects", "numpy", "views", "special", "model", "training"):
        with zipfile.ZipFile(HERE / f"{stem}.pth") as archive:
            (CORPUS / "pickle" / stem).write_bytes(archive.read(f"{stem}/data.pkl"))


def main():
    assert torch.__version__.startswith("2.13."), torch.__version__
    torch.manual_seed(0)
    model = small_model()
    found = lambda path, n: {"path": path, "tensors": n}
    both("state_dict", model.state_dict(), found([], 9))
    rezip("state_dict.pth", "deflated.pth", model.state_dict(), found([], 9))
    floats = {"a": torch.arange(6.0).view(2, 3), "b": torch.tensor(1.5)}
    write("floats.pth", floats, "zip", found([], 2))
    rezip("floats.pth", "big_endian.pth", floats, found([], 2), swap=True, method=zipfile.ZIP_STORED)
    both("training", training(model), found(["state_dict"], 9))
    both("dtypes", all_dtypes(), found([], 22))
    both("views", views(), found([], 16))
    both("values", values())
    for protocol in (3, 4, 5):
        write(f"values_protocol{protocol}.pth", values(), "zip", pickle_protocol=protocol)
    write("values_protocol4_legacy.pth", values(), "legacy", pickle_protocol=4, _use_new_zipfile_serialization=False)
    both("objects", objects())
    both("numpy", numpy_values())
    both("special", special_tensors(), found([], 8))
    both("storage", {"s": torch.arange(4, dtype=torch.uint8).untyped_storage()})
    write("model.pth", model, "zip", found([], 9))
    write("model_inside.pth", {"model": model, "epoch": 1}, "zip", found(["model"], 9))
    write_corpus()


if __name__ == "__main__":
    sys.modules.setdefault("make", sys.modules["__main__"])
    main()
