"""Section 12, rows on size, depth and shape: pickles that ask for more than there is."""

import struct

from assemble import *


def put(number):
    return b"q" + bytes([number])


def get(number):
    return b"h" + bytes([number])


def packed(file, pickle, data=WEIGHTS):
    """The pickle deflated, where it is long and says little."""
    parts = records(b"", data)
    write(file, archive([deflated("m/data.pkl", pickle), *parts[1:]]))


def bombs():
    # Sixty lists of two, each twice the one before: 2^60 leaves. Candle's reader copies.
    doubled = b"]" + put(0)
    for _ in range(60):
        doubled = b"](" + doubled + DUP + b"e"
    write("bomb_2_to_60.pth", checkpoint(dict_of((text("x"), doubled), (text("w"), tensor()))))
    dicts = b"N"
    for _ in range(60):
        dicts = b"}(" + text("a") + dicts + put(1) + text("b") + get(1) + b"u"
    write("bomb_of_dicts.pth", checkpoint(dict_of((text("x"), dicts), (text("w"), tensor()))))
    tuples = text("lol")
    for _ in range(60):
        tuples = tuples + DUP + b"\x86"
    write("bomb_of_tuples.pth", checkpoint(dict_of((text("x"), tuples), (text("w"), tensor()))))

    # A module that holds its child twice, sixty deep: its state dict has 2^60 names.

    def parts(children):
        parameters = dict_of((text("w"), tensor()))
        return dict_of((text("_parameters"), parameters), (text("_buffers"), dict_of()), (text("_modules"), children))

    module = name("net", "Leaf") + b")\x81" + parts(dict_of()) + b"b"
    for _ in range(60):
        child = module + put(1)
        module = name("net", "Twice") + b")\x81" + parts(dict_of((text("a"), child), (text("b"), get(1)))) + b"b"
    write("bomb_of_modules.pth", checkpoint(module))
    # One value 100,000 times on the stack, and in a list.
    packed("bomb_of_dups.pth", pickled(b"](N" + DUP * 100_000 + b"e"))
    # A list of 30,000 in 30,000 places: shared, but each place could be listed.
    packed("bomb_of_places.pth", pickled(b"](" + b"](N" + DUP * 30_000 + b"e" + DUP * 30_000 + b"e"))
    # A megabyte of text in 100,000 places; as a key above 100,000 values; above tensors.
    long = text("x" * (1 << 20))
    packed("bomb_of_text.pth", pickled(b"](" + long + DUP * 100_000 + b"e"))
    packed("bomb_of_long_key.pth", pickled(dict_of((long, b"](N" + DUP * 100_000 + b"e"))))
    one = name("torch._utils", "_rebuild_tensor_v2") + put(1) + b"0"
    one += b"(" + storage() + integer(0) + integers(2) + integers(1) + FALSE + b"}t" + put(2) + b"0"
    packed("bomb_of_long_paths.pth", pickled(one + dict_of((long, b"](" + (get(1) + get(2) + b"R") * 50_000 + b"e"))))
    # Modules in modules under a key of 64 KiB: names grow at each level.
    deep = name("net", "Leaf") + b")\x81" + parts(dict_of()) + b"b"
    head = text("k" * (1 << 16)) + put(5) + b"0" + name("net", "Deep") + put(6) + b"0" + text("_modules") + put(7) + b"0"
    head += dict_of() + put(8) + b"0" + text("_parameters") + put(9) + b"0"
    for _ in range(2_000):
        deep = b"}(" + get(5) + deep + b"u" + put(4) + b"0" + get(6) + b")\x81}(" + get(7) + get(4) + get(9) + get(8) + b"ub"
    packed("bomb_of_long_names.pth", pickled(head + deep))
    # A container in itself.
    write("cycle_of_list.pth", checkpoint(dict_of((text("x"), b"]" + put(0) + get(0) + b"a"), (text("w"), tensor()))))
    write("cycle_of_dict.pth", checkpoint(b"}" + put(0) + text("x") + get(0) + b"s" + text("w") + tensor() + b"s"))
    write("cycle_of_tuple.pth", checkpoint(dict_of((text("x"), b"]" + put(3) + get(3) + b"\x85" + put(4) + b"a"), (text("w"), tensor()))))


def depth():
    packed("deep_lists.pth", pickled(b"]" * 200_000 + b"a" * 199_999))
    packed("deep_tuples.pth", pickled(b")" + b"\x85" * 1_000_000))
    packed("deep_dicts.pth", pickled(b"}" + (text("a") + b"}") * 200_000 + b"s" * 200_000))
    packed("deep_marks.pth", pickled(b"(" * 1_000_000 + b"t" * 1_000_000))
    packed("deep_marks_with_values.pth", pickled(b"(N" * 1_000_000 + b"t" * 1_000_000))
    packed("deep_reduce.pth", pickled(name("a", "b") + b")R" * 200_000))
    packed("deep_arguments.pth", pickled(NONE + (b"\x85" + put(1) + b"0" + name("a", "b") + get(1) + b"R") * 20_000))
    packed("deep_states.pth", pickled(name("a", "b") + b")R" + (put(1) + b"0" + name("a", "b") + b")R" + get(1) + b"b") * 20_000))
    # Below the limit of 10,000, where each place's path is as long as it is deep.
    packed("deep_within_the_limit.pth", pickled(b"]" * 9_000 + b"a" * 8_999))


def counts():
    """Lengths that the bytes do not have."""

    def bad(file, tail, protocol=4):
        write(file, checkpoint(tail, protocol))

    bad("count_binunicode.pth", b"X" + le(2**32 - 1, 4))
    bad("count_binunicode8.pth", b"\x8d" + le(2**63, 8))
    bad("count_binunicode8_negative.pth", b"\x8d" + le(-1, 8))
    bad("count_binbytes.pth", b"B" + le(2**32 - 1, 4))
    bad("count_binbytes8.pth", b"\x8e" + le(2**62, 8))
    bad("count_bytearray8.pth", b"\x96" + le(2**40, 8), 5)
    bad("count_binstring_negative.pth", b"T" + le(-1, 4), 2)
    bad("count_frame.pth", b"\x95" + le(2**63, 8))
    bad("count_frame_longer.pth", b"\x95" + le(10, 8) + NONE)
    bad("count_long4.pth", b"\x8b" + le(2**31 - 1, 4), 2)
    bad("count_long4_negative.pth", b"\x8b" + le(-1, 4), 2)
    bad("count_short.pth", b"\x8c\xff", 4)
    # Integers whose conversion takes the square of their length.
    packed("digits_long.pth", pickled(b"L" + b"9" * 200_000 + b"L\n"))
    packed("digits_int.pth", pickled(b"I" + b"9" * 200_000 + b"\n"))
    packed("digits_long4.pth", pickled(b"\x8b" + le(100_000, 4) + b"\x7f" * 100_000))
    packed("digits_float.pth", pickled(b"F" + b"9" * 200_000 + b"\n"))
    packed("digits_memo.pth", pickled(b"Np" + b"9" * 200_000 + b"\n"))
    write("digits_none.pth", checkpoint(b"L\n"))
    write("digits_underscore.pth", checkpoint(b"L1_0L\n"))
    write("digits_text.pth", checkpoint(b"Iabc\n"))
    write("float_text.pth", checkpoint(b"F1.0e\n"))
    write("line_without_end.pth", checkpoint(b"cos"))


def machine():
    """What a pickle may not do, opcode by opcode."""
    for file, tail in (
        ("tensor_setitem", tensor() + text("x") + NONE + b"s"),  # CVE-2026-24747: entries of what is no dict
        ("tensor_setitems", tensor() + b"(" + text("x") + NONE + b"u"),
        ("list_setitem", b"]" + integer(0) + NONE + b"s"),
        ("none_setitem", NONE + integer(0) + NONE + b"s"),
        ("dict_append", b"}Na"),
        ("tuple_append", b")Na"),
        ("tensor_append", tensor() + b"Na"),
        ("storage_setitem", storage() + integer(0) + NONE + b"s"),
        ("int_build", integer(1) + b"}b"),
        ("dict_build", b"}}b"),
        ("tensor_build", tensor() + b"}b"),
        ("class_build", name("a", "b") + b"}b"),
        ("object_two_states", name("a", "b") + b")R}b}b"),
        ("int_reduce", integer(1) + b")R"),
        ("tensor_reduce", tensor() + b")R"),
        ("string_newobj", text("os.system") + b")\x81"),
        ("reduce_with_list", name("os", "system") + b"]R"),
        ("newobj_ex_with_list", name("os", "system") + b")]\x92"),
        ("stack_empty", b""),
        ("stack_pop", b"0"),
        ("stack_pop_below_mark", b"N(000"),
        ("stack_tuple3", b"NN\x87"),
        ("stack_tuple2_over_mark", b"N(N\x86"),
        ("stack_append", b"]a"),
        ("stack_setitem", b"}Ns"),
        ("stack_reduce", b")R"),
        ("stack_build", b"}b"),
        ("stack_dup", b"2"),
        ("stack_persid", b"Q"),
        ("mark_missing_tuple", b"t"),
        ("mark_missing_list", b"l"),
        ("mark_missing_appends", b"]Ne"),
        ("mark_missing_setitems", b"}NNu"),
        ("mark_missing_pop", b"N1"),
        ("mark_missing_obj", name("a", "b") + b"o"),
        ("mark_missing_inst", b"ia\nb\n"),
        ("mark_open_at_the_end", b"N("),
        ("mark_below_appends", b"(e"),
        ("mark_obj_without_class", b"(o"),
        ("odd_setitems", b"}(NNNu"),
        ("odd_dict", b"(NNNd"),
        ("memo_missing", b"h\7"),
        ("memo_missing_long", b"j" + le(2**32 - 1, 4)),
        ("memo_missing_text", b"g99\n"),
        ("memo_negative", b"Np-1\n"),
        ("memo_get_negative", b"g-1\n"),
        ("memo_put_of_nothing", b"q\0"),
        ("key_list", b"}]Ns"),
        ("key_dict", b"}}Ns"),
        ("set_of_lists", b"\x8f(]\x90"),
        ("frozenset_of_dicts", b"(}\x91"),
        ("opcode_unknown", b"\xff"),
        ("opcode_zero", b"\0"),
        ("protocol_six", b"\x80\6N"),
        ("protocol_255", b"\x80\xffN"),
        ("utf8_broken", b"X" + le(2, 4) + b"\xc3\x28"),
        ("utf8_beyond", b"X" + le(4, 4) + b"\xf7\xbf\xbf\xbf"),
        ("string_quote", b"S'abc\n"),
        ("string_without_quotes", b"Sabc\n"),
        ("unicode_escape", b"V\\uZZZZ\n"),
        ("global_of_numbers", integer(1) + integer(2) + b"\x93"),
        ("global_with_escapes", name("\x1b[31m", "\x1b]0;x\x07") + b")R"),
        ("global_empty", name("", "")),
        ("ordered_dict_of_ones", call(name("collections", "OrderedDict"), list_of(integers(1)))),
        ("encode_not_latin1", call(name("_codecs", "encode"), text("\u20ac"), text("latin1"))),
    ):  # fmt: skip
        write(f"machine_{file}.pth", checkpoint(tail, 4))
    # The memo's highest number: no table of that length.
    write("machine_memo_2_to_32.pth", checkpoint(dict_of((text("w"), tensor()), (text("x"), NONE + b"r" + le(2**32 - 1, 4) + b"0j" + le(2**32 - 1, 4)))))
    write("machine_memo_2_to_63.pth", checkpoint(NONE + b"p9223372036854775807\n"))
    write("machine_memo_2_to_64.pth", checkpoint(NONE + b"p18446744073709551616\n"))
    write("machine_without_stop.pth", archive(records(b"\x80\2N")))
    write("machine_empty.pth", archive(records(b"")))


def make():
    bombs()
    depth()
    counts()
    machine()
