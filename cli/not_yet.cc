// Stands in for commands whose files are not in this tree yet; a row goes when its file comes.
#include "zoo/cli/commands.h"

namespace zoo::cli {
namespace {

Runner NotYet(CLI::App&) {
  return [](Context&) -> Result<int> {
    return Error{ErrorCode::kUnsupported, "this build does not have that command", ""};
  };
}

}  // namespace

Runner DefineVerify(CLI::App& app) { return NotYet(app); }
Runner DefineInspect(CLI::App& app) { return NotYet(app); }

}  // namespace zoo::cli
