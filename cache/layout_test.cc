#include "zoo/cache/layout.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace zoo {
namespace {

using Kind = CacheName::Kind;

const std::string kHex = "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec";
const std::string kNonce = "0123456789abcdef";

TEST(CacheName, GoodNamesBothWays) {
  struct Row {
    std::string name;
    Kind kind;
    std::string key, nonce;
  };
  const Row rows[] = {
      {"blobs/sha256/f3/" + kHex, Kind::kBlob, "sha256-" + kHex, ""},
      {"index/sha256-" + kHex + ".json", Kind::kRecord, "sha256-" + kHex, ""},
      {"index/prefix-f37072fd.json", Kind::kPin, "prefix-f37072fd", ""},
      {"index/sha256-" + kHex + "." + kNonce + ".tmp", Kind::kScratch, "sha256-" + kHex, kNonce},
      {"index/prefix-f37072fd." + kNonce + ".tmp", Kind::kScratch, "prefix-f37072fd", kNonce},
      {"ingest/sha256-" + kHex + ".partial", Kind::kPartial, "sha256-" + kHex, ""},
      {"ingest/prefix-f37072fd.partial", Kind::kPartial, "prefix-f37072fd", ""},
      {"ingest/prefix-f37072fd.note", Kind::kNote, "prefix-f37072fd", ""},
      {"ingest/prefix-f37072fd." + kNonce + ".claim", Kind::kClaim, "prefix-f37072fd", kNonce},
      {"ingest/prefix-f37072fd." + kNonce + ".claim-note", Kind::kClaimNote, "prefix-f37072fd",
       kNonce},
      {"ingest/sha256-" + kHex + ".lock", Kind::kLock, "sha256-" + kHex, ""},
      {"rejected/sha256-" + kHex + "." + kNonce + ".rejected", Kind::kRejected, "sha256-" + kHex,
       kNonce},
  };
  std::set<Kind> kinds;
  for (const Row& row : rows) {
    auto parsed = CacheName::Parse(row.name);
    ASSERT_TRUE(parsed) << row.name;
    EXPECT_EQ(parsed->kind, row.kind) << row.name;
    EXPECT_EQ(parsed->key.text(), row.key) << row.name;
    EXPECT_EQ(parsed->nonce, row.nonce) << row.name;
    EXPECT_EQ(parsed->ToString(), row.name);
    kinds.insert(row.kind);
  }
  EXPECT_EQ(kinds.size(), static_cast<size_t>(Kind::kRejected) + 1) << "a kind without a row";
}

TEST(CacheName, BadNames) {
  std::string upper = "F" + kHex.substr(1);
  const std::string rows[] = {
      "",
      "/",
      "LAYOUT",
      "blobs",
      "blobs/sha256",
      "blobs/sha256/",
      "blobs/sha256/f3",
      "blobs/sha256/f3/",
      "blobs/sha256/" + kHex,
      "blobs/sha256/f4/" + kHex,
      "blobs/sha256/f3/" + upper,
      "blobs/sha256/f3/" + kHex + "0",
      "blobs/sha256/f3/" + kHex.substr(1),
      "blobs/sha256/f3/" + kHex + ".tmp",
      "blobs/sha256/f3/../f3/" + kHex,
      "blobs/sha256/f3//" + kHex,
      "/blobs/sha256/f3/" + kHex,
      "blobs/sha512/f3/" + kHex,
      "blobs/sha256/f3/sha256-" + kHex,
      "x/blobs/sha256/f3/" + kHex,
      "index/" + kHex + ".json",
      "index/sha256-" + upper + ".json",
      "index/sha256-" + kHex,
      "index/sha256-" + kHex + ".json.bak",
      "index/sha256-.json",
      "index/prefix-.json",
      "index/prefix-f37072f.json",
      "index/prefix-F37072FD.json",
      "index/prefix-" + kHex + ".json",
      "index/prefix-../../x.json",
      "index/sub/prefix-f37072fd.json",
      "index/.json",
      "index/prefix-f37072fd.tmp",
      "index/prefix-f37072fd." + kNonce + ".json",
      "index/prefix-f37072fd." + kNonce.substr(1) + ".tmp",
      "index/prefix-f37072fd.X" + kNonce.substr(1) + ".tmp",
      "index/prefix-f37072fd" + kNonce + ".tmp",
      "index/" + kNonce + ".tmp",
      "index/." + kNonce + ".tmp",
      "ingest/.partial",
      "ingest/resnet18.pth",
      "ingest/prefix-f37072fd.json",
      "ingest/prefix-f37072fd.claim",
      "ingest/prefix-f37072fd." + kNonce + ".partial",
      "ingest/prefix-f37072fd.partial\n",
      "ingest/prefix-f37072fd.partial ",
      std::string("ingest/prefix-f37072fd.partial\0", 31),
      "rejected/prefix-f37072fd." + kNonce + ".rejected",
      "rejected/sha256-" + kHex + ".rejected",
      "other/prefix-f37072fd.partial",
      "prefix-f37072fd.partial",
  };
  for (const std::string& row : rows) EXPECT_FALSE(CacheName::Parse(row)) << row;
}

TEST(CacheKey, Prefixes) {
  EXPECT_EQ(CacheKey::OfPrefix("f37072fd")->text(), "prefix-f37072fd");
  EXPECT_EQ(CacheKey::OfPrefix(kHex.substr(1))->text(), "prefix-" + kHex.substr(1));
  for (const std::string& bad : {std::string(), std::string("f37072f"), std::string("f37072fg"),
                                 std::string("F37072FD"), kHex, std::string("../../../x")}) {
    EXPECT_FALSE(CacheKey::OfPrefix(bad)) << bad;
  }
}

TEST(MakeNonce, IsANonceAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    std::string nonce = MakeNonce();
    EXPECT_TRUE(CacheName::Parse("ingest/prefix-f37072fd." + nonce + ".claim")) << nonce;
    EXPECT_TRUE(seen.insert(nonce).second);
  }
}

}  // namespace
}  // namespace zoo
