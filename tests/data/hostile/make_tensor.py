"""Section 12, rows on tensors: shapes, storages and indices that do not fit each other."""

import struct

from assemble import *


def bad(file, *arguments, **options):
    write(f"tensor_{file}.pth", checkpoint(dict_of((text("w"), tensor(*arguments, **options)))))


def composite(file, function, *arguments, key=None):
    write(f"tensor_{file}.pth", checkpoint(dict_of((text("w"), call(name("torch._utils", function), *arguments)))))


def storages():
    # CVE-2026-24747: more elements than the record has bytes. LibTorch 2.14.1 hands out the heap's.
    bad("numel_beyond_record", storage(numel=integer(1_000_000)), size=integers(1_000_000), stride=integers(1))
    bad("numel_one_more", storage(numel=integer(7)))
    bad("numel_negative", storage(numel=integer(-1)))
    bad("numel_2_to_62", storage(numel=integer(2**62)))
    bad("numel_2_to_63", storage(numel=b"\x8a\x09" + le(2**63, 9)))
    bad("numel_float", storage(numel=b"G" + struct.pack(">d", 6)))
    bad("numel_bool", storage(numel=TRUE))
    bad("numel_none", storage(numel=NONE))
    bad("storage_of_no_type", storage(kind=name("torch", "Tensor")))
    bad("storage_of_unknown_type", storage(kind=name("torch", "EvilStorage")))
    bad("storage_without_type", storage(kind=text("FloatStorage")))
    bad("storage_location", storage(location=integer(0)))
    bad("storage_with_view", storage(more=tuple_of(text("v"), integer(0), integer(1))))
    bad("storage_tuple_short", tuple_of(text("storage"), name("torch", "FloatStorage"), text("0"), text("cpu")) + b"Q")
    bad("storage_tuple_long", tuple_of(text("storage"), name("torch", "FloatStorage"), text("0"), text("cpu"), integer(6), NONE, NONE) + b"Q")
    bad("storage_other_word", tuple_of(text("module"), name("torch", "FloatStorage"), text("0"), text("cpu"), integer(6)) + b"Q")
    bad("storage_is_text", text("0"))
    # One record under two types, or with two lengths.
    twice = dict_of((text("a"), tensor()), (text("b"), tensor(storage(kind=name("torch", "IntStorage")))))
    write("tensor_storage_two_types.pth", checkpoint(twice))
    twice = dict_of((text("a"), tensor()), (text("b"), tensor(storage(numel=integer(2)), size=integers(2), stride=integers(1))))
    write("tensor_storage_two_lengths.pth", checkpoint(twice))


def shapes():
    bad("offset_beyond", offset=integer(1))
    bad("offset_negative", offset=integer(-1))
    bad("offset_2_to_62", offset=integer(2**62))
    bad("offset_2_to_63", offset=b"\x8a\x09" + le(2**63, 9))
    bad("offset_float", offset=b"G" + struct.pack(">d", 0))
    bad("size_beyond", size=integers(3, 3))
    bad("size_negative", size=integers(-2, -3))
    bad("size_2_to_62", size=integers(2**62, 4), stride=integers(1, 1))
    bad("size_overflows_to_zero", size=integers(2**32, 2**32), stride=integers(2**32, 1))
    bad("size_2_to_63", size=tuple_of(b"\x8a\x09" + le(2**63, 9)), stride=integers(1))
    bad("size_float", size=tuple_of(b"G" + struct.pack(">d", 2), integer(3)))
    bad("size_int", size=integer(6), stride=integer(1))
    bad("size_shorter", size=integers(6))
    bad("stride_negative", stride=integers(-3, 1))
    bad("stride_2_to_62", stride=integers(2**62, 1))
    bad("stride_times_size", size=integers(2**32, 1), stride=integers(2**32, 1))
    bad("stride_beyond", stride=integers(4, 1))
    bad("rank_65", size=integers(*[1] * 65), stride=integers(*[1] * 65))
    ones = tuple_of(*[b"K\1"] * 100_000)
    pickle = pickled(dict_of((text("w"), tensor(size=ones, stride=ones))))
    write("tensor_rank_100000.pth", archive([deflated("m/data.pkl", pickle), *records(pickle)[1:]]))
    # An empty tensor may lie anywhere: nothing of it is read.
    bad("empty_far_away", offset=integer(2**62), size=integers(0, 2**62), stride=integers(2**62, 2**62))
    # One element 2^40 times: a view is good, making it real is refused.
    bad("expand_2_to_40", size=integers(2**20, 2**20), stride=integers(0, 0))
    bad("arguments_none", NONE, NONE, NONE, NONE)
    write("tensor_arguments_missing.pth", checkpoint(dict_of((text("w"), call(name("torch._utils", "_rebuild_tensor_v2"))))))
    write("tensor_arguments_three.pth", checkpoint(dict_of((text("w"), call(name("torch._utils", "_rebuild_tensor_v2"), storage(), integer(0), integers(6))))))
    bad("requires_grad_text", more=text("yes") + b"}")
    bad("metadata_list", more=FALSE + b"}" + b"]")
    v3 = name("torch._utils", "_rebuild_tensor_v3")
    arguments = (storage(), integer(0), integers(2, 3), integers(3, 1), FALSE, b"}")
    write("tensor_dtype_wider.pth", checkpoint(dict_of((text("w"), call(v3, *arguments, name("torch", "float64"))))))
    write("tensor_dtype_is_text.pth", checkpoint(dict_of((text("w"), call(v3, *arguments, text("float64"))))))
    write("tensor_dtype_unknown.pth", checkpoint(dict_of((text("w"), call(v3, *arguments, name("torch", "float1024"))))))


def composites():
    """Three float32 storages' worth of parts, of one record of 24 bytes and one of int64."""
    layout = lambda kind: call(name("torch.serialization", "_get_layout"), text("torch." + kind))
    longs = storage(key=text("1"), kind=name("torch", "LongStorage"), numel=integer(4))
    indices = lambda offset, *size: tensor(longs, integer(offset), integers(*size), integers(*[size[-1], 1][-len(size) :]))
    floats = lambda count: tensor(size=integers(count), stride=integers(1))

    def sparse(file, kind, *data, numbers=(0, 1, 1, 2)):
        value = call(name("torch._utils", "_rebuild_sparse_tensor"), layout(kind), tuple_of(*data))
        parts = records(pickled(dict_of((text("w"), value))))
        parts.append(Record("m/data/1", struct.pack("<4q", *numbers)))
        write(f"sparse_{file}.pth", archive(parts))

    # Two elements, at (0, 1) and (1, 2), in a tensor of 2 by 3.
    sparse("good", "sparse_coo", indices(0, 2, 2), floats(2), integers(2, 3), FALSE)
    # Written where the index says, they would be written outside.
    sparse("index_beyond", "sparse_coo", indices(0, 2, 2), floats(2), integers(2, 3), FALSE, numbers=(0, 1, 1, 3))
    sparse("index_negative", "sparse_coo", indices(0, 2, 2), floats(2), integers(2, 3), FALSE, numbers=(0, -1, 1, 2))
    sparse("index_2_to_62", "sparse_coo", indices(0, 2, 2), floats(2), integers(2, 3), FALSE, numbers=(0, 2**62, 1, 2))
    sparse("index_rows", "sparse_coo", indices(0, 2, 2), floats(2), integers(2, 3, 4), FALSE)
    sparse("index_count", "sparse_coo", indices(0, 2, 2), floats(3), integers(2, 3), FALSE)
    sparse("index_of_floats", "sparse_coo", tensor(size=integers(2, 2), stride=integers(2, 1)), floats(2), integers(2, 3), FALSE)
    sparse("size_2_to_62", "sparse_coo", indices(0, 2, 2), floats(2), integers(2**62, 2**62), FALSE)
    sparse("size_negative", "sparse_coo", indices(0, 2, 2), floats(2), integers(-2, 3), FALSE)
    sparse("parts_none", "sparse_coo", NONE, NONE, integers(2, 3), FALSE)
    sparse("parts_missing", "sparse_coo", indices(0, 2, 2))
    sparse("layout_unknown", "sparse_evil", indices(0, 2, 2), floats(2), integers(2, 3), FALSE)
    inner = call(name("torch._utils", "_rebuild_sparse_tensor"), layout("sparse_coo"), tuple_of(indices(0, 2, 2), floats(2), integers(2, 3)))
    sparse("in_sparse", "sparse_coo", indices(0, 2, 2), inner, integers(2, 3), FALSE)
    csr = lambda **options: ("sparse_csr", indices(0, 2), indices(2, 2), floats(2), integers(1, 3))
    sparse("csr_good", *csr(), numbers=(0, 2, 0, 2))
    sparse("csr_pointer_beyond", *csr(), numbers=(0, 9, 0, 2))
    sparse("csr_pointer_not_from_zero", *csr(), numbers=(1, 2, 0, 2))
    sparse("csr_column_beyond", *csr(), numbers=(0, 2, 0, 3))
    sparse("csr_pointer_count", "sparse_csr", indices(0, 2), indices(2, 2), floats(2), integers(4, 3), numbers=(0, 2, 0, 2))

    def quantized(file, quantizer):
        data = storage(kind=name("torch", "QInt8Storage"), numel=integer(24))
        value = call(name("torch._utils", "_rebuild_qtensor"), data, integer(0), integers(4, 6), integers(6, 1), quantizer, FALSE, b"}")
        write(f"quantized_{file}.pth", checkpoint(dict_of((text("w"), value))))

    one = b"G" + struct.pack(">d", 1)
    channel = name("torch", "per_channel_affine")
    quantized("scheme_unknown", tuple_of(name("torch", "evil_affine"), one, integer(0)))
    quantized("scheme_text", tuple_of(text("per_tensor_affine"), one, integer(0)))
    quantized("scale_text", tuple_of(name("torch", "per_tensor_affine"), text("1"), integer(0)))
    quantized("scales_too_few", tuple_of(channel, list_of(one, one), list_of(*[integer(0)] * 4), integer(0)))
    quantized("zero_points_too_many", tuple_of(channel, list_of(*[one] * 4), list_of(*[integer(0)] * 5), integer(0)))
    quantized("axis_beyond", tuple_of(channel, list_of(*[one] * 4), list_of(*[integer(0)] * 4), integer(2)))
    quantized("axis_negative", tuple_of(channel, list_of(*[one] * 4), list_of(*[integer(0)] * 4), integer(-1)))
    quantized("quantizer_none", NONE)
    meta = lambda *arguments: call(name("torch._utils", "_rebuild_meta_tensor_no_storage"), name("torch", "float32"), *arguments, FALSE)
    write("meta_2_to_62.pth", checkpoint(dict_of((text("w"), meta(integers(2**62, 2**62), integers(2**62, 1))))))
    write("meta_rank_65.pth", checkpoint(dict_of((text("w"), meta(integers(*[1] * 65), integers(*[1] * 65))))))
    write("nested_parts.pth", checkpoint(dict_of((text("w"), call(name("torch._utils", "_rebuild_nested_tensor"), NONE, NONE, NONE, NONE)))))
    write("nested_of_floats.pth", checkpoint(dict_of((text("w"), call(name("torch._utils", "_rebuild_nested_tensor"), floats(6), floats(2), floats(2), floats(2))))))
    # NumPy's arrays have their bytes in the pickle.
    dtype = lambda code: call(name("numpy", "dtype"), text(code), FALSE, TRUE)
    empty = call(name("numpy._core.multiarray", "_reconstruct"), name("numpy", "ndarray"), integers(0), text("b"))
    array = lambda shape, code, data: empty + tuple_of(integer(1), shape, dtype(code), FALSE, data) + b"b"
    write("numpy_bytes_missing.pth", checkpoint(beside(array(integers(1000), "f4", b"C\4abcd")), 3))
    write("numpy_shape_overflows.pth", checkpoint(beside(array(integers(2**62, 4), "f4", b"C\0")), 3))
    write("numpy_shape_negative.pth", checkpoint(beside(array(integers(-1), "f4", b"C\0")), 3))
    write("numpy_rank_65.pth", checkpoint(beside(array(integers(*[1] * 65), "f4", b"C\4abcd")), 3))
    write("numpy_item_huge.pth", checkpoint(beside(array(integers(1), "S999999999", b"C\4abcd")), 3))


def old():
    """The same rows for legacy files, whose storages lie behind the pickles."""
    good = dict_of((text("w"), tensor()))
    write("legacy_key_missing.pth", legacy(good, keys=pickled(b"]")))
    write("legacy_key_unknown.pth", legacy(good, keys=pickled(list_of(text("0"), text("1")))))
    write("legacy_key_twice.pth", legacy(good, keys=pickled(list_of(text("0"), text("0"))), data=(le(6, 8) + WEIGHTS) * 2))
    write("legacy_key_is_int.pth", legacy(good, keys=pickled(list_of(integer(0)))))
    write("legacy_keys_are_text.pth", legacy(good, keys=pickled(text("0"))))
    write("legacy_count_differs.pth", legacy(good, data=le(5, 8) + WEIGHTS))
    write("legacy_count_negative.pth", legacy(good, data=le(-1, 8) + WEIGHTS))
    write("legacy_count_huge.pth", legacy(dict_of((text("w"), tensor(storage(numel=integer(2**59))))), data=le(2**59, 8) + WEIGHTS))
    write("legacy_cut_off_in_storage.pth", legacy(good)[:-1])
    write("legacy_cut_off_in_count.pth", legacy(good, data=le(6, 8)[:5]))
    write("legacy_cut_off_in_keys.pth", legacy(good, keys=b"\x80\2]X\1\0", data=b""))
    write("legacy_protocol_other.pth", legacy(good, protocol=pickled(integer(1002))))
    write("legacy_numel_beyond.pth", legacy(dict_of((text("w"), tensor(storage(numel=integer(1_000_000))))), data=le(1_000_000, 8) + WEIGHTS))
    view = lambda offset, count: dict_of((text("w"), tensor(storage(more=tuple_of(text("v"), integer(offset), integer(count))), size=integers(2), stride=integers(1))))
    write("legacy_view_beyond.pth", legacy(view(5, 2)))
    write("legacy_view_wraps.pth", legacy(view(2**63 - 1, 2)))
    write("legacy_view_negative.pth", legacy(view(-1, 2)))
    write("legacy_view_too_short.pth", legacy(view(0, 1)))


def make():
    storages()
    shapes()
    composites()
    old()
