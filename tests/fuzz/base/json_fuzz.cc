#include <cstddef>
#include <cstdint>
#include <string_view>

#include "zoo/base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)zoo::ParseJson(text, {.depth = 16});
  return 0;
}
