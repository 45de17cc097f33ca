"""Writes the old checkpoints of this folder byte by byte: tar files of PyTorch before 0.1.10, legacy
files of 0.1.10 to 1.5, plain pickles; and what `zoo inspect --json --hash` must say of each.

    python3 make_old.py        # with torch 2.13.0

Each is read again by torch.load or pickle.load where those can, which must find the same.
"""

import argparse
import collections
import io
import json
import pathlib
import pickle
import struct
import tarfile

import torch

from expected import Expected, expect

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE.parents[1] / "fuzz" / "checkpoint" / "corpus"
MAGIC = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."


# A small assembler: each function gives the opcodes that leave one value on the stack.
def pickled(value):
    return b"\x80\x02" + value + b"."


def num(value):
    if -2**31 <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    return b"\x8a\x08" + struct.pack("<q", value)


def text(value):
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def text2(value):
    """A str of Python 2."""
    return b"U" + bytes([len(value)]) + value.encode()


def flag(value):
    return b"\x88" if value else b"\x89"


NONE = b"N"


def seq(*items):
    return b"(" + b"".join(items) + b"t"


def many(*items):
    return b"](" + b"".join(items) + b"e"


def mapping(**entries):
    return b"}(" + b"".join(text(k) + v for k, v in entries.items()) + b"u"


def name(module, attribute):
    return f"c{module}\n{attribute}\n".encode()


def call(function, *arguments):
    return function + seq(*arguments) + b"R"


def new(cls, state):
    return cls + b")\x81" + state + b"b"


def ordered(**entries):
    return call(name("collections", "OrderedDict")) + b"(" + b"".join(text(k) + v for k, v in entries.items()) + b"u"


def ints(*values):
    return seq(*map(num, values))


def raw(tensor):
    return bytes(tensor.untyped_storage())


def agree(file, obj, load):
    """What Python reads is what the expectation is made of."""
    def shown(x):
        e = Expected()
        e.visit([], x)
        return json.dumps([e.tensors, e.values, e.containers, e.objects], sort_keys=True)
    found = shown(load(file))
    assert found == shown(obj), f"{file}\n{found}\n{shown(obj)}"


def torch_load(file):
    return torch.load(file, weights_only=False)


def pickle_load(file):
    return pickle.loads(file.read_bytes(), encoding="latin1")


def put(file_name, data, obj, fmt, state_dict=None, load=torch_load):
    file = HERE / file_name
    file.write_bytes(data)
    expect(file, obj, fmt, state_dict)
    if load:
        agree(file, obj, load)


# Tar files.
def tar_members(storages, views, tensors, obj):
    """storages: (key, type, elements, bytes); tensors: (key, storage's key, type, size, stride, offset)."""
    stored = pickled(num(len(storages)))
    for key, kind, elements, data in storages:
        stored += pickled(seq(num(key), text2("cpu"), name("torch", kind))) + struct.pack("<q", elements) + data
    stored += pickled(many(*[ints(*view) for view in views]))
    listed = pickled(num(len(tensors)))
    for key, storage, kind, size, stride, offset in tensors:
        listed += pickled(seq(num(key), num(storage), name("torch", kind)))
        listed += struct.pack(f"<q{len(size)}q{len(stride)}qq", len(size), *size, *stride, offset)
    system = pickled(mapping(protocol_version=num(1000), little_endian=flag(True)))
    return {"sys_info": system, "pickle": pickled(obj), "tensors": listed, "storages": stored}


def tar_of_python(members):
    """As PyTorch wrote it: pax headers, because times have fractions."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:", format=tarfile.PAX_FORMAT) as tar:
        for member, data in members.items():
            info = tarfile.TarInfo(member)
            info.size, info.mtime = len(data), 1480000000.5
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def tar_v7(members):
    out = b""
    for member, data in members.items():
        head = bytearray(512)
        fields = {0: member, 100: "000644 \0", 108: "000000 \0", 116: "000000 \0", 124: "%11o " % len(data),
                  136: "%11o " % 1480000000, 148: " " * 8}
        for at, value in fields.items():
            head[at:at + len(value)] = value.encode()
        head[148:156] = b"%06o\0 " % sum(head)
        out += bytes(head) + data + bytes(-len(data) % 512)
    return out + bytes(1024)


def tars():
    base, longs = torch.arange(6.0), torch.tensor([2**40, -1])
    key = 94430037138736
    storages = [(key, "FloatStorage", 6, raw(base)), (2, "LongStorage", 2, raw(longs))]
    tensors = [(3, key, "FloatTensor", (2, 3), (3, 1), 0), (4, 2, "LongTensor", (2,), (1,), 0),
               (5, key, "FloatTensor", (3, 2), (1, 3), 0), (7, 6, "FloatTensor", (2,), (2,), 1), (8, key, "FloatTensor", (), (), 5)]
    pid = lambda k: text2(str(k)) + b"Q"
    entries = {"weight": 3, "steps": 4, "transposed": 5, "part": 7, "scalar": 8}
    whole = ordered(**{k: pid(v) for k, v in entries.items()})
    obj = collections.OrderedDict(weight=base.view(2, 3), steps=longs, transposed=base.view(2, 3).t(),
                                  part=base[2:6].as_strided((2,), (2,), 3), scalar=base.as_strided((), (), 5))
    # The storage 6 is the stretch of four elements from the second on.
    members = tar_members(storages, [(6, key, 2, 4)], tensors, whole)
    # torch.load makes storages of its own of such stretches, which have no bytes before theirs.
    put("tar.pth", tar_of_python(members), obj, "tar", {"path": [], "tensors": 5}, load=None)
    loaded = torch_load(HERE / "tar.pth")
    assert all(torch.equal(loaded[k], obj[k]) and loaded[k].stride() == obj[k].stride() for k in obj)

    linear = torch.nn.Linear(3, 2)
    linear.__dict__ = {"training": False, "_parameters": collections.OrderedDict(weight=base.view(2, 3), bias=longs), "_buffers": {},
                       "_modules": {}, "_non_persistent_buffers_set": set(), "in_features": 3}
    cls = seq(name("torch.nn.modules.linear", "Linear"), text("linear.py"), text("class Linear")) + b"Q"
    state = mapping(training=flag(False), _parameters=ordered(weight=pid(3), bias=pid(4)), _buffers=ordered(),
                    _modules=ordered(), in_features=num(3))
    members = tar_members(storages, [], tensors[:2], mapping(model=new(cls, state), epoch=num(7)))
    put("tar_v7.pth", tar_v7(members), {"model": linear, "epoch": 7}, "tar", {"path": ["model"], "tensors": 2}, load=None)
    # Without the text of its source, which torch.load compares with today's.
    loaded = tar_members(storages, [], tensors[:2], mapping(model=new(name("torch.nn.modules.linear", "Linear"), state)))
    (HERE / "again.pth").write_bytes(tar_v7(loaded))
    loaded = torch_load(HERE / "again.pth")["model"]
    (HERE / "again.pth").unlink()
    assert all(torch.equal(loaded._parameters[k], linear._parameters[k]) for k in ("weight", "bias"))


# Legacy files.
def legacy(obj, storages, system=None, after=b"", key=text):
    """storages: (key, elements, bytes), in the order of the file."""
    system = system or mapping(protocol_version=num(1001), little_endian=flag(True))
    out = MAGIC + pickled(num(1001)) + pickled(system) + pickled(obj) + pickled(many(*[key(k) for k, _, _ in storages]))
    return out + b"".join(struct.pack("<q", n) + data for _, n, data in storages) + after


def storage(kind, key, elements, view=NONE, text=text):
    return seq(text("storage"), name("torch", kind), text(key), text("cpu"), num(elements), view) + b"Q"


def old_tensor(stored, offset, size, stride):
    return new(name("torch", "FloatTensor"), seq(stored, num(offset), ints(*size), ints(*stride)))


def rebuilt(stored, offset, size, stride):
    return call(name("torch._utils", "_rebuild_tensor"), stored, num(offset), ints(*size), ints(*stride))


def legacies():
    base, halves = torch.arange(6.0), torch.tensor([0.5, 1.5], dtype=torch.float16)
    whole = lambda **options: storage("FloatStorage", "900", 6, **options)
    found = lambda n: {"path": [], "tensors": n}

    # 0.1.10 to 0.3: stretches of storages, an unsorted list of keys, bytes behind the end, and a writer that says it is big-endian.
    view = seq(text("77"), num(2), num(4))
    obj = ordered(a=rebuilt(whole(), 0, (2, 3), (3, 1)), b=rebuilt(whole(view=view), 1, (2,), (2,)),
                  c=rebuilt(storage("HalfStorage", "100", 2), 0, (2,), (1,)), d=rebuilt(whole(view=view), 0, (4,), (1,)))
    want = collections.OrderedDict(a=base.view(2, 3), b=base.as_strided((2,), (2,), 3), c=halves, d=base[2:6])
    data = legacy(obj, [("900", 6, raw(base)), ("100", 2, raw(halves))], mapping(little_endian=flag(False)), b"more")
    put("old_views_legacy.pth", data, want, "legacy", found(4), load=None)
    loaded = torch_load(HERE / "old_views_legacy.pth")
    assert all(torch.equal(loaded[k], want[k]) for k in want)

    # Tensors, variables and parameters as objects with a state.
    plain = old_tensor(whole(), 0, (2, 3), (3, 1))
    variable = lambda cls, rg: new(name(*cls), seq(plain, NONE, ordered(), flag(rg), flag(False)))
    classes = ("torch.nn.parameter", "Parameter"), ("torch.autograd.variable", "Variable")
    obj = mapping(tensor=plain, parameter=variable(classes[0], True), frozen=variable(classes[0], False),
                  called=call(name(*classes[0]), plain, flag(True)),
                  variable=name(*classes[1]) + seq(plain) + b"\x81" + seq(flag(True), flag(False), NONE) + b"b")
    tensor = base.view(2, 3)
    want = {"tensor": tensor, "parameter": torch.nn.Parameter(tensor), "frozen": torch.nn.Parameter(tensor, requires_grad=False),
            "called": torch.nn.Parameter(tensor), "variable": tensor.detach().requires_grad_()}
    put("old_variables_legacy.pth", legacy(obj, [("900", 6, raw(base))]), want, "legacy", found(5), load=None)

    # Python 2: its strings everywhere, its names, an OrderedDict made of lists.
    stored = storage("FloatStorage", "900", 6, text=text2)
    obj = (b"}(" + text2("state") + call(name("collections", "OrderedDict"), many(many(text2("w"), rebuilt(stored, 0, (6,), (1,)))))
           + text2("names") + call(name("__builtin__", "set"), many(text2("a"), text2("b"))) + text2("raw") + b"U\x02\xff\x00"
           + text2("steps") + call(name("__builtin__", "xrange"), num(0), num(4), num(2)) + text2("big") + b"L9223372036854775808L\n" + b"u")
    want = {"state": collections.OrderedDict(w=base), "names": {"a", "b"}, "raw": b"\xff\x00", "steps": range(0, 4, 2), "big": 2**63}
    data = legacy(obj, [("900", 6, raw(base))], key=text2)
    put("old_python2_legacy.pth", data, want, "legacy", {"path": ["state"], "tensors": 1}, load=None)
    loaded = torch.load(HERE / "old_python2_legacy.pth", weights_only=False, encoding="latin1")
    assert torch.equal(loaded["state"]["w"], base) and all(loaded[k] == want[k] for k in ("names", "steps", "big"))

    # The first use of a storage counts bytes, and decides its type.
    obj = mapping(bytes=rebuilt(storage("ByteStorage", "900", 24), 0, (24,), (1,)), floats=rebuilt(whole(), 0, (6,), (1,)))
    want = {"bytes": base.view(torch.uint8), "floats": base.view(torch.uint8)[:6]}
    put("old_first_use_legacy.pth", legacy(obj, [("900", 24, raw(base))]), want, "legacy", found(2))

    # Keys that are ints.
    obj = mapping(w=rebuilt(seq(text("storage"), name("torch", "FloatStorage"), num(900), text("cpu"), num(6), NONE) + b"Q", 0, (6,), (1,)))
    put("old_int_keys_legacy.pth", legacy(obj, [(900, 6, raw(base))], key=num), {"w": base}, "legacy", found(1))

    # A module with the text of its source.
    linear = torch.nn.Linear(3, 2)
    linear.__dict__ = {"training": True, "_parameters": collections.OrderedDict(weight=torch.nn.Parameter(tensor)), "_buffers": {},
                       "_modules": {}, "_non_persistent_buffers_set": set(), "in_features": 3}
    cls = seq(text("module"), name("torch.nn.modules.linear", "Linear"), text("linear.py"), text("class Linear")) + b"Q"
    obj = new(cls, mapping(training=flag(True), _parameters=ordered(weight=variable(classes[0], True)), _buffers=ordered(),
                           _modules=ordered(), in_features=num(3)))
    put("old_module_legacy.pth", legacy(obj, [("900", 6, raw(base))]), linear, "legacy", found(1), load=None)

    for protocol in (1, 3, 5):
        file = HERE / f"old_protocol{protocol}_legacy.pth"
        want = {"w": torch.arange(4.0).view(2, 2).t(), "n": [1, -1, 2**40, 2.5, None, True, "caf\u00e9"]}
        torch.save(want, file, pickle_protocol=protocol, _use_new_zipfile_serialization=False)
        put(file.name, file.read_bytes(), want, "legacy", found(1))


# Plain pickles.
def plain_values():
    return {"int": [0, -1, 255, 2**31, 2**63, -2**70], "float": [0.5, float("inf")], "other": [None, True, 1 + 2j, b"\x00\xff", "caf\u00e9 \u6f22\n"],
            "set": {1, 2}, "tuple": (1, (), (2, 3)), "keys": {1: "a", (1, 2): "b"}, "ordered": collections.OrderedDict(a=1),
            "namespace": argparse.Namespace(a=1), "size": torch.Size([1, 2])}


def pickles():
    for protocol in range(6):
        put(f"plain_values{protocol}.pkl", pickle.dumps(plain_values(), protocol), plain_values(), "pickle", load=pickle_load)
        want = collections.OrderedDict(weight=torch.arange(6.0).view(2, 3).t(), bias=torch.tensor([-1, 2**40]),
                                       parameter=torch.nn.Parameter(torch.tensor([0.5])), scalar=torch.tensor(2.5, dtype=torch.bfloat16))
        put(f"plain_tensors{protocol}.pkl", pickle.dumps(want, protocol), want, "pickle", {"path": [], "tensors": 4}, load=pickle_load)

    want = {"str": "abc", "utf8": "caf\u00e9", "raw": b"\xff\x00", "long": 12345678901234567890, "int": 7, "true": True, "real": 3.25,
            "unicode": "caf\u00e9", "inst": argparse.Namespace(a=1), "set": {1, 2}, "range": range(0, 4, 1), "ordered": collections.OrderedDict(k=1)}
    parts = [rb"S'abc'", rb"S'caf\xc3\xa9'", rb"S'\xff\x00'", b"L12345678901234567890L", b"I7", b"I01", b"F3.25", rb"Vcaf\u00e9",
             b"(iargparse\nNamespace\n(dS'a'\nI1\nsb", b"c__builtin__\nset\n((lI1\naI2\natR", b"c__builtin__\nxrange\n(I0\nI4\nI1\ntR",
             b"ccollections\nOrderedDict\n((l(lS'k'\naI1\naatR"]
    data = b"(dp0\n" + b"".join(b"S'" + key.encode() + b"'\n" + part + (b"" if part[-1:] in b"bR" else b"\n") + b"s"
                                for key, part in zip(want, parts)) + b"."
    put("plain_python2_0.pkl", data, want, "pickle", load=None)
    parts = [text2("abc"), b"U\x05caf\xc3\xa9", b"T\x02\x00\x00\x00\xff\x00", b"\x8a\x09\xd2\x0a\x1f\xeb\x8c\xa9\x54\xab\x00", b"K\x07", b"\x88", b"G" + struct.pack(">d", 3.25),
             text("caf\u00e9"), b"(" + name("argparse", "Namespace") + b"o}U\x01aK\x01sb", call(name("__builtin__", "set"), many(num(1), num(2))),
             call(name("__builtin__", "xrange"), num(0), num(4), num(1)), call(name("collections", "OrderedDict"), many(many(text2("k"), num(1))))]
    data = b"\x80\x02}(" + b"".join(text2(key) + part for key, part in zip(want, parts)) + b"u."
    put("plain_python2_2.pkl", data, want, "pickle", load=None)
    for file in ("plain_python2_0.pkl", "plain_python2_2.pkl"):
        loaded = pickle_load(HERE / file)
        same = [k for k in want if k not in ("utf8", "raw")]  # text in latin-1, as it was asked for
        assert all(loaded[k] == want[k] for k in same), file


def write_corpus():
    """What the fuzz targets start from."""
    for kind, files in {"tar": HERE.glob("tar*.pth"), "legacy": HERE.glob("old_*.pth"), "plain": HERE.glob("plain_*.pkl")}.items():
        (CORPUS / kind).mkdir(parents=True, exist_ok=True)
        for file in sorted(files):
            (CORPUS / kind / file.stem).write_bytes(file.read_bytes())


def main():
    assert torch.__version__.startswith("2.13."), torch.__version__
    tars()
    legacies()
    pickles()
    write_corpus()


if __name__ == "__main__":
    main()
