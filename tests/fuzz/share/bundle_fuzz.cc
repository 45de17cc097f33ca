// Bundle::Open on any bytes. What it accepts has one form: the texts that it read begin the file,
// and its blobs lie inside it.
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "zoo/base/file.h"
#include "zoo/base/result.h"
#include "zoo/share/bundle.h"
#include "zoo/share/entries.h"
#include "zoo/share/lock.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const zoo::UniqueFd file(memfd_create("bundle", MFD_CLOEXEC));
  if (write(file.get(), data, size) != static_cast<ssize_t>(size)) std::abort();
  const auto bundle = zoo::Bundle::Open(fmt::format("/proc/self/fd/{}", file.get()));
  if (!bundle) return 0;
  const std::string lock = zoo::LockText(bundle->lock());
  if (text.substr(512, lock.size()) != lock) std::abort();
  if (text.find(zoo::EntriesText(bundle->registries())) == text.npos) std::abort();
  for (const zoo::BundledBlob& blob : bundle->blobs()) {
    if (blob.offset > size || blob.size > size - blob.offset) std::abort();
    std::array<std::byte, 64> head;
    if (!bundle->Read(blob, 0, head)) std::abort();
  }
  return 0;
}
