// Any bytes as the index of a registry, as they are and under a checksum that is right. Whatever is
// accepted can be asked for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/index_layout.h"
#include "zoo/registry/indexed_entries.h"
#include "zoo/registry/registry.h"

namespace zoo {
namespace {

constexpr size_t kHead = 48;  // of an index: shorter ones have no checksum

void Ask(const std::string& bytes) {
  const auto memory = std::make_shared<std::vector<uint64_t>>(bytes.size() / 8 + 1);
  std::memcpy(memory->data(), bytes.data(), bytes.size());
  Result<IndexContent> content =
      ReadIndex(std::as_bytes(std::span(*memory)).first(bytes.size()), memory);
  if (!content) return;
  const Registry registry =
      Registry::On(std::make_shared<const IndexedEntries>(std::move(content->sections),
                                                          EntryPlace{.registry = "fuzz"}),
                   std::move(content->categories), std::move(content->name), content->version);
  if (registry.Lookup({.model = "resnet18"}) != registry.Lookup({.model = "resnet18"}))
    std::abort();
  if (registry.entries().size() != registry.size()) std::abort();
  for (const Entry& entry : registry.entries()) {
    (void)registry.Lookup({.model = entry.model, .weights = entry.weights});
  }
}

}  // namespace
}  // namespace zoo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  zoo::Ask(bytes);
  if (size < zoo::kHead) return 0;
  zoo::SealIndex(bytes);
  zoo::Ask(bytes);
  return 0;
}
