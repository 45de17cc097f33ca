// A registry from this machine's disk. Any thread.
//
//   ZOO_ASSIGN_OR_RETURN(Registry lab, ReadRegistry("models/lab.json"));  // alias "lab"
#ifndef ZOO_REGISTRY_READ_H_
#define ZOO_REGISTRY_READ_H_

#include <filesystem>
#include <string>

#include "zoo/base/result.h"
#include "zoo/registry/registry.h"

namespace zoo {

// The alias that a registry at that path goes by if nobody chose one: the file's name without
// ".json", or the folder's name for a folder and for the zoo.json in it. What cannot stand in a
// name becomes '-': "my models.json" is "my-models". "registry" if nothing is left.
std::string AliasOf(const std::filesystem::path& path);

// The file of the registry at that path: itself, or the zoo.json of a folder.
std::filesystem::path RegistryFileAt(const std::filesystem::path& path);

// The text of that file, for those who need the very bytes that they then give to Registry::Parse.
// kNotFound, kDisk, or kCorrupt for a file that is too large; messages begin with the path.
Result<std::string> ReadRegistryText(const std::filesystem::path& path);

// The registry in a file, or in the zoo.json of a folder; an empty alias means AliasOf(path). The
// base of its entries is the file: URL of the folder.
// kNotFound, kDisk, or what Registry::Parse says; messages begin with the path.
Result<Registry> ReadRegistry(const std::filesystem::path& path, std::string alias = "");

}  // namespace zoo

#endif  // ZOO_REGISTRY_READ_H_
