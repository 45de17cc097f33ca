// What the value of an option may be, for CLI::Option::check. CLI11 has such checks too, and says
// them in words that differ from release to release; of these, parse.h makes a sentence. Pure.
#ifndef ZOO_CLI_OPTION_VALUES_H_
#define ZOO_CLI_OPTION_VALUES_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace zoo::cli {

// One of these words. Completion offers them.
CLI::Validator OneOf(const std::vector<std::string>& words);
// A whole number. With INT64_MAX there is no end.
CLI::Validator Between(int64_t least, int64_t most);

// The words of OneOf; empty if the option was not given it.
std::vector<std::string> WordsOf(const CLI::Option& option);

// How the checks' errors begin, after the value: "\"ten\"", then this and what may be.
inline constexpr char kOnly[] = ", only ";

}  // namespace zoo::cli

#endif  // ZOO_CLI_OPTION_VALUES_H_
