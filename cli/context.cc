#include "zoo/cli/context.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/cli/progress_view.h"
#include "zoo/fetcher/mirror.h"
#include "zoo/registry/in_force.h"

namespace zoo::cli {
namespace fs = std::filesystem;
namespace {

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool IsSet(std::string_view value) { return !value.empty() && value != "0"; }

// Whether the argument can only be a file, by its form.
bool IsPath(std::string_view argument) {
  return argument.starts_with('/') || argument.starts_with("./") || argument.starts_with("../");
}

// Checkpoints may be called anything; these are how most are called, and no weights.
bool EndsLikeAFile(std::string_view argument) {
  constexpr std::string_view kEndings[] = {".pth", ".pt",  ".pt2", ".ckpt", ".bin",        ".pkl",
                                           ".th",  ".tar", ".jit", ".json", ".safetensors"};
  return std::ranges::any_of(kEndings,
                             [&](std::string_view end) { return argument.ends_with(end); });
}

}  // namespace

Json ErrorDocument(const Error& error) {
  return Json::Object{{"schema", "zoo/error/1"},
                      {"code", ErrorCodeName(error.code)},
                      {"message", error.message},
                      {"hint", error.hint}};
}

Error Cancelled() { return {ErrorCode::kCancelled, "cancelled", ""}; }

Context::Context(CommonOptions options, Terminal& terminal, CancelToken cancel,
                 const Program* program)
    : options_(std::move(options)), terminal_(terminal), cancel_(cancel), program_(program) {
  options_.offline = options_.offline || IsSet(Variable("ZOO_OFFLINE"));
}

void Context::Print(std::string_view text) { terminal_.Out(text); }

void Context::PrintJson(const Json& document) { terminal_.Out(document.Dump() + '\n'); }

void Context::Note(std::string_view line) {
  if (!options_.quiet) terminal_.ErrLine(line);
}

LastWords Context::CancelledWords() const {
  return {.out = json() ? ErrorDocument(Cancelled()).Dump() + '\n' : "",
          .err = fmt::format("zoo: {}\n", Cancelled().Text()),
          .exit_code = kInterruptedExit,
          .other_exit_code = static_cast<int>(ErrorCode::kCancelled)};
}

int Context::Report(const Error& error) {
  terminal_.ErrLine(fmt::format("zoo: {}", error.Text()));
  if (json()) PrintJson(ErrorDocument(error));
  return static_cast<int>(error.code);
}

Result<const RegistrySet*> Context::Registries() {
  if (registries_) return &*registries_;
  ZOO_ASSIGN_OR_RETURN(registries_, RegistriesInForce(options_.registries));
  return &*registries_;
}

Result<Store*> Context::OpenStore() {
  if (store_) return &*store_;
  fs::path folder;
  if (options_.cache) {
    folder = *options_.cache;
  } else {
    ZOO_ASSIGN_OR_RETURN(folder, DefaultCacheFolder());
  }
  if (folder.empty()) {
    return Error{ErrorCode::kUsage, "the cache's folder has an empty name",
                 "name one with --cache"};
  }
  std::error_code failed;
  fs::path absolute = fs::absolute(folder, failed);
  ZOO_ASSIGN_OR_RETURN(store_, Store::Open(failed ? folder : absolute, disk_));
  return &*store_;
}

Result<PullOptions> Context::PullDefaults() {
  PullOptions pull;
  pull.offline = options_.offline;
  pull.cancel = cancel_;
  ZOO_ASSIGN_OR_RETURN(pull.mirrors, ParseMirrors(Variable("ZOO_MIRROR")));
  if (std::string_view python = Variable("ZOO_PYTHON"); !python.empty()) pull.python = python;
  if (!options_.quiet) {
    pull.progress = [view = std::make_shared<ProgressView>(terminal_)](const Progress& progress) {
      view->Show(progress, std::chrono::steady_clock::now());
    };
  }
  return pull;
}

Result<Context::NameOrFile> Context::Resolve(const std::string& argument) {
  if (IsPath(argument)) return NameOrFile{.file = argument};
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, Registries());
  Result<const Entry*> entry = registries->Find(argument);
  std::error_code ignored;
  // A folder that happens to have a model's name is not what was meant.
  bool file = fs::exists(argument, ignored) && !fs::is_directory(argument, ignored);
  if (entry && file) {
    return Error{ErrorCode::kUsage,
                 fmt::format("{} is both a name of weights and a file here", Quote(argument)),
                 fmt::format("write {}/{} for the weights or ./{} for the file", (*entry)->registry,
                             argument, argument)};
  }
  if (entry) return NameOrFile{.entry = *entry};
  if (file || fs::is_directory(argument, ignored)) return NameOrFile{.file = argument};
  Result<Name> name = ParseName(argument);
  if (name && name->registry.empty() && !EndsLikeAFile(argument)) return entry.error();
  return Error{
      ErrorCode::kNotFound,
      fmt::format("there is no file {}, and it is not the name of known weights", Quote(argument)),
      "`zoo list` shows the names"};
}

}  // namespace zoo::cli
