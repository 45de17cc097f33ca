// ParseRunHistory on any bytes. What it accepts must be printed as a text that gives the same, and
// its files must stay in their folder.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "zoo/runs/history.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto history = zoo::ParseRunHistory({reinterpret_cast<const char*>(data), size});
  if (!history) return 0;
  for (const zoo::EpochRecord& record : history->epochs) {
    if (record.file.find('/') != std::string::npos || record.file.starts_with('.')) std::abort();
  }
  const std::string text = zoo::PrintRunHistory(*history);
  auto again = zoo::ParseRunHistory(text);
  // As texts: NaN is not equal to itself.
  if (!again || zoo::PrintRunHistory(*again) != text) std::abort();
  return 0;
}
