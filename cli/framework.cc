// From main to exit:
//
// 1. Descriptors 0, 1 and 2 are made to exist, so that no file of ours can get one of these numbers
//    and be written as if it were the output. SIGPIPE is ignored for the sake of sockets.
// 2. The words up to the command are read; a command that needs zoo-run becomes zoo-run.
// 3. The command alone defines and parses its options: what is not asked for costs nothing.
// 4. It runs; its error is reported.
// 5. Standard output is closed and its failure, if any, becomes the program's.
#include "zoo/cli/framework.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/cancel.h"
#include "zoo/base/result.h"
#include "zoo/base/text.h"
#include "zoo/cli/context.h"
#include "zoo/cli/help.h"
#include "zoo/cli/interrupt.h"
#include "zoo/cli/invocation.h"
#include "zoo/cli/parse.h"
#include "zoo/cli/run_child.h"
#include "zoo/cli/terminal.h"

namespace zoo::cli {
namespace {

// A missing one is opened the wrong way round, so that using it still fails.
void HoldStandardDescriptors() {
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    int opened = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (opened >= 0 && opened != fd) close(opened);
  }
}

enum class Place {
  kHere,
  kZooRun,
  kZooRunIfThere,  // done better there: only zoo-run knows the options of its own commands
};

Place PlaceOf(const Invocation& invocation, const Program& program) {
  const Command& command = *invocation.command;
  if (program.kind == ProgramKind::kZooRun) return Place::kHere;
  if (command.needs_torch) return Place::kZooRun;
  if (command.name == "completion") return Place::kZooRunIfThere;
  if (command.name != "help") return Place::kHere;
  bool about_zoo_run = std::any_of(
      invocation.arguments.begin(), invocation.arguments.end(), [&](const std::string& word) {
        const Command* topic = FindCommand(word, program.commands);
        return word == "--man" || (topic != nullptr && topic->needs_torch);
      });
  return about_zoo_run ? Place::kZooRunIfThere : Place::kHere;
}

// Reports an error that came before there was a command to parse --json.
int ReportEarly(const Error& error, std::span<const std::string> words, Terminal& terminal) {
  return Context({.json = AsksForJson(words)}, terminal, CancelToken()).Report(error);
}

// What no room has turned into an error of its own, so that a command ends with a report and an
// exit code whatever happens to it.
Result<int> RunCaught(const Runner& run, Context& context) {
  try {
    return run(context);
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kUnsupported, "not enough memory", ""};
  } catch (const std::exception& error) {
    // LibTorch puts its stack trace into the lines below the first.
    const std::string_view what = error.what();
    return Error{ErrorCode::kUnsupported, Escape(what.substr(0, what.find('\n'))), ""};
  }
}

int RunCommand(const Invocation& invocation, std::span<const std::string> words,
               const Program& program, Terminal& terminal) {
  Result<ParsedCommand> parsed = ParseCommand(*invocation.command, invocation.arguments);
  if (!parsed) return ReportEarly(parsed.error(), words, terminal);
  Context context(std::move(parsed->options), terminal, CatchInterrupts(), &program);
  Result<int> code = RunCaught(parsed->run, context);
  return code ? *code : context.Report(code.error());
}

int Dispatch(char** argv, std::span<const std::string> words, const Program& program,
             Terminal& terminal) {
  Result<Invocation> invocation = ParseInvocation(words, program.commands);
  if (!invocation) return ReportEarly(invocation.error(), words, terminal);
  if (invocation->command == nullptr) {
    Error error{ErrorCode::kUsage, "no command was given", "`zoo help` lists the commands"};
    if (AsksForJson(words)) return ReportEarly(error, words, terminal);
    std::string overview = FormatOverview(program.commands, terminal.columns());
    overview.pop_back();  // its newline
    terminal.ErrLine(overview);
    return static_cast<int>(error.code);
  }
  Place place = PlaceOf(*invocation, program);
  if (place == Place::kZooRun || (place == Place::kZooRunIfThere && FindZooRun())) {
    return ReportEarly(BecomeZooRun(argv, invocation->command->name), words, terminal);
  }
  return RunCommand(*invocation, words, program, terminal);
}

}  // namespace

int Main(int argc, char** argv, std::span<const Command> commands, ProgramKind kind) {
  HoldStandardDescriptors();
  signal(SIGPIPE, SIG_IGN);
  Terminal terminal;
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  int code = Dispatch(argv, words, Program{commands, kind}, terminal);
  if (Status written = terminal.Finish(); !written) {
    terminal.ErrLine("zoo: " + written.error().Text());
    return static_cast<int>(written.error().code);
  }
  return code != 0 && WasInterrupted() ? kInterruptedExit : code;
}

}  // namespace zoo::cli
