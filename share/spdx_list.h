// The SPDX licence list, version 3.27.0: names of licences, and of the exceptions that may follow
// them behind WITH. Constants; any thread.
#ifndef ZOO_SHARE_SPDX_LIST_H_
#define ZOO_SHARE_SPDX_LIST_H_

#include <span>
#include <string_view>

namespace zoo {

// Deprecated ones included: weights were published under them.
std::span<const std::string_view> SpdxLicenses();
std::span<const std::string_view> SpdxExceptions();

}  // namespace zoo

#endif  // ZOO_SHARE_SPDX_LIST_H_
