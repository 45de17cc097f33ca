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

// Less than, equal to or more than 0: runs of digits compare as numbers, all else byte by byte.
int CompareNames(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (IsDigit(a[0]) && IsDigit(b[0])) {
      std::string_view x = Digits(a), y = Digits(b);
      if (x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
      if (int order = x.compare(y); order != 0) return order;
      a.remove_prefix(static_cast<size_t>(x.data() + x.size() - a.data()));
      b.remove_prefix(static_cast<size_t>(y.data() + y.size() - b.data()));
      continue;
    }
    if (a[0] != b[0]) return a[0] < b[0] ? -1 : 1;
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return a.empty() ? (b.empty() ? 0 : -1) : 1;
}

// What entries are ordered by, the least first; infinity: not said.
double Key(const Entry& entry, Order order) {
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

}  // namespace

std::vector<const Entry*> Select(const RegistrySet& set, const Filter& filter, Order order) {
  std::vector<const Entry*> entries;
  for (const Registry& registry : set.registries()) {
    for (const Entry& entry : registry.entries()) {
      if (Meets(entry, filter)) entries.push_back(&entry);
    }
  }
  std::ranges::stable_sort(entries, [order](const Entry* a, const Entry* b) {
    double x = Key(*a, order), y = Key(*b, order);
    if (x != y) return x < y;
    if (int names = CompareNames(a->model, b->model); names != 0) return names < 0;
    return CompareNames(a->weights, b->weights) < 0;
  });
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
