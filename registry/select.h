// Which entries, in which order: what `zoo list` and `zoo search` show. Pure; any thread.
//
//   auto small = Select(set, {.family = "resnet", .max_parameters = 30'000'000}, Order::kAccuracy);
#ifndef ZOO_REGISTRY_SELECT_H_
#define ZOO_REGISTRY_SELECT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"

namespace zoo {

// What an entry must meet; an entry that does not say what a filter asks for does not meet it.
struct Filter {
  std::string family;   // of its architecture; empty: any
  std::string license;  // a part of its licence, case ignored; empty: any
  std::optional<uint64_t> max_parameters;
  std::optional<double> min_accuracy;  // acc@1, per cent
  // Each must be a part of what names or describes the entry, case ignored.
  std::vector<std::string> words;
};

// By name "resnet18" stands before "resnet101"; the best accuracy first; the least of the others
// first. Entries that do not say it stand last, equals by name.
enum class Order { kName, kAccuracy, kParameters, kSize, kGflops };

std::vector<const Entry*> Select(const RegistrySet& set, const Filter& filter, Order order);

// The families of a set, sorted, each once.
std::vector<std::string> FamiliesOf(const RegistrySet& set);

// "10M", "1.5B", "250k", "11689512" -> a count. kUsage if it is none of these.
Result<uint64_t> ParseCount(std::string_view text);
// "11.7M": three digits or more, at most one decimal.
std::string FormatCount(uint64_t count);

}  // namespace zoo

#endif  // ZOO_REGISTRY_SELECT_H_
