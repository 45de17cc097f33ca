// What `zoo registry` prints of an added registry. One thread.
#ifndef ZOO_CLI_REGISTRY_ROWS_H_
#define ZOO_CLI_REGISTRY_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/registry/added.h"
#include "zoo/registry/remembered.h"

namespace zoo::cli {

struct RegistryRow {
  AddedRegistry added;
  std::optional<SeenRegistry> seen;  // of a URL; nothing: it was never fetched
  std::optional<uint64_t> entries;   // of a path: what is in it now; nothing: it cannot be read
  std::optional<Error> error;        // why nothing is known of it
};

// From what is remembered; a registry of a path is read.
RegistryRow RowOf(const RegistryPlaces& places, const AddedRegistry& added);

// {"alias", "url", "path", "key", "name", "version", "entries", "sha256", "checked", "error"}; null
// what is not known.
Json::Object RowJson(const RegistryRow& row);

// ALIAS ENTRIES VERSION SIGNED CHECKED WHERE, a line each.
std::string RowTable(const std::vector<RegistryRow>& rows, int columns);

// "3 entries, version 7, signed with the key 0123456789ABCDEF"
std::string Summary(const RegistryRow& row);

}  // namespace zoo::cli

#endif  // ZOO_CLI_REGISTRY_ROWS_H_
