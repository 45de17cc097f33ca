// Registry::Parse on any bytes, from any origin. What it accepts must come back as itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "zoo/base/json.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/entry_json.h"
#include "zoo/registry/registry.h"
#include "zoo/registry/registry_signature.h"

namespace zoo {
namespace {

Json Document(const Registry& registry) {
  Json::Array entries;
  for (const Entry& entry : registry.entries()) entries.push_back(ToJson(entry));
  Json::Object categories;
  for (const auto& [list, names] : registry.categories()) {
    categories.emplace_back(list, Json::Array(names.begin(), names.end()));
  }
  return Json::Object{{"schema", "zoo/registry/1"},
                      {"categories", std::move(categories)},
                      {"entries", std::move(entries)}};
}

void ReadBack(const Registry& registry, RegistryOrigin origin) {
  Result<Registry> again =
      Registry::Parse(Document(registry).Dump(), registry.alias(), origin, "again");
  if (!again || !(again->entries() == registry.entries())) std::abort();
}

// Whatever was accepted can be asked for.
void FindAll(const Registry& registry) {
  for (const Entry& entry : registry.entries()) {
    Result<const Entry*> found = registry.Find({.model = entry.model, .weights = entry.weights});
    if (!found || *found != &entry) std::abort();
  }
}

// What signatures go by is what the registry says of itself.
void CompareIdentity(const Registry& registry, std::string_view text) {
  Result<RegistryIdentity> identity = IdentityOf(text);
  if (!identity) return;
  if (identity->name != registry.name() || identity->version != registry.version()) std::abort();
  if (ParseTrustedComment(TrustedComment(*identity)) != *identity) std::abort();
}

}  // namespace
}  // namespace zoo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using zoo::RegistryOrigin;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  for (RegistryOrigin origin :
       {RegistryOrigin::kBuiltin, RegistryOrigin::kFile, RegistryOrigin::kUrl}) {
    zoo::Result<zoo::Registry> registry = zoo::Registry::Parse(text, "fuzz", origin, "fuzz");
    if (!registry) continue;
    zoo::ReadBack(*registry, origin);
    zoo::FindAll(*registry);
    zoo::CompareIdentity(*registry, text);
  }
  return 0;
}
