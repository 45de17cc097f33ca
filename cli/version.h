// The version of this tree, as `zoo version` prints it.
#ifndef ZOO_CLI_VERSION_H_
#define ZOO_CLI_VERSION_H_

#include <string_view>

namespace zoo::cli {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace zoo::cli

#endif  // ZOO_CLI_VERSION_H_
