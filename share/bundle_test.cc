// Bundles, their entries.json, and the way into a cache.
#include "zoo/share/bundle.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/result.h"
#include "zoo/cache/disk.h"
#include "zoo/cache/ingest.h"
#include "zoo/cache/store.h"
#include "zoo/share/entries.h"
#include "zoo/share/lock.h"
#include "zoo/share/test_lock.h"
#include "zoo/share/unbundle.h"
#include "zoo/share/ustar.h"
#include "zoo/tests/support/print_error.h"
#include "zoo/tests/support/seeded_bytes.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

// As the reader compares: sorted by digest, not by alias.
const std::vector<TestWeights> kWeights = {
    {"one", "the weights"}, {"two", SeededBytes(3000, 7)}, {"three", ""}};

std::string BlobName(const std::string& bytes) {
  return "blobs/sha256/" + Digest::Of(AsBytes(bytes)).hex();
}

std::string Member(const std::string& name, const std::string& bytes) {
  return UstarHeader(name, bytes.size()) + bytes + UstarPadding(bytes.size());
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return at == text.npos ? text : text.replace(at, from.size(), to);
}

class BundleTest : public testing::Test {
 protected:
  BundleTest() : set_(TestRegistries(kWeights)), lock_(TestLock(set_, kWeights)) {
    registries_ = EntriesOf(lock_, set_).value();
  }

  Store CacheAt(const std::string& name) {
    return Store::Open(folder_.path() / name, disk_).value();
  }
  Blob Put(Store& store, const std::string& bytes) {
    const Digest digest = Digest::Of(AsBytes(bytes));
    Ingest ingest =
        store.Begin({.file = "x", .sha256 = digest, .size = bytes.size()}, CancelToken()).value();
    ingest.Append(AsBytes(bytes)).value();
    return ingest.Commit().value();
  }
  BundleContents Contents() {
    Store store = CacheAt("full");
    BundleContents contents{lock_, registries_, {}};
    for (const TestWeights& one : kWeights) contents.blobs.push_back(Put(store, one.bytes));
    return contents;
  }
  fs::path Written(const BundleContents& contents, const std::string& name = "weights.tar") {
    const fs::path path = folder_.path() / name;
    const Result<uint64_t> size = WriteBundle(contents, path);
    EXPECT_TRUE(size) << size.error().Text();
    EXPECT_TRUE(!size || *size == fs::file_size(path));
    return path;
  }
  std::string Text() { return ReadFile(Written(Contents()), 1 << 20).value(); }
  // The members in front of the blobs.
  std::string Head() const {
    return Member("zoo.lock", LockText(lock_)) + Member("entries.json", EntriesText(registries_));
  }
  std::string BlobMember(const std::string& bytes) const { return Member(BlobName(bytes), bytes); }
  Error Refused(const std::string& text) {
    Result<Bundle> bundle = Bundle::Open(folder_.Write("refused.tar", text));
    EXPECT_FALSE(bundle);
    return bundle ? Error() : bundle.error();
  }
  // The message behind the file's name.
  std::string Message(const std::string& text) {
    const Error error = Refused(text);
    EXPECT_EQ(error.code, ErrorCode::kCorrupt) << error.Text();
    const std::string name = (folder_.path() / "refused.tar").string() + ": ";
    EXPECT_TRUE(error.message.starts_with(name)) << error.message;
    return error.message.substr(std::min(name.size(), error.message.size()));
  }

  TempDir folder_ = TempDir::InMemory();
  RealDisk disk_;
  RegistrySet set_;
  Lock lock_;
  std::vector<BundledRegistry> registries_;
};

TEST_F(BundleTest, HasOneForm) {
  std::string wanted = Head();
  std::map<Digest, std::string> sorted;
  for (const TestWeights& one : kWeights) sorted[Digest::Of(AsBytes(one.bytes))] = one.bytes;
  for (const auto& [digest, bytes] : sorted) wanted += BlobMember(bytes);
  EXPECT_EQ(Text(), wanted + UstarEnd());
  BundleContents contents = Contents();
  std::swap(contents.blobs.front(), contents.blobs.back());
  EXPECT_EQ(ReadFile(Written(contents, "again.tar"), 1 << 20).value(), Text());
}

TEST_F(BundleTest, ComesBackAsItself) {
  Result<Bundle> bundle = Bundle::Open(Written(Contents()));
  ASSERT_TRUE(bundle) << bundle.error().Text();
  EXPECT_EQ(bundle->lock(), lock_);
  EXPECT_EQ(bundle->registries(), registries_);
  ASSERT_EQ(bundle->blobs().size(), 3u);
  const BundledBlob* blob = bundle->Find(Digest::Of(AsBytes("the weights")));
  ASSERT_NE(blob, nullptr);
  std::string bytes(100, '\0');
  EXPECT_EQ(bundle->Read(*blob, 4, std::as_writable_bytes(std::span(bytes))).value(), 7u);
  EXPECT_EQ(bytes.substr(0, 7), "weights");
  EXPECT_EQ(bundle->Read(*blob, 11, std::as_writable_bytes(std::span(bytes))).value(), 0u);
}

TEST_F(BundleTest, FillsACache) {
  const Bundle bundle = Bundle::Open(Written(Contents())).value();
  Store store = CacheAt("empty");
  for (int again = 0; again < 2; ++again) {
    for (const LockedWeights& row : lock_.weights) {
      Result<Unbundled> put = Unbundle(bundle, row, store, {});
      ASSERT_TRUE(put) << put.error().Text();
      EXPECT_EQ(put->cached, again > 0);
      EXPECT_EQ(put->blob.digest(), row.sha256);
    }
  }
  EXPECT_EQ(store.List()->size(), 3u);
  EXPECT_EQ(store.List()->front().names.size(), 1u);
}

TEST_F(BundleTest, WhatWasLeftOutMustBeInTheCache) {
  BundleContents contents = Contents();
  contents.blobs.erase(contents.blobs.begin());  // "the weights"
  const fs::path path = Written(contents);
  const Bundle bundle = Bundle::Open(path).value();
  EXPECT_EQ(bundle.blobs().size(), 2u);
  const LockedWeights row = **lock_.Find("one");
  Store store = CacheAt("empty");
  EXPECT_EQ(Unbundle(bundle, row, store, {}).error(),
            (Error{ErrorCode::kNotFound,
                   "lab/one:v1 is neither in " + path.string() + " nor in the cache",
                   "the bundle was made with --only-missing, for a cache that has it"}));
  Put(store, "the weights");
  EXPECT_TRUE(Unbundle(bundle, row, store, {})->cached);
}

TEST_F(BundleTest, GoesOnFromStagedBytesAndDoesWithoutThem) {
  const Bundle bundle = Bundle::Open(Written(Contents())).value();
  const LockedWeights row = **lock_.Find("two");
  for (const std::string& staged : {kWeights[1].bytes.substr(0, 1000), std::string(1000, 'x')}) {
    Store store = CacheAt("staged" + staged.substr(0, 1));
    {
      Ingest ingest =
          store.Begin({.file = "x", .sha256 = row.sha256, .size = row.size}, CancelToken()).value();
      ingest.Append(AsBytes(staged)).value();
    }
    Result<Unbundled> put = Unbundle(bundle, row, store, {});
    ASSERT_TRUE(put) << put.error().Text();
    EXPECT_EQ(ReadFile(put->blob.path(), 1 << 20).value(), kWeights[1].bytes);
  }
}

TEST_F(BundleTest, StopsWhenAsked) {
  const BundleContents contents = Contents();
  const Bundle bundle = Bundle::Open(Written(contents)).value();
  const std::atomic<bool> stop{true};
  Store store = CacheAt("empty");
  EXPECT_EQ(Unbundle(bundle, lock_.weights[0], store, {.cancel = CancelToken(&stop)}).error().code,
            ErrorCode::kCancelled);
  const fs::path path = folder_.path() / "cancelled.tar";
  EXPECT_EQ(WriteBundle(contents, path, {.cancel = CancelToken(&stop)}).error().code,
            ErrorCode::kCancelled);
  for (const auto& file : fs::directory_iterator(folder_.path())) {
    EXPECT_FALSE(file.path().filename().string().starts_with("cancelled")) << file.path();
  }
}

TEST_F(BundleTest, AFileThatChangedInTheCacheIsNotWritten) {
  const BundleContents contents = Contents();
  for (const std::string& bytes : {std::string("the weightZ"), std::string("short")}) {
    const fs::path blob = contents.blobs[0].path();
    fs::permissions(blob, fs::perms::owner_all);
    ASSERT_TRUE(WriteFile(blob, bytes));
    const fs::path path = folder_.path() / "bad.tar";
    EXPECT_EQ(WriteBundle(contents, path).error().code, ErrorCode::kCorrupt);
    EXPECT_FALSE(fs::exists(path));
  }
}

TEST_F(BundleTest, AFileThatIsNotLockedIsNotWritten) {
  BundleContents contents = Contents();
  Store store = CacheAt("full");
  contents.blobs.push_back(Put(store, "another"));
  EXPECT_EQ(WriteBundle(contents, folder_.path() / "bad.tar").error().code, ErrorCode::kMismatch);
}

TEST_F(BundleTest, AFullDiskIsSaid) {
  Result<uint64_t> written = WriteBundle(Contents(), "/dev/full");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kDisk);
  EXPECT_TRUE(written.error().hint.starts_with("the file needs ")) << written.error().hint;
}

TEST_F(BundleTest, RefusesWhatIsNotItsForm) {
  const std::string one = BlobMember("the weights"), text = Text();
  const std::string zeros(512, '\0');
  EXPECT_EQ(Message(""), "at byte 0: there is no tar header, zoo.lock should begin here");
  EXPECT_EQ(Message(Member("../../etc/passwd", "x") + text),
            "at byte 0: \"../../etc/passwd\" stands in the place of zoo.lock");
  EXPECT_EQ(Message(Member("zoo.lock", LockText(lock_)) + one),
            fmt::format("at byte {}: \"{}\" stands in the place of entries.json",
                        Member("zoo.lock", LockText(lock_)).size(), BlobName("the weights")));
  const std::string at = fmt::format("at byte {}: ", Head().size());
  EXPECT_EQ(Message(Head() + Member("../x", "x") + UstarEnd()),
            at + "\"../x\" is no file of zoo.lock");
  EXPECT_EQ(Message(Head() + BlobMember("not locked") + UstarEnd()),
            at + "\"" + BlobName("not locked") + "\" is no file of zoo.lock");
  EXPECT_EQ(Message(Head() + one + one + UstarEnd()),
            fmt::format("at byte {}: \"{}\" stands twice, not in order, or behind a header that "
                        "zoo does not write",
                        (Head() + one).size(), BlobName("the weights")));
  std::string link = one;
  link[156] = '2';
  EXPECT_EQ(Message(Head() + link + UstarEnd()),
            at + "\"" + BlobName("the weights") + "\" is a symbolic link");
  EXPECT_EQ(Message(Head() + Member(BlobName("the weights"), "the weights and more") + UstarEnd()),
            at + "\"" + BlobName("the weights") + "\" has 20 bytes, zoo.lock says 11");
  EXPECT_EQ(Message(text + "x"),
            fmt::format("at byte {}: 1 bytes stand behind the end", text.size()));
  EXPECT_EQ(Message(text + zeros),
            fmt::format("at byte {}: 512 bytes stand behind the end", text.size()));
  EXPECT_EQ(Message(Head() + zeros + one),
            at + "there is neither a file of zoo.lock nor the end, two blocks of zeros");
}

// Sizes that would be a bomb if anybody believed them.
TEST_F(BundleTest, RefusesLargeSizesBeforeTheyCost) {
  EXPECT_EQ(Message(UstarHeader("zoo.lock", kLargestLock + 1)),
            "at byte 0: zoo.lock is larger than 4194304 bytes");
  EXPECT_EQ(Message(UstarHeader("zoo.lock", uint64_t{8} << 30)),
            "at byte 0: \"PaxHeaders/size\" stands in the place of zoo.lock");
  EXPECT_EQ(Message(UstarHeader("zoo.lock", 4000)),
            "at byte 512: zoo.lock needs 4000 bytes, the file has 0 more");
  LockedWeights huge = lock_.weights[0];
  huge.size = uint64_t{1} << 50;
  const Lock lock = LockOf({huge}).value();
  const std::string head = Member("zoo.lock", LockText(lock)) +
                           Member("entries.json", EntriesText({})) +
                           UstarHeader("blobs/sha256/" + huge.sha256.hex(), huge.size);
  EXPECT_EQ(Message(head + std::string(1024, '\0')),
            fmt::format("at byte {}: blobs/sha256/{} needs 1125899906842624 bytes, the file has "
                        "1024 more",
                        head.size(), huge.sha256.hex()));
}

TEST_F(BundleTest, RefusesOtherFormsOfTheSameText) {
  const std::string lock = Replaced(LockText(lock_), "  \"weights\"", "    \"weights\"");
  EXPECT_EQ(Message(Member("zoo.lock", lock)), "zoo.lock: it is not as `zoo lock` writes it");
  const std::string entries = Replaced(EntriesText(registries_), "\"two\"", "\"tWo\"");
  EXPECT_EQ(Message(Member("zoo.lock", LockText(lock_)) + Member("entries.json", entries)),
            "entries.json: it is not what zoo writes as zoo/entries/1");
}

TEST_F(BundleTest, RefusesEntriesThatAreNotLocked) {
  const RegistrySet other = TestRegistries({{"one", "other weights"}});
  const Lock other_lock = TestLock(other, {{"one", "other weights"}});
  const std::string entries = EntriesText(EntriesOf(other_lock, other).value());
  EXPECT_EQ(Message(Member("zoo.lock", LockText(lock_)) + Member("entries.json", entries)),
            "entries.json: the entry \"one:v1\" of \"lab\" is not one that zoo.lock locks");
  EXPECT_EQ(EntriesOf(lock_, other).error().code, ErrorCode::kMismatch);
}

TEST_F(BundleTest, GivesARegistryOfItsEntries) {
  const std::string text = RegistryText(registries_[0], lock_);
  Result<Registry> registry = Registry::Parse(text, "lab", RegistryOrigin::kFile, "lab");
  ASSERT_TRUE(registry) << registry.error().Text();
  RegistrySet set;
  set.Add(*std::move(registry));
  for (const TestWeights& one : kWeights) {
    Result<const Entry*> entry = set.Find("lab/" + one.model);
    ASSERT_TRUE(entry) << entry.error().Text();
    EXPECT_EQ((*entry)->artifact.sha256, Digest::Of(AsBytes(one.bytes)));
    EXPECT_EQ((*entry)->metrics, set_.Find("lab/" + one.model).value()->metrics);
    EXPECT_EQ(set.CategoriesOf(**entry), (std::vector<std::string>{"ü", "two"}));
  }
}

TEST_F(BundleTest, EveryCutFileIsRefused) {
  const std::string text = Text();
  for (size_t size = 0; size < text.size(); size += size < Head().size() ? 97 : 31) {
    EXPECT_EQ(Refused(text.substr(0, size)).code, ErrorCode::kCorrupt) << size;
  }
}

TEST_F(BundleTest, AThousandChangedBytesAreRefusedOrWithoutEffect) {
  constexpr uint32_t kSeed = 20261128;
  std::mt19937 random(kSeed);
  const std::string good = Text();
  int at_once = 0, by_the_cache = 0, without_effect = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string text = good;
    const size_t at = random() % text.size();
    text[at] = static_cast<char>(random());
    Result<Bundle> bundle = Bundle::Open(folder_.Write("mutated.tar", text));
    if (!bundle) {
      ++at_once;
      continue;
    }
    EXPECT_EQ(bundle->lock(), lock_) << at;
    EXPECT_EQ(bundle->registries(), registries_) << at;
    const std::string cache = fmt::format("mutated{}", i);
    Store store = CacheAt(cache);
    bool all = true;
    for (const LockedWeights& row : lock_.weights) {
      Result<Unbundled> put = Unbundle(*bundle, row, store, {});
      all = all && put;
      if (!put) {
        EXPECT_EQ(put.error().code, ErrorCode::kCorrupt);
        continue;
      }
      const std::string bytes = ReadFile(put->blob.path(), 1 << 20).value();
      EXPECT_EQ(Digest::Of(AsBytes(bytes)), row.sha256) << at;
    }
    (all ? without_effect : by_the_cache)++;
    EXPECT_TRUE(!all || text == good) << "byte " << at;
    fs::remove_all(folder_.path() / cache);
  }
  std::printf("seed %u: %d refused when opened, %d by the cache, %d the same byte as before\n",
              kSeed, at_once, by_the_cache, without_effect);
  EXPECT_EQ(at_once + by_the_cache + without_effect, 1000);
  EXPECT_GT(by_the_cache, 100);
}

}  // namespace
}  // namespace zoo
