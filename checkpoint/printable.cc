#include "zoo/checkpoint/printable.h"

#include "zoo/base/text.h"

namespace zoo {

std::string PrintableRepr(const Value& value, size_t max_bytes) {
  std::string out = Escape(value.Repr(max_bytes), 4 * max_bytes);
  for (size_t at = 0; (at = out.find('\\', at)) != std::string::npos; ++at) {
    if (at + 1 < out.size() && (out[at + 1] == '\\' || out[at + 1] == '"')) out.erase(at, 1);
  }
  return out;
}

}  // namespace zoo
