"""Writes the checkpoints of this folder that are zip archives of other kinds than torch.save's, or
of unusual shape, and what `zoo inspect --json --hash` must say of each.

    python3 make_zip_kinds.py        # with torch 2.13.0

The files cpp_*.pt were written once, by make_zip_kinds.cc.txt with LibTorch 2.13.0; this script only
writes their expectations, from what torch.jit.load and torch.load make of them.
"""

import io
import json
import pathlib
import struct
import sys
import warnings
import zipfile
import zlib
from typing import Dict, List, Optional

import torch
from torch.package import PackageExporter
from torch.utils.serialization import config

from expected import Expected, dtype_name, expect, sha256

warnings.filterwarnings("ignore")
HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE.parents[1] / "fuzz" / "checkpoint" / "corpus"


class Scripted(torch.nn.Module):
    """Every kind of slot that a scripted module can have."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(2, 3, bias=False)
        self.again = self.linear
        self.weight = torch.nn.Parameter(torch.ones(3))
        self.frozen = torch.nn.Parameter(torch.ones(1), requires_grad=False)
        self.alias = self.weight
        self.register_buffer("steps", torch.arange(3.0))
        self.register_buffer("scratch", torch.ones(3), persistent=False)
        self.plain = torch.tensor([1.0, 2.0])
        self.maybe: Optional[torch.Tensor] = torch.tensor([5.0])
        self.nothing: Optional[torch.Tensor] = None
        self.tensors: List[torch.Tensor] = [torch.zeros(1)]
        self.numbers: List[int] = [1, 2]
        self.table: Dict[str, int] = {"a": 1}
        self.words: List[str] = ["x", "y"]
        self.pair = (1, torch.tensor([9.0]))
        self.stack = torch.nn.Sequential(torch.nn.BatchNorm1d(3), torch.nn.ReLU(), torch.nn.Linear(3, 3))

    def forward(self, x):
        y = self.stack(self.linear(x) + self.again(x) + self.steps + self.scratch + self.weight + self.alias)
        maybe, nothing = self.maybe, self.nothing
        if maybe is not None:
            y = y + maybe
        if nothing is not None:
            y = y + nothing
        y = y + self.plain.sum() + self.tensors[0] + self.numbers[0] + self.table["a"] + len(self.words)
        return y + self.pair[1] + self.frozen + torch.tensor([1.0, 2.0, 3.0])


# The slots of a class that are neither tensors of the state dict nor modules, in the file's order.
_HOOK = ["training", "_is_full_backward_hook"]
PLAIN = {
    "Scripted": _HOOK + ["plain", "maybe", "nothing", "tensors", "numbers", "table", "words", "pair"],
    "Module": [],
}


class ScriptExpected(Expected):
    """Of a module as torch.jit.load gives it."""

    def module(self, path, prefix, x):
        name = path + [prefix[1:]] if prefix else path
        kind = x._c._type().qualified_name()
        slots = PLAIN.get(kind.split(".")[-1], _HOOK)
        if kind.endswith(".Linear") and x.bias is None:
            slots = ["bias"] + slots
        attrs = {}
        for key in slots + EXTRA.get(kind, []):
            v = getattr(x, key)
            if v is None or isinstance(v, (bool, int, float, str)) or (
                    isinstance(v, (list, tuple)) and all(isinstance(i, (bool, int, float, str, type(None))) for i in v)):
                attrs[key] = list(v) if isinstance(v, tuple) else v
        training = attrs.pop("training", None)
        self.modules.append({"path": name, "class": kind, "training": training, "attrs": attrs})
        under = lambda k: path + [(prefix[1:] + "." if prefix else "") + k]
        for key, t in x._parameters.items():
            self.visit(under(key), t)
            self.tensors[-1]["parameter"] = True
        for key, t in x._buffers.items():
            self.visit(under(key), t)
        for key, child in x._modules.items():
            self.module(path, prefix + "." + key, child)
        for key in slots + EXTRA.get(kind, []):
            if key not in attrs and key != "training":
                self.visit(under(key), getattr(x, key))


EXTRA = {}


def expect_script(name):
    file = HERE / name
    loaded = torch.jit.load(file)
    e = ScriptExpected()
    e.module([], "", loaded)
    data = file.read_bytes()
    names = list(loaded.state_dict())
    document = {"schema": "zoo/inspect/1", "file": name, "size": len(data), "sha256": sha256(data), "format": "torchscript",
                "tensors": e.tensors, "values": e.values, "containers": e.containers, "objects": e.objects,
                "modules": e.modules, "state_dict": {"path": [], "tensors": len(names)}}
    file.with_name(name + ".json").write_text(json.dumps(document, indent=1) + "\n")


def torchscript():
    torch.manual_seed(0)
    scripted = torch.jit.script(Scripted().eval())
    torch.jit.save(scripted, HERE / "script.pt")
    expect_script("script.pt")
    (HERE / "script_lite.ptl").write_bytes(scripted._save_to_buffer_for_lite_interpreter())
    expect_script("script_lite.ptl")
    traced = torch.jit.trace(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU()), torch.ones(1, 2))
    torch.jit.save(traced, HERE / "traced.pt")
    expect_script("traced.pt")
    # Before 1.6 buffers were not listed; the layout of then, with the version of 1.4.
    rewrite("traced.pt", "script_1_4.pt", text=without_buffers, version=b"2\n", skip=("byteorder", ".data/"))
    expect_script("script_1_4.pt")
    for name in ("cpp_module.pt", "cpp_tensor.pt", "cpp_tensors.pt"):
        expect_script(name)
    for name in ("cpp_pickle.pt", "cpp_pickle_dict.pt"):
        found = None if name == "cpp_pickle.pt" else {"path": [], "tensors": 2}
        expect(HERE / name, torch.load(HERE / name, weights_only=False), "zip", found)


def without_buffers(text):
    return b"\n".join(line for line in text.split(b"\n") if b"__buffers__" not in line)


def rewrite(source, name, text=lambda t: t, version=None, skip=()):
    with zipfile.ZipFile(HERE / source) as old, zipfile.ZipFile(HERE / name, "w") as new:
        for info in old.infolist():
            inside = info.filename.split("/", 1)[1]
            if any(inside.startswith(s) for s in skip):
                continue
            data = old.read(info)
            if inside.endswith(".py"):
                data = text(data)
            if inside == "version" and version:
                data = version
            new.writestr(zipfile.ZipInfo(info.filename, (1980, 1, 1, 0, 0, 0)), data, info.compress_type)


def package():
    base = torch.arange(6.0)
    values = {"weights/w.pkl": {"a": base, "v": base[1:3]}, "more/z.pkl": [base, 3]}
    with PackageExporter(HERE / "package.pt") as out:
        for name, value in values.items():
            out.save_pickle(*name.split("/"), value)
        out.save_text("notes", "readme.txt", "hello\n")
    expect(HERE / "package.pt", values, "torch_package", {"path": ["weights/w.pkl"], "tensors": 2})
    one = {"w": torch.ones(2), "n": 1}
    with PackageExporter(HERE / "package_one.pt") as out:
        out.save_pickle("weights", "only.pkl", one)
    expect(HERE / "package_one.pt", one, "torch_package", {"path": [], "tensors": 1})


class Exported(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.l = torch.nn.Linear(2, 3)
        self.tied = self.l.weight
        self.register_buffer("steps", torch.arange(3.0))
        self.register_buffer("scratch", torch.ones(3), persistent=False)
        self.packed = torch.nn.Parameter(torch.arange(6.0).view(2, 3).t().to(torch.bfloat16), requires_grad=False)
        self.plain = torch.tensor([1.0, 2.0, 5.0])

    def forward(self, x):
        return self.l(x) + self.steps + self.scratch + self.plain + torch.tensor([1, 2, 3]) + self.packed.sum()


def pt2():
    torch.manual_seed(0)
    torch.export.save(torch.export.export(Exported(), (torch.ones(4, 2),)), HERE / "exported.pt2")
    loaded = torch.export.load(HERE / "exported.pt2")
    found = {"state_dict": dict(loaded.state_dict), "constants": dict(loaded.constants)}
    expect(HERE / "exported.pt2", found, "pt2", {"path": ["state_dict"], "tensors": len(found["state_dict"])})


class Archive:
    """A zip archive byte by byte, laid out like PyTorch's own unless asked otherwise."""

    def __init__(self, top, align=64, crc=True, descriptor=True, zip64_local=False):
        self.top, self.align, self.crc, self.descriptor, self.zip64_local = top, align, crc, descriptor, zip64_local
        self.body, self.directory, self.count = b"", b"", 0

    def add(self, name, data, deflate=False):
        name = f"{self.top}/{name}".encode()
        stored = zlib.compress(data, wbits=-15) if deflate else data
        crc = zlib.crc32(data) if self.crc else 0
        at, flags = len(self.body), 0x0808 if self.descriptor else 0x0800
        extra = b""
        if self.zip64_local:  # what PyTorch writes far into large files: only the header's offset
            extra += struct.pack("<HHQ", 1, 8, at)
        pad = -(at + 30 + len(name) + len(extra) + 4) % self.align
        extra += struct.pack("<2sH", b"FB", pad) + b"Z" * pad
        method = 8 if deflate else 0
        sizes = (0, 0, 0) if self.descriptor else (crc, len(stored), len(data))
        self.body += struct.pack("<4s5H3I2H", b"PK\3\4", 0, flags, method, 0, 0, *sizes, len(name), len(extra)) + name + extra + stored
        if self.descriptor:
            self.body += struct.pack("<4s3I", b"PK\7\x08", crc, len(stored), len(data))
        self.directory += struct.pack("<4s6H3I5H2I", b"PK\1\2", 0, 0, flags, method, 0, 0, crc, len(stored), len(data),
                                      len(name), 0, 0, 0, 0, 0, at) + name
        self.count += 1

    def write(self, file):
        at, size, n = len(self.body), len(self.directory), self.count
        end64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 0, 0, 0, 0, n, n, size, at)
        locator = struct.pack("<4sIQI", b"PK\6\7", 0, at + size, 1)
        end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, n, n, size, at, 0)
        file.write_bytes(self.body + self.directory + end64 + locator + end)


def shapes():
    """The same checkpoint in every shape that an archive of it can have."""
    value = {"a": torch.arange(6.0).view(2, 3), "b": torch.tensor(1.5)}
    found = {"path": [], "tensors": 2}
    buffer = io.BytesIO()
    torch.save(value, buffer)
    with zipfile.ZipFile(buffer) as source:
        records = {i.filename.split("/", 1)[1]: source.read(i) for i in source.infolist()}
    pickle, zero, one = records["data.pkl"], records["data/0"], records["data/1"]

    def write(name, order, **options):
        archive = Archive(name.split(".")[0], **options)
        for record, data, *deflate in order:
            archive.add(record, data, *deflate)
        archive.write(HERE / name)
        expect(HERE / name, value, "zip", found)

    data = [("data/0", zero), ("data/1", one)]
    write("zip_1_6.pth", [("data.pkl", pickle), *data, ("version", b"3\n")])
    write("zip_pickle_last.pth", [*reversed(data), ("version", b"3"), ("byteorder", b"little"), ("data.pkl", pickle)])
    write("zip_no_crc.pth", [("data.pkl", pickle), *data, ("version", b"3\n")], crc=False)
    write("zip_data_version.pth", [("data.pkl", pickle), *data, (".data/version", b"10\n")])
    write("zip_plain_headers.pth", [("data.pkl", pickle), *data, ("version", b"3\n")], descriptor=False, align=1)
    write("zip_local_zip64.pth", [("data.pkl", pickle), *data, ("version", b"3\n")], zip64_local=True)
    write("zip_partly_deflated.pth", [("data.pkl", pickle, True), ("data/0", zero, True), data[1], ("version", b"3\n", True)])
    write("zip_longer_storage.pth", [("data.pkl", pickle), ("data/0", zero + b"12345678"), data[1], ("version", b"3\n")])
    named = pickle.replace(b"X\1\0\0\0" + b"0", b"X\x0c\0\0\0layer.weight", 1)
    assert named != pickle
    write("zip_named_storage.pth", [("data.pkl", named), ("data/layer.weight", zero), data[1], ("version", b"3\n")])
    for alignment in (1, 4096):
        with config.patch({"save.storage_alignment": alignment}):
            torch.save(value, HERE / f"zip_align_{alignment}.pth")
        expect(HERE / f"zip_align_{alignment}.pth", value, "zip", found)
    torch.serialization.set_crc32_options(False)
    torch.save(value, HERE / "zip_crc_off.pth")
    torch.serialization.set_crc32_options(True)
    expect(HERE / "zip_crc_off.pth", value, "zip", found)


def write_corpus():
    for name in ("script.pt", "script_1_4.pt", "cpp_module.pt", "package.pt", "package_one.pt", "exported.pt2", "zip_local_zip64.pth",
                 "zip_partly_deflated.pth"):
        (CORPUS / "zip" / name.split(".")[0]).write_bytes((HERE / name).read_bytes())


def main():
    assert torch.__version__.startswith("2.13."), torch.__version__
    torchscript()
    package()
    pt2()
    shapes()
    write_corpus()


if __name__ == "__main__":
    main()
