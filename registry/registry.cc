#include "zoo/registry/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "zoo/base/suggest.h"
#include "zoo/base/text.h"
#include "zoo/registry/indexed_entries.h"
#include "zoo/registry/name_order.h"

namespace zoo {
namespace {

using Registries = std::span<const Registry* const>;

// What name_order.h asks of entries.
struct NamesOf {
  const std::vector<Entry>& entries;

  EntryName operator()(uint32_t number) const {
    const Entry& entry = entries[number];
    return {entry.model, entry.weights, entry.is_default};
  }
};

// "resnet18", or "lab/resnet18" if the name says where.
std::string Qualified(const Name& name, std::string_view rest) {
  return name.registry.empty() ? std::string(rest) : fmt::format("{}/{}", name.registry, rest);
}

std::vector<std::string> WeightsOf(Registries registries, std::string_view model) {
  std::vector<std::string> weights;
  for (const Registry* registry : registries) {
    for (const Entry& entry : registry->entries()) {
      if (entry.model == model && !entry.weights.empty()) weights.push_back(entry.weights);
    }
  }
  return weights;
}

std::vector<std::string> Models(Registries registries) {
  std::vector<std::string> models;
  for (const Registry* registry : registries) {
    for (const Entry& entry : registry->entries()) models.push_back(entry.model);
  }
  return models;
}

std::string DidYouMean(const std::optional<std::string>& nearest) {
  return nearest ? fmt::format("did you mean {}? ", Quote(*nearest)) : "";
}

Error NoModel(Registries registries, const Name& name) {
  auto nearest = Nearest(name.model, Models(registries));
  size_t all = 0;
  for (const Registry* registry : registries) all += registry->size();
  return {ErrorCode::kNotFound, "no model is named " + Quote(Qualified(name, name.model)),
          fmt::format("{}{}", DidYouMean(nearest),
                      name.registry.empty()
                          ? fmt::format("`zoo list` shows all {}", all)
                          : fmt::format("`zoo list` shows the {} of {}", all, name.registry))};
}

Error NoWeights(Registries registries, const Name& name) {
  std::vector<std::string> weights = WeightsOf(registries, name.model);
  Error error{
      ErrorCode::kNotFound,
      fmt::format("{} has no weights named \"{}\"", Qualified(name, name.model), name.weights), ""};
  if (weights.empty()) {
    error.hint = fmt::format("its only weights have no name: write {}", name.model);
    return error;
  }
  error.hint = fmt::format("{}it has {}", DidYouMean(Nearest(name.weights, weights)),
                           fmt::join(weights, ", "));
  return error;
}

Error NotFound(Registries registries, const Name& name) {
  bool has_model = std::ranges::any_of(registries, [&](const Registry* registry) {
    return std::ranges::find(registry->entries(), name.model, &Entry::model) !=
           registry->entries().end();
  });
  return has_model ? NoWeights(registries, name) : NoModel(registries, name);
}

// The error if the name demands a digest that the entry cannot have.
Status CompareDigest(const Entry& entry, const Name& name) {
  if (!name.digest) return {};
  const Artifact& artifact = entry.artifact;
  std::string known = artifact.sha256 ? artifact.sha256->hex() : artifact.sha256_prefix;
  if (name.digest->hex().starts_with(known)) return {};
  return Error{ErrorCode::kMismatch,
               fmt::format("{}/{}: sha256 {} was asked for, the registry says {}{}", entry.registry,
                           entry.name(), name.digest->hex(), known,
                           artifact.sha256 ? "" : "... (prefix only)"),
               "the entry changed since the digest was noted, or the digest is of another file"};
}

Error Ambiguous(const Name& name, std::span<const Entry* const> hits) {
  std::vector<std::string> places, ways;
  for (const Entry* hit : hits) {
    Name way = name;
    way.registry = hit->registry;
    places.push_back(fmt::format("{}/{}", hit->registry, hit->name()));
    ways.push_back(fmt::format("`{}`", way.ToString()));
  }
  return {ErrorCode::kUsage,
          fmt::format("\"{}\" is in {} registries: {}", name.ToString(), hits.size(),
                      fmt::join(places, " and ")),
          fmt::format("write {}", fmt::join(ways, " or "))};
}

}  // namespace

Registry Registry::Of(std::string alias, std::vector<Entry> entries, CategoryLists categories,
                      std::string name, uint64_t version) {
  Registry registry;
  registry.alias_ = std::move(alias);
  registry.name_ = std::move(name);
  registry.version_ = version;
  registry.entries_ = std::move(entries);
  registry.by_name_ = OrderByName(registry.entries_.size(), NamesOf{registry.entries_});
  registry.categories_ = std::move(categories);
  return registry;
}

Registry Registry::On(std::shared_ptr<const IndexedEntries> entries, CategoryLists categories,
                      std::string name, uint64_t version) {
  Registry registry =
      Of(entries->place().registry, {}, std::move(categories), std::move(name), version);
  registry.indexed_ = std::move(entries);
  return registry;
}

const std::vector<Entry>& Registry::entries() const {
  return indexed_ ? indexed_->All() : entries_;
}

size_t Registry::size() const { return indexed_ ? indexed_->size() : entries_.size(); }

const Entry* Registry::Lookup(const Name& name) const {
  if (indexed_) return indexed_->Find(name.model, name.weights);
  const auto number = FindByName(by_name_, NamesOf{entries_}, name.model, name.weights);
  return number ? &entries_[*number] : nullptr;
}

Result<const Entry*> Registry::Find(const Name& name) const {
  const Registry* self = this;
  const Entry* entry = Lookup(name);
  if (entry == nullptr) return NotFound(Registries(&self, 1), name);
  ZOO_RETURN_IF_ERROR(CompareDigest(*entry, name));
  return entry;
}

const std::vector<std::string>* Registry::Categories(std::string_view list) const {
  auto at = categories_.find(list);
  return at == categories_.end() ? nullptr : &at->second;
}

void Registry::Rename(std::string alias) {
  for (Entry& entry : entries_) entry.registry = alias;
  if (indexed_) {
    EntryPlace place = indexed_->place();
    place.registry = alias;
    indexed_ = indexed_->At(std::move(place));
  }
  alias_ = std::move(alias);
}

void Registry::SetBase(std::string base, Reach reach) {
  const bool public_only = reach == Reach::kPublicAddresses;
  for (Entry& entry : entries_) {
    entry.base = base;
    entry.public_addresses_only = public_only;
  }
  if (indexed_) indexed_ = indexed_->At({alias_, std::move(base), public_only});
}

void RegistrySet::Add(Registry registry) {
  std::string alias = registry.alias();
  auto taken = [&] {
    return std::ranges::find(registries_, alias, &Registry::alias) != registries_.end();
  };
  for (int n = 2; taken(); ++n) alias = fmt::format("{}-{}", registry.alias(), n);
  if (alias != registry.alias()) registry.Rename(alias);
  registries_.push_back(std::move(registry));
}

size_t RegistrySet::size() const {
  size_t all = 0;
  for (const Registry& registry : registries_) all += registry.size();
  return all;
}

Result<const Entry*> RegistrySet::Find(const Name& name) const {
  std::vector<const Registry*> asked;
  std::vector<std::string> aliases;
  std::vector<const Entry*> hits;
  for (const Registry& registry : registries_) {
    aliases.push_back(registry.alias());
    if (!name.registry.empty() && registry.alias() != name.registry) continue;
    asked.push_back(&registry);
    if (const Entry* entry = registry.Lookup(name)) hits.push_back(entry);
  }
  if (asked.empty() && !name.registry.empty()) {
    auto nearest = Nearest(name.registry, aliases);
    return Error{ErrorCode::kNotFound, "no registry is named " + Quote(name.registry),
                 aliases.empty() ? "none is in force"
                                 : fmt::format("{}in force: {}", DidYouMean(nearest),
                                               fmt::join(aliases, ", "))};
  }
  if (hits.empty()) return NotFound(asked, name);
  if (hits.size() > 1) return Ambiguous(name, hits);
  ZOO_RETURN_IF_ERROR(CompareDigest(*hits[0], name));
  if (name.digest && hits[0]->artifact.prefix_only()) return Pin(*hits[0], *name.digest);
  return hits[0];
}

Result<const Entry*> RegistrySet::Find(std::string_view name) const {
  ZOO_ASSIGN_OR_RETURN(Name parsed, ParseName(name));
  return Find(parsed);
}

Result<const Entry*> RegistrySet::Pin(const Entry& entry, const Digest& digest) const {
  std::lock_guard lock(pinned_->mutex);
  for (const Entry& pinned : pinned_->entries) {
    bool same = pinned.registry == entry.registry && pinned.name() == entry.name() &&
                pinned.artifact.sha256 == digest;
    if (same) return &pinned;
  }
  Entry& pinned = pinned_->entries.emplace_back(entry);
  pinned.artifact.sha256 = digest;
  return &pinned;
}

std::vector<std::string> RegistrySet::CategoriesOf(const Entry& entry) const {
  for (const Registry& registry : registries_) {
    if (registry.alias() != entry.registry) continue;
    if (const auto* names = registry.Categories(entry.categories)) return *names;
  }
  return {};
}

std::filesystem::path RegistrySet::FolderOf(const Entry& entry) const {
  const auto registry = std::ranges::find(registries_, entry.registry, &Registry::alias);
  return registry == registries_.end() ? std::filesystem::path() : registry->folder();
}

}  // namespace zoo
