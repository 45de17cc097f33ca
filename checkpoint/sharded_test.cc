// Sharded sets made by hand in a folder: what is read of them, and what is wrong with them, with
// the whole message.
#include "zoo/checkpoint/sharded.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/fingerprint.h"
#include "zoo/checkpoint/pickle_builder.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

// A safetensors file of tensors of two bytes each, all of `fill`.
std::string Shard(const std::vector<std::string>& names, char fill) {
  std::string header = "{";
  for (size_t i = 0; i < names.size(); ++i) {
    header += (i == 0 ? "\"" : ",\"") + names[i] + "\":{\"dtype\":\"U8\",\"shape\":[2]," +
              "\"data_offsets\":[" + std::to_string(2 * i) + "," + std::to_string(2 * i + 2) + "]}";
  }
  header += "}";
  std::string length(8, '\0');
  length[0] = static_cast<char>(header.size());
  length[1] = static_cast<char>(header.size() >> 8);
  return length + header + std::string(2 * names.size(), fill);
}

std::string Index(const std::string& map) {
  return "{\"metadata\": {\"total_size\": 8, \"weight_map\": {\"no\": 1}}, \"weight_map\": " + map +
         "}";
}

std::string OpenIn(const TempDir& folder, const std::string& index) {
  std::filesystem::path path = folder.Write("m.index.json", index);
  auto opened = Checkpoint::Open(path);
  if (opened) {
    Status verified = (*opened)->Verify();
    return verified ? "" : verified.error().Text();
  }
  std::string text = std::string(ErrorCodeName(opened.error().code)) + ": " + opened.error().Text();
  for (size_t at; (at = text.find(folder.path().string() + "/")) != std::string::npos;) {
    text.erase(at, folder.path().string().size() + 1);
  }
  return text;
}

struct Case {
  std::string name, index, text;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Sharded : public testing::TestWithParam<Case> {};
TEST_P(Sharded, HasItsMessage) {
  TempDir folder;
  folder.Write("one", Shard({"a", "b"}, '1'));
  folder.Write("two", Shard({"c"}, '2'));
  folder.Write("page", "<!doctype html>");
  folder.Write("cut", Shard({"c"}, '2').substr(0, 30));
  folder.Write("value", std::string("\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
                                    "\x80\2M\xe9\3.\x80\2}.\x80\2K\1.\x80\2].",
                                    34));
  EXPECT_EQ(OpenIn(folder, GetParam().index), GetParam().text);
}

std::string Unplain(const std::string& shown) {
  return "corrupt: m.index.json: weight_map: the file of tensor \"a\" is \"" + shown +
         "\", not the plain name of a file";
}
std::string NoCheckpoint(const std::string& index) {
  return "unsupported: m.index.json: this is a JSON document (" + std::to_string(index.size()) +
         " bytes), not a checkpoint";
}
const std::string kNoMap = "{\"error\": \"not found\"}", kTextMap = "{\"weight_map\": \"one\"}",
                  kInner = "{\"a\": {\"weight_map\": {\"a\": \"one\"}}}", kCutEarly = "{\"weight_";

INSTANTIATE_TEST_SUITE_P(
    Sets, Sharded,
    testing::Values(
        Case{"good", Index("{\"c\": \"two\", \"b\": \"one\", \"a\": \"one\"}"), ""},
        Case{"no_tensors", Index("{}"), ""}, Case{"not_all_tensors", Index("{\"b\": \"one\"}"), ""},
        Case{"no_map", kNoMap, NoCheckpoint(kNoMap)},
        Case{"map_is_text", kTextMap, NoCheckpoint(kTextMap)},
        Case{"map_inside", kInner, NoCheckpoint(kInner)},
        Case{"cut_before_the_map", kCutEarly, NoCheckpoint(kCutEarly)},
        Case{"cut_in_the_map", "{\"weight_map\": {\"a\": \"o",
             "corrupt: m.index.json: weight_map: not valid JSON at byte 24"},
        Case{"map_twice", "{\"weight_map\": {}, \"weight_map\": {}}",
             "corrupt: m.index.json: weight_map: it is there twice"},
        Case{"tensor_twice", Index("{\"a\": \"one\", \"a\": \"two\"}"),
             "corrupt: m.index.json: weight_map: tensor \"a\" is there twice"},
        Case{"file_is_a_number", Index("{\"a\": 1}"),
             "corrupt: m.index.json: weight_map: the file of tensor \"a\" is a number, not a "
             "string"},
        Case{"file_is_an_object", Index("{\"a\": {}}"),
             "corrupt: m.index.json: weight_map: the file of tensor \"a\" is an object, not a "
             "string"},
        Case{"missing", Index("{\"a\": \"one\", \"c\": \"three\"}"),
             "not_found: m.index.json: shard \"three\" is missing; all files that the index names "
             "belong into its folder"},
        Case{"tensor_missing", Index("{\"a\": \"one\", \"d\": \"two\"}"),
             "corrupt: two: it has no tensor \"d\", which m.index.json says it has; the files are "
             "not of one set: download all of them again"},
        Case{"page", Index("{\"a\": \"page\"}"),
             "unsupported: page: this is an HTML page (15 bytes), not a checkpoint; the server "
             "answered with a page instead of the file: look at the address in a browser"},
        Case{"cut_shard", Index("{\"c\": \"cut\"}"),
             "corrupt: cut: cut off after 30 of at least 61 bytes, in its header; download it "
             "again"},
        Case{"not_a_dict", Index("{\"a\": \"value\"}"),
             "corrupt: value: it holds an int, a shard must hold a dict of tensors"},
        Case{"names_itself", Index("{\"a\": \"m.index.json\"}"),
             "unsupported: m.index.json: this is a JSON document (93 bytes), not a checkpoint"},
        Case{"up", Index("{\"a\": \"../one\"}"), Unplain("../one")},
        Case{"up_alone", Index("{\"a\": \"..\"}"), Unplain("..")},
        Case{"here", Index("{\"a\": \".\"}"), Unplain(".")},
        Case{"empty", Index("{\"a\": \"\"}"), Unplain("")},
        Case{"absolute", Index("{\"a\": \"/etc/passwd\"}"), Unplain("/etc/passwd")},
        Case{"below", Index("{\"a\": \"x/one\"}"), Unplain("x/one")},
        Case{"backslash", Index("{\"a\": \"x\\\\one\"}"), Unplain("x\\\\one")},
        Case{"drive", Index("{\"a\": \"c:one\"}"), Unplain("c:one")},
        Case{"nul", Index("{\"a\": \"one\\u0000\"}"), Unplain("one\\x00")},
        Case{"control", Index("{\"a\": \"one\\n\"}"), Unplain("one\\n")},
        Case{"bidi", Index("{\"a\": \"one\\u202e\"}"), Unplain("one\\u202e")}),
    [](const auto& info) { return info.param.name; });

TEST(ShardedSet, IsOneDictInTheIndexsOrder) {
  TempDir folder;
  folder.Write("one", Shard({"a", "b"}, '1'));
  folder.Write("two", Shard({"c"}, '2'));
  auto path =
      folder.Write("m.index.json", Index("{\"b\": \"one\", \"c\": \"two\", \"a\": \"one\"}"));
  for (bool immutable : {false, true}) {
    auto opened = Checkpoint::Open(path, {.immutable = immutable});
    ASSERT_TRUE(opened) << opened.error().Text();
    const Checkpoint& checkpoint = **opened;
    EXPECT_EQ(checkpoint.format(), Format::kSharded);
    EXPECT_EQ(checkpoint.immutable(), immutable);
    ASSERT_EQ(checkpoint.shards().size(), 2u);
    EXPECT_EQ(checkpoint.shards()[0].file, "one");
    EXPECT_EQ(checkpoint.shards()[1].size, Shard({"c"}, '2').size());
    auto weights = checkpoint.FindStateDict();
    ASSERT_TRUE(weights);
    std::string seen;
    for (const auto& [name, index] : weights->tensors) {
      const TensorInfo& tensor = checkpoint.tensors()[index];
      auto values = checkpoint.Values(tensor);
      ASSERT_TRUE(values) << values.error().Text();
      seen += name + "=" + std::string(AsText(*values)) + " ";
      ByteView view = checkpoint.StorageView(tensor.storage);
      EXPECT_EQ(AsText(view), immutable ? AsText(*values) : "");
    }
    EXPECT_EQ(seen, "b=11 c=22 a=11 ");
    std::vector<std::byte> bytes(6);
    std::vector<StorageCopy> copies;
    for (uint32_t i = 0; i < 3; ++i) copies.push_back({i, 0, std::span(bytes).subspan(2 * i, 2)});
    ASSERT_TRUE(checkpoint.Copy(copies));
    EXPECT_EQ(AsText(bytes), "111122");
  }
}

TEST(ShardedSet, HasTheFingerprintOfTheSameWeightsInOneFile) {
  TempDir folder;
  folder.Write("one", Shard({"b"}, 'x'));
  folder.Write("two", Shard({"a"}, 'x'));
  auto sharded =
      Checkpoint::Open(folder.Write("m.index.json", Index("{\"b\": \"one\", \"a\": \"two\"}")));
  auto whole = Checkpoint::Open(folder.Write("m", Shard({"a", "b"}, 'x')));
  ASSERT_TRUE(sharded && whole);
  auto first = FingerprintOf(**sharded, *(*sharded)->FindStateDict());
  auto second = FingerprintOf(**whole, *(*whole)->FindStateDict());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->ToString(), second->ToString());
}

size_t OpenFiles() {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    count += entry.exists() || !entry.path().empty();
  }
  return count;
}

// So many that they cannot all stay open.
std::filesystem::path WriteMany(const TempDir& folder, int count) {
  std::string map;
  for (int i = 0; i < count; ++i) {
    std::string number = std::to_string(i);
    folder.Write("s" + number, Shard({"t" + number}, static_cast<char>('a' + i % 26)));
    map += (i == 0 ? "{\"t" : ", \"t") + number + "\": \"s" + number + "\"";
  }
  return folder.Write("m.index.json", Index(map + "}"));
}

TEST(ShardedSet, OfManyFilesKeepsFewOpen) {
  TempDir folder;
  auto path = WriteMany(folder, 200);
  size_t before = OpenFiles();
  auto opened = Checkpoint::Open(path);
  ASSERT_TRUE(opened) << opened.error().Text();
  EXPECT_LE(OpenFiles(), before + 1);
  auto values = (*opened)->Values((*opened)->tensors()[199]);
  ASSERT_TRUE(values) << values.error().Text();
  EXPECT_EQ(AsText(*values), "rr");
  EXPECT_TRUE((*opened)->Verify());
}

TEST(ShardedSet, ToldWhenAFileBecomesAnotherOne) {
  TempDir folder;
  auto opened = Checkpoint::Open(WriteMany(folder, 100));
  ASSERT_TRUE(opened) << opened.error().Text();
  std::filesystem::remove(folder.path() / "s7");
  folder.Write("s7", Shard({"other"}, 'z'));
  auto values = (*opened)->Values((*opened)->tensors()[7]);
  ASSERT_FALSE(values);
  EXPECT_EQ(values.error().Text(),
            (folder.path() / "s7").string() + ": the file was changed while it was read");
}

TEST(ShardedSet, IsLimited) {
  TempDir folder;
  OpenOptions options;
  options.limits.shards = 2;
  auto opened = Checkpoint::Open(WriteMany(folder, 3), options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().Text(),
            (folder.path() / "m.index.json").string() +
                ": weight_map: more than 2 files; raise the limit \"shards\" if the file is "
                "trusted");
}

TEST(ShardedSet, NeedsAFolder) {
  auto opened = Checkpoint::OfBytes(AsBytes(Index("{\"a\": \"one\"}")), "x");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().Text(), "x: an index of shards in memory, without its files");
}

// A pickle of protocol 2 has a tensor's bytes as text: they are held beside the file.
TEST(ShardedSet, KeepsTheBytesOfAPlainPickle) {
  using namespace pickled;
  constexpr int64_t kCount = 100'000;
  const std::string elements(kCount, '\xe5');
  const std::string id = Tuple({Str("storage"), Global("torch", "ByteStorage"), Str("k"),
                                Str("cpu"), Int(kCount), "N"}) +
                         "Q";
  const std::string nested = Pickle("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") +
                             Pickle("M\xe9\3") + Pickle("}") + Pickle(id) +
                             Pickle(List({Str("k")})) + Little(kCount, 8) + elements;
  std::string text;
  for (char c : nested) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= 0x80) text += static_cast<char>(0xc0 | byte >> 6);
    text += byte >= 0x80 ? static_cast<char>(0x80 | (byte & 0x3f)) : c;
  }
  const std::string storage = Call(Global("torch.storage", "_load_from_bytes"),
                                   {Call(Global("_codecs", "encode"), {Str(text), Str("latin1")})});
  TempDir folder;
  folder.Write("s1.bin",
               Pickle(Dict({{Str("w"), TensorOf(storage, Int(0), Ints({kCount}), Ints({1}))}})));
  folder.Write("two", Shard({"c"}, '2'));
  auto path = folder.Write("m.index.json", Index("{\"w\": \"s1.bin\", \"c\": \"two\"}"));
  auto opened = Checkpoint::Open(path);
  ASSERT_TRUE(opened) << opened.error().Text();
  auto values = (*opened)->Values((*opened)->tensors()[0]);
  ASSERT_TRUE(values) << values.error().Text();
  EXPECT_TRUE(AsText(*values) == elements);
  EXPECT_TRUE((*opened)->Verify());
}

}  // namespace
}  // namespace zoo
