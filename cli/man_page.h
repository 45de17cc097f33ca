// The manual page zoo(1), in the man(7) language, from the same table as everything else. Pure but
// for asking commands to define their options.
#ifndef ZOO_CLI_MAN_PAGE_H_
#define ZOO_CLI_MAN_PAGE_H_

#include <span>
#include <string>

#include "zoo/cli/command.h"

namespace zoo::cli {

std::string FormatManPage(std::span<const Command> commands);

}  // namespace zoo::cli

#endif  // ZOO_CLI_MAN_PAGE_H_
