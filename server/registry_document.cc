#include "zoo/server/registry_document.h"

#include <cstdint>
#include <filesystem>
#include <utility>

#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/registry/entry_json.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kLargestDocument = 256 << 20;
constexpr uint64_t kLargestSignature = 64 << 10;

std::string Composed(const Registry& registry) {
  Json::Object categories;
  for (const auto& [list, names] : registry.categories()) {
    categories.emplace_back(list, Json::Array(names.begin(), names.end()));
  }
  Json::Array entries;
  for (const Entry& entry : registry.entries()) entries.push_back(ToJson(entry));
  const Json document = Json::Object{{"schema", "zoo/registry/1"},
                                     {"name", registry.name()},
                                     {"version", registry.version()},
                                     {"categories", std::move(categories)},
                                     {"entries", std::move(entries)}};
  return document.Dump() + '\n';
}

}  // namespace

Result<RegistryDocument> DocumentOf(const Registry& registry) {
  RegistryDocument document;
  if (registry.file().empty()) {
    document.text = std::make_shared<const std::string>(Composed(registry));
    return document;
  }
  ZOO_ASSIGN_OR_RETURN(std::string text, ReadFile(registry.file(), kLargestDocument));
  document.text = std::make_shared<const std::string>(std::move(text));
  fs::path beside = registry.file();
  beside += ".minisig";
  Result<std::string> signature = ReadFile(beside, kLargestSignature);
  if (signature) {
    document.signature = std::make_shared<const std::string>(*std::move(signature));
  } else if (signature.error().code != ErrorCode::kNotFound) {
    return std::move(signature).error();
  }
  return document;
}

}  // namespace zoo
