#include "zoo/cache/ingest.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "zoo/cache/test_pull.h"
#include "zoo/tests/support/faulty_disk.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

// Two files whose digests begin with the same eight digits: such a pair is soon found.
const std::string kTwins[] = {"weights 24478", "weights 29619"};

IngestKey TwinKey(std::string origin) {
  return {.file = "weights.pth",
          .sha256_prefix = "cca33698",
          .origin = std::move(origin),
          .max_size = 100};
}

class IngestTest : public ::testing::Test {
 protected:
  fs::path root() const { return folder_.path() / "cache"; }
  fs::path Partial() const {
    return root() / ("ingest/sha256-" + wanted_.digest.hex() + ".partial");
  }
  Ingest Begin(Disk& disk, const IngestKey& key) {
    return Store::Open(root(), disk).value().Begin(key, CancelToken()).value();
  }
  Result<Blob> CommitAs(const IngestKey& key, const std::string& bytes) {
    Ingest ingest = Begin(disk_, key);
    ZOO_RETURN_IF_ERROR(ingest.Append(AsBytes(bytes)));
    return ingest.Commit();
  }
  fs::path PinOf(const IngestKey& key) const {
    return root() / ("index/prefix-" + key.sha256_prefix + "-" +
                     Digest::Of(AsBytes(key.origin)).hex() + ".json");
  }
  ByteView Bytes(size_t from, size_t count = std::string::npos) const {
    return AsBytes(std::string_view(wanted_.bytes).substr(from, count));
  }

  TempDir folder_;
  RealDisk disk_;
  Wanted wanted_ = MakeWanted(1'000'000);
};

TEST_F(IngestTest, DroppedAndResumed) {
  for (size_t from = 0; from < wanted_.bytes.size(); from += 300'007) {
    Ingest ingest = Begin(disk_, wanted_.key);
    ASSERT_EQ(ingest.size(), from);
    ASSERT_EQ(ingest.note(), from == 0 ? "" : "https://x \"etag\"");
    ASSERT_TRUE(ingest.SetNote("https://x \"etag\""));
    ASSERT_TRUE(ingest.Append(Bytes(from, 300'007)));
  }
  EXPECT_EQ(Begin(disk_, wanted_.key).Commit().value().size(), wanted_.bytes.size());
  EXPECT_TRUE(FilesIn(root(), "ingest").empty());
  EXPECT_TRUE(WrongBlobs(root()).empty());
}

TEST_F(IngestTest, DroppedEmptyLeavesNothing) {
  { Ingest ingest = Begin(disk_, wanted_.key); }
  EXPECT_TRUE(FilesIn(root(), "ingest").empty());
}

TEST_F(IngestTest, RestartBeginsAnew) {
  Ingest ingest = Begin(disk_, wanted_.key);
  ASSERT_TRUE(ingest.SetNote("old"));
  ASSERT_TRUE(ingest.Append(AsBytes("something else")));
  ASSERT_TRUE(ingest.Restart());
  EXPECT_EQ(ingest.size(), 0u);
  EXPECT_EQ(ingest.note(), "");
  ASSERT_TRUE(ingest.Append(Bytes(0)));
  EXPECT_TRUE(ingest.Commit());
}

TEST_F(IngestTest, EveryFlippedByteOfAPartialIsFound) {
  wanted_ = MakeWanted(1000);
  for (size_t at = 0; at < 600; ++at) {
    (void)PullOnce(disk_, root(), wanted_, {.chunk = 600, .stop_after = 600});
    std::string bytes = ReadAll(Partial());
    ASSERT_EQ(bytes.size(), 600u);
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    std::ofstream(Partial(), std::ios::binary) << bytes;
    auto pulled = PullOnce(disk_, root(), wanted_);
    ASSERT_FALSE(pulled) << at;
    ASSERT_EQ(pulled.error().code, ErrorCode::kCorrupt);
    ASSERT_TRUE(FilesIn(root(), "ingest").empty());
    ASSERT_TRUE(FilesIn(root(), "blobs").empty());
  }
  EXPECT_TRUE(PullOnce(disk_, root(), wanted_));
}

TEST_F(IngestTest, APartialThatIsTooLongBeginsAnew) {
  (void)PullOnce(disk_, root(), wanted_, {.stop_after = 100'000});
  std::ofstream(Partial(), std::ios::app) << wanted_.bytes;
  EXPECT_EQ(Begin(disk_, wanted_.key).size(), 0u);
}

TEST_F(IngestTest, APartialThatOthersCanWriteToIsCopied) {
  (void)PullOnce(disk_, root(), wanted_, {.stop_after = 100'000});
  uintmax_t staged = fs::file_size(Partial());
  fs::create_hard_link(Partial(), root() / "second name");
  Ingest ingest = Begin(disk_, wanted_.key);
  EXPECT_EQ(ingest.size(), staged);
  std::ofstream(root() / "second name") << "garbage";
  ASSERT_TRUE(ingest.Append(Bytes(staged)));
  EXPECT_TRUE(ingest.Commit());
  EXPECT_TRUE(WrongBlobs(root()).empty());
  EXPECT_TRUE(FilesIn(root(), "ingest").empty());
}

TEST_F(IngestTest, APlantedPartialIsNotFollowed) {
  fs::path outside = folder_.Write("outside", "precious");
  fs::create_directories(root() / "ingest");
  fs::create_symlink(outside, Partial());
  EXPECT_TRUE(PullOnce(disk_, root(), wanted_));
  EXPECT_EQ(ReadAll(outside), "precious");
}

TEST_F(IngestTest, TooManyBytesAreRefusedBeforeTheyAreWritten) {
  Ingest ingest = Begin(disk_, wanted_.key);
  ASSERT_TRUE(ingest.Append(Bytes(0)));
  Status more = ingest.Append(AsBytes("x"));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error(), (Error{ErrorCode::kCorrupt,
                                 "weights.pth: more than 1000000 bytes arrived, the size of the "
                                 "whole file",
                                 ""}));
  EXPECT_EQ(ingest.size(), 1'000'000u);
  EXPECT_TRUE(ingest.Commit());
}

TEST_F(IngestTest, WhatIsNotTheFileIsThrownAway) {
  const Digest abc = Digest::Of(AsBytes("abc"));
  const std::string html = "<!DOCTYPE html><title>Not found</title>";
  const std::string changed =
      "the download was deleted. If it repeats, the publisher changed the file: do not use it";
  const std::string page =
      "the download was deleted; the server answered with a page instead of the file: look at the "
      "address in a browser";
  struct Row {
    IngestKey key;
    std::string bytes, message, hint;
  };
  const Row rows[] = {
      {{.file = "a.pth", .sha256 = abc, .size = 3},
       "abd",
       "a.pth: sha256 is a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9, it must "
       "be ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
       changed},
      {{.file = "a.pth", .sha256 = abc, .size = 3},
       "ab",
       "a.pth: 2 bytes arrived, the file has 3",
       changed},
      {{.file = "a.pth", .sha256 = abc, .min_size = 3, .max_size = 9},
       "ab",
       "a.pth: 2 bytes arrived, the file has 3 to 9",
       changed},
      {{.file = "a.pth",
        .sha256_prefix = "ba7816bf",
        .origin = "https://host/a.pth",
        .min_size = 1,
        .max_size = 9},
       "abd",
       "a.pth: sha256 is a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9, it must "
       "begin with ba7816bf",
       changed},
      {{.file = "a.pth", .sha256 = abc, .size = 50},
       html,
       "a.pth: 39 bytes arrived, the file has 50; what arrived is an HTML page",
       page},
      {{.file = "a\x1b.pth", .sha256 = abc, .size = 50},
       "",
       "a\\x1b.pth: 0 bytes arrived, the file has 50; what arrived is an empty file",
       "the download was deleted; download it again"},
  };
  for (const Row& row : rows) {
    Ingest ingest = Begin(disk_, row.key);
    ASSERT_TRUE(ingest.Append(AsBytes(row.bytes)));
    auto blob = ingest.Commit();
    ASSERT_FALSE(blob) << row.message;
    EXPECT_EQ(blob.error(), (Error{ErrorCode::kCorrupt, row.message, row.hint}));
    EXPECT_TRUE(FilesIn(root(), "ingest").empty()) << row.message;
    EXPECT_TRUE(FilesIn(root(), "blobs").empty()) << row.message;
  }
}

TEST_F(IngestTest, AnEmptyFileCanBePulled) {
  wanted_ = MakeWanted(0);
  EXPECT_EQ(Begin(disk_, wanted_.key).Commit().value().size(), 0u);
  EXPECT_TRUE(PullOnce(disk_, root(), wanted_));
}

TEST_F(IngestTest, AfterCommitNothingCanBeAdded) {
  Ingest ingest = Begin(disk_, wanted_.key);
  ASSERT_TRUE(ingest.Append(Bytes(0)));
  ASSERT_TRUE(ingest.Commit());
  EXPECT_EQ(ingest.Append(AsBytes("x")).error().message, "this ingest has been committed");
  EXPECT_EQ(ingest.Restart().error().code, ErrorCode::kUsage);
  EXPECT_EQ(ingest.SetNote("x").error().code, ErrorCode::kUsage);
  EXPECT_EQ(ingest.Commit().error().code, ErrorCode::kUsage);
}

TEST_F(IngestTest, APrefixIsPinnedAtTheFirstPull) {
  const IngestKey key = TwinKey("https://host/weights.pth");
  const Digest first = Digest::Of(AsBytes(kTwins[0])), other = Digest::Of(AsBytes(kTwins[1]));
  ASSERT_TRUE(CommitAs(key, kTwins[0]));
  Store store = Store::Open(root(), disk_).value();
  EXPECT_EQ(store.Find(key).value()->digest(), first);
  ASSERT_TRUE(store.Remove(first));
  EXPECT_FALSE(store.Find(key).value());

  auto blob = CommitAs(key, kTwins[1]);
  ASSERT_FALSE(blob);
  EXPECT_EQ(blob.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(blob.error().message, "weights.pth: sha256 is " + other.hex() +
                                      ", but at the first pull it was " + first.hex());
  EXPECT_TRUE(FilesIn(root(), "ingest").empty());
  EXPECT_TRUE(FilesIn(root(), "blobs").empty());
  EXPECT_NE(ReadAll(PinOf(key)).find(first.hex()), std::string::npos) << "the first pin stays";
}

TEST_F(IngestTest, WhatOneOriginPinsIsNothingToAnother) {
  const IngestKey keys[] = {TwinKey("https://evil/weights.pth"),
                            TwinKey("https://host/weights.pth")};
  Store store = Store::Open(root(), disk_).value();
  ASSERT_TRUE(CommitAs(keys[0], kTwins[0]));
  EXPECT_FALSE(store.Find(keys[1]).value()) << "a miss, though there is a file of that prefix";
  ASSERT_TRUE(CommitAs(keys[1], kTwins[1]));
  for (size_t i : {0, 1}) {
    EXPECT_EQ(ReadAll(store.Find(keys[i]).value()->path()), kTwins[i]);
    EXPECT_NE(ReadAll(PinOf(keys[i])).find(keys[i].origin), std::string::npos);
  }
  ASSERT_TRUE(store.Remove(Digest::Of(AsBytes(kTwins[1]))));
  EXPECT_FALSE(store.Find(keys[1]).value()) << "nor does the one that stays stand for it";
}

TEST_F(IngestTest, StagedBytesOfOneOriginAreNotAnothers) {
  const IngestKey evil = TwinKey("https://evil/weights.pth");
  const IngestKey key = TwinKey("https://host/weights.pth");
  ASSERT_TRUE(Begin(disk_, evil).Append(AsBytes("weigh")));
  Ingest owner = Begin(disk_, evil);
  EXPECT_EQ(owner.size(), 5u);
  Ingest ingest = Begin(disk_, key);  // does not wait either
  EXPECT_EQ(ingest.size(), 0u);
  ASSERT_TRUE(ingest.Append(AsBytes(kTwins[1])));
  EXPECT_TRUE(ingest.Commit());
  EXPECT_EQ(owner.size(), 5u);
}

TEST_F(IngestTest, APinThatSaysNothingIsAnError) {
  fs::path pin = PinOf(PrefixKey(wanted_));
  folder_.Write(pin.lexically_relative(folder_.path()), "{}");
  auto found = Store::Open(root(), disk_).value().Find(PrefixKey(wanted_));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), (Error{ErrorCode::kCorrupt,
                                  pin.native() + ": does not tell the digest that was pinned at "
                                                 "the first pull",
                                  "remove this file if you trust the next download"}));
}

TEST_F(IngestTest, ASecondOwnerWaitsUntilCancelled) {
  Ingest owner = Begin(disk_, wanted_.key);
  std::atomic<bool> cancelled = true;
  FaultyDisk disk({.locks_never_come = true});
  auto second = Store::Open(root(), disk).value().Begin(wanted_.key, CancelToken(&cancelled));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(disk.calls("Lock"), 1);
}

TEST_F(IngestTest, AStuckOwnerIsLeftBehind) {
  Ingest owner = Begin(disk_, wanted_.key);
  ASSERT_TRUE(owner.Append(Bytes(0, 400'000)));
  FaultyDisk disk({.locks_never_come = true});
  Ingest second = Begin(disk, wanted_.key);
  EXPECT_GT(disk.calls("Lock"), 500) << "a minute of waiting";
  ASSERT_TRUE(second.Append(Bytes(second.size())));
  EXPECT_TRUE(second.Commit());
  ASSERT_TRUE(owner.Append(Bytes(400'000)));
  EXPECT_TRUE(owner.Commit()) << "already there is success";
  EXPECT_TRUE(WrongBlobs(root()).empty());
  EXPECT_TRUE(FilesIn(root(), "ingest").empty());
}

TEST_F(IngestTest, WhereLocksDoNothingEachHasAnIngestOfItsOwn) {
  FaultyDisk disk({.locks_do_nothing = true});
  Ingest first = Begin(disk, wanted_.key);
  ASSERT_TRUE(first.Append(Bytes(0, 100'000)));
  Ingest second = Begin(disk, wanted_.key);
  ASSERT_TRUE(second.Restart());
  // The first one goes wrong; the second must not notice.
  ASSERT_TRUE(first.Append(AsBytes(std::string(900'000, 'x'))));
  ASSERT_TRUE(second.Append(Bytes(0)));
  EXPECT_FALSE(first.Commit());
  EXPECT_TRUE(second.Commit());
  EXPECT_TRUE(WrongBlobs(root()).empty());
}

TEST_F(IngestTest, ShortCountsAndInterruptsChangeNothing) {
  FaultyDisk disk({.short_counts = true, .interrupts = true});
  ASSERT_FALSE(PullOnce(disk, root(), wanted_, {.stop_after = 300'000}));
  EXPECT_EQ(PullOnce(disk, root(), wanted_).value().size(), wanted_.bytes.size());
  EXPECT_TRUE(WrongBlobs(root()).empty());
  EXPECT_TRUE(PullOnce(disk, root(), wanted_));
}

TEST_F(IngestTest, AFullDiskKeepsWhatArrived) {
  {
    FaultyDisk disk({.room = 400'000});
    Ingest ingest = Begin(disk, wanted_.key);
    Status appended;
    for (size_t at = 0; appended && at < wanted_.bytes.size(); at += 50'000) {
      appended = ingest.Append(Bytes(at, 50'000));
    }
    auto blob = ingest.Commit();
    ASSERT_FALSE(blob);
    const Error& error = blob.error();
    uintmax_t kept = 0;
    for (const auto& name : FilesIn(root(), "ingest")) {
      if (name.ends_with(".claim")) kept = fs::file_size(root() / name);
    }
    EXPECT_EQ(error.code, ErrorCode::kDisk);
    EXPECT_TRUE(error.message.starts_with("cannot write " + (root() / "ingest").native()));
    EXPECT_TRUE(error.message.ends_with(": No space left on device; weights.pth needs " +
                                        std::to_string(1'000'000 - kept) +
                                        " more bytes, 0 are free"))
        << error.message;
    EXPECT_EQ(error.hint,
              "make room (`zoo cache prune`) or choose another folder with ZOO_CACHE; the " +
                  std::to_string(kept) + " bytes that arrived are kept");
    EXPECT_GT(kept, 390'000u);
  }
  EXPECT_GT(Begin(disk_, wanted_.key).size(), 390'000u);
  EXPECT_TRUE(PullOnce(disk_, root(), wanted_));
}

TEST_F(IngestTest, AFailedSyncIsFinal) {
  FaultyDisk disk({.fail_at = 1, .only = "Sync"});
  fs::create_directories(root() / "blobs" / "sha256");
  folder_.Write("cache/LAYOUT", "zoo/cache/1\n");
  auto blob = PullOnce(disk, root(), wanted_);
  ASSERT_FALSE(blob);
  EXPECT_EQ(blob.error().code, ErrorCode::kDisk);
  EXPECT_EQ(disk.calls("Sync"), 1) << "never tried again";
  EXPECT_TRUE(FilesIn(root(), "ingest").empty()) << "and the bytes are not trusted again";
  EXPECT_TRUE(FilesIn(root(), "blobs").empty());
}

}  // namespace
}  // namespace zoo
