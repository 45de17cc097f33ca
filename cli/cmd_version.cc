#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>

#include "zoo/base/json.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/run_child.h"
#include "zoo/cli/version.h"

namespace zoo::cli {

Runner DefineVersion(CLI::App&) {
  return [](Context& context) -> Result<int> {
    std::optional<std::filesystem::path> zoo_run = FindZooRun();
    if (context.json()) {
      context.PrintJson(Json::Object{{"schema", "zoo/version/1"},
                                     {"version", kVersion},
                                     {"zoo_run", zoo_run ? Json(zoo_run->native()) : Json()}});
      return 0;
    }
    context.Print(fmt::format("zoo {}\n", kVersion));
    if (!zoo_run) {
      context.Note(
          "no zoo-run stands beside this zoo: classify, run, check and publish are not available");
    }
    return 0;
  };
}

}  // namespace zoo::cli
