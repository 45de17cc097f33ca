#include "zoo/cache/layout.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace zoo {
namespace {

using Kind = CacheName::Kind;

const std::string kHex = "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec";
const std::string kNonce = "0123456789abcdef";
const std::string kOrigin = "https://host/resnet18.pth";
const std::string kPrefix =
    "prefix-f37072fd-3c4fb199d15f4ded159417169243ca77d5df75893b98af9abbf0f452f5b029d1";

TEST(CacheName, GoodNamesBothWays) {
  struct Row {
    std::string name;
    Kind kind;
    std::string key, nonce;
  };
  const Row rows[] = {
      {"blobs/sha256/f3/" + kHex, Kind::kBlob, "sha256-" + kHex, ""},
      {"index/sha256-" + kHex + ".json", Kind::kRecord, "sha256-" + kHex, ""},
      {"index/" + kPrefix + ".json", Kind::kPin, kPrefix, ""},
      {"index/sha256-" + kHex + "." + kNonce + ".tmp", Kind::kScratch, "sha256-" + kHex, kNonce},
      {"index/" + kPrefix + "." + kNonce + ".tmp", Kind::kScratch, kPrefix, kNonce},
      {"ingest/sha256-" + kHex + ".partial", Kind::kPartial, "sha256-" + kHex, ""},
      {"ingest/" + kPrefix + ".partial", Kind::kPartial, kPrefix, ""},
      {"ingest/" + kPrefix + ".note", Kind::kNote, kPrefix, ""},
      {"ingest/" + kPrefix + "." + kNonce + ".claim", Kind::kClaim, kPrefix, kNonce},
      {"ingest/" + kPrefix + "." + kNonce + ".claim-note", Kind::kClaimNote, kPrefix, kNonce},
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
      "index/prefix-" + kHex + ".json",
      "index/prefix--" + kHex + ".json",
      "index/prefix-f37072fd.json",
      "index/prefix-f37072fd-.json",
      "index/prefix-f37072fd-" + kHex.substr(1) + ".json",
      "index/prefix-f37072fd-" + upper + ".json",
      "index/prefix-f37072fd-" + kHex + "-" + kHex + ".json",
      "index/prefix-f37072f-" + kHex + ".json",
      "index/prefix-F37072FD-" + kHex + ".json",
      "index/prefix-" + kHex + "-" + kHex + ".json",
      "index/prefix-../../x-" + kHex + ".json",
      "index/sub/" + kPrefix + ".json",
      "index/.json",
      "index/" + kPrefix + ".tmp",
      "index/" + kPrefix + "." + kNonce + ".json",
      "index/" + kPrefix + "." + kNonce.substr(1) + ".tmp",
      "index/" + kPrefix + ".X" + kNonce.substr(1) + ".tmp",
      "index/" + kPrefix + kNonce + ".tmp",
      "index/" + kNonce + ".tmp",
      "index/." + kNonce + ".tmp",
      "ingest/.partial",
      "ingest/resnet18.pth",
      "ingest/" + kPrefix + ".json",
      "ingest/" + kPrefix + ".claim",
      "ingest/" + kPrefix + "." + kNonce + ".partial",
      "ingest/" + kPrefix + ".partial\n",
      "ingest/" + kPrefix + ".partial ",
      "ingest/" + kPrefix + ".partial" + std::string(1, '\0'),
      "rejected/" + kPrefix + "." + kNonce + ".rejected",
      "rejected/sha256-" + kHex + ".rejected",
      "other/" + kPrefix + ".partial",
      kPrefix + ".partial",
  };
  for (const std::string& row : rows) EXPECT_FALSE(CacheName::Parse(row)) << row;
}

TEST(CacheKey, Prefixes) {
  EXPECT_EQ(CacheKey::OfPrefix("f37072fd", kOrigin)->text(), kPrefix);
  EXPECT_EQ(CacheKey::Parse(kPrefix), CacheKey::OfPrefix("f37072fd", kOrigin));
  EXPECT_EQ(CacheKey::OfPrefix(kHex.substr(1), kOrigin)->text(),
            "prefix-" + kHex.substr(1) + kPrefix.substr(kPrefix.rfind('-')));
  EXPECT_NE(CacheKey::OfPrefix("f37072fd", kOrigin), CacheKey::OfPrefix("f37072fd", kOrigin + "?"));
  EXPECT_NE(CacheKey::OfPrefix("f37072fd", kOrigin), CacheKey::OfPrefix("f37072fe", kOrigin));
  EXPECT_FALSE(CacheKey::OfPrefix("f37072fd", "")) << "from nowhere";
  for (const std::string& bad : {std::string(), std::string("f37072f"), std::string("f37072fg"),
                                 std::string("F37072FD"), kHex, std::string("../../../x")}) {
    EXPECT_FALSE(CacheKey::OfPrefix(bad, kOrigin)) << bad;
  }
}

TEST(MakeNonce, IsANonceAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    std::string nonce = MakeNonce();
    EXPECT_TRUE(CacheName::Parse("ingest/" + kPrefix + "." + nonce + ".claim")) << nonce;
    EXPECT_TRUE(seen.insert(nonce).second);
  }
}

}  // namespace
}  // namespace zoo
