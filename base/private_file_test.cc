#include "zoo/base/private_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "zoo/base/file.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

unsigned ModeOf(const fs::path& path) {
  return static_cast<unsigned>(fs::symlink_status(path).permissions()) & 07777;
}

TEST(PrivateFile, IsTheOwnersAloneWhateverTheUmask) {
  for (mode_t mask : {0000, 0077}) {
    TempDir folder;
    const mode_t before = umask(mask);
    const fs::path file = folder.path() / "a" / "b" / "file";
    const Status made = MakePrivateFolder(file.parent_path());
    const Status written = WritePrivateFile(file, "text");
    umask(before);
    ASSERT_TRUE(made) << made.error().Text();
    ASSERT_TRUE(written) << written.error().Text();
    EXPECT_EQ(ModeOf(folder.path() / "a"), 0700u);
    EXPECT_EQ(ModeOf(folder.path() / "a" / "b"), 0700u);
    EXPECT_EQ(ModeOf(file), 0600u);
    EXPECT_EQ(ReadFile(file, 100).value(), "text");
  }
}

TEST(PrivateFile, ReplacesWhatIsThereAndLeavesNothingElse) {
  TempDir folder;
  const fs::path file = folder.Write("file", "a longer text than the next");
  ASSERT_EQ(chmod(file.c_str(), 0644), 0);
  ASSERT_TRUE(WritePrivateFile(file, "next"));
  EXPECT_EQ(ReadFile(file, 100).value(), "next");
  EXPECT_EQ(ModeOf(file), 0600u);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(PrivateFile, ALinkStays) {
  TempDir folder;
  const fs::path real = folder.Write("kept/real", "old");
  fs::create_symlink(real, folder.path() / "link");
  ASSERT_TRUE(WritePrivateFile(folder.path() / "link", "new"));
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link"));
  EXPECT_EQ(ReadFile(real, 100).value(), "new");
}

TEST(PrivateFile, AFailureLeavesWhatWasThere) {
  TempDir folder;
  const fs::path file = folder.path() / "no folder" / "file";
  const Status written = WritePrivateFile(file, "text");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message,
            "cannot write " + file.native() + ": No such file or directory");
  const Status made = MakePrivateFolder(folder.Write("plain", "") / "below");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace zoo
