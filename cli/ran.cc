#include "zoo/cli/ran.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdio>

#include "zoo/base/result.h"
#include "zoo/cli/terminal.h"

namespace zoo::cli {
namespace {

std::string Contents(std::FILE* file) {
  std::string text;
  std::rewind(file);
  for (int c; (c = std::fgetc(file)) != EOF;) text += static_cast<char>(c);
  std::fclose(file);
  return text;
}

}  // namespace

Json Ran::json() const { return ParseJson(out, {.bytes = 16 << 20}).value(); }

std::string Ran::LastError() const {
  const size_t end = err.find_last_not_of('\n');
  const size_t begin = err.find_last_of('\n', end);
  return err.substr(begin == err.npos ? 0 : begin + 1, end - begin);
}

Ran RunCommand(Runner (*define)(CLI::App&), std::vector<std::string> arguments,
               const CommonOptions& options, CancelToken cancel) {
  std::FILE* out = std::tmpfile();
  std::FILE* err = std::tmpfile();
  Ran ran;
  {
    Terminal terminal(fileno(out), fileno(err));
    Context context(options, terminal, cancel);
    CLI::App app;
    const Runner runner = define(app);
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
    const Result<int> code = runner(context);
    ran.code = code ? *code : context.Report(code.error());
  }
  ran.out = Contents(out);
  ran.err = Contents(err);
  return ran;
}

}  // namespace zoo::cli
