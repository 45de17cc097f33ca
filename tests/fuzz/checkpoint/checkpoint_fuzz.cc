// Any bytes as a checkpoint: opened, shown with hashes, verified.
#include <cstddef>
#include <cstdint>
#include <span>

#include "zoo/base/bytes.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/inspect_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  zoo::OpenOptions options;
  options.limits.nodes = 1'000'000;
  options.limits.listing = 8 << 20;
  options.limits.materialise = 1 << 20;
  auto opened = zoo::Checkpoint::OfBytes(std::as_bytes(std::span(data, size)), "x", options);
  if (!opened) return 0;
  // A storage is no larger than the file, unless it is deflated.
  for (const zoo::StorageInfo& storage : (*opened)->storages()) {
    if (storage.nbytes > 1 << 20) return 0;
  }
  auto shown = zoo::InspectJson(**opened, {.hash = true});
  auto verified = (*opened)->Verify();
  static_cast<void>(shown.has_value() && verified.has_value());
  return 0;
}
