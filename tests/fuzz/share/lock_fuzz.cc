// ParseLock on any bytes. What it accepts must come back as itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "zoo/base/result.h"
#include "zoo/registry/entry.h"
#include "zoo/share/lock.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const zoo::Result<zoo::Lock> lock = zoo::ParseLock(text, "fuzz");
  if (!lock) return 0;
  const zoo::Result<zoo::Lock> again = zoo::ParseLock(zoo::LockText(*lock), "again");
  if (!again || *again != *lock) std::abort();
  for (const zoo::LockedWeights& row : lock->weights) {
    if (*lock->Find(row.alias) != &row) std::abort();
    if (zoo::EntryOf(row).artifact.sha256 != row.sha256) std::abort();
  }
  return 0;
}
