// BuiltinRegistry: the compiled-in tables, turned into entries.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/registry/catalogue/tables.h"
#include "zoo/registry/registry.h"

namespace zoo {
namespace {

using catalogue::EntryRow;
using catalogue::kBuiltin;
using catalogue::kUnknown;
using catalogue::SourceRow;

Source SourceOf(const SourceRow& row) {
  if (!row.url.empty()) return UrlSource{std::string(row.url)};
  return WheelSource{std::string(row.requirement), std::string(row.member)};
}

Artifact ArtifactOf(const EntryRow& row) {
  Artifact artifact;
  artifact.file = row.file;
  if (row.size != kUnknown) artifact.size = static_cast<uint64_t>(row.size);
  artifact.min_size = row.min_size;
  artifact.max_size = row.max_size;
  if (!row.sha256.empty()) {
    std::array<std::byte, Digest::kBytes> bytes;
    std::memcpy(bytes.data(), row.sha256.data(), bytes.size());
    artifact.sha256 = Digest(bytes);
  }
  artifact.sha256_prefix = row.sha256_prefix;
  artifact.sources.reserve(row.sources.size());
  for (const SourceRow& source : row.sources) artifact.sources.push_back(SourceOf(source));
  return artifact;
}

Entry EntryOf(const EntryRow& row) {
  Entry entry;
  entry.registry = "builtin";
  entry.model = row.model;
  entry.weights = row.weights;
  entry.is_default = row.is_default;
  entry.architecture.name = row.architecture;
  if (row.options != nullptr) entry.architecture.options = row.options();
  entry.artifact = ArtifactOf(row);
  if (row.parameters != kUnknown) entry.parameters = static_cast<uint64_t>(row.parameters);
  entry.license = row.license;
  entry.metrics.reserve(row.metrics.size());
  for (const catalogue::MetricRow& metric : row.metrics) {
    entry.metrics.push_back({std::string(metric.dataset), std::string(metric.name), metric.value});
  }
  if (row.gflops >= 0) entry.gflops = row.gflops;
  if (row.smallest_side[0] > 0) entry.min_size = row.smallest_side;
  entry.recipe = row.recipe;
  entry.categories = row.categories;
  if (row.preset != nullptr) entry.preset = *row.preset;
  if (row.probe != nullptr) entry.probe = row.probe();
  return entry;
}

}  // namespace

Registry BuiltinRegistry() {
  std::vector<Entry> entries;
  entries.reserve(kBuiltin.entries.size());
  for (const EntryRow& row : kBuiltin.entries) entries.push_back(EntryOf(row));
  Registry::CategoryLists categories;
  for (const catalogue::CategoryList& list : kBuiltin.categories) {
    categories.emplace(list.name, std::vector<std::string>(list.names.begin(), list.names.end()));
  }
  return Registry::Of("builtin", std::move(entries), std::move(categories),
                      std::string(kBuiltin.name), kBuiltin.version);
}

}  // namespace zoo
