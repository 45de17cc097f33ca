// Context: what every command of `zoo` is given: the options that all commands take, the terminal,
// and the collaborators made in one place. One thread.
//
//   ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
//   ZOO_ASSIGN_OR_RETURN(const Entry* entry, registries->Find("resnet50"));
//   context.Print(entry->name() + "\n");
#ifndef ZOO_CLI_CONTEXT_H_
#define ZOO_CLI_CONTEXT_H_

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/cancel.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/cache/disk.h"
#include "zoo/cache/store.h"
#include "zoo/cli/interrupt.h"
#include "zoo/cli/terminal.h"
#include "zoo/fetcher/pull.h"
#include "zoo/registry/registry.h"

namespace zoo::cli {

// The exit code of a command that Ctrl-C ended, as shells count signals.
inline constexpr int kInterruptedExit = 130;

// The options that every command takes.
struct CommonOptions {
  bool json = false;
  bool quiet = false;
  bool offline = false;                        // also ZOO_OFFLINE=1
  std::optional<std::filesystem::path> cache;  // --cache, else ZOO_CACHE ...
  std::vector<std::string> registries;         // --registry, else ZOO_REGISTRY
};

struct Program;

// What --json prints of an error.
Json ErrorDocument(const Error& error);

// Of a command that a signal ended.
Error Cancelled();

class Context {
 public:
  // `program` (command.h) must outlive the context; commands under test go without.
  Context(CommonOptions options, Terminal& terminal, CancelToken cancel,
          const Program* program = nullptr);

  const CommonOptions& options() const { return options_; }
  bool json() const { return options_.json; }
  Terminal& terminal() { return terminal_; }
  CancelToken cancel() const { return cancel_; }
  // REQUIRES: one was given.
  const Program& program() const { return *program_; }

  // For EndAtOnce: what a command says that is cancelled in the middle of a step.
  LastWords CancelledWords() const;

  // Standard output: results only.
  void Print(std::string_view text);
  void PrintJson(const Json& document);
  // Standard error, unless --quiet: progress and remarks.
  void Note(std::string_view line);
  // The error as text on standard error and, with --json, as a zoo/error/1 document on standard
  // output. Returns its exit code.
  int Report(const Error& error);

  // The registries in force (registry/in_force.h): --registry or ZOO_REGISTRY replace the added
  // ones and the built-in one. Makes no request (registry_refresh.h does).
  Result<const RegistrySet*> Registries();
  // The next call of Registries reads them again; entries of before are gone.
  void ReloadRegistries() { registries_.reset(); }
  // The cache of --cache, else of the environment; its path is absolute.
  Result<Store*> OpenStore();
  // Offline, mirrors, python and cancel from the options and the environment; progress to the
  // terminal.
  Result<PullOptions> PullDefaults();
  // A command that takes NAME or FILE: a FILE if it begins with /, ./ or ../, or if there is such a
  // file and no entry of that name; kUsage if there are both. Exactly one of the two is set.
  struct NameOrFile {
    const Entry* entry = nullptr;
    std::optional<std::filesystem::path> file;
  };
  Result<NameOrFile> Resolve(const std::string& argument);

 private:
  CommonOptions options_;
  Terminal& terminal_;
  CancelToken cancel_;
  const Program* program_;
  RealDisk disk_;
  std::optional<RegistrySet> registries_;
  std::optional<Store> store_;
};

}  // namespace zoo::cli

#endif  // ZOO_CLI_CONTEXT_H_
