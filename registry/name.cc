#include "zoo/registry/name.h"

#include <algorithm>
#include <cstddef>

#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr size_t kLongestPart = 128;

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

Error NotAName(std::string_view text, std::string_view why) {
  return {ErrorCode::kUsage, Quote(text) + " is not a name: " + std::string(why),
          "a name is [REGISTRY/]MODEL[:WEIGHTS][@sha256:HEX], its parts of letters, digits, '.', "
          "'_' and '-', like resnet50:IMAGENET1K_V2"};
}

// Cuts `text` at the first `mark` and returns what stood behind it, if there is one.
std::optional<std::string_view> CutAt(std::string_view& text, char mark) {
  size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = text.substr(at + 1);
  text = text.substr(0, at);
  return rest;
}

}  // namespace

bool IsNamePart(std::string_view part) {
  return !part.empty() && part.size() <= kLongestPart && IsAlphanumeric(part.front()) &&
         part.find("..") == std::string_view::npos && std::ranges::all_of(part, [](char c) {
           return IsAlphanumeric(c) || c == '.' || c == '_' || c == '-';
         });
}

std::string Name::ToString() const {
  std::string text;
  if (!registry.empty()) text += registry + '/';
  text += model;
  if (!weights.empty()) text += ':' + weights;
  if (digest) text += '@' + digest->ToString();
  return text;
}

Result<Name> ParseName(std::string_view text) {
  Name name;
  std::string_view model = text;
  std::optional<std::string_view> digest = CutAt(model, '@');
  std::string_view registry = model;
  if (auto rest = CutAt(registry, '/')) {
    model = *rest;
    if (!IsNamePart(registry)) return NotAName(text, Quote(registry) + " cannot be a registry");
    name.registry = registry;
  }
  std::optional<std::string_view> weights = CutAt(model, ':');
  if (!IsNamePart(model)) return NotAName(text, Quote(model) + " cannot be a model");
  if (weights && !IsNamePart(*weights)) {
    return NotAName(text, Quote(*weights) + " cannot be the weights of a model");
  }
  name.model = model;
  name.weights = weights.value_or("");
  if (digest) {
    auto parsed = Digest::Parse(*digest);
    if (!parsed) return NotAName(text, parsed.error().message);
    name.digest = *parsed;
  }
  return name;
}

}  // namespace zoo
