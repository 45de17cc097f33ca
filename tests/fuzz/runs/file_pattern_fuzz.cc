// FilePattern on any pattern (the first line) and any name (the rest): a name that is matched is
// the one that the pattern makes of what was found in it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "zoo/runs/file_pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line = std::min(text.find('\n'), text.size());
  auto pattern = zoo::FilePattern::Parse(text.substr(0, line));
  if (!pattern) return 0;
  const std::string_view name = text.substr(std::min(line + 1, text.size()));
  auto matched = pattern->Match(name);
  if (!matched) return 0;
  auto again = pattern->NameOf(matched->epoch, matched->metrics);
  if (!again || *again != name) std::abort();
  return 0;
}
