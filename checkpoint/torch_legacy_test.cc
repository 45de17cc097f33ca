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

std::string StorageId(const std::string& key, int64_t numel, const std::string& view = "N") {
  return Tuple({Str("storage"), Global("torch", "FloatStorage"), Str(key), Str("cpu"), Int(numel),
                view}) +
         "Q";
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
        Case{"key_is_an_int", [](Parts& p) { p.keys = Pickle(List({Int(1)})); },
             "x.pth: the list of storages holds an int, not a string"},
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

TEST(TorchLegacy, OldTensorsAndVariablesAreTensors) {
  std::string tensor = Global("torch", "FloatTensor") + ")\x81" +
                       Tuple({StorageId("k", 2), Int(0), Ints({2}), Ints({1})}) + "b";
  std::string parameter = Global("torch.nn.parameter", "Parameter") + ")\x81" +
                          Tuple({tensor, "N", "}", "\x88", "\x89"}) + "b";
  Parts parts;
  parts.object = Pickle(Dict({{Str("w"), parameter}}));
  auto opened = Checkpoint::OfBytes(AsBytes(parts.Build()), "x.pth");
  ASSERT_TRUE(opened) << opened.error().Text();
  ASSERT_EQ((*opened)->tensors().size(), 1u);
  EXPECT_TRUE((*opened)->tensors()[0].parameter);
  EXPECT_TRUE((*opened)->tensors()[0].requires_grad);
}

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
