// The options that every command takes, before or after its name: on a CLI11 app, and as a table
// for the words that stand before the command's name.
#ifndef ZOO_CLI_COMMON_OPTIONS_H_
#define ZOO_CLI_COMMON_OPTIONS_H_

#include <span>
#include <string_view>

#include "zoo/cli/context.h"

namespace CLI {
class App;
}

namespace zoo::cli {

struct CommonOption {
  std::string_view name;   // "--cache"
  std::string_view value;  // what it takes, as help calls it; empty: nothing
  std::string_view description;
};

std::span<const CommonOption> CommonOptionTable();

// CLI11's group that they are listed under.
inline constexpr char kCommonGroup[] = "Common options";

// Binds them to `options`, which must live until the app has parsed.
void AddCommonOptions(CLI::App& app, CommonOptions& options);

}  // namespace zoo::cli

#endif  // ZOO_CLI_COMMON_OPTIONS_H_
