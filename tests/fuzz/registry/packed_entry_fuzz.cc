// Any bytes as a packed entry. What comes back is packed to what comes back again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>

#include "zoo/base/bytes.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/packed_entry.h"
#include "zoo/registry/packing.h"

namespace zoo {
namespace {

std::string Packed(const Entry& entry) {
  Packer packer;
  PackEntry(entry, packer);
  return packer.bytes();
}

}  // namespace
}  // namespace zoo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const zoo::ByteView bytes = std::as_bytes(std::span(data, size));
  (void)zoo::UnpackName(bytes);
  const std::optional<zoo::Entry> entry = zoo::UnpackEntry(bytes);
  if (!entry) return 0;
  const std::string packed = zoo::Packed(*entry);
  const std::optional<zoo::Entry> again = zoo::UnpackEntry(zoo::AsBytes(packed));
  // Compared as bytes: a NaN is not equal to itself.
  if (!again || zoo::Packed(*again) != packed) std::abort();
  return 0;
}
