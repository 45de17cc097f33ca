// Files in which one text, list or dict is part of many values, each of which has it for itself:
// the whole refusal, and that the same with less opens.
#include <gtest/gtest.h>

#include <string>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/pickle_builder.h"
#include "zoo/checkpoint/zip_builder.h"

namespace zoo {
namespace {

using namespace pickled;

std::string Open(const std::string& pickle, const Limits& limits = {}) {
  ZipBuilder zip;
  zip.Add("m/version", "3\n");
  zip.Add("m/data.pkl", pickle);
  zip.Add("m/data/0", std::string(4, 'x'));
  auto opened = Checkpoint::OfBytes(AsBytes(zip.Build()), "x.pth", {.limits = limits});
  return opened ? "" : opened.error().Text();
}

std::string Times(int count, const std::string& text) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

std::string Quantized(const std::string& scheme, const std::string& scales) {
  const std::string quantizer = Tuple({Global("torch", scheme), scales, scales, Int(0)});
  return Call(Global("torch._utils", "_rebuild_qtensor"),
              {Storage("QInt8Storage", "0", Int(4)), Int(0), Ints({100}), Ints({0}), quantizer,
               "\x89", "}"});
}

TEST(SharedParts, ScalesOfManyTensors) {
  Limits limits;
  limits.nodes = 8'000;
  const std::string scales = "](" + Times(100, "K\1") + "eq\1";
  auto tensors = [&](int count) {
    return Pickle(List({scales, Times(count, Quantized("per_channel_affine", "h\1"))}));
  };
  EXPECT_EQ(Open(tensors(20), limits), "");
  EXPECT_EQ(Open(tensors(50), limits),
            "x.pth: data.pkl: byte 4880 (REDUCE) at [33]: more than 8000 values; raise the limit "
            "\"nodes\" if the file is trusted");
}

TEST(SharedParts, SchemesAreTheKnownOnes) {
  const std::string scales = "](" + Times(100, "K\1") + "e";
  EXPECT_EQ(Open(Pickle(Quantized("per_channel_affine_float_qparams", scales))), "");
  EXPECT_EQ(Open(Pickle(Quantized("per_channel_affine_no", scales))),
            "x.pth: data.pkl: byte 552 (REDUCE): _rebuild_qtensor: the scheme "
            "\"per_channel_affine_no\" is not read");
}

TEST(SharedParts, LongNames) {
  const std::string fits(980, 'x'), longer(1001, 'x');
  auto global = [](const std::string& name) { return "\x80\4" + Str(name) + Str("f") + "\x93."; };
  EXPECT_EQ(Open(global(fits)), "");
  EXPECT_EQ(Open(global(longer)),
            "x.pth: data.pkl: byte 1014 (STACK_GLOBAL): a global's name has 1002 bytes, the limit "
            "is 1000");
  auto device = [](const std::string& type) {
    return Pickle(Call(Global("torch", "device"), {Str(type), Int(1)}));
  };
  EXPECT_EQ(Open(device(fits)), "");
  EXPECT_EQ(Open(device(longer)),
            "x.pth: data.pkl: byte 1029 (REDUCE): device: its type has 1001 bytes, the limit is "
            "1000");
  auto storage = [](const std::string& location) {
    return Pickle(
        Tuple({Str("storage"), Global("torch", "ByteStorage"), Str("0"), Str(location), Int(4)}) +
        "Q");
  };
  EXPECT_EQ(Open(storage(fits)), "");
  EXPECT_EQ(Open(storage(longer)),
            "x.pth: data.pkl: byte 1052 (BINPERSID): a persistent id: its key or location has "
            "1001 bytes, the limit is 1000");
}

// Each key is a tuple of the same long text and a number of its own.
TEST(SharedParts, TextOfManyKeys) {
  auto keys = [](int count, bool set) {
    std::string items;
    for (int i = 0; i < count; ++i) items += "h\1" + Int(i) + "\x86" + (set ? "" : "N");
    const std::string container = set ? "\x8f(" + items + "\x90" : "}(" + items + "u";
    return Pickle(Tuple({Str(std::string(1000, 'k')) + "q\1", container}));
  };
  Limits limits;
  limits.listing = 100'000;
  for (bool set : {false, true}) {
    EXPECT_EQ(Open(keys(20, set), limits), "");
    EXPECT_EQ(Open(keys(200, set), limits),
              "x.pth: the keys of its dicts and sets take more than 100000 bytes; raise the limit "
              "\"listing\" if the file is trusted");
  }
}

TEST(SharedParts, StateOfManyObjects) {
  auto objects = [](int count) {
    std::string state = "}(";
    for (int i = 0; i < 100; ++i) state += Int(i) + "N";
    return Pickle(Tuple(
        {state + "uq\1", "](" + Times(count, Global("m", "C") + ")\x81" + "h\1" + "b") + "e"}));
  };
  Limits limits;
  limits.nodes = 8'000;
  EXPECT_EQ(Open(objects(20), limits), "");
  EXPECT_EQ(Open(objects(100), limits),
            "x.pth: more than 8000 values in the states of objects that share them; raise the "
            "limit \"nodes\" if the file is trusted");
}

TEST(SharedParts, MetadataOfManyTensors) {
  auto tensor = [](int entries) {
    std::string metadata = "}(";
    for (int i = 0; i < entries; ++i) metadata += Int(i) + "N";
    return Pickle(Call(Global("torch._utils", "_rebuild_tensor_v2"),
                       {Storage("ByteStorage", "0", Int(4)), Int(0), Ints({4}), Ints({1}), "\x89",
                        "}", metadata + "u"}));
  };
  EXPECT_EQ(Open(tensor(16)), "");
  EXPECT_EQ(Open(tensor(17)),
            "x.pth: data.pkl: byte 216 (REDUCE): _rebuild_tensor_v2: its metadata has 17 entries, "
            "the limit is 16");
}

}  // namespace
}  // namespace zoo
