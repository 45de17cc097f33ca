"""What `zoo inspect --json --hash` must say of a file, made from the Python objects in it, not by
reading the file. For the make_*.py scripts of this folder.
"""

import collections
import copyreg
import hashlib
import json
import warnings

import numpy
import torch

warnings.filterwarnings("ignore")


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


def scalar(x):
    return x is None or isinstance(x, (bool, int, float, str, torch.dtype, torch.device))


def item_repr(x):
    """Of a member of a set; how an object of some class prints only its class knows."""
    known = scalar(x) or isinstance(x, (tuple, bytes, complex, frozenset))
    return repr(x) if known else f"<{type(x).__module__}.{type(x).__qualname__} object>"


def plain_attribute(x):
    """Of a module: what is shown with it, not as a value of its own."""
    if isinstance(x, (dict, set)):
        return not x
    return scalar(x) or (isinstance(x, (list, tuple)) and len(x) <= 16 and all(map(scalar, x)))


def wrapped(tensor):
    """(function, class, arguments, state) of a tensor that only its class can make."""
    made = tensor.__reduce_ex__(2)
    inner = made[1][0] if made[0].__name__ == "_rebuild_from_type_v2" else None
    return made[1] if inner is not None and inner.__name__ in ("_rebuild_njt", "_rebuild_wrapper_subclass") else None


class Expected:
    def __init__(self):
        self.storages, self.seen, self.open = {}, {}, []
        self.tensors, self.values, self.containers = [], [], []
        self.objects, self.modules = [], []

    def storage(self, storage):
        return "s%d" % self.storages.setdefault(storage.data_ptr() or storage._cdata, len(self.storages))

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
        if tensor.layout != torch.strided:
            rows = tensor.layout in (torch.sparse_csr, torch.sparse_bsr)
            compressed, plain = (tensor.crow_indices(), tensor.col_indices()) if rows else (tensor.ccol_indices(), tensor.row_indices())
            out.update(compressed_indices=self.describe(compressed), plain_indices=self.describe(plain),
                       values=self.describe(tensor.values()))
            return out
        if tensor.is_meta:
            out["layout"] = "meta"
            return out
        out.update(stride=list(tensor.stride()), storage_offset=tensor.storage_offset(),
                   storage=self.storage(tensor.untyped_storage()), storage_nbytes=tensor.untyped_storage().nbytes(),
                   sha256=sha256(tensor_bytes(tensor)))
        if type(tensor) is not torch.Tensor and not isinstance(tensor, torch.nn.Parameter):
            out["class"] = f"{type(tensor).__module__}.{type(tensor).__qualname__}"
        if tensor.dtype in (torch.quint4x2, torch.quint2x4):
            out["nbytes"] = tensor.untyped_storage().nbytes()
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
            (bytearray, "bytearray", lambda: x.hex()), (frozenset, "frozenset", lambda: sorted(map(item_repr, x))),
            (set, "set", lambda: sorted(map(item_repr, x))), (range, "range", lambda: [x.start, x.stop, x.step]),
            (slice, "slice", lambda: [x.start, x.stop, x.step]), (torch.Size, "size", lambda: list(x)),
            (torch.dtype, "dtype", lambda: dtype_name(x)), (torch.device, "device", lambda: str(x)),
        ]
        if x is None:
            self.value(path, "none", None)
            return True
        if isinstance(x, numpy.generic):
            self.value(path, "npscalar", {"dtype": x.dtype.newbyteorder("<").str, "hex": x.astype(x.dtype.newbyteorder("<")).tobytes().hex()})
            return True
        if isinstance(x, numpy.ndarray) and x.dtype.kind not in "OVMm":
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
        if isinstance(x, torch.Tensor) and wrapped(x):
            function, cls, arguments, state = wrapped(x)
            self.objects.append({"path": path, "class": f"{cls.__module__}.{cls.__qualname__}",
                                 "made_by": f"{function.__module__}.{function.__qualname__}"})
            for i, a in enumerate(arguments):
                self.visit(path + [i], a)
            for key, v in state.items():
                self.visit(path + [key], v)
        elif isinstance(x, torch.Tensor):
            self.tensors.append({"path": path, **self.describe(x)})
            for key, v in vars(x).items():
                self.visit(path + [key], v)
        elif self.leaf(path, x):
            pass
        elif type(x) in (dict, collections.OrderedDict):
            self.container(path, "dict", x, x.items())
        elif type(x) in (list, tuple):
            self.container(path, "list" if type(x) is list else "tuple", x, enumerate(x))
        elif isinstance(x, torch.nn.Module):
            self.module(path, "", x)
        elif isinstance(x, torch.layout):
            self.objects.append({"path": path, "class": str(x)})
        elif callable(x) and hasattr(x, "__qualname__"):
            self.objects.append({"path": path, "class": f"{x.__module__}.{x.__qualname__}"})
        else:
            self.object(path, x)

    def module(self, path, prefix, x):
        name = path + [prefix[1:]] if prefix else path
        attrs = {}
        state = x.__getstate__()
        for key, v in state.items():
            plain = v is None or isinstance(v, (bool, int, float, str)) or (
                isinstance(v, (list, tuple)) and all(isinstance(i, (bool, int, float, str, type(None))) for i in v))
            if plain and key != "training":
                attrs[key] = list(v) if isinstance(v, tuple) else v
        self.modules.append({"path": name, "class": f"{type(x).__module__}.{type(x).__qualname__}",
                             "training": x.training, "attrs": attrs})
        under = lambda k: path + [(prefix[1:] + "." if prefix else "") + k]
        for key, t in list(x._parameters.items()) + list(x._buffers.items()):
            if t is not None and key not in vars(x).get("_non_persistent_buffers_set", ()):
                self.visit(under(key), t)
        for key, child in x._modules.items():
            if child is not None:
                self.module(path, prefix + "." + key, child)
        for key, v in state.items():
            parts = ("_parameters", "_buffers", "_modules", "_non_persistent_buffers_set")
            if key not in parts and not plain_attribute(v):
                self.visit(under(key), v)

    def object(self, path, x):
        """What pickle makes of it: arguments, state, items, entries."""
        reduce = copyreg.dispatch_table.get(type(x))
        made = reduce(x) if reduce else x.__reduce_ex__(2)
        func, args, state, items, entries = (tuple(made) + (None,) * 5)[:5]
        cls = func
        if func.__module__ in ("copyreg", "copy_reg"):
            cls, args = args[0], args[1:]
        self.objects.append({"path": path, "class": f"{cls.__module__}.{cls.__qualname__}"})
        if any(x is y for y in self.open):
            return
        self.open.append(x)
        self.members(path, args, state, items, entries)
        self.open.pop()

    def members(self, path, args, state, items, entries):
        for i, a in enumerate(args):
            self.visit(path + [i], a)
        slots = isinstance(state, tuple) and len(state) == 2 and isinstance(state[1], dict)
        if isinstance(state, dict) or slots:
            for part in state if slots else [state]:
                for key, v in (part or {}).items():
                    self.visit(path + [self.step(key)], v)
        elif state is not None:
            self.visit(path + [0], state)
        for i, v in enumerate(items or ()):
            self.visit(path + [i], v)
        for key, v in entries or ():
            self.visit(path + [self.step(key)], v)


def expect(file, obj, fmt, state_dict=None, **more):
    e = Expected()
    e.visit([], obj)
    data = file.read_bytes()
    document = {"schema": "zoo/inspect/1", "file": file.name, "size": len(data), "sha256": sha256(data), "format": fmt,
                "tensors": e.tensors, "values": e.values, "containers": e.containers, "objects": e.objects,
                "modules": e.modules, "state_dict": state_dict, **more}
    file.with_name(file.name + ".json").write_text(json.dumps(document, indent=1) + "\n")
