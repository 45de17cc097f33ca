#include "zoo/runs/scan.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/document.h"
#include "zoo/checkpoint/writer.h"
#include "zoo/tests/support/print_error.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

class ScanTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directory(folder()); }
  fs::path folder() const { return dir_.path() / "saved"; }
  fs::path memory() const { return dir_.path() / "cache" / "runs"; }

  void Save(const std::string& name, int64_t epoch, double loss) {
    Document document;
    document.SetRoot(document.Dict({{document.String("epoch"), document.Int(epoch)},
                                    {document.String("loss"), document.Float(loss)}}));
    WriteCheckpoint(document, folder() / name).value();
  }
  void Write(const std::string& name, const std::string& bytes) {
    ASSERT_TRUE(WriteFile(folder() / name, bytes));
  }
  Scan ScanNow() {
    auto scan = ScanFolder(folder(), {.memory = memory()});
    EXPECT_TRUE(scan) << scan.error().Text();
    return scan ? *scan : Scan();
  }
  static Names Order(const Scan& scan) {
    Names names;
    for (const ScannedFile& file : scan.files) names.push_back(file.file);
    return names;
  }

  TempDir dir_;
};

TEST_F(ScanTest, InTheOrderOfEpochs) {
  Save("b.pt", 1, 0.5);
  Save("a.pt", 10, 0.25);
  Save("c.pt", 2, 0.75);
  Write("notes.txt", "not a checkpoint");
  Write(".hidden", "");
  fs::create_directory(folder() / "logs");
  fs::create_symlink("a.pt", folder() / "last.pt");
  fs::create_symlink("nowhere", folder() / "dangling.pt");
  ASSERT_EQ(mkfifo((folder() / "pipe").c_str(), 0600), 0);
  const Scan scan = ScanNow();
  EXPECT_EQ(Order(scan), (Names{"b.pt", "c.pt", "a.pt", "last.pt", "notes.txt"}));
  EXPECT_EQ(scan.opened, 5);
  EXPECT_EQ(scan.files[0].facts.epoch, 1);
  EXPECT_EQ(scan.files[0].facts.metrics, (Metrics{{"loss", 0.5}}));
  EXPECT_EQ(scan.files[0].stamp.size, fs::file_size(folder() / "b.pt"));
  EXPECT_EQ(scan.files[0].skipped, "");
  EXPECT_FALSE(scan.files[4].skipped.empty());
  EXPECT_EQ(scan.files[4].skipped.find("notes.txt"), std::string::npos);
}

TEST_F(ScanTest, OnlyWhatChangedIsOpenedAgain) {
  Save("a.pt", 1, 0.5);
  Save("b.pt", 2, std::numeric_limits<double>::infinity());
  Write("notes.txt", "not a checkpoint");
  const Scan first = ScanNow();
  EXPECT_EQ(first.opened, 3);
  const Scan second = ScanNow();
  EXPECT_EQ(second.opened, 0);
  ASSERT_EQ(Order(second), Order(first));
  for (size_t i = 0; i < first.files.size(); ++i) {
    EXPECT_EQ(second.files[i].facts.epoch, first.files[i].facts.epoch);
    EXPECT_EQ(second.files[i].facts.metrics, first.files[i].facts.metrics);
    EXPECT_EQ(second.files[i].skipped, first.files[i].skipped);
  }
  // Another way to the folder is no other folder.
  EXPECT_EQ(ScanFolder(folder() / "..//saved", {.memory = memory()})->opened, 0);
  Save("a.pt", 3, 0.125);  // a file of the same size
  Save("c.pt", 4, 0.5);
  fs::remove(folder() / "notes.txt");
  const Scan third = ScanNow();
  EXPECT_EQ(third.opened, 2);
  EXPECT_EQ(Order(third), (Names{"b.pt", "a.pt", "c.pt"}));
  EXPECT_EQ(third.files[1].facts.metrics, (Metrics{{"loss", 0.125}}));
  EXPECT_EQ(ScanNow().opened, 0);
}

TEST_F(ScanTest, AMemoryThatIsWrongIsNone) {
  Save("a.pt", 1, 0.5);
  ScanNow();
  const fs::path file = fs::directory_iterator(memory())->path();
  const std::string good = ReadFile(file, 1 << 20).value();
  std::set<std::string> texts = {"", "{}", "[]", "null"};
  for (const char* part :
       {"zoo/run-scan/1", "\"files\"", "\"inode\":", "\"epoch\":1", "0.5", "\"a.pt\""}) {
    std::string text = good;
    const size_t at = text.find(part);
    ASSERT_NE(at, std::string::npos) << part;
    text.replace(at, std::string(part).size(),
                 part == std::string("0.5") ? "\"x\"" : "\"y\":0,\"z\":");
    texts.insert(text);
  }
  for (const std::string& text : texts) {
    ASSERT_TRUE(WriteFile(file, text));
    const Scan scan = ScanNow();
    EXPECT_EQ(scan.opened, 1) << text;
    EXPECT_EQ(scan.files.at(0).facts.epoch, 1);
    EXPECT_EQ(ReadFile(file, 1 << 20).value(), good);
  }
  ASSERT_TRUE(WriteFile(file, good));
  EXPECT_EQ(ScanNow().opened, 0);
}

TEST_F(ScanTest, WithoutAPlaceForAMemory) {
  Save("a.pt", 1, 0.5);
  EXPECT_EQ(ScanFolder(folder())->opened, 1);
  EXPECT_EQ(ScanFolder(folder())->opened, 1);
  dir_.Write("cache", "a file where the folder should be");
  EXPECT_EQ(ScanNow().opened, 1);
  EXPECT_EQ(ScanNow().opened, 1);
}

TEST_F(ScanTest, AnEmptyFolderLeavesNothing) {
  EXPECT_TRUE(ScanNow().files.empty());
  EXPECT_FALSE(fs::exists(memory()));
}

TEST_F(ScanTest, WhatIsNoFolder) {
  auto none = ScanFolder(folder() / "none");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(),
            (Error{ErrorCode::kNotFound,
                   "cannot list " + folder().native() + "/none: No such file or directory", ""}));
  Write("file", "");
  EXPECT_EQ(ScanFolder(folder() / "file").error().code, ErrorCode::kNotFound);
}

TEST_F(ScanTest, CanBeCancelled) {
  Save("a.pt", 1, 0.5);
  std::atomic<bool> stop = true;
  auto scan = ScanFolder(folder(), {.cancel = CancelToken(&stop)});
  ASSERT_FALSE(scan);
  EXPECT_EQ(scan.error().code, ErrorCode::kCancelled);
}

TEST_F(ScanTest, LimitsHold) {
  Save("a.pt", 1, 0.5);
  Limits limits;
  limits.nodes = 1;
  auto scan = ScanFolder(folder(), {.limits = limits});
  ASSERT_TRUE(scan);
  EXPECT_NE(scan->files.at(0).skipped.find("nodes"), std::string::npos) << scan->files[0].skipped;
}

}  // namespace
}  // namespace zoo
