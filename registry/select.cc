#include "zoo/registry/select.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <set>

#include "zoo/base/text.h"
#include "zoo/registry/family.h"

namespace zoo {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool Contains(std::string_view text, std::string_view part) {
  return !std::ranges::search(text, part, [](char a, char b) { return Lower(a) == Lower(b); })
              .empty() ||
         part.empty();
}

// All that a word of a search may be found in, with a character between that no word has.
std::string Description(const Entry& entry) {
  std::string text = fmt::format("{}/{}\n{}\n{}\n{}\n{}\n{}", entry.registry, entry.name(),
                                 entry.architecture.name, FamilyOf(entry.architecture.name),
                                 entry.artifact.file, entry.license, entry.recipe);
  for (const Metric& metric : entry.metrics) text += '\n' + metric.dataset;
  return text;
}

bool Meets(const Entry& entry, const Filter& filter) {
  if (!filter.family.empty() && FamilyOf(entry.architecture.name) != filter.family) return false;
  if (!Contains(entry.license, filter.license)) return false;
  if (filter.max_parameters && !(entry.parameters && *entry.parameters <= *filter.max_parameters)) {
    return false;
  }
  if (filter.min_accuracy && !(entry.metric("acc@1").value_or(-1) >= *filter.min_accuracy)) {
    return false;
  }
  if (filter.words.empty()) return true;
  std::string description = Description(entry);
  return std::ranges::all_of(filter.words,
                             [&](const std::string& word) { return Contains(description, word); });
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The run of digits that `text` begins with, without its leading zeros.
std::string_view Digits(std::string_view text) {
  size_t end = 0;
  while (end < text.size() && IsDigit(text[end])) ++end;
  size_t begin = 0;
  while (begin + 1 < end && text[begin] == '0') ++begin;
  return text.substr(begin, end - begin);
}

// Appends what makes names compare by bytes as people order them: of a run of digits first how many
// there are, so that runs compare as numbers.
void AppendNameKey(std::string_view name, std::string& key) {
  while (!name.empty()) {
    key += name[0];
    if (!IsDigit(name[0])) {
      name.remove_prefix(1);
      continue;
    }
    const std::string_view digits = Digits(name);
    key.back() = '0';  // any digit: against another byte it is as good as the first of the run
    key += static_cast<char>(digits.size());
    key += digits;
    name.remove_prefix(static_cast<size_t>(digits.data() + digits.size() - name.data()));
  }
  key += '\0';  // before all that a longer name may go on with
}

// What entries are ordered by, the least first; infinity: not said.
double Rank(const Entry& entry, Order order) {
  constexpr double kLast = std::numeric_limits<double>::infinity();
  switch (order) {
    case Order::kName:
      return 0;
    case Order::kAccuracy:
      return -entry.metric("acc@1").value_or(-kLast);
    case Order::kParameters:
      return entry.parameters ? static_cast<double>(*entry.parameters) : kLast;
    case Order::kSize:
      return static_cast<double>(entry.artifact.max_size);
    case Order::kGflops:
      return entry.gflops.value_or(kLast);
  }
  return kLast;
}

// Where an entry stands: by rank, then by name.
struct Place {
  double rank;
  std::string name;
  const Entry* entry;
};

Place PlaceOf(const Entry& entry, Order order) {
  Place place{Rank(entry, order), "", &entry};
  AppendNameKey(entry.model, place.name);
  AppendNameKey(entry.weights, place.name);
  return place;
}

}  // namespace

std::vector<const Entry*> Select(const RegistrySet& set, const Filter& filter, Order order) {
  std::vector<Place> places;
  for (const Registry& registry : set.registries()) {
    for (const Entry& entry : registry.entries()) {
      if (Meets(entry, filter)) places.push_back(PlaceOf(entry, order));
    }
  }
  std::ranges::stable_sort(places, [](const Place& a, const Place& b) {
    return a.rank != b.rank ? a.rank < b.rank : a.name < b.name;
  });
  std::vector<const Entry*> entries;
  entries.reserve(places.size());
  for (const Place& place : places) entries.push_back(place.entry);
  return entries;
}

std::vector<std::string> FamiliesOf(const RegistrySet& set) {
  std::set<std::string> families;
  for (const Registry& registry : set.registries()) {
    for (const Entry& entry : registry.entries())
      families.insert(FamilyOf(entry.architecture.name));
  }
  return {families.begin(), families.end()};
}

Result<uint64_t> ParseCount(std::string_view text) {
  constexpr std::string_view kUnits = "kmb";  // 1000, 1000^2, 1000^3
  Error wrong{ErrorCode::kUsage, Quote(text, 80) + " is not a count",
              "write it like 250k, 10M or 1.5B"};
  double number = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || number < 0) return wrong;
  std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  if (!unit.empty()) {
    size_t power = kUnits.find(Lower(unit[0]));
    if (unit.size() > 1 || power == std::string_view::npos) return wrong;
    number *= std::pow(1000, power + 1);
  }
  if (!(number <= 1e18)) return wrong;
  return static_cast<uint64_t>(std::llround(number));
}

std::string FormatCount(uint64_t count) {
  struct Unit {
    double size;
    char letter;
  };
  static constexpr Unit kUnits[] = {{1e9, 'B'}, {1e6, 'M'}, {1e3, 'k'}};
  for (const Unit& unit : kUnits) {
    // 999 950 000 is 1.0B, not 1000.0M.
    if (static_cast<double>(count) >= unit.size * 0.99995) {
      return fmt::format("{:.1f}{}", static_cast<double>(count) / unit.size, unit.letter);
    }
  }
  return fmt::format("{}", count);
}

}  // namespace zoo
