#include "zoo/registry/fields.h"

#include <fmt/format.h>

#include <cmath>

#include "zoo/base/text.h"

namespace zoo {
namespace {

// What a value is, for a message: short values as they stand, others by their type.
std::string Shown(const Json& value) {
  if (const std::string* text = value.AsString()) return Quote(*text, 80);
  if (value.AsArray() != nullptr || value.AsObject() != nullptr) {
    return std::string(value.TypeName());
  }
  return value.Dump(-1);
}

bool IsWhole(const Json& value) {
  auto number = value.AsUint64();
  return number && *number <= kLargestWhole;
}

bool IsFinite(const Json& value) {
  auto number = value.AsDouble();
  return number && std::isfinite(*number);
}

}  // namespace

Fields::Fields(const Json& object, std::string path, Problem& problem)
    : object_(object), path_(std::move(path)), problem_(problem) {
  if (object.AsObject() == nullptr) {
    problem_.Note(fmt::format("{}{}must be an object, is {}", path_, path_.empty() ? "" : " ",
                              Shown(object)));
  }
}

std::string Fields::PathOf(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

void Fields::Fail(std::string_view key, std::string_view what, ErrorCode code) {
  problem_.Note(fmt::format("{} {}", PathOf(key), what), code);
}

const Json* Fields::Any(std::string_view key, Need need) {
  if (problem_.found()) return nullptr;
  const Json* value = object_.Find(key);
  if (value == nullptr && need == Need::kRequired) Fail(key, "is missing");
  return value;
}

const Json* Fields::Typed(std::string_view key, Need need, std::string_view wanted,
                          bool (*fits)(const Json&)) {
  const Json* value = Any(key, need);
  if (value == nullptr || fits(*value)) return value;
  Fail(key, fmt::format("must be {}, is {}", wanted, Shown(*value)));
  return nullptr;
}

const std::string* Fields::String(std::string_view key, Need need) {
  const Json* value =
      Typed(key, need, "a string", [](const Json& json) { return json.AsString() != nullptr; });
  return value == nullptr ? nullptr : value->AsString();
}

const Json::Array* Fields::Array(std::string_view key, Need need) {
  const Json* value =
      Typed(key, need, "an array", [](const Json& json) { return json.AsArray() != nullptr; });
  return value == nullptr ? nullptr : value->AsArray();
}

const Json* Fields::Object(std::string_view key, Need need) {
  return Typed(key, need, "an object", [](const Json& json) { return json.AsObject() != nullptr; });
}

std::optional<bool> Fields::Bool(std::string_view key) {
  const Json* value = Typed(key, Need::kOptional, "true or false",
                            [](const Json& json) { return json.AsBool() != nullptr; });
  if (value == nullptr) return std::nullopt;
  return *value->AsBool();
}

std::optional<uint64_t> Fields::Whole(std::string_view key, Need need) {
  const Json* value = Typed(key, need, "a whole number from 0 to 2^53", IsWhole);
  return value == nullptr ? std::nullopt : value->AsUint64();
}

std::optional<double> Fields::Number(std::string_view key, Need need) {
  const Json* value = Typed(key, need, "a number", IsFinite);
  return value == nullptr ? std::nullopt : value->AsDouble();
}

}  // namespace zoo
