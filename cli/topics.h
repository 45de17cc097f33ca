// What `zoo help` explains besides commands: exit codes, the environment, limits.
#ifndef ZOO_CLI_TOPICS_H_
#define ZOO_CLI_TOPICS_H_

#include <span>
#include <string_view>

#include "zoo/cli/layout.h"

namespace zoo::cli {

struct Topic {
  std::string_view name;     // "exit-codes"
  std::string_view summary;  // one line, no full stop
  std::string_view section;  // of the manual page: "EXIT STATUS"
  std::string_view before;   // a paragraph above the list
  std::span<const Definition> definitions;
};

std::span<const Topic> Topics();

// The topic of that name, or null.
const Topic* FindTopic(std::string_view name);

}  // namespace zoo::cli

#endif  // ZOO_CLI_TOPICS_H_
