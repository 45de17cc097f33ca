"""Writes the checkpoints of this folder that hold every kind of value, tensor, module and training
state that make.py does not, and what `zoo inspect --json --hash` must say of each.

    python3 make_values.py        # with torch 2.13.0 and numpy

What no current PyTorch writes is put together opcode by opcode. The expectations are made from
Python objects, not by reading the files.
"""

import argparse
import collections
import datetime
import decimal
import enum
import fractions
import functools
import pathlib
import re
import struct
import sys
import types
import uuid
import zipfile

import numpy
import torch

from expected import expect

HERE = pathlib.Path(__file__).resolve().parent
found = lambda path, n: {"path": path, "tensors": n}


def write(name, obj, state_dict=None, more=None, **options):
    torch.save(obj, HERE / name, **options)
    expect(HERE / name, obj, "zip", state_dict, **(more or {}))


def assemble(name, pickle, obj, state_dict=None, records=()):
    """A zip file around a pickle made by hand; `obj` is what it means."""
    stem = name.rsplit(".", 1)[0]
    with zipfile.ZipFile(HERE / name, "w", zipfile.ZIP_STORED) as archive:
        for record, data in [("data.pkl", pickle), ("version", b"3\n"), *[(f"data/{k}", v) for k, v in records]]:
            archive.writestr(zipfile.ZipInfo(f"{stem}/{record}", (1980, 1, 1, 0, 0, 0)), data)
    expect(HERE / name, obj, "zip", state_dict)


# The assembler: each leaves one value on the stack.
def u(text):
    data = text.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(data)) + data


def py2(text):
    return b"U" + bytes([len(text)]) + text


def i(value):
    return b"J" + struct.pack("<i", value)


def t(*items):
    return b"(" + b"".join(items) + b"t"


def ints(*values):
    return t(*map(i, values))


def d(*pairs):
    return b"}(" + b"".join(k + v for k, v in pairs) + b"u"


def l(*items):
    return b"](" + b"".join(items) + b"e"


def g(module, name):
    return f"c{module}\n{name}\n".encode()


def call(function, *arguments):
    return function + t(*arguments) + b"R"


def storage(kind, key, numel, location="cpu", text=u, module="torch"):
    return t(text("storage" if text is u else b"storage"), g(module, kind), text(key), text(location if text is u else location.encode()),
             i(numel)) + b"Q"


def v2(stored, offset, size, stride, *more):
    return call(g("torch._utils", "_rebuild_tensor_v2"), stored, i(offset), ints(*size), ints(*stride), b"\x89", b"}", *more)


def v3(stored, size, stride, dtype):
    return call(g("torch._utils", "_rebuild_tensor_v3"), stored, i(0), ints(*size), ints(*stride), b"\x89", b"}", g("torch", dtype))


def raw(tensor):
    return bytes(tensor.contiguous().untyped_storage())


class Colour(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    HIGH = 3


class Slotted:
    __slots__ = ("a", "b")


class Marked(torch.Tensor):
    """A tensor class of its own."""


class MarkedParameter(torch.nn.Parameter):
    pass


class Registry(collections.OrderedDict):
    pass


class Stack(list):
    pass


def foreign(module, name, **members):
    """A class of a library that need not be there."""
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        holder = sys.modules.setdefault(".".join(parts[:end]), types.ModuleType(".".join(parts[:end])))
    made = type(name, (), {"__module__": module, "__qualname__": name, **members})
    setattr(holder, name, made)
    return made


def instance(cls, **state):
    made = cls()
    vars(made).update(state)
    return made


def objects():
    slotted, stack, registry = Slotted(), Stack([1, torch.tensor([2.0])]), Registry(k=torch.tensor([3.0]))
    slotted.a, slotted.b = 1, [2]
    stack.note = "n"
    config, node = foreign("omegaconf.dictconfig", "DictConfig"), foreign("omegaconf.nodes", "AnyNode")
    metadata = foreign("omegaconf.base", "ContainerMetadata")
    root = instance(config, _metadata=instance(metadata, ref_type=None, optional=True, key_type=str))
    root._content = {"lr": instance(node, _val=0.1, _parent=root)}
    return {"enum": [Colour.RED, Level.HIGH], "datetime": [datetime.datetime(2020, 1, 2, 3, 4, 5), datetime.timedelta(1, 2)],
            "zone": datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc), "decimal": decimal.Decimal("1.50"),
            "fraction": fractions.Fraction(1, 3), "uuid": uuid.UUID(int=2**127 + 5), "path": pathlib.PureWindowsPath("c:/x"),
            "deque": collections.deque([1, 2], maxlen=3), "partial": functools.partial(int, base=2), "pattern": re.compile("a+"),
            "slotted": slotted, "stack": stack, "registry": registry, "omegaconf": root, "simple": types.SimpleNamespace(x=1),
            "layout": [torch.strided, torch.sparse_coo], "function": torch.nn.functional.relu, "exception": ValueError("no", 1),
            "default": collections.defaultdict(int, {"a": 1}), "counter": collections.Counter({"b": 2})}


def subclasses():
    marked = torch.arange(3.0).as_subclass(Marked)
    marked.label, marked.scale = "m", torch.tensor(0.5)
    noted = torch.nn.Parameter(torch.ones(2))
    noted.axis, noted.tags = 1, ["a"]
    plain = torch.zeros(2)
    plain.origin = "here"
    return {"marked": marked, "noted": noted, "plain": plain, "buffer": torch.nn.Buffer(torch.ones(2)),
            "parameter": MarkedParameter(torch.ones(1)), "again": noted}


def sparse():
    dense = torch.tensor([[0.0, 1, 0, 2], [3, 0, 0, 0], [0, 0, 4, 0], [0, 5, 0, 0]])
    return {"csc": dense.to_sparse_csc(), "bsr": dense.to_sparse_bsr((2, 2)), "bsc": dense.to_sparse_bsc((2, 2)),
            "batch": torch.stack([dense, dense]).to_sparse_csr(), "hybrid": torch.sparse_coo_tensor([[2, 0]], [[1.0, 2], [3, 4]], (3, 2)),
            "none": torch.sparse_coo_tensor(size=(2, 2)), "int32": torch.sparse_csr_tensor(
                torch.tensor([0, 1, 2], dtype=torch.int32), torch.tensor([1, 0], dtype=torch.int32), torch.tensor([7, 8]), size=(2, 2))}


def quantized():
    real = torch.tensor([[1.0, 2, 3, 4], [5, 6, 7, 8]])
    scales, zeros = torch.tensor([0.5, 1.0]), torch.tensor([0.0, 1.0])
    return {"quint4x2": torch.quantize_per_channel(real, scales, zeros, 0, torch.quint4x2),
            "quint2x4": torch.quantize_per_channel(real, scales, zeros, 0, torch.quint2x4),
            "axis": torch.quantize_per_channel(real, torch.full((4,), 0.25, dtype=torch.float64), torch.arange(4), 1, torch.quint8),
            "transposed": torch.quantize_per_tensor(real, 0.1, 10, torch.qint8).t()}


def bits():
    """conj and neg in every combination, and the bits of a view of one."""
    z = torch.tensor([[1 + 2j, 3 - 4j], [5j, -6.0]])
    return {"conj": z.conj(), "neg": torch._neg_view(z), "both": torch._neg_view(z.conj()), "transposed": z.conj().t(),
            "real": (z + 0).conj().real, "imag": (z + 0).conj().imag, "negint": torch._neg_view(torch.tensor([1, -2])),
            "row": torch._neg_view(torch.arange(4.0).view(2, 2))[1], "double": z.to(torch.complex128).conj()}


def overlaps():
    base = torch.arange(6.0)
    return {"windows": base.unfold(0, 3, 1), "diagonal": base.view(2, 3).diagonal(), "repeated": base[:1].expand(4, 3, 2),
            "column": base.view(2, 3)[:, 1:2], "strided": torch.as_strided(base, (2, 2), (1, 1)), "none": torch.empty(2, 0, 3)[:, :, 1:],
            "deep": torch.zeros((1,) * 12)}


def dtypes():
    names = ["bits8", "bits16", "bits1x8", "bits2x4", "bits4x2", "float8_e8m0fnu", "float4_e2m1fn_x2", "quint4x2", "quint2x4", "uint1",
             "uint7", "int1", "int7", "complex32", "qint32"]
    return {name: getattr(torch, name) for name in names}


def old_containers(module):
    """As PyTorch 1.5 kept them: ordered dicts, and no word of buffers that are not saved."""
    for m in module.modules():
        for part in ("_parameters", "_buffers", "_modules"):
            m.__dict__[part] = collections.OrderedDict(m.__dict__[part])
        del m.__dict__["_non_persistent_buffers_set"]
    return module


class Tied(torch.nn.Module):
    """One module under two names, and tensors that stand as plain attributes."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(2, 2, bias=False)
        self.second = self.first
        self.absent = None
        self.register_parameter("off", None)
        self.register_buffer("scratch", torch.zeros(1), persistent=False)
        self.anchors = [torch.tensor([1.0])]
        self.names = {0: "a", 1: "b"}
        self.kernel = numpy.arange(2)


def old_model():
    return torch.nn.DataParallel(old_containers(torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.BatchNorm2d(1))))


def recurrent():
    return torch.nn.ModuleDict({"lstm": torch.nn.LSTM(1, 1), "tied": Tied(), "activation": torch.nn.ReLU(inplace=True),
                                "layer": torch.nn.TransformerEncoderLayer(2, 1, 2).eval()})


def optimizers():
    torch.manual_seed(1)
    rows = {"sgd": (torch.optim.SGD, dict(lr=0.1, momentum=0.9)), "plain_sgd": (torch.optim.SGD, dict(lr=0.1)),
            "adam": (torch.optim.Adam, dict(amsgrad=True)), "adamw": (torch.optim.AdamW, dict(weight_decay=0.1)),
            "rmsprop": (torch.optim.RMSprop, dict(momentum=0.5, centered=True)), "adagrad": (torch.optim.Adagrad, {})}
    out = {"state_dict": torch.nn.Linear(2, 1).state_dict()}
    for name, (cls, options) in rows.items():
        weight, bias = torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(1))
        optimizer = cls([{"params": [weight]}, {"params": [bias], "lr": 0.5}], **options)
        (weight.sum() + bias.sum()).backward()
        optimizer.step()
        out[name + "_optimizer"] = optimizer.state_dict()
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
    schedulers = torch.optim.lr_scheduler
    for name, scheduler in {"step": schedulers.StepLR(optimizer, 3), "cosine": schedulers.CosineAnnealingLR(optimizer, 5),
                            "plateau": schedulers.ReduceLROnPlateau(optimizer), "cycle": schedulers.OneCycleLR(optimizer, 0.1, total_steps=4)}.items():
        out[name + "_scheduler"] = {k: v for k, v in scheduler.state_dict().items() if not callable(v)}
    out["scaler"] = torch.amp.GradScaler("cpu", enabled=True).state_dict()
    return out


def lightning(weights):
    return {"epoch": 1, "global_step": 10, "pytorch-lightning_version": "2.4.0", "state_dict": weights,
            "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 1}}}},
            "callbacks": {"ModelCheckpoint{'monitor': 'loss'}": {"best_model_score": torch.tensor(0.5), "best_k_models": {"a.ckpt": torch.tensor(0.5)}}},
            "optimizer_states": [{"state": {0: {"step": torch.tensor(1.0), "exp_avg": torch.zeros(2)}}, "param_groups": [{"lr": 0.1, "params": [0]}]}],
            "lr_schedulers": [{"last_epoch": 1}], "hyper_parameters": argparse.Namespace(lr=0.1)}


def training_files():
    weights = lambda n: {f"w{k}": torch.full((1,), float(k)) for k in range(n)}
    write("lightning.ckpt", lightning(weights(3)), found(["state_dict"], 3))
    detector = foreign("ultralytics.nn.tasks", "DetectionModel")
    detector = type("DetectionModel", (torch.nn.Module,), {"__module__": detector.__module__, "__qualname__": "DetectionModel"})
    sys.modules["ultralytics.nn.tasks"].DetectionModel = detector
    model = detector()
    model.model, model.yaml = torch.nn.Sequential(torch.nn.Linear(1, 1)), {"nc": 80}
    write("ultralytics.pt", {"epoch": -1, "best_fitness": None, "model": model, "ema": None, "updates": None, "optimizer": None,
                             "train_args": {"imgsz": 640}, "date": "2024"}, found(["model"], 2))
    write("fairseq.pt", {"args": argparse.Namespace(arch="t"), "model": weights(2), "optimizer_history": [{"num_updates": 1}],
                         "extra_state": {"epoch": 1}, "last_optimizer_state": {"state": {0: {"exp_avg": torch.zeros(1)}}, "param_groups": []}},
          found(["model"], 2))
    both = [found(["state_dict"], 3), found(["state_dict_ema"], 2)]
    write("timm.pth", {"epoch": 3, "arch": "resnet18", "state_dict": weights(3), "state_dict_ema": weights(2), "version": 2, "metric": 76.0},
          None, {"state_dicts": both})
    write("generator.pth", {"model": {"net_g": weights(2), "step": 5}, "rng_state": torch.zeros(4, dtype=torch.uint8)}, found(["model", "net_g"], 2))


def assembled():
    six = torch.arange(6.0)
    # Python 2: byte strings, old instances, text opcodes, names of its own; a storage named by byte strings.
    pickle = d((py2(b"w"), call(g("torch._utils", "_rebuild_tensor"), storage("FloatStorage", b"0", 6, text=py2), i(1), ints(2, 2), ints(2, 1))),
               (b"S'text'\n", b"(I1\nI01\nL-5L\nF1.5\nNl"), (b"Vu\\u00e9\n", b"(S'k'\nI2\nd"), (py2(b"raw"), b"T\x02\0\0\0\xff\xfe"),
               (py2(b"memo"), b"(I7\np3\n0g3\ng3\nt"), (py2(b"dup"), b"I3\n2\x86"), (py2(b"range"), call(g("__builtin__", "xrange"), i(0), i(4), i(1))),
               (py2(b"set"), call(g("__builtin__", "set"), l(i(1), i(2), i(1)))), (py2(b"long"), b"L36893488147419103232L\n"),
               (py2(b"od"), call(g("collections", "OrderedDict"), l(l(py2(b"z"), i(1)), l(py2(b"a"), i(2))))),
               (py2(b"type"), g("exceptions", "StandardError")), (py2(b"bytes"), call(g("_codecs", "encode"), u("\xffa"), u("latin1"))),
               (py2(b"w"), call(g("torch._utils", "_rebuild_tensor"), storage("FloatStorage", b"0", 6, text=py2), i(0), ints(6), ints(1)))) + b"."
    assemble("python2.pth", b"\x80\x02" + pickle,
             {"w": six, "text": [1, True, -5, 1.5, None], "u\xe9": {"k": 2}, "raw": b"\xff\xfe", "memo": (7, 7), "dup": (3, 3), "range": range(0, 4, 1),
              "set": {1, 2}, "long": 2**65, "od": {"z": 1, "a": 2}, "type": Exception, "bytes": b"\xffa"}, found([], 1), [("0", raw(six))])
    # Opcodes of protocols 4 and 5 in one pickle, and memo ids out of order.
    pickle = (b"\x80\x05\x95\x02\0\0\0\0\0\0\0}(" + b"\x8c\x04long\x8b\x09\0\0\0" + bytes(8) + b"\x01" + b"\x8d\x05\0\0\0\0\0\0\0uni08r\xff\xff\xff\xffj\xff\xff\xff\xff"
              b"\x8c\x05bytes\x8e\x02\0\0\0\0\0\0\0\x00\xff\x8c\x05array\x96\x01\0\0\0\0\0\0\0z" b"\x8c\x03set\x8f(K\x01K\x02\x90\x8c\x06frozen(K\x03\x91"
              b"\x8c\x04pair]\x94(K\x01\x85\x940h\x02e" b"\x8c\x06popped(K\x01K\x02\x31K\x09" b"\x8c\x04name\x8c\x0bcollections\x8c\x0bOrderedDict\x93)\x81"
              b"\x8c\x03big\x8a\x05\0\0\0\x80\x00\x8c\x04last" b"K\x01\x8c\x04lastK\x02" b"u.")
    shared = "uni08"
    assemble("opcodes.pth", pickle, {"long": 2**64, shared: shared, "bytes": b"\0\xff", "array": bytearray(b"z"), "set": {1, 2}, "frozen": frozenset([3]),
                                     "pair": [(1,)], "popped": 9, "name": collections.OrderedDict(), "big": 2**31, "last": 2})
    # Types that current PyTorch has no way to fill.
    stored = torch.arange(8, dtype=torch.uint8)
    assemble("bits.pth", b"\x80\x02" + d(*[(u(n), v3(storage("UntypedStorage", "0", 8, module="torch.storage"), [8 // w], [1], n))
                                           for n, w in [("bits8", 1), ("bits1x8", 1), ("bits2x4", 1), ("bits4x2", 1), ("bits16", 2)]]) + b".",
             {n: stored.view(getattr(torch, n)) for n in ("bits8", "bits1x8", "bits2x4", "bits4x2", "bits16")}, found([], 5), [("0", raw(stored))])
    # C++ writes tags around lists and dicts.
    tag = lambda name, *a: call(g("torch.jit._pickle", name), *a)
    assemble("tags.pth", b"\x80\x02" + d((u("ints"), tag("build_intlist", l(i(1), i(2)))), (u("reals"), tag("build_doublelist", l(b"G" + struct.pack(">d", 1.5)))),
                                         (u("bools"), tag("build_boollist", l(b"\x88"))), (u("tensors"), tag("build_tensorlist", l(v2(storage("FloatStorage", "0", 6), 0, [6], [1])))),
                                         (u("tagged"), tag("restore_type_tag", d((u("a"), i(1))), u("Dict[str, int]")))) + b".",
             {"ints": [1, 2], "reals": [1.5], "bools": [True], "tensors": [six], "tagged": {"a": 1}}, None, [("0", raw(six))])
    # A tensor of another device comes from a copy on the CPU; the old module path of NumPy; lists of scales.
    numpy_type = call(g("numpy", "dtype"), u("i4"), i(0), i(1)) + t(i(3), u(">"), b"N", b"N", b"N", i(-1), i(-1), i(0)) + b"b"
    latin = lambda data: call(g("_codecs", "encode"), u(data.decode("latin1")), u("latin1"))
    array = (call(g("numpy.core.multiarray", "_reconstruct"), g("numpy", "ndarray"), ints(0), latin(b"b")) +
             t(i(1), ints(2), numpy_type, b"\x89", latin(struct.pack(">ii", 1, -2))) + b"b")
    per_channel = call(g("torch._utils", "_rebuild_qtensor"), storage("CharStorage".replace("Char", "QInt8"), "1", 4), i(0), ints(2, 2), ints(2, 1),
                       t(g("torch", "per_channel_affine"), l(b"G" + struct.pack(">d", 0.5), i(1)), l(i(0), i(1)), i(0)), b"\x89", b"}")
    quantized_values = torch._make_per_channel_quantized_tensor(torch.arange(4, dtype=torch.int8).view(2, 2), torch.tensor([0.5, 1.0]), torch.tensor([0, 1]), 0)
    assemble("other_spellings.pth", b"\x80\x02" + d(
        (u("xla"), call(g("torch._utils", "_rebuild_device_tensor_from_cpu_tensor"), v2(storage("FloatStorage", "0", 6), 0, [2, 3], [3, 1]), g("torch", "float32"), u("xla:0"), b"\x88")),
        (u("array"), array), (u("scalar"), call(g("numpy.core.multiarray", "scalar"), numpy_type, latin(struct.pack(">i", 7)))),
        (u("per_channel"), per_channel), (u("device"), call(g("torch", "device"), u("mps"))), (u("size"), call(g("torch", "Size"), l(i(2), i(3))))) + b".",
        {"xla": six.view(2, 3).requires_grad_(), "array": numpy.array([1, -2], ">i4"), "scalar": numpy.array([7], ">i4")[0], "per_channel": quantized_values,
         "device": torch.device("mps"), "size": torch.Size([2, 3])}, found([], 2), [("0", raw(six.detach())), ("1", bytes(range(4)))])


def numpy_values():
    return {"structured": numpy.zeros(1, dtype=[("a", "i4"), ("b", "f8")]), "object": numpy.array([1, "a"], dtype=object),
            "bytes": numpy.array([b"ab", b"c"]), "time": numpy.array(["2020-01-01"], dtype="datetime64[D]"), "half": numpy.float16(1.5),
            "long": numpy.arange(2, dtype="u8"), "zero": numpy.array(["", ""]), "text": numpy.str_("caf\u00e9"), "clong": numpy.array([1j], "c16")}


def main():
    assert torch.__version__.startswith("2.13."), torch.__version__
    torch.manual_seed(0)
    write("objects_more.pth", objects())
    write("subclasses.pth", subclasses(), found([], 6))
    write("sparse.pth", sparse(), found([], 7))
    write("quantized.pth", quantized(), found([], 4))
    write("bits_of_views.pth", bits(), found([], 9))
    write("overlaps.pth", overlaps(), found([], 7))
    write("dtype_values.pth", dtypes())
    jagged = torch.nested.nested_tensor([torch.ones(2, 3), torch.zeros(1, 3)], layout=torch.jagged)
    write("jagged.pth", {"njt": jagged, "w": torch.ones(1)}, found([], 1))
    write("old_model.pth", old_model(), found([], 7))
    write("recurrent.pth", recurrent(), found([], 18))
    write("optimizers.pth", optimizers(), found(["state_dict"], 2))
    write("numpy_more.pth", numpy_values())
    training_files()
    assembled()


if __name__ == "__main__":
    sys.modules.setdefault("make_values", sys.modules["__main__"])
    main()
