"""Writes the safetensors files and the sharded set of this folder, what `zoo inspect --json --hash`
must say of each, and the fuzz target's corpus.

    python3 make_safetensors.py        # with torch 2.13.0 and safetensors 0.8.0
"""

import json
import pathlib
import shutil

import safetensors.torch
import torch

from expected import expect, sha256

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE.parents[1] / "fuzz" / "checkpoint" / "corpus" / "safetensors"

# As safetensors spells them, of those that its package for PyTorch writes.
DTYPES = ["bool", "uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "bfloat16",
          "float32", "float64", "complex64", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz",
          "float8_e8m0fnu", "float4_e2m1fn_x2"]


def all_dtypes():
    out = {}
    for name in DTYPES:
        dtype = getattr(torch, name)
        size = torch.empty(0, dtype=dtype).element_size()
        raw = torch.arange(6 * size, dtype=torch.uint8)
        out[name] = raw % 2 == 1 if name == "bool" else raw.view(dtype).reshape(2, 3)
    return out


def edit(file, **members):
    """Adds members to the expectation, behind the format."""
    path = file.with_name(file.name + ".json")
    document = json.loads(path.read_text())
    out = {}
    for key, value in document.items():
        out[key] = value
        if key == "format":
            out.update(members)
    path.write_text(json.dumps(out, indent=1) + "\n")


def in_order(file, tensors):
    """The tensors in the order of the file's header."""
    data = file.read_bytes()
    header = json.loads(data[8:8 + int.from_bytes(data[:8], "little")])
    return {name: tensors[name] for name in header if name != "__metadata__"}


def write(name, tensors, metadata=None):
    file = HERE / name
    safetensors.torch.save_file(tensors, file, metadata=metadata)
    expect(file, in_order(file, tensors), "safetensors", {"path": [], "tensors": len(tensors)} if tensors else None)
    if metadata:
        edit(file, metadata=metadata)


def pack(header, data):
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def by_hand():
    """The floats of six bits, which PyTorch lacks, and tensors that do not lie in the header's order."""
    rows = [("e3m2", "F6_E3M2", "float6_e3m2fn", [4], bytes(range(3))), ("empty", "F32", "float32", [0, 3], b""),
            ("e2m3", "F6_E2M3", "float6_e2m3fn", [2, 4], bytes(range(100, 106)))]
    header, tensors, at = {}, [], 0
    for name, dtype, _, shape, data in reversed(rows):
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    header = {name: header[name] for name, *_ in rows}
    file = HERE / "float6.safetensors"
    file.write_bytes(pack(header, b"".join(row[4] for row in reversed(rows))))
    for i, (name, _, dtype, shape, data) in enumerate(rows):
        numel = 1
        for size in shape:
            numel *= size
        tensors.append({"path": [name], "dtype": dtype, "shape": shape, "stride": [shape[1], 1] if len(shape) == 2 else [1],
                        "storage_offset": 0, "storage": f"s{i}", "storage_nbytes": len(data), "numel": numel,
                        "nbytes": len(data), "requires_grad": False, "parameter": False, "device": "cpu",
                        "layout": "strided", "sha256": sha256(data)})
    document = {"schema": "zoo/inspect/1", "file": file.name, "size": file.stat().st_size, "sha256": sha256(file.read_bytes()),
                "format": "safetensors", "tensors": tensors, "values": [],
                "containers": [{"path": [], "type": "dict", "len": len(rows), "keys": [row[0] for row in rows]}],
                "objects": [], "modules": [], "state_dict": {"path": [], "tensors": len(rows)}}
    file.with_name(file.name + ".json").write_text(json.dumps(document, indent=1) + "\n")


def sharded():
    """Three shards, one of each container; the index names their tensors in an order of its own."""
    one = {"embed.weight": torch.arange(12.0).reshape(4, 3)}
    tied = torch.arange(6, dtype=torch.bfloat16).reshape(3, 2)
    two = {"head.weight": tied, "head.tied": tied, "head.turned": torch.arange(6.0).reshape(2, 3).t()}
    three = {"norm.steps": torch.tensor(7), "norm.bias": torch.ones(2, dtype=torch.float16)}
    safetensors.torch.save_file(one, HERE / "sharded-00001-of-00003.safetensors", metadata={"format": "pt"})
    torch.save(two, HERE / "sharded-00002-of-00003.bin")
    torch.save(three, HERE / "sharded-00003-of-00003.pth", _use_new_zipfile_serialization=False)
    files = {"sharded-00001-of-00003.safetensors": one, "sharded-00002-of-00003.bin": two, "sharded-00003-of-00003.pth": three}
    place = {name: (file, tensor) for file, tensors in files.items() for name, tensor in tensors.items()}
    order = ["head.tied", "norm.bias", "embed.weight", "head.weight", "norm.steps", "head.turned"]
    index = {"metadata": {"total_size": 96}, "weight_map": {name: place[name][0] for name in order}}
    file = HERE / "sharded.index.json"
    file.write_text(json.dumps(index, indent=2) + "\n")
    expect(file, {name: place[name][1] for name in order}, "sharded", {"path": [], "tensors": len(order)})
    met = list(dict.fromkeys(place[name][0] for name in order))
    edit(file, shards=[{"file": name, "size": (HERE / name).stat().st_size} for name in met])


def corpus():
    CORPUS.mkdir(parents=True, exist_ok=True)
    for name in ["dtypes", "float6", "metadata"]:
        shutil.copy(HERE / f"{name}.safetensors", CORPUS / name)
    tensor = {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}
    bad = {
        "cut": pack({"a": tensor}, b"x"), "more": pack({"a": tensor}, b"xyz"), "nothing": pack({}, b""),
        "hole": pack({"a": {**tensor, "data_offsets": [1, 3]}}, b"xyz"),
        "overlap": pack({"a": tensor, "b": {**tensor, "data_offsets": [1, 3]}}, b"xyz"),
        "wraps": pack({"a": {**tensor, "shape": [2**32, 2**32]}}, b"xy"),
        "deep": (2000).to_bytes(8, "little") + b'{"a":' + b"[" * 1995,
        "long": (2**32 - 1).to_bytes(8, "little") + b'{"a":',
    }
    for name, data in bad.items():
        (CORPUS / name).write_bytes(data)


def main():
    write("dtypes.safetensors", all_dtypes())
    write("metadata.safetensors", {"w\u00e4ight": torch.ones(2, 3), "": torch.tensor(5), "none": torch.zeros(0, 2)},
          {"format": "pt", "note": "two\nlines"})
    write("nothing.safetensors", {})
    by_hand()
    sharded()
    corpus()


if __name__ == "__main__":
    main()
