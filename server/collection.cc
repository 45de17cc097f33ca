#include "zoo/server/collection.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "zoo/base/bytes.h"
#include "zoo/registry/name.h"
#include "zoo/registry/source_rules.h"
#include "zoo/server/registry_document.h"
#include "zoo/server/route.h"

namespace zoo {

std::string RegistryPath(const Registry& registry) {
  return fmt::format("/registries/{}/zoo.json", registry.alias());
}

Result<Collection> Collection::Of(const RegistrySet& registries, PinOf pin_of) {
  Collection collection(registries, std::move(pin_of));
  for (const Registry& registry : registries.registries()) {
    ZOO_ASSIGN_OR_RETURN(RegistryDocument document, DocumentOf(registry));
    const std::string path = RegistryPath(registry);
    collection.AddDocument(path, std::move(document.text), "application/json");
    if (document.signature) {
      collection.AddDocument(path + ".minisig", std::move(document.signature),
                             "text/plain; charset=utf-8");
    }
    for (const Entry& entry : registry.entries()) collection.AddEntry(entry);
  }
  std::ranges::sort(collection.by_digest_);
  return collection;
}

void Collection::AddDocument(std::string path, std::shared_ptr<const std::string> text,
                             std::string_view type) {
  const Digest digest = Digest::Of(AsBytes(*text));
  documents_.emplace(std::move(path), Document{std::move(text), type, digest});
}

// A file beside a registry is answered beside this server's copy of it, too.
void Collection::AddEntry(const Entry& entry) {
  const auto add = [&](std::optional<std::string> path) {
    if (path) by_path_.emplace(*std::move(path), &entry);
  };
  if (entry.artifact.sha256) by_digest_.emplace_back(*entry.artifact.sha256, &entry);
  for (const Source& source : entry.artifact.sources) {
    const auto* url = std::get_if<UrlSource>(&source);
    if (url == nullptr) continue;
    const std::string absolute = ResolveSource(entry, *url);
    add(PathOfUrl(absolute));
    if (absolute != url->url) add(fmt::format("/registries/{}/{}", entry.registry, url->url));
  }
}

// A digest is compared here and not by the set, which keeps a copy of the entry for each one that
// is asked for: these names come from anybody.
Result<const Entry*> Collection::Find(std::string_view text) const {
  ZOO_ASSIGN_OR_RETURN(Name name, ParseName(text));
  const std::optional<Digest> wanted = std::exchange(name.digest, std::nullopt);
  ZOO_ASSIGN_OR_RETURN(const Entry* entry, registries_->Find(name));
  if (wanted && DigestOf(*entry) != wanted) {
    return Error{ErrorCode::kMismatch,
                 fmt::format("{} does not have that sha256 here", name.ToString()), ""};
  }
  return entry;
}

std::optional<Digest> Collection::DigestOf(const Entry& entry) const {
  return entry.artifact.sha256 ? entry.artifact.sha256 : pin_of_(entry);
}

std::vector<const Entry*> Collection::EntriesAt(const std::string& path) const {
  std::vector<const Entry*> entries;
  const auto [begin, end] = by_path_.equal_range(path);
  for (auto at = begin; at != end; ++at) entries.push_back(at->second);
  return entries;
}

std::vector<const Entry*> Collection::EntriesOf(const Digest& digest) const {
  std::vector<const Entry*> entries;
  for (const auto& [known, entry] :
       std::ranges::equal_range(by_digest_, digest, {}, &std::pair<Digest, const Entry*>::first)) {
    entries.push_back(entry);
  }
  return entries;
}

const Document* Collection::DocumentAt(const std::string& path) const {
  const auto document = documents_.find(path);
  return document == documents_.end() ? nullptr : &document->second;
}

}  // namespace zoo
