// Legacy checkpoints made by hand: what is wrong with them, with the whole message.
#include "zoo/checkpoint/torch_legacy.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/pickle_builder.h"

namespace zoo {
namespace {

using namespace pickled;

const std::string kMagic = std::string("\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.");

std::string IdOf(const std::string& type, const std::string& key, int64_t numel,
                 const std::string& view = "N") {
  return Tuple({Str("storage"), Global("torch", type), Str(key), Str("cpu"), Int(numel), view}) +
         "Q";
}
std::string StorageId(const std::string& key, int64_t numel, const std::string& view = "N") {
  return IdOf("FloatStorage", key, numel, view);
}

struct Parts {
  std::string magic = kMagic, protocol = Pickle("M\xe9\3"), system = Pickle("}");
  std::string object =
      Pickle(Dict({{Str("w"), TensorOf(StorageId("k", 2), Int(0), Ints({2}), Ints({1}))}}));
  std::string keys = Pickle(List({Str("k")}));
  std::string storages = Little(2, 8) + "abcdefgh";
  std::string after;

  std::string Build() const { return magic + protocol + system + object + keys + storages + after; }
};

std::string OpenAll(const std::string& bytes) {
  auto opened = Checkpoint::OfBytes(AsBytes(bytes), "x.pth");
  if (!opened) return opened.error().Text();
  Status verified = (*opened)->Verify();
  return verified ? "ok" : verified.error().Text();
}

struct Case {
  std::string name;
  std::function<void(Parts&)> change;
  std::string text;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Legacy : public testing::TestWithParam<Case> {};
TEST_P(Legacy, HasItsMessage) {
  Parts parts;
  GetParam().change(parts);
  EXPECT_EQ(OpenAll(parts.Build()), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Files, Legacy,
    testing::Values(
        Case{"nothing_wrong", [](Parts&) {}, "ok"},
        Case{"trailing_bytes", [](Parts& p) { p.after = "more"; }, "ok"},
        Case{"magic_in_text", [](Parts& p) { p.magic = "L119547037146038801333356L\n."; }, "ok"},
        Case{"magic_by_eval",
             [](Parts& p) {
               p.magic = kMagic.substr(0, 14) + "0" +
                         Call(Global("builtins", "eval"), {Str("0x1950a86a20f9469cfc6c")}) + ".";
             },
             "x.pth: the legacy file's magic number is another one"},
        Case{"protocol", [](Parts& p) { p.protocol = Pickle("K\1"); },
             "x.pth: the legacy file's protocol is not 1001"},
        Case{"system", [](Parts& p) { p.system = Pickle("N"); },
             "x.pth: the legacy file's system info is None, not a dict"},
        Case{"keys_are_an_int", [](Parts& p) { p.keys = Pickle("K\1"); },
             "x.pth: the list of storages is an int"},
        Case{"key_is_none", [](Parts& p) { p.keys = Pickle(List({"N"})); },
             "x.pth: the list of storages holds None, not a string"},
        Case{"keys_of_python_2",
             [](Parts& p) {
               p.object = Pickle(Tuple({"U\x07storage", Global("torch", "FloatStorage"), "U\1k",
                                        "U\3cpu", Int(2), "N"}) +
                                 "Q");
               p.keys = Pickle(List({"U\1k"}));
             },
             "ok"},
        Case{"keys_are_bytes",
             [](Parts& p) {
               p.object = Pickle(Tuple({"C\x07storage", Global("torch", "FloatStorage"), "C\1k",
                                        "C\3cpu", Int(2), "N"}) +
                                 "Q");
               p.keys = Pickle(List({"C\1k"}));
             },
             "ok"},
        Case{"keys_are_ints",
             [](Parts& p) {
               p.object = Pickle(Tuple({Str("storage"), Global("torch", "FloatStorage"), Int(-3),
                                        Str("cpu"), Int(2), "N"}) +
                                 "Q");
               p.keys = Pickle(List({Int(-3)}));
             },
             "ok"},
        Case{"module_with_its_source",
             [](Parts& p) {
               p.object = Pickle(List({Tuple({Str("module"), Global("a", "Net"), Str("a.py"),
                                              Str("class Net: pass")}) +
                                           "Q" + ")\x81",
                                       StorageId("k", 2)}));
             },
             "ok"},
        Case{"frame_before_the_magic",
             [](Parts& p) { p.magic = "\x80\4\x95" + Little(13, 8) + kMagic.substr(2); }, "ok"},
        Case{"big_endian_writer",
             [](Parts& p) {
               p.system = Pickle(Dict({{Str("little_endian"), "\x89"}}));
             },
             "ok"},
        Case{"key_is_a_call",
             [](Parts& p) { p.keys = Pickle(List({Call(Global("os", "system"), {})})); },
             "x.pth: the list of storages holds an object, not a string"},
        Case{"key_missing", [](Parts& p) { p.keys = Pickle(List({})); },
             "x.pth: storage \"k\" is not in the list of storages"},
        Case{"key_twice",
             [](Parts& p) {
               p.keys = Pickle(List({Str("k"), Str("k")}));
             },
             "x.pth: the list of storages names \"k\" twice"},
        Case{"key_that_nobody_uses", [](Parts& p) { p.keys = Pickle(List({Str("other")})); },
             "x.pth: the list of storages names \"other\", which no tensor uses"},
        Case{"count_differs", [](Parts& p) { p.storages = Little(3, 8) + "abcdefghijkl"; },
             "x.pth: storage \"k\" has 3 elements at byte 161, its tensors say 2"},
        Case{"cut_off_in_a_storage", [](Parts& p) { p.storages.resize(12); },
             "x.pth: cut off after 173 bytes: storage \"k\" needs 8 bytes from byte 169 on; "
             "download "
             "it again"},
        Case{"cut_off_before_a_storage", [](Parts& p) { p.storages.resize(4); },
             "x.pth: cut off after 165 bytes, before storage \"k\"; download it again"},
        Case{"cut_off_in_a_pickle",
             [](Parts& p) {
               p.object.resize(100);
               p.keys = p.storages = "";
             },
             "x.pth: object: byte 124 (BININT) at w: its argument does not fit into the 0 bytes "
             "left; "
             "the file is cut "
             "off after 125 bytes: download it again"},
        Case{"bytes_before_floats",
             [](Parts& p) {
               p.object = Pickle(List({IdOf("ByteStorage", "k", 8), StorageId("k", 2)}));
               p.storages = Little(8, 8) + "abcdefgh";
             },
             "ok"},
        Case{"floats_before_bytes",
             [](Parts& p) {
               p.object = Pickle(List({StorageId("k", 2), IdOf("ByteStorage", "k", 8)}));
             },
             "ok"},
        Case{"later_use_claims_more",
             [](Parts& p) {
               p.object = Pickle(List(
                   {StorageId("k", 2), TensorOf(StorageId("k", 9), Int(0), Ints({9}), Ints({1}))}));
             },
             "x.pth: object: byte 195 (REDUCE) at [1]: _rebuild_tensor_v2: size [9] with stride "
             "[1] from "
             "offset 0 needs 9 elements, storage \"k\" has 2"},
        Case{"view_of_another_type",
             [](Parts& p) {
               p.object = Pickle(List({IdOf("ByteStorage", "k", 2),
                                       StorageId("k", 2, Tuple({Str("v"), Int(1), Int(1)}))}));
             },
             "x.pth: object: byte 154 (BINPERSID) at [1]: a persistent id: a view of float32 of "
             "storage "
             "\"k\", which is of uint8"},
        Case{"view_of_two_places",
             [](Parts& p) {
               p.object = Pickle(List({StorageId("k", 2, Tuple({Str("v"), Int(1), Int(1)})),
                                       StorageId("k", 2, Tuple({Str("v"), Int(0), Int(1)}))}));
             },
             "x.pth: object: byte 172 (BINPERSID) at [1]: a persistent id: view \"v\" is of "
             "another part "
             "of a storage than before"},
        Case{"view_without_a_key",
             [](Parts& p) {
               p.object = Pickle(StorageId("k", 2, Tuple({"N", Int(1), Int(1)})));
             },
             "x.pth: object: byte 93 (BINPERSID): a persistent id: its view's key is None, not a "
             "string"},
        Case{"wide_elements_of_a_view",
             [](Parts& p) {
               p.object =
                   Pickle(Call(Global("torch._utils", "_rebuild_tensor_v3"),
                               {StorageId("k", 2, Tuple({Str("v"), Int(0), Int(2)})), Int(0),
                                Ints({2}), Ints({1}), "\x89", "}", Global("torch", "float64")}));
             },
             "x.pth: object: byte 170 (REDUCE): _rebuild_tensor_v3: size [2] with stride [1] from "
             "offset 0 needs 2 elements, storage \"k\" has 1"},
        Case{"view_inside_an_element",
             [](Parts& p) {
               p.object =
                   Pickle(Call(Global("torch._utils", "_rebuild_tensor_v3"),
                               {StorageId("k", 2, Tuple({Str("v"), Int(1), Int(1)})), Int(0),
                                Ints({0}), Ints({1}), "\x89", "}", Global("torch", "float64")}));
             },
             "x.pth: object: byte 170 (REDUCE): _rebuild_tensor_v3: its view begins at byte 4, "
             "inside an element of float64"},
        Case{"view_beyond_its_storage",
             [](Parts& p) {
               p.object = Pickle(StorageId("k", 2, Tuple({Str("v"), Int(1), Int(2)})));
             },
             "x.pth: object: byte 98 (BINPERSID): a persistent id: a view of 2 elements from 1 of "
             "storage \"k\", which has 2"},
        Case{"tensor_beyond_its_view",
             [](Parts& p) {
               p.object = Pickle(TensorOf(StorageId("k", 2, Tuple({Str("v"), Int(1), Int(1)})),
                                          Int(0), Ints({2}), Ints({1})));
             },
             "x.pth: object: byte 155 (REDUCE): _rebuild_tensor_v2: size [2] with stride [1] from "
             "offset 0 needs 2 elements, storage \"k\" has 1"}),
    [](const auto& info) { return info.param.name; });

TEST(TorchLegacy, ViewsOfOldFilesStartInsideTheirStorage) {
  Parts parts;
  parts.object = Pickle(
      TensorOf(StorageId("k", 2, Tuple({Str("v"), Int(1), Int(1)})), Int(0), Ints({1}), Ints({1})));
  auto opened = Checkpoint::OfBytes(AsBytes(parts.Build()), "x.pth");
  ASSERT_TRUE(opened) << opened.error().Text();
  auto values = (*opened)->Values((*opened)->tensors()[0]);
  ASSERT_TRUE(values) << values.error().Text();
  EXPECT_EQ(AsText(*values), "efgh");
}

// As PyTorch has it: the first use of a key says what its storage is.
TEST(TorchLegacy, FirstUseOfAStorageSaysItsType) {
  Parts parts;
  parts.object = Pickle(List(
      {IdOf("ByteStorage", "k", 8), TensorOf(StorageId("k", 2), Int(0), Ints({2}), Ints({1}))}));
  parts.storages = Little(8, 8) + "abcdefgh";
  auto opened = Checkpoint::OfBytes(AsBytes(parts.Build()), "x.pth");
  ASSERT_TRUE(opened) << opened.error().Text();
  const TensorInfo& tensor = (*opened)->tensors()[0];
  EXPECT_EQ(DTypeName(tensor.dtype), "uint8");
  EXPECT_EQ(AsText(*(*opened)->Values(tensor)), "ab");
}

// But where it has no bytes, each use says its own.
TEST(TorchLegacy, EmptyStoragesHaveTheTypeOfEachUse) {
  Parts parts;
  parts.object =
      Pickle(List({TensorOf(StorageId("k", 0), Int(0), Ints({0}), Ints({1})),
                   TensorOf(IdOf("LongStorage", "k", 0), Int(0), Ints({0}), Ints({1}))}));
  parts.storages = Little(0, 8);
  auto opened = Checkpoint::OfBytes(AsBytes(parts.Build()), "x.pth");
  ASSERT_TRUE(opened) << opened.error().Text();
  EXPECT_EQ(DTypeName((*opened)->tensors()[0].dtype), "float32");
  EXPECT_EQ(DTypeName((*opened)->tensors()[1].dtype), "int64");
}

struct OldParameter {
  std::string name, pickled;
  bool parameter, requires_grad;
};
void PrintTo(const OldParameter& row, std::ostream* out) { *out << row.name; }

// Every way in which PyTorch wrote tensors, variables and parameters before _rebuild_parameter.
class Old : public testing::TestWithParam<OldParameter> {};
TEST_P(Old, IsATensor) {
  Parts parts;
  parts.object = Pickle(Dict({{Str("w"), GetParam().pickled}}));
  auto opened = Checkpoint::OfBytes(AsBytes(parts.Build()), "x.pth");
  ASSERT_TRUE(opened) << opened.error().Text();
  ASSERT_EQ((*opened)->tensors().size(), 1u);
  EXPECT_EQ((*opened)->tensors()[0].path, Path{std::string("w")});
  EXPECT_EQ((*opened)->tensors()[0].parameter, GetParam().parameter);
  EXPECT_EQ((*opened)->tensors()[0].requires_grad, GetParam().requires_grad);
  EXPECT_EQ(AsText(*(*opened)->Values((*opened)->tensors()[0])), "abcdefgh");
}

const std::string kParts = Tuple({StorageId("k", 2), Int(0), Ints({2}), Ints({1})});
const std::string kPlain = Global("torch", "FloatTensor") + ")\x81" + kParts + "b";
const std::string kParameter = Global("torch.nn.parameter", "Parameter");
const std::string kVariable = Global("torch.autograd.variable", "Variable");

INSTANTIATE_TEST_SUITE_P(
    TorchLegacy, Old,
    testing::Values(
        OldParameter{"tensor", kPlain, false, false},
        OldParameter{"cuda_tensor", Global("torch.cuda", "FloatTensor") + ")\x81" + kParts + "b",
                     false, false},
        OldParameter{"parameter_of_parts", kParameter + ")\x81" + kParts + "b", true, true},
        OldParameter{"parameter_of_five",
                     kParameter + ")\x81" + Tuple({kPlain, "N", "}", "\x88", "\x89"}) + "b", true,
                     true},
        OldParameter{"frozen_parameter_of_five",
                     kParameter + ")\x81" + Tuple({kPlain, "N", "}", "\x89", "\x89"}) + "b", true,
                     false},
        OldParameter{"variable_of_five",
                     kVariable + ")\x81" + Tuple({kPlain, "N", "}", "\x88", "\x89"}) + "b", false,
                     true},
        OldParameter{"parameter_of_three",
                     kParameter + Tuple({kPlain}) + "\x81" + Tuple({"\x88", "\x89", "}"}) + "b",
                     true, true},
        OldParameter{"variable_by_newobj_function",
                     Call(Global("copy_reg", "__newobj__"), {kVariable, kPlain}) +
                         Tuple({"\x88", "\x89", "}"}) + "b",
                     false, true},
        OldParameter{"parameter_by_call", Call(kParameter, {kPlain, "\x88"}), true, true},
        OldParameter{"frozen_parameter_by_call", Call(kParameter, {kPlain, "I00\n"}), true, false}),
    [](const auto& info) { return info.param.name; });

// A pickle larger than the first window is read on from its start.
TEST(TorchLegacy, LongPicklesAreReadInLargerWindows) {
  Parts parts;
  parts.object = Pickle(Dict({{Str("w"), TensorOf(StorageId("k", 2), Int(0), Ints({2}), Ints({1}))},
                              {Str("text"), Str(std::string(600'000, 'x'))}}));
  EXPECT_EQ(OpenAll(parts.Build()), "ok");
}

TEST(TorchLegacy, RefusesEveryPrefix) {
  std::string bytes = Parts().Build();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_NE(OpenAll(bytes.substr(0, size)), "ok") << size;
  }
}

TEST(TorchLegacy, SurvivesEveryChangedByte) {
  const std::string good = Parts().Build();
  for (size_t at = 0; at < good.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(value);
      EXPECT_FALSE(OpenAll(bytes).empty());
    }
  }
}

}  // namespace
}  // namespace zoo
