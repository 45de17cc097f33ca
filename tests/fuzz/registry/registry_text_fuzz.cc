// A registry that can be read and is given one more entry can be read again, and has all that it
// had; what cannot be read ends in an error.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"
#include "zoo/share/registry_text.h"

namespace {

zoo::Entry NewEntry() {
  zoo::Entry entry;
  entry.model = entry.architecture.name = "fuzz";
  entry.weights = "new";
  entry.artifact.file = "x.pth";
  entry.artifact.size = entry.artifact.min_size = entry.artifact.max_size = 1;
  entry.artifact.sha256 = zoo::Digest();
  entry.artifact.sources = {zoo::UrlSource{"files/x.pth"}};
  entry.categories = "fuzz";
  return entry;
}

auto Parse(std::string_view text) {
  return zoo::Registry::Parse(text, "x", zoo::RegistryOrigin::kFile, "x");
}

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto before = Parse(text);
  const auto registry = zoo::RegistryText::Of(text);
  // Names that are written with escapes are not seen by the text.
  if (!before || !registry) return 0;
  const zoo::Entry entry = NewEntry();
  const auto there = registry->Find(entry.model, entry.weights);
  if (!registry->CheckNew(entry) || !there || *there) return 0;
  const auto list = registry->ListFor({"a", "b"}, entry.categories);
  if (!list || *list != entry.categories) return 0;
  const auto after = Parse(registry->With(entry, {.updated = "now", .category_names = {"a", "b"}}));
  if (!after) return 0;
  Require(after->size() == before->size() + 1);
  Require(after->version() == before->version() + 1);
  for (size_t i = 0; i < before->size(); ++i) {
    zoo::Entry was = before->entries()[i], is = after->entries()[i];
    was.is_default = is.is_default = false;
    Require(was == is);
  }
  return 0;
}
