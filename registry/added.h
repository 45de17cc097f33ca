// The registries that the user added, as config.json ("zoo/config/1") keeps them: for each the
// alias that it goes by, where it is, and the key that its signatures must be of. Read strictly, so
// that a slip in the file never leaves a key out unsaid. Values; any thread.
//
//   const RegistryPlaces places = RegistryPlaces::FromEnvironment();
//   ZOO_ASSIGN_OR_RETURN(std::vector<AddedRegistry> added, ReadAdded(places));
//
// Whoever changes the file holds a RegistriesLock (remembered.h) from the reading to the writing.
#ifndef ZOO_REGISTRY_ADDED_H_
#define ZOO_REGISTRY_ADDED_H_

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/base/signature.h"

namespace zoo {

// Of the compiled-in registry; no other can have it.
inline constexpr std::string_view kBuiltinAlias = "builtin";

// Where a user's registries are kept, never in the cache, which may be shared. A path is empty
// where the environment names no place for it.
struct RegistryPlaces {
  std::filesystem::path config;  // $ZOO_CONFIG, else config.json in $XDG_CONFIG_HOME/zoo
  std::filesystem::path state;   // the folder $XDG_STATE_HOME/zoo

  // Without XDG_...: ~/.config and ~/.local/state.
  static RegistryPlaces FromEnvironment();
};

struct AddedRegistry {
  std::string alias;
  std::string url;               // https://host/folder/ or https://host/file.json, or
  std::filesystem::path path;    // a file or folder of this machine, absolute, read where it lies
  std::optional<PublicKey> key;  // of a URL: unsigned is not taken

  // Of the registry file itself, and of the folder that its relative sources begin at. REQUIRES: it
  // has a URL.
  std::string document_url() const;
  std::string base_url() const;
  // The URL or path, fit to be printed.
  std::string where() const;
  bool operator==(const AddedRegistry&) const = default;
};

// In the order in which they were added; none if there is no file. kCorrupt, naming file and field,
// for anything that AddedText does not write.
Result<std::vector<AddedRegistry>> ReadAdded(const RegistryPlaces& places);
Result<std::vector<AddedRegistry>> ParseAdded(std::string_view text);
std::string AddedText(const std::vector<AddedRegistry>& added);

// Replaces the file, mode 0600. kUsage if there is no place for one, or if it cannot hold a path.
Status WriteAdded(const RegistryPlaces& places, const std::vector<AddedRegistry>& added);

// kUsage if no registry may be added under that alias: it is no name, is "builtin", or is taken, if
// only in other letter case.
Status CheckAlias(std::string_view alias, const std::vector<AddedRegistry>& added);

// The one of that alias or, if `text` is a URL, of that URL; null if there is none.
const AddedRegistry* FindAdded(const std::vector<AddedRegistry>& added, std::string_view text);

}  // namespace zoo

#endif  // ZOO_REGISTRY_ADDED_H_
