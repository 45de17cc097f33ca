#include "zoo/cache/store.h"

#include <gtest/gtest.h>

#include <string>

#include "zoo/cache/ingest.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

std::string Bytes(size_t count, uint32_t seed) {
  std::string bytes(count, '\0');
  for (char& byte : bytes) {
    seed = seed * 1664525 + 1013904223;
    byte = static_cast<char>(seed >> 24);
  }
  return bytes;
}

TEST(Store, PublishesAndFinds) {
  TempDir folder;
  RealDisk disk;
  auto store = Store::Open(folder.path() / "cache", disk);
  ASSERT_TRUE(store);
  std::string bytes = Bytes(1'000'000, 1);
  Digest digest = Digest::Of(AsBytes(bytes));
  ASSERT_FALSE(store->Find(digest).value());
  IngestKey key{.file = "a.pth", .sha256 = digest, .size = bytes.size()};
  {
    auto ingest = store->Begin(key, CancelToken());
    ASSERT_TRUE(ingest) << ingest.error().Text();
    ASSERT_TRUE(ingest->Append(AsBytes(std::string_view(bytes).substr(0, 300'001))));
    ASSERT_TRUE(ingest->SetNote("etag"));
  }
  auto ingest = store->Begin(key, CancelToken());
  ASSERT_TRUE(ingest) << ingest.error().Text();
  EXPECT_EQ(ingest->size(), 300'001);
  EXPECT_EQ(ingest->note(), "etag");
  ASSERT_TRUE(ingest->Append(AsBytes(std::string_view(bytes).substr(300'001))));
  auto blob = ingest->Commit();
  ASSERT_TRUE(blob) << blob.error().Text();
  EXPECT_EQ(store->Find(digest).value()->path(), blob->path());
}

}  // namespace
}  // namespace zoo
