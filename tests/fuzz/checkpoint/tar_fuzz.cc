// Any bytes as a tar checkpoint: the headers' checksums are made right, then it is opened and
// shown.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "zoo/base/bytes.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/inspect_json.h"

namespace {

constexpr size_t kBlock = 512, kSizeAt = 124, kSizeDigits = 11, kChecksumAt = 148;

// Of the header at `at`; returns where the next one is.
size_t RightChecksum(std::string& tar, size_t at) {
  std::fill_n(tar.begin() + static_cast<ptrdiff_t>(at + kChecksumAt), 8, ' ');
  unsigned sum = 0;
  for (size_t i = 0; i < kBlock; ++i) sum += static_cast<uint8_t>(tar[at + i]);
  char digits[16];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  tar.replace(at + kChecksumAt, 6, digits);
  uint64_t size = std::strtoull(tar.substr(at + kSizeAt, kSizeDigits).c_str(), nullptr, 8);
  return at + kBlock + (std::min<uint64_t>(size, tar.size()) + kBlock - 1) / kBlock * kBlock;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string tar(reinterpret_cast<const char*>(data), size);
  for (size_t at = 0; at + kBlock <= tar.size() && tar[at] != '\0';) at = RightChecksum(tar, at);
  zoo::OpenOptions options;
  options.limits.nodes = 1'000'000;
  options.limits.listing = 8 << 20;
  options.limits.materialise = 1 << 20;
  auto opened = zoo::Checkpoint::OfBytes(zoo::AsBytes(tar), "x", options);
  if (!opened) return 0;
  auto shown = zoo::InspectJson(**opened, {.hash = true});
  auto verified = (*opened)->Verify();
  static_cast<void>(shown.has_value() && verified.has_value());
  return 0;
}
