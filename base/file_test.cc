#include "zoo/base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/base/new_file.h"
#include "zoo/base/result.h"
#include "zoo/tests/support/print_error.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

Error Refusal(const std::filesystem::path& path, uint64_t max_bytes = 1000) {
  auto bytes = ReadFile(path, max_bytes);
  return bytes ? Error{ErrorCode::kUsage, "it was read", ""} : bytes.error();
}

size_t CountEntries(const std::filesystem::path& folder) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(UniqueFd, ClosesOnce) {
  UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(fd.valid());
  const int number = fd.get();
  UniqueFd moved = std::move(fd);
  EXPECT_TRUE(IsOpen(number));
  moved = UniqueFd();
  EXPECT_FALSE(moved.valid());
  EXPECT_FALSE(IsOpen(number));
  UniqueFd kept(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int released = kept.release();
  EXPECT_FALSE(kept.valid());
  EXPECT_TRUE(IsOpen(released));
  close(released);
}

TEST(FileError, CodesAndWords) {
  const struct {
    int number;
    Error error;
  } rows[] = {
      {ENOENT, {ErrorCode::kNotFound, "cannot read /a: No such file or directory", ""}},
      {ENOTDIR, {ErrorCode::kNotFound, "cannot read /a: Not a directory", ""}},
      {ENOSPC, {ErrorCode::kDisk, "cannot read /a: No space left on device", ""}},
      {EACCES, {ErrorCode::kDisk, "cannot read /a: Permission denied", ""}},
      {EROFS, {ErrorCode::kDisk, "cannot read /a: Read-only file system", ""}},
  };
  for (const auto& row : rows) EXPECT_EQ(FileError("read", "/a", row.number), row.error);
  EXPECT_EQ(FileError("open", "/\x1b]0;x\x07", ENOSPC).message,
            "cannot open /\\x1b]0;x\\x07: No space left on device");
}

TEST(ReadFile, WholeFiles) {
  TempDir folder;
  const std::string large(200000, 'x');
  for (const std::string& bytes : {std::string(), std::string("\0a\n", 3), large}) {
    auto read = ReadFile(folder.Write("a b/\xc3\xa9.json", bytes), large.size());
    ASSERT_TRUE(read) << read.error().Text();
    EXPECT_EQ(*read, bytes);
  }
  auto stated_empty = ReadFile("/proc/self/status", 1 << 20);  // its size is said to be 0
  ASSERT_TRUE(stated_empty) << stated_empty.error().Text();
  EXPECT_TRUE(stated_empty->starts_with("Name:"));
}

TEST(ReadFile, WhatCannotBeRead) {
  TempDir folder;
  const std::string at = folder.path().native();
  folder.Write("large", std::string(1001, 'x'));
  folder.Write("limit", std::string(1000, 'x'));
  ASSERT_EQ(mkfifo((at + "/pipe").c_str(), 0600), 0);
  ASSERT_EQ(symlink("nowhere", (at + "/dangling").c_str()), 0);
  const struct {
    std::string path;
    Error error;
  } rows[] = {
      {at + "/none",
       {ErrorCode::kNotFound, "cannot open " + at + "/none: No such file or directory", ""}},
      {at + "/limit/below",
       {ErrorCode::kNotFound, "cannot open " + at + "/limit/below: Not a directory", ""}},
      {at + "/dangling",
       {ErrorCode::kNotFound, "cannot open " + at + "/dangling: No such file or directory", ""}},
      {at, {ErrorCode::kDisk, "cannot read " + at + ": Is a directory", ""}},
      {at + "/pipe", {ErrorCode::kUsage, at + "/pipe: not a regular file", ""}},
      {"/dev/zero", {ErrorCode::kUsage, "/dev/zero: not a regular file", ""}},
      {at + "/large", {ErrorCode::kCorrupt, at + "/large: larger than the limit of 1000 B", ""}},
  };
  for (const auto& row : rows) EXPECT_EQ(Refusal(row.path), row.error);
  EXPECT_TRUE(ReadFile(at + "/limit", 1000));
  const Error endless = Refusal("/proc/self/status", 3);  // found out by reading only
  EXPECT_EQ(endless,
            (Error{ErrorCode::kCorrupt, "/proc/self/status: larger than the limit of 3 B", ""}));
}

TEST(WriteFile, MakesAndReplaces) {
  TempDir folder;
  const std::filesystem::path path = folder.path() / "out \xc3\xa9.ppm";
  for (const std::string& bytes : {std::string("first"), std::string(), std::string(100000, 'y')}) {
    auto written = WriteFile(path, bytes);
    ASSERT_TRUE(written) << written.error().Text();
    EXPECT_EQ(*ReadFile(path, 1 << 20), bytes);
    EXPECT_EQ(CountEntries(folder.path()), 1u);
  }
}

TEST(WriteFile, WritesThroughLinksAndIntoDevices) {
  TempDir folder;
  const std::filesystem::path target = folder.Write("target", "old and long"),
                              link = folder.path() / "link";
  std::filesystem::create_symlink("target", link);
  ASSERT_TRUE(WriteFile(link, "new"));
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(*ReadFile(target, 100), "new");
  EXPECT_TRUE(WriteFile("/dev/null", "gone"));
}

TEST(WriteFile, LeavesWhatALinkLeadsToIfItFails) {
  TempDir folder;
  const std::filesystem::path target = folder.Write("target", "old"), link = folder.path() / "link",
                              away = folder.path() / "away";
  std::filesystem::create_symlink("target", link);
  {
    NewFile file = NewFile::Create(link).value();
    ASSERT_TRUE(file.Append(AsBytes("a part")));
    EXPECT_EQ(*ReadFile(target, 100), "old");
  }
  EXPECT_EQ(*ReadFile(target, 100), "old");
  EXPECT_EQ(CountEntries(folder.path()), 2u);
  std::filesystem::create_symlink("fresh", away);
  ASSERT_TRUE(WriteFile(away, "new"));
  EXPECT_TRUE(std::filesystem::is_symlink(away));
  EXPECT_EQ(*ReadFile(folder.path() / "fresh", 100), "new");
}

TEST(WriteFile, KeepsThePermissionsOfWhatItReplaces) {
  TempDir folder;
  const std::filesystem::path path = folder.Write("x", "old");
  std::filesystem::permissions(path, std::filesystem::perms(0604));
  ASSERT_TRUE(WriteFile(path, "new"));
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0604));
  EXPECT_EQ(*ReadFile(path, 100), "new");
}

TEST(WriteFile, AFailureLeavesWhatWasThere) {
  TempDir folder;
  const std::string at = folder.path().native();
  const struct {
    std::string path;
    Error error;
  } rows[] = {
      {at + "/none/x",
       {ErrorCode::kNotFound, "cannot write " + at + "/none/x: No such file or directory", ""}},
      {at, {ErrorCode::kDisk, "cannot write " + at + ": Is a directory", ""}},
      {"/dev/full", {ErrorCode::kDisk, "cannot write /dev/full: No space left on device", ""}},
  };
  for (const auto& row : rows) {
    auto written = WriteFile(row.path, "bytes");
    ASSERT_FALSE(written) << row.path;
    EXPECT_EQ(written.error(), row.error);
  }
  EXPECT_EQ(CountEntries(folder.path()), 0u);
}

TEST(NewFile, ItsTemporaryFileIsRecognised) {
  TempDir folder;
  auto first = NewFile::Create(folder.path() / "x.pt");
  auto second = NewFile::Create(folder.path() / "x.pt");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(CountEntries(folder.path()), 2u);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_EQ(NewFile::NameOfPartial(entry.path().filename().native()), "x.pt");
  }
  EXPECT_EQ(NewFile::NameOfPartial("a.partial-1.partial-23-4"), "a.partial-1");
  for (const char* name : {"", "x.pt", ".partial-1", "x.partial-", "x.partial", "x.partial-a",
                           "x.partial-1-", "x.partial-1-a", "x.partial--1", "x.partial-1-2-3"}) {
    EXPECT_EQ(NewFile::NameOfPartial(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace zoo
