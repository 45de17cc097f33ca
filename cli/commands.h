// The table of commands: the functions it names, and the table as zoo-run has it.
#ifndef ZOO_CLI_COMMANDS_H_
#define ZOO_CLI_COMMANDS_H_

#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/cli/command.h"

namespace zoo::cli {

Runner DefineList(CLI::App& app);
Runner DefineSearch(CLI::App& app);
Runner DefineShow(CLI::App& app);
Runner DefinePull(CLI::App& app);
Runner DefinePath(CLI::App& app);
Runner DefineVerify(CLI::App& app);
Runner DefineInspect(CLI::App& app);
Runner DefineDiff(CLI::App& app);
Runner DefineConvert(CLI::App& app);
Runner DefineRuns(CLI::App& app);
Runner DefineRegistryAdd(CLI::App& app);
Runner DefineRegistryList(CLI::App& app);
Runner DefineRegistryRemove(CLI::App& app);
Runner DefineRegistryUpdate(CLI::App& app);
Runner DefineServe(CLI::App& app);
Runner DefineCacheList(CLI::App& app);
Runner DefineCacheRemove(CLI::App& app);
Runner DefineCachePrune(CLI::App& app);
Runner DefineCachePath(CLI::App& app);
Runner DefinePreprocess(CLI::App& app);
Runner DefineHelp(CLI::App& app);
Runner DefineVersion(CLI::App& app);
Runner DefineCompletion(CLI::App& app);

// In zoo-run only.
Runner DefineClassify(CLI::App& app);
Runner DefineRun(CLI::App& app);
Runner DefineCheck(CLI::App& app);

// Commands() with those that need LibTorch defined: what zoo-run hands to Main.
//   CommandsWith({{"classify", DefineClassify}, {"run", DefineRun}, {"check", DefineCheck}})
// A name that is not in the table is a bug and aborts.
std::vector<Command> CommandsWith(
    std::initializer_list<std::pair<std::string_view, Runner (*)(CLI::App&)>> torch_commands);

}  // namespace zoo::cli

#endif  // ZOO_CLI_COMMANDS_H_
