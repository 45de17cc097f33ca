#include "zoo/cli/context.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

namespace zoo::cli {
namespace {

constexpr int kInterruptedExit = 130;

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool IsSet(std::string_view value) { return !value.empty() && value != "0"; }

}  // namespace

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

int Context::Report(const Error& error) {
  terminal_.ErrLine(fmt::format("zoo: {}", error.Text()));
  if (json()) {
    PrintJson(Json::Object{{"schema", "zoo/error/1"},
                           {"code", ErrorCodeName(error.code)},
                           {"message", error.message},
                           {"hint", error.hint}});
  }
  bool by_user = error.code == ErrorCode::kCancelled && cancel_.cancelled();
  return by_user ? kInterruptedExit : static_cast<int>(error.code);
}

}  // namespace zoo::cli
