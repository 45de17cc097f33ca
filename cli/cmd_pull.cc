#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "zoo/base/process.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/pull_names.h"
#include "zoo/cli/registry_refresh.h"
#include "zoo/fetcher/clock.h"
#include "zoo/fetcher/curl_transport.h"

namespace zoo::cli {

Runner DefinePull(CLI::App& app) {
  // The app is gone by the time the command runs.
  auto request = std::make_shared<PullNames>();
  CLI::Option* names =
      app.add_option("NAME", request->names, "weights, as `zoo list` shows them")->required();
  // With a lock file no name means all.
  app.add_option_function<std::string>(
         "--lock",
         [request, names](const std::string& path) {
           request->lock = path;
           names->required(false);
         },
         "exactly what this lock file says; NAMEs are its aliases then, and none means all")
      ->type_name("FILE");
  app.add_option_function<std::string>(
         "--to", [request](const std::string& path) { request->to = path; },
         "put the file here too, replacing what is there: a file, or a folder that exists")
      ->type_name("PATH");
  AddRefreshOption(app, request->refresh);
  return [request](Context& context) -> Result<int> {
    CurlTransport transport(NetworkOptions::FromEnvironment());
    CurlTransport refreshing(NetworkForRefresh(request->refresh));
    SystemClock clock;
    RealProcess process;
    return RunPull(context, {transport, clock, process}, refreshing, *request);
  };
}

}  // namespace zoo::cli
