// What completion needs to know of the commands, whatever the shell. Pure but for asking commands
// to define their options.
#ifndef ZOO_CLI_COMPLETION_ROWS_H_
#define ZOO_CLI_COMPLETION_ROWS_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/cli/command.h"
#include "zoo/cli/described_command.h"

namespace zoo::cli {

// What may stand at a place of the command line: said by the name that a command gives to the
// option's value or to the argument, and by the words that the value is one of.
enum class Takes {
  kNothing,
  kNames,
  kNamesAndFiles,
  kArchitectures,
  kFamilies,
  kRegistries,
  kFiles,
  kFolders,
  kShells,
  kTopics,
  kWords,
};
Takes TakesOf(std::string_view value);
Takes TakesOf(const DescribedOption& option);

// What a script asks zoo for: `zoo completion names`.
struct Query {
  Takes takes;
  std::string_view word;
};
std::span<const Query> Queries();
// Empty: it asks for nothing.
std::string_view QueryFor(Takes takes);

// A command and the options it takes, the common ones included.
struct CompletionRow {
  std::string_view name;
  std::vector<DescribedOption> options;
  std::string argument_name;  // empty: it takes none
  Takes argument = Takes::kNothing;
};
std::vector<CompletionRow> CompletionRows(std::span<const Command> commands);

// The options that every command takes.
std::vector<DescribedOption> CommonRows();

// The first words of commands of two: "cache".
std::vector<std::string> Groups(std::span<const Command> commands);

// The words that may follow a group, or `zoo` itself if it is empty.
struct CompletionWord {
  std::string word, summary;
};
std::vector<CompletionWord> NextWords(std::string_view group, std::span<const Command> commands);

// What `zoo help` takes.
std::string TopicWords(std::span<const Command> commands);

// For patterns: the common options that take the word after them, and the groups.
std::string CommonWithValue(std::string_view separator);
std::string JoinGroups(std::span<const Command> commands, std::string_view separator);

// `text` with a backslash before each of `special`.
std::string Backslashed(std::string_view text, std::string_view special);

// "float32 float64"
std::string JoinWords(const DescribedOption& option);

// In single quotes, as bash and zsh read them.
std::string ShellQuoted(std::string_view text);

}  // namespace zoo::cli

#endif  // ZOO_CLI_COMPLETION_ROWS_H_
