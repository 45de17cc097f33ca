"""Files that are not what their name says; tar archives and safetensors."""

import gzip
import io
import json
import struct
import tarfile

from assemble import *


def kinds():
    """What a failed download leaves, and what other programs write."""
    write("wrong_empty.pth", b"")
    write("wrong_html.pth", b"<!DOCTYPE html>\n<html><body>404</body></html>\n")
    write("wrong_html_bare.pth", b"<html><body>404</body></html>\n")
    write("wrong_json_error.pth", b'{"error": "not found"}\n')
    write("wrong_git_lfs.pth", b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 1\n")
    write("wrong_gzip.pth", gzip.compress(checkpoint(NONE), mtime=0))
    write("wrong_png.pth", b"\x89PNG\r\n\x1a\n" + bytes(40))
    write("wrong_flatbuffer.pth", le(16, 4) + b"PTMF" + bytes(40))
    write("wrong_before_release.pth", b"PYTORCH1" + bytes(40))
    write("wrong_text.pth", b"hello\n")
    write("wrong_zeros.pth", bytes(64))
    write("wrong_one_byte.pth", b"P")
    write("wrong_zip_signature_only.pth", b"PK\3\4")


def other_archives():
    # CVE-2025-32434: an archive with code in it under the name of a state dict; torch.load hands it to
    # torch.jit.load, which is another loader with other promises.
    module = name("__torch__.evil", "Net") + b")\x81" + dict_of((text("training"), TRUE), (text("w"), tensor())) + b"b"
    code = b"def forward(self, x):\n  return ops.aten.save([x], \"zoo-canary\")\n"
    torchscript = [
        Record("m/constants.pkl", b"\x80\2)."), Record("m/data.pkl", pickled(module)), Record("m/data/0", WEIGHTS),
        deflated("m/code/__torch__/evil.py", code), Record("m/version", b"3\n"),
    ]  # fmt: skip
    write("torchscript_as_state_dict.pth", archive(torchscript))
    # CVE-2026-4538: a weight that torch.export's loader unpickles.
    config = {"config": {"w": {"path_name": "weight_0", "is_param": True, "use_pickle": True, "tensor_meta": None}}}
    pt2 = [
        Record("m/archive_format", b"pt2"), Record("m/archive_version", b"0"), Record("m/models/model.json", b"{}"),
        Record("m/data/weights/model_weights_config.json", json.dumps(config).encode()),
        Record("m/data/weights/weight_0", checkpoint(ATTACK)), Record("m/version", b"3\n"), Record("m/byteorder", b"little"),
    ]  # fmt: skip
    write("pt2_weight_is_pickle.pt2", archive(pt2))
    package = [
        Record("m/.data/extern_modules", b"os\n"), Record("m/.data/version", b"6\n"), Record("m/model/model.pkl", pickled(ATTACK)),
    ]  # fmt: skip
    write("package_with_call.pt", archive(package))


def tar(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive_:
        for entry, data, options in members:
            info = tarfile.TarInfo(entry)
            info.size = len(data)
            for key, value in options.items():
                setattr(info, key, value)
            archive_.addfile(info, io.BytesIO(data))
    used = out.getvalue().rstrip(b"\0")
    return used + bytes(-len(used) % 512 + 1024)


def tars():
    """PyTorch before 0.1.10; nothing is ever extracted."""
    stores = pickled(integer(1)) + pickled(tuple_of(integer(0), text("cpu"), name("torch", "FloatStorage"))) + le(6, 8) + WEIGHTS + pickled(b"]")

    def tensors(key=integer(0), size=(2, 3), stride=(3, 1), offset=0, rank=2):
        entry = pickled(tuple_of(integer(1), key, name("torch", "FloatTensor")))
        return pickled(integer(1)) + entry + le(rank, 4) + bytes(4) + b"".join(le(n, 8) for n in (*size, *stride, offset))

    def old(file, storages=stores, tensor_list=None, pickle=pickled(dict_of((text("w"), b"P1\n"))), more=(), **options):
        tensor_list = tensors() if tensor_list is None else tensor_list
        members = [("sys_info", SYSTEM, {}), ("pickle", pickle, {}), ("storages", storages, {}), ("tensors", tensor_list, {})]
        write(f"tar_{file}.tar", tar(*members, *more))

    # Python would extract these to where they say.
    old("traversal", more=[("../../evil", b"x", {})])
    old("absolute", more=[("/etc/evil", b"x", {})])
    old("symlink", more=[("storages2", b"", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"})])
    links = [("storages", b"", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"})]
    write("tar_member_is_link.tar", tar(("sys_info", SYSTEM, {}), ("pickle", pickled(NONE), {}), *links, ("tensors", tensors(), {})))
    hard = [("storages", b"", {"type": tarfile.LNKTYPE, "linkname": "pickle"})]
    write("tar_member_is_hard_link.tar", tar(("sys_info", SYSTEM, {}), ("pickle", pickled(NONE), {}), *hard, ("tensors", tensors(), {})))
    old("device", more=[("device", b"", {"type": tarfile.CHRTYPE})])
    old("two_pickles", more=[("pickle", pickled(ATTACK), {})])
    old("call", pickle=pickled(dict_of((text("x"), ATTACK), (text("w"), b"P1\n"))))
    old("call_in_storages", storages=pickled(ATTACK))
    old("call_in_tensors", tensor_list=pickled(ATTACK))
    old("key_unknown", pickle=pickled(dict_of((text("w"), b"P7\n"))))
    old("key_not_a_number", pickle=pickled(dict_of((text("w"), b"Pos.system\n"))))
    old("storage_unknown", tensor_list=tensors(key=integer(9)))
    old("size_beyond", tensor_list=tensors(size=(3, 3)))
    old("size_negative", tensor_list=tensors(size=(-2, 3)))
    old("rank_negative", tensor_list=tensors(rank=-1))
    old("rank_2_to_31", tensor_list=tensors(rank=2**31 - 1))
    old("stride_overflows", tensor_list=tensors(size=(2**40, 2**40), stride=(2**40, 1)))
    old("storage_count", storages=pickled(integer(2**62)))
    old("storage_count_negative", storages=pickled(integer(-1)))
    old("storage_elements", storages=stores.replace(le(6, 8) + WEIGHTS, le(2**61, 8) + WEIGHTS))
    old("tensor_count", tensor_list=pickled(integer(2**62)))
    view = pickled(integer(1)) + pickled(tuple_of(integer(0), text("cpu"), name("torch", "FloatStorage"))) + le(6, 8) + WEIGHTS
    old("view_beyond", storages=view + pickled(list_of(integers(5, 0, 4, 9))))
    good = tar(("sys_info", SYSTEM, {}), ("pickle", pickled(dict_of((text("w"), b"P1\n"))), {}), ("storages", stores, {}), ("tensors", tensors(), {}))
    write("tar_good.tar", good)
    write("tar_checksum.tar", good[:100] + b"9999999" + good[107:])
    beyond = good[:124] + b"77777777777" + good[135:148] + b" " * 8 + good[156:]
    write("tar_member_beyond.tar", beyond[:148] + b"%06o\0 " % sum(beyond[:512]) + beyond[156:])
    write("tar_cut_off.tar", good[:1500])
    write("tar_of_text.tar", tar(("readme.txt", b"hello", {})))


def safetensors():
    good = {"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}

    def made(header, data=WEIGHTS, length=None):
        header = json.dumps(header).encode() if not isinstance(header, bytes) else header
        return le(len(header) if length is None else length, 8) + header + data

    def bad(file, *arguments, **options):
        write(f"safetensors_{file}.safetensors", made(*arguments, **options))

    def entry(**changes):
        return {"w": {**good["w"], **changes}}

    bad("good", good)
    bad("header_2_to_63", good, length=2**63)
    bad("header_beyond", good, length=1000)
    bad("header_limit", good, length=100_000_001)
    bad("header_empty", b"", b"")
    bad("header_cut_off", json.dumps(good).encode()[:-2])
    bad("header_with_tail", json.dumps(good).encode() + b"x")
    bad("header_deep", b'{"a":' * 5_000)
    bad("header_not_object", b"[1]")
    bad("header_leading_space", b" " + json.dumps(good).encode())
    bad("key_twice", b'{"w":{"dtype":"F32","shape":[6],"data_offsets":[0,24]},"w":{"dtype":"I32","shape":[6],"data_offsets":[0,24]}}')
    bad("field_twice", b'{"w":{"dtype":"F32","dtype":"I32","shape":[6],"data_offsets":[0,24]}}')
    bad("field_missing", {"w": {"dtype": "F32", "shape": [6]}})
    bad("field_unknown", entry(evil=1))
    bad("dtype_unknown", entry(dtype="F1024"))
    bad("dtype_number", entry(dtype=32))
    bad("shape_negative", entry(shape=[-2, -3]))
    bad("shape_float", b'{"w":{"dtype":"F32","shape":[2.0,3],"data_offsets":[0,24]}}')
    bad("shape_overflows", entry(shape=[2**32, 2**32, 6]))
    bad("shape_2_to_63", entry(shape=[2**63]))
    bad("shape_2_to_64", entry(shape=[2**64]))
    bad("shape_rank", entry(shape=[1] * 65 + [6]))
    bad("shape_text", entry(shape="6"))
    bad("range_beyond", entry(data_offsets=[0, 28], shape=[7]))
    bad("range_backwards", entry(data_offsets=[24, 0]))
    bad("range_negative", entry(data_offsets=[-24, 0]))
    bad("range_2_to_64", entry(data_offsets=[0, 2**64]))
    bad("range_three", entry(data_offsets=[0, 12, 24]))
    bad("range_not_of_shape", entry(shape=[5]))
    two = lambda first, second, shape: {"a": {"dtype": "F32", "shape": shape, "data_offsets": first}, "b": {"dtype": "F32", "shape": shape, "data_offsets": second}}
    bad("ranges_overlap", two([0, 16], [8, 24], [4]))
    bad("ranges_same", two([0, 24], [0, 24], [6]))
    bad("ranges_hole", two([0, 8], [16, 24], [2]))
    bad("ranges_late", two([8, 16], [16, 24], [2]))
    bad("bytes_behind", good, WEIGHTS + b"evil")
    bad("bytes_missing", good, WEIGHTS[:-1])
    bad("half_byte", {"w": {"dtype": "F4", "shape": [3], "data_offsets": [0, 2]}}, b"ab")
    bad("metadata_number", {"__metadata__": {"a": 1}, **good})
    bad("metadata_nested", {"__metadata__": {"a": {"b": "c"}}, **good})
    bad("metadata_list", {"__metadata__": [], **good})
    bad("name_escapes", json.dumps({"\x1b]0;x\x07": entry(shape=[5])["w"]}).encode())
    bad("name_not_utf8", b'{"\xff":{"dtype":"F32","shape":[6],"data_offsets":[0,24]}}')


def make():
    kinds()
    other_archives()
    tars()
    safetensors()
