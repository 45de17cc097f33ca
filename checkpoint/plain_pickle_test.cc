// Plain pickles made by hand: what is a value, what is an error, and what is no pickle at all.
#include "zoo/checkpoint/plain_pickle.h"

#include <gtest/gtest.h>

#include <string>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/pickle_builder.h"

namespace zoo {
namespace {

using namespace pickled;

const std::string kMagic = std::string("\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.");

// What torch.save writes for one storage of two floats.
std::string Nested(const std::string& count = Little(2, 8)) {
  std::string id =
      Tuple({Str("storage"), Global("torch", "FloatStorage"), Str("k"), Str("cpu"), Int(2), "N"}) +
      "Q";
  return kMagic + Pickle("M\xe9\3") + Pickle("}") + Pickle(id) + Pickle(List({Str("k")})) + count +
         "abcdefg\xff";
}

std::string Bytes(const std::string& bytes) { return "B" + Little(bytes.size(), 4) + bytes; }
// Text in which each character stands for a byte, as protocol 2 has it.
std::string Encoded(const std::string& bytes) {
  std::string text;
  for (char c : bytes) {
    uint8_t byte = static_cast<uint8_t>(c);
    if (byte >= 0x80) text += static_cast<char>(0xc0 | byte >> 6);
    text += byte >= 0x80 ? static_cast<char>(0x80 | (byte & 0x3f)) : c;
  }
  return Call(Global("_codecs", "encode"), {Str(text), Str("latin1")});
}
std::string Load(const std::string& bytes) {
  return Call(Global("torch.storage", "_load_from_bytes"), {bytes});
}
std::string TensorIn(const std::string& bytes) {
  return TensorOf(Load(bytes), Int(0), Ints({2}), Ints({1}));
}

std::string OpenAll(const std::string& bytes, const OpenOptions& options = {}) {
  auto opened = Checkpoint::OfBytes(AsBytes(bytes), "x.pkl", options);
  if (!opened) return opened.error().Text();
  Status verified = (*opened)->Verify();
  if (!verified) return verified.error().Text();
  return std::string(FormatName((*opened)->format())) + ", " +
         std::to_string((*opened)->tensors().size()) + " tensors, " +
         std::to_string((*opened)->storages().size()) + " storages";
}

struct Row {
  std::string name, bytes, text;
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class PlainPickle : public testing::TestWithParam<Row> {};
TEST_P(PlainPickle, IsReadAs) { EXPECT_EQ(OpenAll(GetParam().bytes), GetParam().text); }

const std::string kNone = "pickle, 0 tensors, 0 storages";
const std::string kUnknown = "x.pkl: not a checkpoint: its first bytes are of no format known here";

INSTANTIATE_TEST_SUITE_P(
    Files, PlainPickle,
    testing::Values(
        Row{"a_number", Pickle("K\1"), kNone},
        Row{"bytes_after_stop", Pickle("K\1") + "more", kNone},
        Row{"no_stop", "\x80\2K\1", "x.pkl: byte 4 (end): the pickle ends without STOP"},
        Row{"persistent_id", Pickle("K\1Q"),
            "x.pkl: byte 4 (BINPERSID): a persistent id, which this file cannot have"},
        Row{"protocol_0_dict", "(dp0\nVa\np1\nI1\ns.", kNone},
        Row{"protocol_0_list", "(lp0\nI1\na.", kNone},
        Row{"protocol_0_object", "ccopy_reg\n_reconstructor\n(cm\nA\nc__builtin__\nobject\nNtR.",
            kNone},
        Row{"protocol_1_dict", "}q\0X\1\0\0\0aq\1K\1s.", kUnknown},
        Row{"protocol_1_list", "]K\1a.", kNone}, Row{"scalar_without_header", "I1\n.", kUnknown},
        Row{"header_needed_for_more", "]K\1a.more", kUnknown},
        Row{"sentence", "(an aside.", kUnknown}, Row{"brackets", "[1, 2].", kUnknown},
        Row{"broken_protocol_1", "]K\1s.", kUnknown},
        Row{"tensor", Pickle(TensorIn(Bytes(Nested()))), "pickle, 1 tensors, 1 storages"},
        Row{"tensor_in_text", Pickle(TensorIn(Encoded(Nested()))), "pickle, 1 tensors, 1 storages"},
        Row{"tensor_in_python_2_text",
            Pickle(TensorIn("T" + Little(Nested().size(), 4) + Nested())),
            "pickle, 1 tensors, 1 storages"},
        Row{"two_tensors", Pickle(List({TensorIn(Bytes(Nested())), TensorIn(Bytes(Nested()))})),
            "pickle, 2 tensors, 2 storages"},
        Row{"one_file_used_twice",
            Pickle(Tuple({"N", Bytes(Nested()) + "q\1", TensorIn("h\1"), TensorIn("h\1")})),
            "pickle, 2 tensors, 1 storages"},
        Row{"nested_in_nested",
            Pickle(Load(Bytes(kMagic + Pickle("M\xe9\3") + Pickle("}") +
                              Pickle(Load(Bytes(Nested()))) + Pickle("]")))),
            kNone},
        Row{"tensor_nested_in_nested",
            Pickle(Load(Bytes(kMagic + Pickle("M\xe9\3") + Pickle("}") +
                              Pickle(TensorIn(Bytes(Nested()))) + Pickle("]")))),
            "x.pkl: byte 281 (REDUCE): nested file: object: byte 274 (REDUCE): "
            "_rebuild_tensor_v2: its storage is an object, not a storage"},
        Row{"nested_is_no_legacy_file", Pickle(Load(Bytes("PK\3\4"))), kNone},
        Row{"tensor_of_no_legacy_file", Pickle(TensorIn(Bytes("PK\3\4"))),
            "x.pkl: byte 102 (REDUCE): _rebuild_tensor_v2: its storage is an object, not a "
            "storage"},
        Row{"nested_is_an_int", Pickle(Load(Int(1))), kNone},
        Row{"nested_is_cut_off", Pickle(TensorIn(Bytes(Nested().substr(0, 105)))),
            "x.pkl: byte 180 (REDUCE): nested file: cut off after 105 bytes: storage \"k\" needs "
            "8 bytes from byte 177 on; download it again"},
        Row{"nested_count_differs", Pickle(TensorIn(Encoded(Nested(Little(3, 8))))),
            "x.pkl: byte 228 (REDUCE): nested file: storage \"k\" has 3 elements at byte 95, its "
            "tensors say 2"},
        Row{"joblib",
            Pickle(List({Global("joblib.numpy_pickle", "NumpyArrayWrapper") + ")\x81"}))
                    .substr(0, 45) +
                "\xff\xff",
            "x.pkl: this is a joblib file, whose arrays stand between the pickle's opcodes; read "
            "it with joblib.load and write it with torch.save"},
        Row{"numpy", std::string("\x93NUMPY\1\0", 8),
            "x.pkl: this is a NumPy array file (8 bytes), not a checkpoint; this is the wrong "
            "file: weights are .pth or .safetensors"}),
    [](const auto& info) { return info.param.name; });

TEST(PlainPickle, BytesOfATensorLieInTheFileWhereTheyCan) {
  struct Place {
    std::string bytes;
    bool mapped;
  };
  for (const Place& row : {Place{Bytes(Nested()), true}, Place{Encoded(Nested()), false}}) {
    auto opened = Checkpoint::OfBytes(AsBytes(Pickle(TensorIn(row.bytes))), "x.pkl");
    ASSERT_TRUE(opened) << opened.error().Text();
    EXPECT_EQ((*opened)->storages()[0].mapped, row.mapped);
    EXPECT_EQ(AsText((*opened)->StorageView(0)), row.mapped ? "abcdefg\xff" : "");
    EXPECT_EQ(AsText(*(*opened)->Values((*opened)->tensors()[0])), "abcdefg\xff");
  }
}

TEST(PlainPickle, IsHeldInMemoryUpToALimit) {
  OpenOptions options;
  options.limits.pickle_bytes = 3;
  EXPECT_EQ(OpenAll(Pickle("K\1"), options),
            "x.pkl: a pickle of 5 bytes, the limit is 3; raise the limit \"pickle_bytes\" if the "
            "file is trusted");
}

// A text that is made into bytes again and again counts each time.
TEST(PlainPickle, DecodedTextCounts) {
  std::string list = Str(std::string(10'000, 'x')) + "q\1" + Str("latin1") + "q\2](";
  for (int i = 0; i < 100; ++i) list += Call(Global("_codecs", "encode"), {"h\1", "h\2"});
  OpenOptions options;
  options.limits.nodes = 50'000;
  EXPECT_EQ(OpenAll(Pickle(list + "e"), options),
            "x.pkl: byte 11863 (REDUCE) at [80]: more than 50000 values; raise the limit \"nodes\" "
            "if the "
            "file is trusted");
}

}  // namespace
}  // namespace zoo
