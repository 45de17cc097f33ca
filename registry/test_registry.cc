#include "zoo/registry/test_registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <fstream>

namespace zoo {

Result<Registry> ParseText(std::string_view text, RegistryOrigin origin) {
  return Registry::Parse(text, "lab", origin, "zoo.json");
}

Json& At(Json& json, std::string_view path) {
  std::string step(path.substr(0, path.find('.')));
  std::string_view rest = path.substr(std::min(path.size(), step.size() + 1));
  Json* next = nullptr;
  if (Json::Array* items = json.AsArray()) {
    next = &items->at(std::stoul(step));
  } else {
    Json::Object& members = *json.AsObject();
    auto at = std::ranges::find(members, step, &Json::Object::value_type::first);
    next = at == members.end() ? &members.emplace_back(step, Json()).second : &at->second;
  }
  return rest.empty() ? *next : At(*next, rest);
}

void Remove(Json& json, std::string_view path) {
  size_t dot = path.rfind('.');
  Json& holder = dot == std::string_view::npos ? json : At(json, path.substr(0, dot));
  std::string_view key = dot == std::string_view::npos ? path : path.substr(dot + 1);
  std::erase_if(*holder.AsObject(), [&](const auto& member) { return member.first == key; });
}

std::string With(std::string_view path, std::string_view value) {
  Json json = ParseJson(kGood).value();
  if (value.empty()) {
    Remove(json, path);
  } else {
    At(json, path) = ParseJson(value).value();
  }
  return json.Dump();
}

void NoteRefused(std::string_view text, std::string_view message) {
  const char* rows = std::getenv("REFUSED_ROWS");
  if (rows == nullptr) return;
  const Json row = Json::Object{{"message", message}, {"document", ParseJson(text).value()}};
  std::ofstream(rows, std::ios::app) << row.Dump(-1) << '\n';
}

void ExpectRefused(const BadRow& row) {
  SCOPED_TRACE(row.path + " = " + row.value);
  const std::string text = With(row.path, row.value);
  NoteRefused(text, row.message);
  auto registry = ParseText(text);
  ASSERT_FALSE(registry.has_value());
  EXPECT_EQ(registry.error().code, row.code);
  EXPECT_EQ(registry.error().Text(), "zoo.json: " + row.message);
}

}  // namespace zoo
