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

void OptionReader::Read(std::string_view name, int64_t& into, int64_t min, int64_t max) {
  const Json* value = Take(name);
  if (value == nullptr) return;
  const auto number = value->AsInt64();
  if (!number || *number < min || *number > max) {
    Fail(fmt::format("{} must be a whole number from {} to {}, not {}", name, min, max,
                     Escape(value->Dump(-1))));
    return;
  }
  into = *number;
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

void OptionReader::Fail(std::string message) {
  if (failure_.empty()) failure_ = std::move(message);
}

Status OptionReader::Finish() const {
  if (!failure_.empty()) return Error{ErrorCode::kUsage, architecture_ + ": " + failure_, ""};
  for (const auto& [key, value] : options_) {
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
