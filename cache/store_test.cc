#include "zoo/cache/store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "zoo/cache/ingest.h"
#include "zoo/cache/test_pull.h"
#include "zoo/tests/support/faulty_disk.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

class StoreTest : public ::testing::Test {
 protected:
  fs::path root() const { return folder_.path() / "cache ü"; }
  fs::path BlobPath() const {
    std::string hex = wanted_.digest.hex();
    return root() / "blobs" / "sha256" / hex.substr(0, 2) / hex;
  }
  Store OpenStore(Disk& disk) { return Store::Open(root(), disk).value(); }
  // Writes to the published file, as no program of ours ever does.
  void Overwrite(size_t at, char byte) {
    fs::permissions(BlobPath(), fs::perms::owner_write, fs::perm_options::add);
    std::fstream file(BlobPath(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
  }

  TempDir folder_;
  RealDisk disk_;
  Wanted wanted_ = MakeWanted(100'000);
};

TEST_F(StoreTest, AStoreThatIsNotThereIsEmptyAndStaysSo) {
  Store store = OpenStore(disk_);
  EXPECT_FALSE(store.Find(wanted_.digest).value());
  EXPECT_FALSE(store.Find(PrefixKey(wanted_)).value());
  EXPECT_TRUE(store.List().value().empty());
  EXPECT_TRUE(store.Partials().value().empty());
  EXPECT_EQ(store.Prune({}).value().blobs, 0);
  EXPECT_FALSE(fs::exists(root()));
}

TEST_F(StoreTest, APulledFileIsABlob) {
  Blob blob = PullOnce(disk_, root(), wanted_).value();
  EXPECT_EQ(blob.path(), BlobPath());
  EXPECT_EQ(blob.digest(), wanted_.digest);
  EXPECT_EQ(blob.size(), wanted_.bytes.size());
  EXPECT_EQ(ReadAll(blob.path()), wanted_.bytes);
  struct stat info;
  ASSERT_EQ(stat(blob.path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0444u);
  EXPECT_EQ(ReadAll(root() / "LAYOUT"), "zoo/cache/1\n");
  EXPECT_TRUE(FilesIn(root(), "ingest").empty());
}

TEST_F(StoreTest, AHitLooksAndReadsTheRecordOnly) {
  PullOnce(disk_, root(), wanted_).value();
  FaultyDisk counting;
  Store store = OpenStore(counting);
  int before = counting.calls();
  EXPECT_EQ(store.Find(wanted_.digest).value()->path(), BlobPath());
  EXPECT_EQ(counting.calls() - before, 4);  // a stat, and a record opened and read to its end
  EXPECT_EQ(counting.calls("Stat"), 1);
  EXPECT_EQ(counting.calls("Write") + counting.calls("Rename") + counting.calls("MakeFolder"), 0);
}

TEST_F(StoreTest, AnotherStampIsHashedOnceMore) {
  PullOnce(disk_, root(), wanted_).value();
  fs::last_write_time(BlobPath(), fs::file_time_type::clock::now());
  FaultyDisk first, second;
  EXPECT_TRUE(OpenStore(first).Find(wanted_.digest).value());
  EXPECT_GT(first.calls("Read"), 3);
  EXPECT_EQ(first.calls("Rename"), 1);
  EXPECT_TRUE(OpenStore(second).Find(wanted_.digest).value());
  EXPECT_EQ(second.calls("Stat"), 1);
  EXPECT_EQ(second.calls("Write"), 0);
}

TEST_F(StoreTest, ALostOrTornRecordIsHashedOnceMore) {
  PullOnce(disk_, root(), wanted_).value();
  fs::path record = root() / ("index/sha256-" + wanted_.digest.hex() + ".json");
  for (const std::string& text :
       {std::string(), std::string("{}"), ReadAll(record).substr(0, 40)}) {
    std::ofstream(record) << text;
    EXPECT_TRUE(OpenStore(disk_).Find(wanted_.digest).value());
    EXPECT_NE(ReadAll(record), text);
  }
  fs::remove(record);
  EXPECT_TRUE(OpenStore(disk_).Find(wanted_.digest).value());
  EXPECT_TRUE(fs::exists(record));
}

TEST_F(StoreTest, WrongBytesAreMovedAwayAndPulledAgain) {
  PullOnce(disk_, root(), wanted_).value();
  Overwrite(5, static_cast<char>(wanted_.bytes[5] + 1));
  EXPECT_FALSE(OpenStore(disk_).Find(wanted_.digest).value());
  EXPECT_FALSE(fs::exists(BlobPath()));
  EXPECT_EQ(FilesIn(root(), "rejected").size(), 1u);
  EXPECT_EQ(ReadAll(PullOnce(disk_, root(), wanted_).value().path()), wanted_.bytes);
}

TEST_F(StoreTest, ACutBlobIsNotFound) {
  PullOnce(disk_, root(), wanted_).value();
  fs::permissions(BlobPath(), fs::perms::owner_write, fs::perm_options::add);
  fs::resize_file(BlobPath(), 10);
  EXPECT_FALSE(OpenStore(disk_).Find(wanted_.digest).value());
}

// mtime set back to what it was: ctime tells.
TEST_F(StoreTest, AForgedTimeHidesNothing) {
  PullOnce(disk_, root(), wanted_).value();
  fs::file_time_type time = fs::last_write_time(BlobPath());
  Overwrite(5, static_cast<char>(wanted_.bytes[5] + 1));
  fs::last_write_time(BlobPath(), time);
  EXPECT_FALSE(OpenStore(disk_).Find(wanted_.digest).value());
}

TEST_F(StoreTest, EveryFlippedByteIsFound) {
  Wanted small = MakeWanted(512);
  fs::path path = PullOnce(disk_, root(), small).value().path();
  for (size_t at = 0; at < small.bytes.size(); ++at) {
    std::string bytes = small.bytes;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x40);
    fs::remove(path);
    std::ofstream(path, std::ios::binary) << bytes;
    Result<Blob> verified = OpenStore(disk_).Verify(small.digest);
    ASSERT_FALSE(verified) << at;
    ASSERT_EQ(verified.error().code, ErrorCode::kCorrupt);
    ASSERT_FALSE(fs::exists(path));
  }
}

TEST_F(StoreTest, APlantedLinkIsNoBlobAndIsReplaced) {
  fs::path outside = folder_.Write("outside", wanted_.bytes);
  fs::create_directories(BlobPath().parent_path());
  fs::create_symlink(outside, BlobPath());
  EXPECT_FALSE(OpenStore(disk_).Find(wanted_.digest).value());
  PullOnce(disk_, root(), wanted_).value();
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(BlobPath())));
  EXPECT_EQ(ReadAll(outside), wanted_.bytes);
}

TEST_F(StoreTest, APlantedLinkToAFolderIsNotWrittenThrough) {
  fs::create_directories(folder_.path() / "outside");
  fs::create_directories(root() / "blobs" / "sha256");
  fs::create_directory_symlink(folder_.path() / "outside", BlobPath().parent_path());
  auto pulled = PullOnce(disk_, root(), wanted_);
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().code, ErrorCode::kDisk);
  EXPECT_EQ(pulled.error().message, "cannot publish " + BlobPath().native() + ": Not a directory");
  EXPECT_TRUE(fs::is_empty(folder_.path() / "outside"));
}

TEST_F(StoreTest, AnotherLayoutIsRefused) {
  fs::create_directories(root());
  std::ofstream(root() / "LAYOUT") << "zoo/cache/2\n";
  auto store = Store::Open(root(), disk_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(store.error().message,
            (root() / "LAYOUT").native() +
                R"( says "zoo/cache/2\n", this program knows "zoo/cache/1\n")");
}

TEST_F(StoreTest, KeysThatSayTooLittleAreRefused) {
  struct Row {
    IngestKey key;
    std::string message;
  };
  const Row rows[] = {
      {{.file = "a.pth", .sha256 = wanted_.digest}, "a.pth: neither a size nor a range is known"},
      {{.file = "a.pth", .sha256_prefix = "f37072fd", .size = 5},
       "a.pth: neither its whole sha256 nor where it comes from is known"},
      {{.file = "a.pth", .origin = "https://host/a", .size = 5},
       "a.pth: \"\" is not the beginning of a sha256"},
      {{.file = "a.pth", .sha256_prefix = "f37072f", .origin = "https://host/a", .size = 5},
       "a.pth: \"f37072f\" is not the beginning of a sha256"},
      {{.file = "a\n.pth", .sha256_prefix = "../../..", .origin = "https://host/a", .size = 5},
       R"(a\n.pth: "../../.." is not the beginning of a sha256)"},
  };
  for (const Row& row : rows) {
    auto ingest = OpenStore(disk_).Begin(row.key, CancelToken());
    ASSERT_FALSE(ingest) << row.message;
    EXPECT_EQ(ingest.error().code, ErrorCode::kUsage);
    EXPECT_EQ(ingest.error().message, row.message);
  }
}

TEST_F(StoreTest, RemembersNames) {
  PullOnce(disk_, root(), wanted_).value();
  Store store = OpenStore(disk_);
  ASSERT_TRUE(store.Remember(wanted_.digest, "builtin/resnet18", "resnet18.pth"));
  ASSERT_TRUE(store.Remember(wanted_.digest, "lab/r18", "resnet18.pth"));
  FaultyDisk counting;
  ASSERT_TRUE(OpenStore(counting).Remember(wanted_.digest, "lab/r18", "resnet18.pth"));
  EXPECT_EQ(counting.calls("Write"), 0);
  auto items = store.List().value();
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0].file, "resnet18.pth");
  EXPECT_EQ(items[0].names, (std::vector<std::string>{"builtin/resnet18", "lab/r18"}));
}

class Environment {
 public:
  explicit Environment(const char* name) : name_(name) {
    if (const char* value = std::getenv(name)) before_ = value;
  }
  ~Environment() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

TEST(DefaultCacheFolder, InThisOrder) {
  Environment cache("ZOO_CACHE"), xdg("XDG_CACHE_HOME"), home("HOME");
  setenv("ZOO_CACHE", "rel", 1);
  setenv("XDG_CACHE_HOME", "/xdg", 1);
  setenv("HOME", "/home/me", 1);
  EXPECT_EQ(DefaultCacheFolder().value(), "rel");
  setenv("ZOO_CACHE", "", 1);
  EXPECT_EQ(DefaultCacheFolder().value(), "/xdg/zoo");
  setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_EQ(DefaultCacheFolder().value(), "/home/me/.cache/zoo");
  unsetenv("HOME");
  auto none = DefaultCacheFolder();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(),
            (Error{ErrorCode::kUsage, "no folder for the cache: neither ZOO_CACHE nor HOME is set",
                   "set ZOO_CACHE to a folder"}));
}

}  // namespace
}  // namespace zoo
