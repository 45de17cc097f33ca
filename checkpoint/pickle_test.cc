#include "zoo/checkpoint/pickle.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "zoo/checkpoint/limits.h"
#include "zoo/checkpoint/pickle_builder.h"
#include "zoo/checkpoint/python_repr.h"

namespace zoo {
namespace {

using namespace std::string_literals;
using namespace pickled;

// The value as Python prints it, or the error's text.
std::string Read(const std::string& bytes, const Limits& limits = {}) {
  Arena arena(limits);
  auto persistent = [](Arena& arena, NodeId id) -> Result<NodeId> {
    arena.storages.push_back({.key = "k", .dtype = DType::kFloat32, .elements = 6});
    if (!arena.IsText(id, "six")) return Error{ErrorCode::kCorrupt, "no such storage", ""};
    return arena.AddStorage(static_cast<uint32_t>(arena.storages.size() - 1), std::nullopt);
  };
  Unpickler unpickler(arena, {.bytes = AsBytes(bytes), .where = "x", .persistent = persistent});
  Result<NodeId> root = unpickler.Read();
  return root ? Repr(arena, *root, 1000) : root.error().Text();
}

struct Case {
  std::string name, bytes, text;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Good : public testing::TestWithParam<Case> {};
TEST_P(Good, Reads) { EXPECT_EQ(Read(GetParam().bytes), GetParam().text); }

const std::string kSix = Str("six") + "Q";

INSTANTIATE_TEST_SUITE_P(
    Pickles, Good,
    testing::Values(
        Case{"INT", "I-12\n.", "-12"}, Case{"INT_bool", "I01\n.", "True"},
        Case{"INT_false", "I00\n.", "False"}, Case{"BININT", "J\xfe\xff\xff\xff.", "-2"},
        Case{"BININT1", "K\xff.", "255"}, Case{"BININT2", "M\xff\xff.", "65535"},
        Case{"LONG", "L123L\n.", "123"},
        Case{"LONG_big", "L-00123456789012345678901234567890L\n.",
             "-123456789012345678901234567890"},
        Case{"LONG1_empty", "\x8a\0."s, "0"}, Case{"LONG1_negative", "\x8a\1\xff.", "-1"},
        Case{"LONG1_five", "\x8a\5\0\0\0\x80\0."s, "2147483648"},
        Case{"LONG1_eight", "\x8a\x08\0\0\0\0\0\0\0\x80."s, "-9223372036854775808"},
        Case{"LONG1_nine", "\x8a\x09\0\0\0\0\0\0\0\x80\0."s, "9223372036854775808"},
        Case{"LONG4", "\x8b\x09\0\0\0\0\0\0\0\0\0\0\0\xff."s, "-18446744073709551616"},
        Case{"STRING", "S'a\\n\\x41\\\\'\n.", "'a\\nA\\\\'"},
        Case{"STRING_octal", "S\"\\101'\"\n.", "\"A'\""},
        Case{"STRING_bytes", "S'\\xff'\n.", "b'\\xff'"}, Case{"BINSTRING", "T\2\0\0\0ab."s, "'ab'"},
        Case{"SHORT_BINSTRING", "U\2ab.", "'ab'"},
        Case{"BINBYTES", "B\2\0\0\0a\xff."s, "b'a\\xff'"},
        Case{"SHORT_BINBYTES", "C\1\0."s, "b'\\x00'"},
        Case{"BINBYTES8", "\x8e\1\0\0\0\0\0\0\0a."s, "b'a'"},
        Case{"BYTEARRAY8", "\x96\1\0\0\0\0\0\0\0a."s, "bytearray(b'a')"},
        Case{"UNICODE", "Va\\u00e9\\U0001f600\xe9\n.", "'a\xc3\xa9\xf0\x9f\x98\x80\xc3\xa9'"},
        Case{"SHORT_BINUNICODE", "\x8c\2\xc3\xa9.", "'\xc3\xa9'"},
        Case{"BINUNICODE_surrogate", "X\3\0\0\0\xed\xa0\x80."s, "'\\ud800'"},
        Case{"BINUNICODE8", "\x8d\1\0\0\0\0\0\0\0a."s, "'a'"}, Case{"FLOAT", "F1e-05\n.", "1e-05"},
        Case{"FLOAT_inf", "F-inf\n.", "-inf"}, Case{"BINFLOAT", "G\x3f\xf8\0\0\0\0\0\0."s, "1.5"},
        Case{"NONE", "N.", "None"}, Case{"NEWTRUE", "\x88.", "True"},
        Case{"NEWFALSE", "\x89.", "False"}, Case{"APPEND", "]K\1a.", "[1]"},
        Case{"APPENDS", "](K\1K\2e.", "[1, 2]"}, Case{"LIST", "(K\1K\2l.", "[1, 2]"},
        Case{"EMPTY_TUPLE", ").", "()"}, Case{"TUPLE", "(K\1N\x88t.", "(1, None, True)"},
        Case{"TUPLE_empty", "(t.", "()"}, Case{"TUPLE1", "K\1\x85.", "(1,)"},
        Case{"TUPLE2", "K\1K\2\x86.", "(1, 2)"}, Case{"TUPLE3", "K\1K\2K\3\x87.", "(1, 2, 3)"},
        Case{"DICT", "(K\1K\2d.", "{1: 2}"}, Case{"SETITEM", "}K\1K\2s.", "{1: 2}"},
        Case{"SETITEMS", "}(K\1K\2u.", "{1: 2}"}, Case{"EMPTY_SET", "\x8f(K\1\x90.", "{1}"},
        Case{"FROZENSET", "(K\1\x91.", "frozenset({1})"},
        Case{"POP",
             "K\1K\2"
             "0.",
             "1"},
        Case{"POP_takes_a_mark", "K\1(0.", "1"},
        Case{"POP_MARK",
             "K\1(K\2K\3"
             "1.",
             "1"},
        Case{"DUP",
             "K\1"
             "2\x86.",
             "(1, 1)"},
        Case{"GET_PUT", "K\7p3\n0g3\n.", "7"},
        Case{"BINGET",
             "K\7q\3"
             "0h\3.",
             "7"},
        Case{"LONG_BINGET",
             "K\7r\xff\xff\xff\xff"
             "0j\xff\xff\xff\xff.",
             "7"},
        Case{"MEMOIZE",
             "K\5\x94"
             "0K\7\x94"
             "0h\1.",
             "7"},
        Case{"MEMOIZE_counts_entries",
             "K\5q\0000K\6q\0000K\7\x94"
             "0h\1."s,
             "7"},
        Case{"memo_by_reference", "]q\0]h\0a0h\0K\1a."s, "[1]"},
        Case{"GLOBAL", "cos\nsystem\n.", "<class 'os.system'>"},
        Case{"GLOBAL_python2", "c__builtin__\nxrange\n.", "<class 'builtins.range'>"},
        Case{"STACK_GLOBAL", "\x8c\2os\x8c\6system\x93.", "<class 'os.system'>"},
        Case{"REDUCE_runs_nothing", "cos\nsystem\n(X\2\0\0\0lstR."s, "<os.system object>"},
        Case{"REDUCE_of_a_result", Call(Call(Global("builtins", "getattr"), {Str("a")}), {}) + ".",
             "<builtins.getattr object>"},
        Case{"NEWOBJ", "ca\nB\n)\x81.", "<a.B object>"},
        Case{"NEWOBJ_EX", "ca\nB\n)}\x92.", "<a.B object>"},
        Case{"INST", "(K\1ia\nB\n.", "<a.B object>"}, Case{"OBJ", "(ca\nB\nK\1o.", "<a.B object>"},
        Case{"BUILD", "ca\nB\n)\x81}b.", "<a.B object>"},
        Case{"items_of_an_object", "ca\nB\n)\x81(K\1e(K\1K\2u.", "<a.B object>"},
        Case{"PROTO", "\x80\5N.", "None"}, Case{"FRAME", "\x95\2\0\0\0\0\0\0\0N."s, "None"},
        Case{"BINPERSID", kSix + ".", "<storage>"}, Case{"PERSID", "Psix\n.", "<storage>"},
        Case{"after_STOP", "N.garbage", "None"},
        Case{"OrderedDict", Call(Global("collections", "OrderedDict"), {}) + "K\1K\2s.", "{1: 2}"},
        Case{"OrderedDict_of_pairs",
             Call(Global("collections", "OrderedDict"), {List({List({Int(1), Int(2)})})}) + ".",
             "{1: 2}"},
        Case{"set", Call(Global("__builtin__", "set"), {List({Int(1)})}) + ".", "{1}"},
        Case{"complex", Call(Global("builtins", "complex"), {Int(1), Int(-2)}) + ".", "(1-2j)"},
        Case{"encode", Call(Global("_codecs", "encode"), {Str("\xc3\xbf"), Str("latin1")}) + ".",
             "b'\\xff'"},
        Case{"Size", Call(Global("torch", "Size"), {Ints({1, 2})}) + ".", "torch.Size([1, 2])"},
        Case{"device", Call(Global("torch", "device"), {Str("cuda"), Int(1)}) + ".",
             "device('cuda:1')"},
        Case{"dtype", "ctorch\nbfloat16\n.", "torch.bfloat16"},
        Case{"tensor", TensorOf(kSix, Int(0), Ints({2, 3}), Ints({3, 1})) + ".",
             "<tensor float32 [2, 3]>"},
        Case{"tensor_with_stride_0", TensorOf(kSix, Int(5), Ints({1000, 1000}), Ints({0, 0})) + ".",
             "<tensor float32 [1000, 1000]>"},
        Case{"empty_tensor_anywhere", TensorOf(kSix, Int(99), Ints({0, 3}), Ints({9, 9})) + ".",
             "<tensor float32 [0, 3]>"},
        Case{"tag",
             Call(Global("torch.jit._pickle", "restore_type_tag"), {List({}), Str("List[int]")}) +
                 ".",
             "[]"}),
    [](const auto& info) { return info.param.name; });

class Bad : public testing::TestWithParam<Case> {};
TEST_P(Bad, IsRefused) { EXPECT_EQ(Read(GetParam().bytes), GetParam().text); }

std::string V2(const std::string& offset, const std::string& size, const std::string& stride) {
  return TensorOf(kSix, offset, size, stride) + ".";
}

INSTANTIATE_TEST_SUITE_P(
    Pickles, Bad,
    testing::Values(
        Case{"empty", "", "x: byte 0 (end): the pickle ends without STOP"},
        Case{"no_STOP", "N", "x: byte 1 (end): the pickle ends without STOP"},
        Case{"unknown_opcode", "N\xff", "x: byte 1 (0xff): no pickle opcode has this byte"},
        Case{"STOP_on_nothing", ".", "x: byte 0 (STOP): the stack is empty"},
        Case{"STOP_on_a_mark", "N(.", "x: byte 2 (STOP): the stack is empty"},
        Case{"protocol", "\x80\6.", "x: byte 0 (PROTO): pickle protocol 6, the highest known is 5"},
        Case{"frame_too_long", "\x95\xff\xff\xff\xff\xff\xff\xff\xffN.",
             "x: byte 0 (FRAME): its argument does not fit into the 10 bytes left"},
        Case{"string_too_long",
             "X\xff\xff\xff\xff"
             "a.",
             "x: byte 0 (BINUNICODE): its argument does not fit into the 6 bytes left"},
        Case{"string_of_2_to_63",
             "\x8d\0\0\0\0\0\0\0\x80"
             "a."s,
             "x: byte 0 (BINUNICODE8): its argument does not fit into the 10 bytes left"},
        Case{"bytes_too_long",
             "\x8e\xff\xff\xff\xff\xff\xff\xff\xff"
             "a.",
             "x: byte 0 (BINBYTES8): its argument does not fit into the 10 bytes left"},
        Case{"negative_LONG4", "\x8b\xff\xff\xff\xff.",
             "x: byte 0 (LONG4): its argument does not fit into the 5 bytes left"},
        Case{"not_UTF8", "X\1\0\0\0\xff."s, "x: byte 0 (BINUNICODE): \"\\xff\" is not UTF-8"},
        Case{"line_without_end", "I12",
             "x: byte 0 (INT): its argument does not fit into the 2 bytes left"},
        Case{"not_an_int", "I1x\n.", "x: byte 0 (INT): \"1x\" is not an int"},
        Case{"not_a_float", "F1,5\n.", "x: byte 0 (FLOAT): \"1,5\" is not a float"},
        Case{"not_a_literal", "Sabc\n.", "x: byte 0 (STRING): \"abc\" is not a string literal"},
        Case{"broken_escape", "V\\u12\n.",
             "x: byte 0 (UNICODE): \"\\\\u12\" has a broken \\u escape"},
        Case{"int_of_too_many_digits", "L" + std::string(200'000, '1') + "\n.",
             "x: byte 0 (LONG): an int of 200000 digits, the limit is 4300"},
        Case{"LONG4_of_too_many_bytes",
             "\x8b" + Little(100'000, 4) + std::string(100'000, '1') + ".",
             "x: byte 0 (LONG4): an int of 100000 bytes, the limit is 4300 digits"},
        Case{"no_memo", "h\1.", "x: byte 0 (BINGET): the memo has no entry 1"},
        Case{"memo_id_of_text", "gx\n.", "x: byte 0 (GET): \"x\" is not a memo id"},
        Case{"put_of_nothing", "q\1.", "x: byte 0 (BINPUT): the stack is empty"},
        Case{"no_mark", "K\1t.", "x: byte 2 (TUPLE): no MARK is open"},
        Case{"TUPLE2_of_one", "K\1\x86.",
             "x: byte 2 (TUPLE2): 2 values are needed, the stack has 1"},
        Case{"TUPLE2_through_a_mark", "K\1(K\2\x86.",
             "x: byte 5 (TUPLE2): 2 values are needed, the stack has 1"},
        Case{"POP_of_nothing", "0.", "x: byte 0 (POP): the stack is empty"},
        Case{"odd_items", "}(K\1u.", "x: byte 4 (SETITEMS): a key without a value"},
        Case{"SETITEM_on_a_list", "]K\1K\2s.",
             "x: byte 5 (SETITEM): sets an entry of a list, which has none"},
        Case{"SETITEM_on_a_tensor", TensorOf(kSix, Int(0), Ints({6}), Ints({1})) + "K\1K\2s.",
             "x: byte 70 (SETITEM): sets an entry of a tensor, which has none"},
        Case{"APPEND_to_a_dict", "}K\1a.",
             "x: byte 3 (APPEND): appends to a dict, which has no items"},
        Case{"ADDITEMS_to_a_dict", "}(K\1\x90.",
             "x: byte 4 (ADDITEMS): adds to a dict, which has no items"},
        Case{"APPENDS_below_the_mark", "(K\1e.", "x: byte 3 (APPENDS): no list below the MARK"},
        Case{"list_as_key", "}]K\1s.", "x: byte 4 (SETITEM): a list cannot be a key"},
        Case{"dict_in_a_set", "\x8f(}\x90.", "x: byte 3 (ADDITEMS): a dict cannot be a key"},
        Case{"BUILD_on_an_int", "K\1}b.", "x: byte 3 (BUILD): gives a state to an int"},
        Case{"BUILD_on_a_dict", "}}b.", "x: byte 2 (BUILD): gives a state to a dict"},
        Case{"BUILD_twice", "ca\nB\n)\x81}b}b.",
             "x: byte 10 (BUILD): gives a second state to an object"},
        Case{"REDUCE_of_an_int", "K\1)R.", "x: byte 3 (REDUCE): calls an int"},
        Case{"REDUCE_with_a_list", "ca\nB\n]R.",
             "x: byte 6 (REDUCE): the arguments are a list, not a tuple"},
        Case{"NEWOBJ_EX_with_a_list", "ca\nB\n)]\x92.",
             "x: byte 7 (NEWOBJ_EX): the keyword arguments are a list, not a dict"},
        Case{"OBJ_without_class", "(o.", "x: byte 1 (OBJ): no class above the MARK"},
        Case{
            "STACK_GLOBAL_of_ints", "K\1K\2\x93.",
            "x: byte 4 (STACK_GLOBAL): a global is named by an int and an int, not by two strings"},
        Case{
            "EXT1", "\x82\1.",
            "x: byte 0 (EXT1): the extension registry and buffers outside the pickle are not read"},
        Case{"NEXT_BUFFER", "\x97.",
             "x: byte 0 (NEXT_BUFFER): the extension registry and buffers outside the pickle are "
             "not "
             "read"},
        Case{"BINPERSID", "NQ.", "x: byte 1 (BINPERSID): no such storage"},
        Case{
            "offset_negative", V2(Int(-1), Ints({1}), Ints({1})),
            "x: byte 65 (REDUCE): _rebuild_tensor_v2: its storage offset is -1, which is negative"},
        Case{"offset_is_a_call", V2(Call(Global("os", "system"), {}), Ints({1}), Ints({1})),
             "x: byte 74 (REDUCE): _rebuild_tensor_v2: its storage offset is an object, not an int "
             "of 64 bits"},
        Case{"size_negative", V2(Int(0), Ints({-1}), Ints({1})),
             "x: byte 65 (REDUCE): _rebuild_tensor_v2: its size holds -1, which is negative"},
        Case{"size_is_a_float", V2(Int(0), "G\x3f\xf8\0\0\0\0\0\0"s, Ints({1})),
             "x: byte 67 (REDUCE): _rebuild_tensor_v2: its size is a float, not a tuple"},
        Case{"size_of_floats", V2(Int(0), "NG\x3f\xf8\0\0\0\0\0\0\x86"s, Ints({1, 1})),
             "x: byte 74 (REDUCE): _rebuild_tensor_v2: its size holds None, not an int of 64 bits"},
        Case{"rank_differs", V2(Int(0), Ints({1, 2}), Ints({1})),
             "x: byte 70 (REDUCE): _rebuild_tensor_v2: its size has 2 dimensions, its stride 1"},
        Case{
            "beyond_the_storage", V2(Int(1), Ints({2, 3}), Ints({3, 1})),
            "x: byte 75 (REDUCE): _rebuild_tensor_v2: size [2, 3] with stride [3, 1] from offset 1 "
            "needs 7 elements, storage \"k\" has 6"},
        Case{"overflow", V2(Int(0), Ints({int64_t{1} << 62, 4}), Ints({1, int64_t{1} << 62})),
             "x: byte 85 (REDUCE): _rebuild_tensor_v2: a size of [4611686018427387904, 4] with "
             "strides of [1, 4611686018427387904] overflows"},
        Case{"storage_is_a_call",
             TensorOf(Call(Global("os", "system"), {}), Int(0), Ints({1}), Ints({1})) + ".",
             "x: byte 70 (REDUCE): _rebuild_tensor_v2: its storage is an object, not a storage"},
        Case{"arguments_missing", Call(Global("torch._utils", "_rebuild_tensor_v2"), {kSix}) + ".",
             "x: byte 44 (REDUCE): _rebuild_tensor_v2: its storage offset is missing"},
        Case{"parameter_of_an_int",
             Call(Global("torch._utils", "_rebuild_parameter"), {Int(1), "\x88", "}"}) + ".",
             "x: byte 42 (REDUCE): _rebuild_parameter: its data is an int, not a tensor"},
        Case{"key_of_a_dict",
             Dict({{Str("state_dict"),
                    Dict({{Str("a"), Int(1)},
                          {Str("b.weight"), TensorOf(kSix, Int(-1), Ints({1}), Ints({1}))}})}}) +
                 ".",
             "x: byte 108 (REDUCE) at state_dict.b.weight: _rebuild_tensor_v2: its storage offset "
             "is -1, which is negative"},
        Case{"key_of_the_only_entry", "}" + Str("model") + "}" + Str("w") + "K\1K\2ss.",
             "x: byte 22 (SETITEM) at model.w: sets an entry of a string, which has none"},
        Case{"index_in_a_list", List({Int(1), Dict({{Int(7), "h\1"}})}) + ".",
             "x: byte 14 (BINGET) at [1][7]: the memo has no entry 1"},
        Case{"type_of_itself",
             Call(Global("torch._tensor", "_rebuild_from_type_v2"),
                  {Global("torch._tensor", "_rebuild_from_type_v2"), "N", Tuple({}), "N"}) +
                 ".",
             "x: byte 80 (REDUCE): _rebuild_from_type_v2: its function is itself"}),
    [](const auto& info) { return info.param.name; });

// Every byte has a verdict as the first opcode, and exactly 68 are known.
TEST(Opcodes, AreAClosedWorld) {
  std::set<std::string_view> names;
  for (int code = 0; code < 256; ++code) {
    std::string_view name = Unpickler::OpcodeName(static_cast<uint8_t>(code));
    std::string text = Read(std::string(1, static_cast<char>(code)));
    bool unknown = text.find("no pickle opcode has this byte") != std::string::npos;
    EXPECT_EQ(unknown, name.empty()) << code << ": " << text;
    EXPECT_TRUE(text.starts_with("x: byte ")) << code << ": " << text;
    if (!name.empty()) names.insert(name);
  }
  EXPECT_EQ(names.size(), 68u);
}

TEST(Limits, BoundDepthAndNumber) {
  EXPECT_EQ(Read(std::string(10'001, '(') + "."),
            "x: byte 10000 (MARK): more than 10000 open MARKs");
  Limits few;
  few.nodes = 300;
  EXPECT_EQ(
      Read(std::string(100, ']') + ".", few),
      "x: byte 8 (EMPTY_LIST): more than 300 values; raise the limit \"nodes\" if the file is "
      "trusted");
  EXPECT_EQ(Read("N" + std::string(400, '2') + ".", few),
            "x: byte 300 (DUP): more than 300 values on the stack");
}

TEST(Limits, RankIs64) {
  std::vector<int64_t> ones(65, 1);
  EXPECT_EQ(
      Read(V2(Int(0), Ints(ones), Ints(ones))),
      "x: byte 705 (REDUCE): _rebuild_tensor_v2: its size has 65 dimensions, the limit is 64");
}

// Two references at each of sixty levels: a tree of 2^60 leaves, a graph of 60 nodes.
TEST(Sharing, CostsNothing) {
  std::string bytes = "]";
  for (int i = 0; i < 60; ++i)
    bytes += "q" + Little(static_cast<uint64_t>(i), 1) + "h" + Little(static_cast<uint64_t>(i), 1) +
             "\x86";
  EXPECT_EQ(Read(bytes + ".").substr(0, 8), "((((((((");
}

}  // namespace
}  // namespace zoo
