// What happens to the file when writing it fails, is stopped, or ends with the process.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/document.h"
#include "zoo/checkpoint/writer.h"
#include "zoo/tests/support/print_error.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

constexpr uint64_t kBytes = 4 << 20;
constexpr WriteFormat kFormats[] = {WriteFormat::kZip, WriteFormat::kLegacy,
                                    WriteFormat::kSafetensors};

using Read = std::function<Status(uint64_t offset, std::span<std::byte> into)>;

// {"w": kBytes of uint8}, read in pieces by `read`.
Document OneTensor(Read read) {
  Document document;
  uint32_t storage =
      document.AddStorage({.dtype = DType::kUint8, .nbytes = kBytes, .read = std::move(read)});
  Document::Id tensor =
      document.Tensor({.storage = storage, .shape = {static_cast<int64_t>(kBytes)}, .stride = {1}});
  document.SetRoot(document.Dict({{document.String("w"), tensor}}));
  return document;
}

Status Zeros(uint64_t, std::span<std::byte> into) {
  std::ranges::fill(into, std::byte{0});
  return {};
}

std::string BytesOf(const std::filesystem::path& path) {
  auto bytes = ReadFile(path, 2 * kBytes);
  return bytes ? *bytes : bytes.error().Text();
}

size_t CountEntries(const std::filesystem::path& folder) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

unsigned ModeOf(const std::filesystem::path& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

// In a process of its own, which `body` may spoil: whether it returned true.
bool InChild(const std::function<bool()>& body, int* signal_number = nullptr) {
  pid_t child = fork();
  if (child == 0) _exit(body() ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  if (signal_number != nullptr) *signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(WriterFaults, AReadThatFails) {
  TempDir folder;
  const auto path = folder.Write("x.pt", "what was there");
  const Error error{ErrorCode::kCorrupt, "in.pth: cut off", "download it again"};
  for (WriteFormat format : kFormats) {
    for (bool sha256 : {false, true}) {
      Document document = OneTensor([&](uint64_t offset, std::span<std::byte>) -> Status {
        if (offset > kBytes / 2) return error;
        return {};
      });
      auto written = WriteCheckpoint(document, path, {.format = format, .sha256 = sha256});
      ASSERT_FALSE(written);
      EXPECT_EQ(written.error(), error);
      EXPECT_EQ(BytesOf(path), "what was there");
      EXPECT_EQ(CountEntries(folder.path()), 1u);
    }
  }
}

TEST(WriterFaults, Cancelled) {
  TempDir folder;
  const auto path = folder.path() / "x.pt";
  for (WriteFormat format : kFormats) {
    std::atomic<bool> stop = false;
    Document document = OneTensor([&](uint64_t offset, std::span<std::byte>) -> Status {
      stop = offset > kBytes / 2;
      return {};
    });
    auto written = WriteCheckpoint(
        document, path, {.format = format, .sha256 = true, .cancel = CancelToken(&stop)});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error(),
              (Error{ErrorCode::kCancelled, "cannot write " + path.native() + ": cancelled", ""}));
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  }
}

TEST(WriterFaults, WhereNothingCanBeWritten) {
  TempDir folder;
  const std::string at = folder.path().native();
  auto whole = WriteCheckpoint(OneTensor(Zeros), "/dev/null");
  ASSERT_TRUE(whole) << whole.error().Text();
  const struct {
    std::string path;
    Error error;
  } rows[] = {
      {at + "/none/x\n",
       {ErrorCode::kNotFound, "cannot write " + at + "/none/x\\n: No such file or directory", ""}},
      {at, {ErrorCode::kDisk, "cannot write " + at + ": Is a directory", ""}},
      {"/dev/full",
       {ErrorCode::kDisk, "cannot write /dev/full: No space left on device",
        "the file needs 4.0 MiB (" + std::to_string(whole->size) + " bytes): make room"}},
  };
  for (const auto& row : rows) {
    auto written = WriteCheckpoint(OneTensor(Zeros), row.path);
    ASSERT_FALSE(written) << row.path;
    EXPECT_EQ(written.error(), row.error);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

// The file may grow to a limit, from nothing to all but the last byte.
TEST(WriterFaults, NoRoomForAllOfIt) {
  TempDir folder;
  const auto path = folder.Write("x.pt", "what was there");
  auto size = WriteCheckpoint(OneTensor(Zeros), folder.path() / "whole");
  ASSERT_TRUE(size) << size.error().Text();
  std::filesystem::remove(folder.path() / "whole");
  const Error expected{ErrorCode::kDisk, "cannot write " + path.native() + ": File too large",
                       "the file needs " + FormatSize(size->size) + " (" +
                           std::to_string(size->size) + " bytes): make room"};
  for (uint64_t room : {uint64_t{0}, uint64_t{1}, kBytes / 2, size->size - 1}) {
    EXPECT_TRUE(InChild([&] {
      signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{room, room};
      setrlimit(RLIMIT_FSIZE, &limit);
      auto written = WriteCheckpoint(OneTensor(Zeros), path, {.sha256 = true});
      return !written && written.error() == expected;
    })) << room;
    EXPECT_EQ(BytesOf(path), "what was there");
    EXPECT_EQ(CountEntries(folder.path()), 1u);
  }
}

bool MapUser(uid_t user) {
  const std::string map = "0 " + std::to_string(user) + " 1";
  UniqueFd fd(open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC));
  return write(fd.get(), map.data(), map.size()) == static_cast<ssize_t>(map.size());
}

// A view of the file systems that this process may change; in a user namespace where it needs one.
bool OwnMounts() {
  const uid_t user = getuid();
  return unshare(CLONE_NEWNS) == 0 || (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && MapUser(user));
}

TEST(WriterFaults, AFullDisk) {
  TempDir folder;
  const auto path = folder.path() / "x.pt";
  constexpr int kNotAllowed = 77;
  pid_t child = fork();
  if (child == 0) {
    if (!OwnMounts()) _exit(kNotAllowed);
    mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    if (mount("none", folder.path().c_str(), "tmpfs", 0, "size=1m") != 0) _exit(kNotAllowed);
    auto written = WriteCheckpoint(OneTensor(Zeros), path);
    const bool right = !written && written.error().message == "cannot write " + path.native() +
                                                                  ": No space left on device";
    _exit(right && std::filesystem::is_empty(folder.path()) ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNotAllowed) GTEST_SKIP() << "a tmpfs cannot be mounted here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(WriterFaults, KilledOnTheWay) {
  TempDir folder;
  const auto path = folder.Write("x.pt", "what was there");
  int signal_number = 0;
  InChild(
      [&] {
        Document document = OneTensor([](uint64_t offset, std::span<std::byte>) -> Status {
          if (offset > kBytes / 2) raise(SIGKILL);
          return {};
        });
        return WriteCheckpoint(document, path).has_value();
      },
      &signal_number);
  EXPECT_EQ(signal_number, SIGKILL);
  EXPECT_EQ(BytesOf(path), "what was there");
  // What the dead process left is in nobody's way.
  auto written = WriteCheckpoint(OneTensor(Zeros), path);
  ASSERT_TRUE(written) << written.error().Text();
  EXPECT_EQ(BytesOf(path).size(), written->size);
}

TEST(WriterFaults, PermissionsOfTheFile) {
  TempDir folder;
  const mode_t before = umask(027);
  ASSERT_TRUE(WriteCheckpoint(OneTensor(Zeros), folder.path() / "new.pt"));
  const auto old = folder.Write("old.pt", "");
  std::filesystem::permissions(old, std::filesystem::perms(0604));
  ASSERT_TRUE(WriteCheckpoint(OneTensor(Zeros), old));
  umask(before);
  EXPECT_EQ(ModeOf(folder.path() / "new.pt"), 0640u);
  EXPECT_EQ(ModeOf(old), 0604u);
}

TEST(WriterFaults, LinksPipesAndDevices) {
  TempDir folder;
  ASSERT_TRUE(WriteCheckpoint(OneTensor(Zeros), "/dev/null", {.sha256 = true}));

  const auto target = folder.Write("target", "old"), link = folder.path() / "link";
  std::filesystem::create_symlink("target", link);
  auto written = WriteCheckpoint(OneTensor(Zeros), link, {.sha256 = true});
  ASSERT_TRUE(written) << written.error().Text();
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(Digest::Of(AsBytes(BytesOf(target))), written->sha256);

  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::string read;
  std::thread reader([&] {
    UniqueFd fd(open(pipe.c_str(), O_RDONLY | O_CLOEXEC));
    char buffer[65536];
    for (ssize_t got; (got = ::read(fd.get(), buffer, sizeof buffer)) > 0;) {
      read.append(buffer, static_cast<size_t>(got));
    }
  });
  auto piped = WriteCheckpoint(OneTensor(Zeros), pipe);
  reader.join();
  ASSERT_TRUE(piped) << piped.error().Text();
  EXPECT_TRUE(read == BytesOf(target));
}

// Two at once, of one name: both succeed, one of them is there.
TEST(WriterFaults, TwoAtOnce) {
  TempDir folder;
  const auto path = folder.path() / "x.pt";
  std::atomic<int> right = 0;
  auto write = [&] {
    for (int i = 0; i < 5; ++i) right += WriteCheckpoint(OneTensor(Zeros), path).has_value();
  };
  std::thread other(write);
  write();
  other.join();
  EXPECT_EQ(right, 10);
  EXPECT_EQ(CountEntries(folder.path()), 1u);
  EXPECT_EQ(BytesOf(path).substr(0, 4), "PK\3\4");
}

}  // namespace
}  // namespace zoo
