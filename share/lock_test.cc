#include "zoo/share/lock.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/registry/entry.h"
#include "zoo/share/test_lock.h"
#include "zoo/tests/support/print_error.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

LockedWeights Row(const std::string& alias) {
  const Digest digest = Digest::Of(AsBytes(alias));
  return {.alias = alias,
          .name = "lab/" + alias + ":v1",
          .entry_sha256 = digest,
          .file = alias + ".pth",
          .size = 1234,
          .sha256 = digest,
          .sources = {UrlSource{"https://models.example.org/files/" + alias + ".pth"}}};
}

Lock TwoRows() {
  LockedWeights full = Row("digits");
  full.fingerprint = "weights:" + full.sha256.ToString();
  full.pieces_root = full.sha256;
  full.auth_host = "models.example.org";
  full.public_addresses_only = true;
  full.sources.push_back(WheelSource{"net==1.0", "net/weights.pth"});
  full.sources.push_back(UrlSource{"file:///srv/digits.pth"});
  return LockOf({Row("zebra"), full}).value();
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return at == text.npos ? text : text.replace(at, from.size(), to);
}

TEST(LockTest, TheText) {
  LockedWeights row = Row("digits");
  row.entry_sha256 = row.sha256 = Digest();
  const std::string zeros(64, '0');
  const std::string text = LockText(LockOf({row}).value());
  const std::string before = fmt::format(R"({{
  "schema": "zoo/lock/1",
  "weights": [
    {{
      "alias": "digits",
      "name": "lab/digits:v1",
      "entry_sha256": "{0}",
      "file": "digits.pth",
      "size": 1234,
      "sha256": "{0}",
      "fingerprint": null,
      "sources": [
        "https://models.example.org/files/digits.pth"
      ],
      "pieces_root": null,
      "auth_host": null,
      "public_addresses_only": false,
      "row_sha256": ")",
                                         zeros);
  EXPECT_EQ(text.substr(0, before.size()), before);
  EXPECT_EQ(text.substr(before.size() + 64), "\"\n    }\n  ]\n}\n");
  // What the digest is of.
  const std::string line = fmt::format(
      R"({{"alias":"digits","name":"lab/digits:v1","entry_sha256":"{0}","file":"digits.pth","size":1234,"sha256":"{0}","fingerprint":null,"sources":["https://models.example.org/files/digits.pth"],"pieces_root":null,"auth_host":null,"public_addresses_only":false}})",
      zeros);
  EXPECT_EQ(text.substr(before.size(), 64), Digest::Of(AsBytes(line)).hex());
}

TEST(LockTest, ComesBackAsItself) {
  const Lock lock = TwoRows();
  EXPECT_EQ(lock.weights[0].alias, "digits");
  Result<Lock> read = ParseLock(LockText(lock), "zoo.lock");
  ASSERT_TRUE(read) << read.error().Text();
  EXPECT_EQ(*read, lock);
  EXPECT_EQ(LockText(*read), LockText(lock));
  EXPECT_EQ(ParseLock(LockText({}), "zoo.lock").value(), Lock());
}

TEST(LockTest, ReadsAFile) {
  TempDir folder;
  EXPECT_EQ(ReadLock(folder.Write("zoo.lock", LockText(TwoRows()))).value(), TwoRows());
  EXPECT_EQ(ReadLock(folder.path() / "none").error().code, ErrorCode::kNotFound);
  const std::string large(kLargestLock + 1, ' ');
  EXPECT_EQ(ReadLock(folder.Write("large", large)).error().code, ErrorCode::kCorrupt);
}

TEST(LockTest, FindsAnAlias) {
  const Lock lock = TwoRows();
  EXPECT_EQ((*lock.Find("zebra"))->file, "zebra.pth");
  EXPECT_EQ(lock.Find("zebr").error().Text(),
            "the lock file has no alias \"zebr\"; did you mean zebra?");
  EXPECT_EQ(lock.Find("other_name").error().Text(),
            "the lock file has no alias \"other_name\"; it has digits, zebra");
}

struct BadRow {
  std::string from, to, message;
};

// Each is refused before its digest is compared.
TEST(LockTest, RefusesFieldsThatAreWrong) {
  const std::string good = LockText(TwoRows());
  const std::string hex = TwoRows().weights[0].sha256.hex();
  const BadRow rows[] = {
      {"\"size\": 1234", "\"size\": 12.5",
       "weights[0].size must be a whole number from 0 to 2^53, is 12.5"},
      {"\"size\": 1234,", "", "weights[0].size is missing"},
      {"\"size\": 1234", "\"sice\": 1234", "weights[0].size is missing"},
      {"\"alias\": \"digits\"", "\"alias\": \"../x\"",
       "weights[0].alias \"../x\" is not a name: letters, digits, '.', '_' and '-', a letter or "
       "digit first, no \"..\", at most 128"},
      {"\"alias\": \"digits\"", "\"alias\": \"all\"",
       "weights[0].alias \"all\" means something else to Bazel"},
      {"\"name\": \"lab/digits:v1\"", "\"name\": \"digits:v1\"",
       "weights[0].name \"digits:v1\" must be REGISTRY/MODEL or REGISTRY/MODEL:WEIGHTS"},
      {"\"file\": \"digits.pth\"", "\"file\": \"../digits.pth\"",
       "weights[0].file \"../digits.pth\" is a path, not the name of a file"},
      {"\"fingerprint\": \"weights:sha256:", "\"fingerprint\": \"sha256:",
       "weights[0].fingerprint must be null, or weights:sha256: and 64 digits of 0-9 and a-f, is "
       "\"sha256:" +
           hex + "\""},
      {"https://models.example.org/files/digits.pth", "files/digits.pth",
       "weights[0].sources[0] \"files/digits.pth\" is not an absolute https, http or file URL"},
      {"https://models", "https://me:secret@models",
       "weights[0].sources[0] \"https://***@models.example.org/files/digits.pth\" has a user name "
       "or a password, which a lock file may not hold"},
      {"https://models", "ftp://models",
       "weights[0].sources[0] \"ftp://models.example.org/files/digits.pth\" is not an absolute "
       "https, http or file URL"},
      {"\"net==1.0\"", "\"net\"", "weights[0].sources[1].wheel \"net\" must be NAME==VERSION"},
      {"\"net/weights.pth\"", "\"../weights.pth\"",
       "weights[0].sources[1].member \"../weights.pth\" must be a path inside the wheel"},
      {"\"auth_host\": \"models.example.org\"", "\"auth_host\": \"example.org\"",
       "weights[0].auth_host \"example.org\" is the host of no https source"},
      {"\"public_addresses_only\": true", "\"public_addresses_only\": null",
       "weights[0].public_addresses_only must be true or false, is null"},
      {"\"pieces_root\": \"", "\"more\": 1, \"pieces_root\": \"",
       "weights[0].\"more\" is no field of zoo/lock/1"},
      {"\"weights\": [", "\"more\": 1, \"weights\": [", "it has more than a schema and weights"},
  };
  for (const BadRow& row : rows) {
    Result<Lock> read = ParseLock(Replaced(good, row.from, row.to), "zoo.lock");
    ASSERT_FALSE(read) << row.to;
    EXPECT_EQ(read.error(), (Error{ErrorCode::kCorrupt, "zoo.lock: " + row.message,
                                   "it was changed or damaged: get it again, or write it anew "
                                   "with `zoo lock`"}));
  }
}

TEST(LockTest, RefusesOtherSchemas) {
  const std::string good = LockText(TwoRows());
  EXPECT_EQ(ParseLock(Replaced(good, "zoo/lock/1", "zoo/lock/2"), "zoo.lock").error(),
            (Error{ErrorCode::kUnsupported,
                   "zoo.lock: its schema is \"zoo/lock/2\", this program reads zoo/lock/1",
                   "use another version of zoo"}));
  for (const char* text : {"{}", "[]", "{\"schema\": \"zoo/registry/1\"}"}) {
    EXPECT_EQ(ParseLock(text, "x").error().Text(),
              "x: is no lock file: its schema is not zoo/lock/1; `zoo lock NAME... -o zoo.lock` "
              "writes one");
  }
}

TEST(LockTest, AChangedFieldIsSeen) {
  const std::string good = LockText(TwoRows());
  const Error error = ParseLock(Replaced(good, "\"size\": 1234", "\"size\": 1235"), "l").error();
  EXPECT_EQ(error.code, ErrorCode::kCorrupt);
  EXPECT_TRUE(error.message.starts_with("l: weights[0].row_sha256 is ")) << error.message;
}

TEST(LockTest, RefusesRowsThatDoNotGoTogether) {
  Lock lock{{Row("b"), Row("a")}};
  EXPECT_EQ(ParseLock(LockText(lock), "l").error().message,
            "l: alias \"a\" stands behind \"b\": rows are sorted by alias, each once");
  lock = {{Row("a"), Row("a")}};
  EXPECT_EQ(ParseLock(LockText(lock), "l").error().code, ErrorCode::kCorrupt);
  lock = {{Row("A"), Row("a")}};
  EXPECT_EQ(ParseLock(LockText(lock), "l").error().message,
            "l: the aliases \"A\" and \"a\" differ in case only");
  LockedWeights other = Row("b");
  other.sha256 = Row("a").sha256;
  other.size = 5;
  EXPECT_EQ(ParseLock(LockText({{Row("a"), other}}), "l").error().message,
            fmt::format("l: the file of sha256 {} has 1234 bytes in one row and 5 in another",
                        other.sha256.hex()));
}

TEST(LockTest, LockOfNamesWhoIsInTheWay) {
  LockedWeights other = Row("digits");
  other.name = "lab/digits:v2";
  EXPECT_EQ(LockOf({Row("digits"), other}).error(),
            (Error{ErrorCode::kUsage, "lab/digits:v1 and lab/digits:v2 would both be called digits",
                   "choose an alias for one of them: ALIAS=lab/digits:v2"}));
  other.alias = "BUILD";
  EXPECT_EQ(
      LockOf({other}).error(),
      (Error{ErrorCode::kUsage, "lab/digits:v2: alias \"BUILD\" means something else to Bazel",
             "choose another: ALIAS=lab/digits:v2"}));
  other = Row("digits");
  other.sources = {UrlSource{"https://me:secret@example.org/x"}};
  const Error refused = LockOf({other}).error();
  EXPECT_EQ(refused.code, ErrorCode::kUsage);
  EXPECT_EQ(refused.message.find("secret"), std::string::npos) << refused.message;
}

TEST(LockTest, AnEntryIsWhatARowSays) {
  const Entry entry = EntryOf(TwoRows().weights[0]);
  EXPECT_EQ(entry.registry, "lab");
  EXPECT_EQ(entry.name(), "digits:v1");
  EXPECT_EQ(entry.artifact.file, "digits.pth");
  EXPECT_EQ(entry.artifact.size, 1234u);
  EXPECT_EQ(entry.artifact.max_size, 1234u);
  EXPECT_EQ(entry.artifact.sha256, TwoRows().weights[0].sha256);
  EXPECT_EQ(entry.artifact.sources.size(), 3u);
  EXPECT_TRUE(entry.public_addresses_only);
}

TEST(LockTest, EveryCutFileIsRefused) {
  const std::string text = LockText(TwoRows());
  for (size_t size = 0; size + 1 < text.size(); ++size) {
    EXPECT_FALSE(ParseLock(text.substr(0, size), "zoo.lock")) << size;
  }
}

TEST(LockTest, AThousandChangedBytesAreRefusedOrWithoutEffect) {
  constexpr uint32_t kSeed = 20261128;
  std::mt19937 random(kSeed);
  const Lock lock = TwoRows();
  const std::string good = LockText(lock);
  int refused = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string text = good;
    const size_t at = random() % text.size();
    const char byte = static_cast<char>(random());
    text[at] = byte;
    const Result<Lock> read = ParseLock(text, "zoo.lock");
    refused += !read;
    EXPECT_TRUE(!read || *read == lock) << "byte " << at << " is " << static_cast<int>(byte);
  }
  std::printf("seed %u: %d of 1000 refused, the others changed nothing\n", kSeed, refused);
  EXPECT_GT(refused, 800);
}

}  // namespace
}  // namespace zoo
