// The order in which entries are looked up: by model, then by weights. Pure; any thread.
//
//   auto name_of = [&](uint32_t i) { return EntryName{entries[i].model, ...}; };
//   std::vector<uint32_t> order = OrderByName(entries.size(), name_of);
//   std::optional<uint32_t> at = FindByName(order, name_of, "resnet18", "");
#ifndef ZOO_REGISTRY_NAME_ORDER_H_
#define ZOO_REGISTRY_NAME_ORDER_H_

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace zoo {

struct EntryName {
  std::string_view model, weights;
  bool is_default = false;
};

// The numbers 0 to count - 1 in the order of the names that `name_of` gives them.
template <typename NameOf>
std::vector<uint32_t> OrderByName(size_t count, const NameOf& name_of) {
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](uint32_t i) {
    const EntryName name = name_of(i);
    return std::pair(name.model, name.weights);
  });
  return order;
}

// The number of the entry of these weights; without weights, of the model's default or only entry.
// Nothing if there is none.
template <typename NameOf>
std::optional<uint32_t> FindByName(std::span<const uint32_t> order, const NameOf& name_of,
                                   std::string_view model, std::string_view weights) {
  auto of_model = std::ranges::equal_range(order, model, {}, [&](uint32_t i) {  //
    return name_of(i).model;
  });
  if (weights.empty()) {
    for (uint32_t i : of_model) {
      if (name_of(i).is_default) return i;
    }
    if (of_model.size() == 1) return of_model.front();
    return std::nullopt;
  }
  auto at = std::ranges::lower_bound(of_model, weights, {}, [&](uint32_t i) {  //
    return name_of(i).weights;
  });
  if (at == of_model.end() || name_of(*at).weights != weights) return std::nullopt;
  return *at;
}

}  // namespace zoo

#endif  // ZOO_REGISTRY_NAME_ORDER_H_
