// A folder of a test's own, removed with everything in it, read-only files too.
#ifndef ZOO_TESTS_SUPPORT_TEMP_DIR_H_
#define ZOO_TESTS_SUPPORT_TEMP_DIR_H_

#include <filesystem>
#include <string>

namespace zoo {

class TempDir {
 public:
  TempDir();
  // Where the machine has one, in a file system of memory: for tests that make thousands of files.
  static TempDir InMemory();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // Writes a file below the folder, making its parents, and returns its path.
  std::filesystem::path Write(const std::string& name, const std::string& bytes) const;

 private:
  explicit TempDir(const std::string& parent);
  std::filesystem::path path_;
};

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_TEMP_DIR_H_
