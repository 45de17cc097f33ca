// A folder with a registry of one entry, "net:V1", whose file lies on this machine, and room for a
// cache. It goes away with the object.
#ifndef ZOO_TESTS_SUPPORT_REGISTRY_FOLDER_H_
#define ZOO_TESTS_SUPPORT_REGISTRY_FOLDER_H_

#include <filesystem>
#include <string>

#include "zoo/base/json.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {

class RegistryFolder {
 public:
  // `fields` are added to the entry: architecture, preset, categories, probe ...
  RegistryFolder(const std::filesystem::path& weights, const Json::Object& fields);

  std::filesystem::path registry() const { return folder_.path() / "house.json"; }
  std::filesystem::path cache() const { return folder_.path() / "cache"; }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TempDir folder_;
};

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_REGISTRY_FOLDER_H_
