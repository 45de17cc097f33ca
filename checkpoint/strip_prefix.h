// Prefixes that training wrappers put before the names of a state dict ("module.", "_orig_mod."),
// taken away. Pure; any thread.
#ifndef ZOO_CHECKPOINT_STRIP_PREFIX_H_
#define ZOO_CHECKPOINT_STRIP_PREFIX_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/result.h"

namespace zoo {

// The name without any of the prefixes at its start, as often as one of them is there. REQUIRES: no
// prefix is empty.
std::string_view StripPrefixes(std::string_view name, std::span<const std::string> prefixes);

struct StrippedNames {
  std::vector<std::string> names;  // in the order given
  std::vector<bool> matched;       // of each prefix: whether any name began with it
};
// kUsage if a prefix is empty, if nothing is left of a name, or if two names become one. `file`
// stands for where the names are from in messages.
Result<StrippedNames> StripPrefixes(std::span<const std::string> names,
                                    std::span<const std::string> prefixes, std::string_view file);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_STRIP_PREFIX_H_
