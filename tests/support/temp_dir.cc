#include "zoo/tests/support/temp_dir.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <system_error>

namespace zoo {
namespace fs = std::filesystem;

namespace {

std::string UsualParent() {
  const char* parent = std::getenv("TEST_TMPDIR");
  return parent != nullptr ? parent : "/tmp";
}

}  // namespace

TempDir::TempDir() : TempDir(UsualParent()) {}

TempDir TempDir::InMemory() {
  constexpr const char* kMemory = "/dev/shm";
  return TempDir(access(kMemory, W_OK) == 0 ? kMemory : UsualParent());
}

TempDir::TempDir(const std::string& parent) {
  std::string name = parent + "/zoo.XXXXXX";
  if (mkdtemp(name.data()) == nullptr) {
    std::perror(name.c_str());
    std::abort();
  }
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  for (auto it = fs::recursive_directory_iterator(path_, ignored); it != fs::end(it);
       it.increment(ignored)) {
    if (it->is_directory(ignored) && !it->is_symlink(ignored)) {
      fs::permissions(it->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
    }
  }
  fs::remove_all(path_, ignored);
}

fs::path TempDir::Write(const std::string& name, const std::string& bytes) const {
  fs::path file = path_ / name;
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
  return file;
}

}  // namespace zoo
