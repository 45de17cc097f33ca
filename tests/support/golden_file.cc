#include "zoo/tests/support/golden_file.h"

#include <cstdio>
#include <cstdlib>

#include "zoo/base/file.h"
#include "zoo/base/result.h"

namespace zoo {
namespace {

constexpr uint64_t kMaxBytes = 16 << 20;

[[noreturn]] void Die(const std::string& message) {
  std::fprintf(stderr, "golden file: %s\n", message.c_str());
  std::abort();
}

}  // namespace

Json ReadGoldenFile(const std::string& path) {
  const Result<std::string> text = ReadFile(path, kMaxBytes);
  if (!text) Die(text.error().Text());
  Result<Json> json = ParseJson(*text, {.bytes = kMaxBytes});
  if (!json) Die(path + ": " + json.error().Text());
  return *std::move(json);
}

const Json& At(const Json& json, std::initializer_list<std::string_view> names) {
  const Json* at = &json;
  for (const std::string_view name : names) {
    at = at->Find(name);
    if (at == nullptr) Die("no " + std::string(name));
  }
  return *at;
}

std::vector<double> Doubles(const Json& array) {
  if (array.AsArray() == nullptr) Die("not an array");
  std::vector<double> numbers;
  for (const Json& item : *array.AsArray()) {
    if (!item.AsDouble()) Die("not a number");
    numbers.push_back(*item.AsDouble());
  }
  return numbers;
}

std::vector<int64_t> Ints(const Json& array) {
  if (array.AsArray() == nullptr) Die("not an array");
  std::vector<int64_t> numbers;
  for (const Json& item : *array.AsArray()) {
    if (!item.AsInt64()) Die("not a whole number");
    numbers.push_back(*item.AsInt64());
  }
  return numbers;
}

const std::string& Text(const Json& string) {
  if (string.AsString() == nullptr) Die("not a string");
  return *string.AsString();
}

}  // namespace zoo
