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

Runner DefineList(CLI::App& app) { return NotYet(app); }
Runner DefineSearch(CLI::App& app) { return NotYet(app); }
Runner DefineShow(CLI::App& app) { return NotYet(app); }
Runner DefinePath(CLI::App& app) { return NotYet(app); }
Runner DefineVerify(CLI::App& app) { return NotYet(app); }
Runner DefineInspect(CLI::App& app) { return NotYet(app); }
Runner DefineCacheList(CLI::App& app) { return NotYet(app); }
Runner DefineCacheRemove(CLI::App& app) { return NotYet(app); }
Runner DefineCachePrune(CLI::App& app) { return NotYet(app); }
Runner DefineCachePath(CLI::App& app) { return NotYet(app); }
Runner DefinePreprocess(CLI::App& app) { return NotYet(app); }

}  // namespace zoo::cli
