#include "zoo/share/make_lock.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/result.h"
#include "zoo/cache/disk.h"
#include "zoo/cache/ingest.h"
#include "zoo/cache/store.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/fingerprint.h"
#include "zoo/registry/entry.h"
#include "zoo/share/lock.h"
#include "zoo/share/test_lock.h"
#include "zoo/tests/support/print_error.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

constexpr const char* kStateDict = "tests/data/checkpoints/state_dict.pth";

class MakeLockTest : public testing::Test {
 protected:
  Blob Put(const std::string& bytes) {
    Store store = Store::Open(folder_.path(), disk_).value();
    const Digest digest = Digest::Of(AsBytes(bytes));
    Ingest ingest =
        store.Begin({.file = "x", .sha256 = digest, .size = bytes.size()}, CancelToken()).value();
    ingest.Append(AsBytes(bytes)).value();
    return ingest.Commit().value();
  }
  // Of which the registry knows only what it must.
  Entry PrefixOnly(const std::string& bytes) const {
    Entry entry{.registry = "lab", .model = "net"};
    entry.artifact = {.file = "net.pth",
                      .min_size = 1,
                      .max_size = uint64_t{1} << 30,
                      .sha256_prefix = Digest::Of(AsBytes(bytes)).hex().substr(0, 8),
                      .sources = {UrlSource{"https://example.org/net.pth"}}};
    return entry;
  }

  TempDir folder_;
  RealDisk disk_;
};

TEST_F(MakeLockTest, OfAnEntry) {
  RegistrySet set = TestRegistries({{"digits", "the weights"}});
  const Entry* entry = set.Find("digits").value();
  const LockedWeights row = LockEntry({.entry = entry}).value();
  EXPECT_EQ(row.alias, "digits");
  EXPECT_EQ(row.name, "lab/digits:v1");
  EXPECT_EQ(row.entry_sha256, EntryDigest(*entry));
  EXPECT_EQ(row.size, 11u);
  EXPECT_EQ(row.sha256, Digest::Of(AsBytes("the weights")));
  EXPECT_EQ(row.fingerprint, "");
  EXPECT_EQ(LockEntry({.alias = "other", .entry = entry})->alias, "other");
}

TEST_F(MakeLockTest, SourcesAreAbsolute) {
  Entry entry = PrefixOnly("");
  entry.artifact.sha256 = Digest();
  entry.artifact.size = 1;
  entry.artifact.sources = {UrlSource{"files/net.pth"}, WheelSource{"net==1", "net.pth"}};
  entry.base = "https://models.example.org/";
  const LockedWeights row = LockEntry({.entry = &entry}).value();
  EXPECT_EQ(row.sources, (std::vector<Source>{UrlSource{"https://models.example.org/files/net.pth"},
                                              WheelSource{"net==1", "net.pth"}}));
}

TEST_F(MakeLockTest, WhatARegistryDoesNotKnowMustBeKnownElsewhere) {
  const std::string bytes = "the weights";
  const Digest digest = Digest::Of(AsBytes(bytes));
  const Entry entry = PrefixOnly(bytes);
  EXPECT_EQ(LockEntry({.entry = &entry}).error(),
            (Error{ErrorCode::kNotFound,
                   "cannot lock lab/net: only the first 8 digits of its sha256 are known",
                   "`zoo pull lab/net` learns the rest"}));
  EXPECT_EQ(LockEntry({.entry = &entry, .sha256 = digest}).error().message,
            "cannot lock lab/net: its size is only known to lie between 1 and 1073741824");
  const LockedWeights pulled = LockEntry({.entry = &entry, .blob = Put(bytes)}).value();
  EXPECT_EQ(pulled.sha256, digest);
  EXPECT_EQ(pulled.size, bytes.size());
  EXPECT_EQ(LockEntry({.entry = &entry, .before = &pulled}).value(), pulled);
  LockedWeights other = pulled;
  other.sha256 = Digest::Of(AsBytes("other"));
  EXPECT_EQ(LockEntry({.entry = &entry, .before = &other}).error().code, ErrorCode::kNotFound);
}

TEST_F(MakeLockTest, TheFingerprintIsTheEntrysElseTheBlobsOwn) {
  const std::string bytes = ReadFile(kStateDict, 1 << 20).value();
  const Blob blob = Put(bytes);
  auto checkpoint = Checkpoint::Open(kStateDict).value();
  const std::string own =
      FingerprintOf(*checkpoint, checkpoint->FindStateDict().value()).value().ToString();
  Entry entry = PrefixOnly(bytes);
  LockedWeights row = LockEntry({.entry = &entry, .blob = blob}).value();
  EXPECT_EQ(row.fingerprint, own);
  // A machine without the file says the same, once it was written down.
  EXPECT_EQ(LockEntry({.entry = &entry, .before = &row})->fingerprint, own);
  entry.fingerprint = "weights:" + Digest().ToString();
  EXPECT_EQ(LockEntry({.entry = &entry, .blob = blob})->fingerprint, entry.fingerprint);
  const std::string nothing = "no checkpoint";
  entry = PrefixOnly(nothing);
  EXPECT_EQ(LockEntry({.entry = &entry, .blob = Put(nothing)})->fingerprint, "");
}

TEST_F(MakeLockTest, WhatChanges) {
  RegistrySet set = TestRegistries({{"digits", "the weights"}});
  LockedWeights locked = LockEntry({.entry = set.Find("digits").value()}).value();
  EXPECT_TRUE(ChangesBetween(locked, locked).empty());
  LockedWeights now = locked;
  now.fingerprint = "weights:" + now.sha256.ToString();
  EXPECT_TRUE(ChangesBetween(locked, now).empty());
  now.size = 12;
  now.pieces_root = now.sha256;
  const std::vector<LockChange> changes = ChangesBetween(locked, now);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].field, "size");
  EXPECT_EQ(changes[0].locked, "11");
  EXPECT_EQ(changes[0].now, "12");
  EXPECT_EQ(changes[1].locked, "not known");
  EXPECT_EQ(changes[1].now, now.sha256.hex());
}

TEST_F(MakeLockTest, TheHostOfATokenStays) {
  RegistrySet set = TestRegistries({{"digits", "the weights"}});
  const Entry* entry = set.Find("digits").value();
  LockedWeights row = LockEntry({.entry = entry}).value();
  row.auth_host = "models.example.org";
  EXPECT_EQ(LockEntry({.entry = entry, .before = &row})->auth_host, "models.example.org");
  row.auth_host = "elsewhere.example.org";
  EXPECT_EQ(LockEntry({.entry = entry, .before = &row})->auth_host, std::nullopt);
}

}  // namespace
}  // namespace zoo
