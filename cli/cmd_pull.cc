#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "zoo/base/process.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/pull_names.h"
#include "zoo/fetcher/clock.h"
#include "zoo/fetcher/curl_transport.h"

namespace zoo::cli {

Runner DefinePull(CLI::App& app) {
  struct Arguments {
    std::vector<std::string> names;
    std::string to;
  };
  auto arguments = std::make_shared<Arguments>();
  app.add_option("NAME", arguments->names, "weights, as `zoo list` shows them")->required();
  CLI::Option* to = app.add_option("--to", arguments->to,
                                   "put the file here too: a file, or a folder that exists")
                        ->type_name("PATH");
  return [arguments, to](Context& context) -> Result<int> {
    PullNames request{.names = arguments->names};
    if (to->count() > 0) request.to = arguments->to;
    CurlTransport transport(NetworkOptions::FromEnvironment());
    SystemClock clock;
    RealProcess process;
    return RunPull(context, {transport, clock, process}, request);
  };
}

}  // namespace zoo::cli
