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
import pathlib
import sys
import zipfile

import numpy
import torch

from expected import expect

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE.parents[1] / "fuzz" / "checkpoint" / "corpus"


class Colour(enum.Enum):
    RED = 1


class Words(dict):
    """A dict of a class of its own: its entries are set by SETITEMS."""


def write(name, obj, fmt, state_dict=None, save=torch.save, **options):
    file = HERE / name
    save(obj, file, **options)
    expect(file, obj, fmt, state_dict)


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
