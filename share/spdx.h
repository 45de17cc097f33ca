// SPDX licence expressions: what a publisher says of weights, so that programs can tell what others
// may do with them. Pure; any thread.
//
//   ZOO_RETURN_IF_ERROR(CheckLicense("Apache-2.0"));
#ifndef ZOO_SHARE_SPDX_H_
#define ZOO_SHARE_SPDX_H_

#include <string_view>

#include "zoo/base/result.h"

namespace zoo {

// kUsage, with the nearest name, unless it is a name of the SPDX list ("MIT"), one of the
// publisher's own ("LicenseRef-MyTerms"), or several of them with AND, OR, WITH and parentheses.
// One spelling: upper and lower case are told apart.
Status CheckLicense(std::string_view expression);

}  // namespace zoo

#endif  // ZOO_SHARE_SPDX_H_
