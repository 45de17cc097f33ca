"""Archives and pickles put together byte by byte, right by default and wrong where a file asks for it.

Each pickle function gives the bytes that leave one value on the stack; pickled() frames them.
"""

import pathlib
import struct
import zlib

HERE = pathlib.Path(__file__).resolve().parent
COMMAND = "touch zoo-canary"


def write(name, data):
    if (HERE / name) in write.done:
        raise ValueError(f"{name} is written twice")
    write.done.add(HERE / name)
    (HERE / name).write_bytes(data)


write.done = set()


def le(value, size):
    return (value % 256**size).to_bytes(size, "little")


# Zip archives.


class Record:
    """One member. What is set in `local` the local header says differently."""

    def __init__(self, name, data, **options):
        self.name = name.encode() if isinstance(name, str) else name
        self.data = data
        self.method = options.get("method", 0)
        self.flags = options.get("flags", 0)
        self.crc = options.get("crc", zlib.crc32(data))
        self.size = options.get("size", len(data))  # when inflated
        self.stored = options.get("stored", len(data))
        self.disk = options.get("disk", 0)
        self.offset = options.get("offset")  # that the directory says
        self.extra = options.get("extra", b"")
        self.local_extra = options.get("local_extra", b"")
        self.local = options.get("local", {})
        self.after = options.get("after", b"")  # behind the data: a descriptor, or anything
        self.listed = options.get("listed", True)


def deflated(name, data, **options):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    return Record(name, packed, **{"method": 8, "crc": zlib.crc32(data), "size": len(data), **options})


def archive(records, before=b"", between=b"", comment=b"", after=b"", zip64=False, **says):
    """`says` overrides fields of the end records: count, size, offset, disk, count64 ..."""
    out, directory = before, b""
    for r in records:
        at = len(out)
        local = {"name": r.name, "method": r.method, "flags": r.flags, "crc": r.crc, "size": r.size, "stored": r.stored}
        local.update(r.local)
        out += struct.pack(
            "<4sHHHIIIIHH", b"PK\3\4", 20, local["flags"], local["method"], 0, local["crc"], local["stored"],
            local["size"], len(local["name"]), len(r.local_extra))  # fmt: skip
        out += local["name"] + r.local_extra + r.data + r.after
        if not r.listed:
            continue
        directory += struct.pack(
            "<4sHHHHIIIIHHHHHII", b"PK\1\2", 20, 20, r.flags, r.method, 0, r.crc, r.stored, r.size, len(r.name),
            len(r.extra), 0, r.disk, 0, 0, at if r.offset is None else r.offset)  # fmt: skip
        directory += r.name + r.extra
    at, count = len(out), sum(r.listed for r in records)
    end64 = b""
    if zip64:
        end64 = struct.pack(
            "<4sQHHIIQQQQ", b"PK\6\6", says.get("length64", 44), 45, 45, says.get("disk64", 0), 0,
            says.get("here64", says.get("count64", count)), says.get("count64", count),
            says.get("size64", len(directory)), says.get("offset64", at))  # fmt: skip
        end64_at = at + len(directory) + len(between)
        end64 += struct.pack("<4sIQI", b"PK\6\7", says.get("locator_disk", 0), says.get("locator", end64_at), says.get("disks", 1))
    end = struct.pack(
        "<4sHHHHIIH", b"PK\5\6", says.get("disk", 0), 0, says.get("here", says.get("count", count)),
        says.get("count", count), says.get("size", len(directory)), says.get("offset", at), len(comment))  # fmt: skip
    return out + directory + between + end64 + end + comment + after


# Pickles.


def pickled(value, protocol=2):
    return b"\x80" + bytes([protocol]) + value + b"."


def integer(value):
    if -(2**31) <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    return b"\x8a\x08" + struct.pack("<q", value)


def text(value):
    value = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    return b"X" + le(len(value), 4) + value


def tuple_of(*items):
    return b"(" + b"".join(items) + b"t"


def list_of(*items):
    return b"](" + b"".join(items) + b"e"


def dict_of(*pairs):
    return b"}(" + b"".join(key + value for key, value in pairs) + b"u"


def integers(*values):
    return tuple_of(*map(integer, values))


def name(module, attribute):
    return b"c" + module.encode() + b"\n" + attribute.encode() + b"\n"


def call(callable_, *arguments):
    return callable_ + tuple_of(*arguments) + b"R"


def storage(key=text("0"), numel=integer(6), kind=name("torch", "FloatStorage"), location=text("cpu"), more=b""):
    return b"(" + text("storage") + kind + key + location + numel + more + b"tQ"


def tensor(of=None, offset=integer(0), size=integers(2, 3), stride=integers(3, 1), more=b"\x89}"):
    return name("torch._utils", "_rebuild_tensor_v2") + b"(" + (of or storage()) + offset + size + stride + more + b"tR"


NONE, TRUE, FALSE, POP, DUP, EMPTY_TUPLE = b"N", b"\x88", b"\x89", b"0", b"2", b")"
# Python runs this on loading.
ATTACK = call(name("os", "system"), text(COMMAND))

# Checkpoints.

WEIGHTS = struct.pack("<6f", 1, 2, 3, 4, 5, 6)


def beside(value):
    """A state dict with one good tensor and the value."""
    return dict_of((text("w"), tensor()), (text("x"), value))


def records(pickle, data=WEIGHTS, top="m", key="0", **options):
    """What torch.save writes, as a list to be changed."""
    top = top + "/" if top else ""
    return [
        Record(top + "data.pkl", pickle, **options),
        Record(top + "byteorder", b"little"),
        Record(top + "data/" + key, data),
        Record(top + "version", b"3\n"),
    ]


def checkpoint(value, protocol=2, **options):
    return archive(records(pickled(value, protocol), **options))


MAGIC = b"\x80\2\x8a\x0a" + (0x1950A86A20F9469CFC6C).to_bytes(10, "little") + b"."
SYSTEM = pickled(dict_of((text("protocol_version"), integer(1001)), (text("little_endian"), TRUE)))


def legacy(value, magic=MAGIC, protocol=pickled(integer(1001)), system=SYSTEM, keys=None, data=None):
    keys = pickled(list_of(text("0"))) if keys is None else keys
    data = le(6, 8) + WEIGHTS if data is None else data
    return magic + protocol + system + pickled(value) + keys + data
