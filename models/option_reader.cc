#include "zoo/models/option_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "zoo/base/suggest.h"
#include "zoo/base/text.h"

namespace zoo::models {

OptionReader::OptionReader(std::string_view architecture, const Json::Object& options)
    : architecture_(architecture), options_(options) {}

const Json* OptionReader::Take(std::string_view name) {
  names_.emplace_back(name);
  for (const auto& [key, value] : options_) {
    if (key == name) return &value;
  }
  return nullptr;
}

void OptionReader::ReadNumber(std::string_view what, const Json& value, int64_t& into, int64_t min,
                              int64_t max) {
  const auto number = value.AsInt64();
  if (!number || *number < min || *number > max) {
    Fail(fmt::format("{} must be a whole number from {} to {}, not {}", what, min, max,
                     Escape(value.Dump(-1))));
    return;
  }
  into = *number;
}

void OptionReader::Read(std::string_view name, int64_t& into, int64_t min, int64_t max) {
  if (const Json* value = Take(name)) ReadNumber(name, *value, into, min, max);
}

void OptionReader::ReadSquare(std::string_view name, int64_t& into, int64_t min, int64_t max) {
  const Json* value = Take(name);
  if (value == nullptr) return;
  const Json::Array* sides = value->AsArray();
  if (sides == nullptr) return ReadNumber(name, *value, into, min, max);
  if (sides->size() != 2 || (*sides)[0] != (*sides)[1]) {
    Fail(fmt::format("{} must be a whole number, or a list of two that are equal, not {}", name,
                     Escape(value->Dump(-1))));
    return;
  }
  ReadNumber(name, sides->front(), into, min, max);
}

void OptionReader::Read(std::string_view name, double& into, double min, double max) {
  const Json* value = Take(name);
  if (value == nullptr) return;
  const auto number = value->AsDouble();
  if (!number || !(*number >= min && *number <= max)) {
    Fail(fmt::format("{} must be a number from {} to {}, not {}", name, min, max,
                     Escape(value->Dump(-1))));
    return;
  }
  into = *number;
}

void OptionReader::Read(std::string_view name, bool& into) {
  const Json* value = Take(name);
  if (value == nullptr) return;
  if (value->AsBool() == nullptr) {
    Fail(fmt::format("{} must be true or false, not {}", name, Escape(value->Dump(-1))));
    return;
  }
  into = *value->AsBool();
}

void OptionReader::Read(std::string_view name, std::span<bool> into) {
  const Json* value = Take(name);
  if (value == nullptr) return;
  const Json::Array* items = value->AsArray();
  const auto is_bool = [](const Json& item) { return item.AsBool() != nullptr; };
  if (items == nullptr || items->size() != into.size() || !std::ranges::all_of(*items, is_bool)) {
    Fail(fmt::format("{} must be a list of {} of true or false, not {}", name, into.size(),
                     Escape(value->Dump(-1))));
    return;
  }
  std::ranges::transform(*items, into.begin(), [](const Json& item) { return *item.AsBool(); });
}

void OptionReader::Read(std::string_view name, std::vector<std::vector<int64_t>>& into,
                        std::span<const Column> columns) {
  const Json* value = Take(name);
  if (value == nullptr) return;
  const Json::Array* rows = value->AsArray();
  if (rows == nullptr || rows->empty() || rows->size() > kMaxRows) {
    Fail(fmt::format("{} must be a list of 1 to {} lists, not {}", name, kMaxRows,
                     Escape(value->Dump(-1))));
    return;
  }
  into.assign(rows->size(), {});
  for (size_t i = 0; i < rows->size(); ++i) ReadRow(name, (*rows)[i], columns, into[i]);
  if (!failure_.empty()) into.clear();
}

void OptionReader::ReadRow(std::string_view name, const Json& row, std::span<const Column> columns,
                           std::vector<int64_t>& into) {
  const Json::Array* numbers = row.AsArray();
  if (numbers == nullptr || numbers->size() != columns.size()) {
    std::vector<std::string_view> names;
    for (const Column& column : columns) names.push_back(column.name);
    Fail(fmt::format("{} must have lists of [{}], not {}", name, fmt::join(names, ", "),
                     Escape(row.Dump(-1))));
    return;
  }
  into.resize(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto& [column, min, max] = columns[i];
    ReadNumber(fmt::format("{} of {}", column, name), (*numbers)[i], into[i], min, max);
  }
}

void OptionReader::Fail(std::string message) {
  if (failure_.empty()) failure_ = std::move(message);
}

Status OptionReader::Finish() const {
  if (!failure_.empty()) return Error{ErrorCode::kUsage, architecture_ + ": " + failure_, ""};
  // All before a name that is not known are known, so that a long list costs no more than a short.
  for (auto it = options_.begin(); it != options_.end(); ++it) {
    const std::string& key = it->first;
    const auto same = [&](const auto& other) { return other.first == key; };
    if (std::any_of(options_.begin(), it, same)) {
      return Error{ErrorCode::kUsage,
                   fmt::format("{}: {} is given twice", architecture_, Escape(key)), ""};
    }
    if (std::find(names_.begin(), names_.end(), key) != names_.end()) continue;
    const auto nearest = Nearest(key, names_);
    return Error{
        ErrorCode::kUsage, fmt::format("{} has no option {}", architecture_, Quote(key)),
        fmt::format("{} takes {}", nearest ? fmt::format("did you mean {}? It", *nearest) : "it",
                    fmt::join(names_, ", "))};
  }
  return {};
}

}  // namespace zoo::models
