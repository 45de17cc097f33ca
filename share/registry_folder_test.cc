#include "zoo/share/registry_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/registry/read.h"
#include "zoo/registry/registry.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

std::string Contents(const fs::path& path) {
  const auto bytes = ReadFile(path, 1 << 20);
  return bytes ? *bytes : bytes.error().Text();
}

std::vector<std::string> FilesIn(const fs::path& folder) {
  std::vector<std::string> files;
  for (const auto& file : fs::recursive_directory_iterator(folder)) {
    files.push_back(fs::relative(file.path(), folder).native());
  }
  std::ranges::sort(files);
  return files;
}

// An entry whose file has those bytes.
Publication PublicationOf(const std::string& weights, const std::string& bytes) {
  Publication publication{.updated = "2026-11-24T00:00:00Z"};
  Entry& entry = publication.entry;
  entry.model = entry.architecture.name = "net";
  entry.weights = weights;
  entry.license = "MIT";
  entry.artifact.sha256 = Digest::Of(AsBytes(bytes));
  entry.artifact.file = PublishedFileName(entry, *entry.artifact.sha256, ".pth");
  entry.artifact.size = bytes.size();
  entry.artifact.sources = {UrlSource{"files/" + entry.artifact.file}};
  return publication;
}

class RegistryFolderTest : public testing::Test {
 protected:
  fs::path Path() const { return folder_.path() / "lab"; }

  // As `zoo publish` does it.
  Result<Added> Publish(const Publication& publication, const std::string& bytes,
                        CancelToken cancel = {}) {
    ZOO_ASSIGN_OR_RETURN(RegistryFolder folder, RegistryFolder::Open(Path(), {}));
    ZOO_RETURN_IF_ERROR(WriteFile(folder.Incoming(), bytes));
    return folder.Add(publication, cancel);
  }
  Result<Added> Publish(const std::string& weights, const std::string& bytes) {
    return Publish(PublicationOf(weights, bytes), bytes);
  }

  TempDir folder_;
};

TEST_F(RegistryFolderTest, MakesAndExtendsARegistry) {
  Publication first = PublicationOf("v1", "one");
  first.photos = {{"sample-01234567.png", "picture"}};
  const Added added = Publish(first, "one").value();
  EXPECT_EQ(added.change, Added::Change::kEntry);
  EXPECT_EQ(added.version, 1u);
  EXPECT_FALSE(added.signature_stale);
  ASSERT_TRUE(WriteFile(Path() / "zoo.json.minisig", "of version 1"));
  const Added second = Publish("v2", "two").value();
  EXPECT_EQ(second.version, 2u);
  EXPECT_TRUE(second.signature_stale);
  EXPECT_EQ(Contents(Path() / "zoo.json.minisig"), "of version 1");

  const Registry registry = ReadRegistry(Path()).value();
  EXPECT_EQ(registry.name(), "lab");
  EXPECT_EQ(registry.version(), 2u);
  ASSERT_EQ(registry.entries().size(), 2u);
  for (const Entry& entry : registry.entries()) {
    const std::string bytes = Contents(Path() / "files" / entry.artifact.file);
    EXPECT_EQ(Digest::Of(AsBytes(bytes)), *entry.artifact.sha256);
  }
  EXPECT_EQ(FilesIn(Path()),
            (std::vector<std::string>{"files", "files/" + registry.entries()[0].artifact.file,
                                      "files/" + registry.entries()[1].artifact.file,
                                      "sample-01234567.png", "zoo.json", "zoo.json.minisig"}));
}

TEST_F(RegistryFolderTest, ANameNeverChangesItsMeaning) {
  ASSERT_TRUE(Publish("v1", "one"));
  const std::string before = Contents(Path() / "zoo.json");
  EXPECT_EQ(Publish("v1", "one").value().change, Added::Change::kNone);
  EXPECT_EQ(Contents(Path() / "zoo.json"), before);

  const auto bytes = Publish("v1", "two");
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, ErrorCode::kMismatch);
  EXPECT_EQ(bytes.error().Text(),
            fmt::format("net:v1 is published already, with other bytes: sha256 is {} there and {} "
                        "here; a name never changes its meaning: publish under a new name with "
                        "--supersedes net:v1",
                        Digest::Of(AsBytes("one")).hex(), Digest::Of(AsBytes("two")).hex()));

  Publication facts = PublicationOf("v1", "one");
  facts.entry.license = "Apache-2.0";
  facts.entry.metrics = {{"digits", "acc@1", 98.9}};
  const auto others = Publish(facts, "one");
  ASSERT_FALSE(others);
  EXPECT_EQ(others.error().message,
            "net:v1 is published already, with other facts: license is \"MIT\" there and "
            "\"Apache-2.0\" here, metrics differs");
  EXPECT_EQ(Contents(Path() / "zoo.json"), before);
  EXPECT_EQ(FilesIn(Path()).size(), 3u);
}

TEST_F(RegistryFolderTest, OnlyTheDefaultOfAPublishedNameMayMove) {
  ASSERT_TRUE(Publish("v1", "one"));
  ASSERT_TRUE(Publish("v2", "two"));
  Publication second = PublicationOf("v2", "two");
  second.entry.is_default = true;
  const Added moved = Publish(second, "two").value();
  EXPECT_EQ(moved.change, Added::Change::kDefault);
  EXPECT_EQ(moved.version, 3u);
  EXPECT_EQ(Publish(second, "two").value().change, Added::Change::kNone);
  const Registry registry = ReadRegistry(Path()).value();
  EXPECT_EQ(registry.Find(ParseName("net").value()).value()->weights, "v2");
}

TEST_F(RegistryFolderTest, LeavesWhatIsNotItsOwn) {
  ASSERT_TRUE(Publish("v1", "one"));
  const std::filesystem::path others = Path() / "out.pt.partial-4711";
  const std::filesystem::path photo = Path() / "cat-0a1b2c3d.png.partial-4711";
  for (const auto& path : {others, photo}) ASSERT_TRUE(WriteFile(path, "x"));
  ASSERT_TRUE(Publish("v2", "two"));
  EXPECT_TRUE(std::filesystem::exists(others)) << "a running conversion's, or somebody's file";
  EXPECT_FALSE(std::filesystem::exists(photo));
}

TEST_F(RegistryFolderTest, OneAtATime) {
  const auto first = RegistryFolder::Open(Path(), {});
  ASSERT_TRUE(first);
  const auto second = RegistryFolder::Open(Path(), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().Text(),
            fmt::format("cannot publish to {}: this process itself has it open; wait until that is "
                        "done",
                        Path().native()));
  EXPECT_TRUE(RegistryFolder::Open(Path(), {.write = false}));
}

TEST_F(RegistryFolderTest, NothingIsMadeForADryRunNorLeftByAFailure) {
  const Publication publication = PublicationOf("v1", "one");
  {
    RegistryFolder folder = RegistryFolder::Open(Path(), {.write = false}).value();
    EXPECT_EQ(folder.Add(publication).value().version, 1u);
  }
  EXPECT_FALSE(fs::exists(Path()));
  Publication wrong = publication;
  wrong.entry.preset = Preset{.crop = 0};
  const auto refused = Publish(wrong, "one");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
  EXPECT_EQ(refused.error().message,
            "net:v1: entries[0] (net:v1): preset.crop must be [PIXELS], one whole number from 1 to "
            "65536");
  EXPECT_FALSE(fs::exists(Path()));
  std::atomic<bool> stop{true};
  EXPECT_EQ(Publish(publication, "one", CancelToken(&stop)).error().code, ErrorCode::kCancelled);
  EXPECT_FALSE(fs::exists(Path()));
}

TEST_F(RegistryFolderTest, WhatIsNoRegistryIsLeftAlone) {
  folder_.Write("lab/zoo.json", "{\"entries\": [{}]}");
  const auto corrupt = Publish("v1", "one");
  ASSERT_FALSE(corrupt);
  EXPECT_EQ(corrupt.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(Contents(Path() / "zoo.json"), "{\"entries\": [{}]}");
  EXPECT_EQ(FilesIn(Path()), (std::vector<std::string>{"zoo.json"}));
}

TEST_F(RegistryFolderTest, ARegistryKeepsItsName) {
  ASSERT_TRUE(Publish("v1", "one"));
  const auto renamed = RegistryFolder::Open(Path(), {.name = "other"});
  ASSERT_FALSE(renamed);
  EXPECT_EQ(renamed.error().code, ErrorCode::kUsage);
  EXPECT_FALSE(RegistryFolder::Open(Path() / "x", {.name = "a b"}));
}

TEST_F(RegistryFolderTest, WhatAKilledPublisherLeftIsClearedAway) {
  ASSERT_TRUE(Publish("v1", "one"));
  const std::vector<std::string> before = FilesIn(Path());
  for (const char* left : {"files/.incoming", "files/.incoming.partial-1", "zoo.json.partial-7-1",
                           "files/..incoming.00c0ffee.part", ".publish.lock"}) {
    folder_.Write(fmt::format("lab/{}", left), "left");
  }
  folder_.Write("lab/files/index.html", "somebody's");
  ASSERT_TRUE(Publish("v1", "one"));
  std::vector<std::string> after = before;
  after.push_back("files/index.html");
  std::ranges::sort(after);
  EXPECT_EQ(FilesIn(Path()), after);
}

TEST_F(RegistryFolderTest, ALinkedRegistryIsReplacedWhereItLies) {
  ASSERT_TRUE(Publish("v1", "one"));
  fs::create_directory(folder_.path() / "elsewhere");
  fs::rename(Path() / "zoo.json", folder_.path() / "elsewhere/real.json");
  fs::create_symlink("../elsewhere/real.json", Path() / "zoo.json");
  ASSERT_TRUE(Publish("v2", "two"));
  EXPECT_TRUE(fs::is_symlink(Path() / "zoo.json"));
  EXPECT_EQ(ReadRegistry(Path()).value().entries().size(), 2u);
}

// Killed by a full disk at every size that the registry may have then: the old one stays whole.
TEST_F(RegistryFolderTest, AFullDiskLeavesTheOldRegistry) {
  ASSERT_TRUE(Publish("v1", "one"));
  const std::string before = Contents(Path() / "zoo.json");
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit small{before.size(), before.size()};
    setrlimit(RLIMIT_FSIZE, &small);
    const auto added = Publish("v2", "two");
    _exit(!added && added.error().code == ErrorCode::kDisk &&
                  added.error().hint.starts_with("the file needs ")
              ? 0
              : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(Contents(Path() / "zoo.json"), before);
  ASSERT_TRUE(Publish("v2", "two"));
  EXPECT_EQ(ReadRegistry(Path()).value().entries().size(), 2u);
}

TEST(PublishedNames, AreSafeInUrlsAndOnEveryDisk) {
  const Digest digest = Digest::Of(AsBytes(""));
  const Entry entry = PublicationOf("v1", "").entry;
  EXPECT_EQ(PublishedFileName(entry, digest, ".pth"), "net-v1-e3b0c442.pth");
  struct Row {
    std::string_view name, wanted;
  };
  const Row kRows[] = {
      {"sample.png", "sample-e3b0c442.png"},
      {"my photo (2).JPG", "my-photo-2-e3b0c442.JPG"},
      {"..", "photo-e3b0c442"},
      {".hidden", "hidden-e3b0c442"},
      {"a..b.png", "a.b-e3b0c442.png"},
      {"\x1b[31m.png", "31m-e3b0c442.png"},
      {"", "photo-e3b0c442"},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(PublishedPhotoName(row.name, digest), row.wanted) << row.name;
  }
}

}  // namespace
}  // namespace zoo
