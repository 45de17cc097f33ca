#include "zoo/cli/photo_files.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/tests/support/temp_dir.h"

namespace zoo::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kJpeg = "\xff\xd8\xff\xe0 and so on";
constexpr std::string_view kPng = "\x89PNG\r\n\x1a\n and so on";

class FindPhotosTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) { return (folder_.path() / name).native(); }
  void Write(const std::string& name, std::string_view bytes) {
    fs::create_directories(fs::path(Path(name)).parent_path());
    std::ofstream(Path(name), std::ios::binary) << bytes;
  }
  // Without the folder's own path.
  std::vector<std::string> Found(const std::vector<std::string>& arguments) {
    std::vector<std::string> names;
    for (const PhotoFile& photo : FindPhotos(arguments)) {
      EXPECT_TRUE(photo.found) << photo.path;
      EXPECT_TRUE(photo.path.starts_with(Path(""))) << photo.path;
      names.push_back(photo.path.substr(Path("").size()));
    }
    return names;
  }

  TempDir folder_;
};

TEST_F(FindPhotosTest, FoldersStandForTheirPhotosInOrder) {
  Write("set/b.png", kPng);
  Write("set/a/z.jpg", kJpeg);
  Write("set/a.jpg", kJpeg);
  Write("set/a/10.JPEG", kJpeg);
  Write("set/a/9.Png", kPng);
  Write("set/deep/er/without_ending", kJpeg);
  EXPECT_EQ(Found({Path("set")}),
            (std::vector<std::string>{"set/a/10.JPEG", "set/a/9.Png", "set/a/z.jpg", "set/a.jpg",
                                      "set/b.png", "set/deep/er/without_ending"}));
}

TEST_F(FindPhotosTest, WhatIsNoPhotoIsLeftOutOfAFolder) {
  Write("set/one.png", kPng);
  Write("set/labels.txt", "cat");
  Write("set/empty", "");
  Write("set/short", "\xff\xd8");
  Write("set/.hidden.jpg", kJpeg);
  Write("set/.cache/two.jpg", kJpeg);
  fs::create_directory_symlink("..", Path("set/round"));
  fs::create_symlink("nowhere.jpg", Path("set/dangling.jpg"));
  ASSERT_EQ(mkfifo(Path("set/pipe.jpg").c_str(), 0600), 0);
  EXPECT_EQ(Found({Path("set")}), std::vector<std::string>{"set/one.png"});
}

TEST_F(FindPhotosTest, BrokenPhotosAndLinksToPhotosAreThere) {
  Write("set/broken.jpg", "<html>");
  Write("else/one.png", kPng);
  fs::create_symlink("../else/one.png", Path("set/link"));
  EXPECT_EQ(Found({Path("set")}), (std::vector<std::string>{"set/broken.jpg", "set/link"}));
}

TEST_F(FindPhotosTest, FilesAreTakenAsTheyAreNamed) {
  Write("labels.txt", "cat");
  Write("set/one.png", kPng);
  EXPECT_EQ(Found({Path("nowhere.jpg"), Path("set"), Path("labels.txt"), Path("set/one.png")}),
            (std::vector<std::string>{"nowhere.jpg", "set/one.png", "labels.txt", "set/one.png"}));
}

TEST_F(FindPhotosTest, AFolderWithoutPhotosIsAnError) {
  Write("set/labels.txt", "cat");
  const std::vector<PhotoFile> photos = FindPhotos({{Path("set")}});
  ASSERT_EQ(photos.size(), 1u);
  EXPECT_EQ(photos[0].path, Path("set"));
  EXPECT_EQ(photos[0].found.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(photos[0].found.error().Text(),
            "there is no JPEG or PNG file in the folder \"" + Path("set") + "\"");
}

// While it lives, permissions hold for root too.
class WithoutOverride {
 public:
  WithoutOverride() {
    EXPECT_EQ(syscall(SYS_capget, &header_, before_), 0);
    __user_cap_data_struct less[2] = {before_[0], before_[1]};
    less[0].effective &= ~(1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH);
    EXPECT_EQ(syscall(SYS_capset, &header_, less), 0);
  }
  ~WithoutOverride() { EXPECT_EQ(syscall(SYS_capset, &header_, before_), 0); }
  WithoutOverride(const WithoutOverride&) = delete;
  WithoutOverride& operator=(const WithoutOverride&) = delete;

 private:
  __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct before_[2]{};
};

TEST_F(FindPhotosTest, AFolderThatCannotBeReadIsAnErrorBesideTheOthers) {
  Write("set/b/one.png", kPng);
  Write("set/a/two.png", kPng);
  chmod(Path("set/a").c_str(), 0);
  const std::vector<PhotoFile> photos = [&] {
    const WithoutOverride held;
    return FindPhotos({{Path("set")}});
  }();
  chmod(Path("set/a").c_str(), 0700);
  ASSERT_EQ(photos.size(), 2u);
  EXPECT_EQ(photos[0].found.error().Text(), "cannot read " + Path("set/a") + ": Permission denied");
  EXPECT_EQ(photos[0].found.error().code, ErrorCode::kDisk);
  EXPECT_EQ(photos[1].path, Path("set/b/one.png"));
}

}  // namespace
}  // namespace zoo::cli
