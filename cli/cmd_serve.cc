#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "zoo/base/digest.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/base/text.h"
#include "zoo/cache/disk.h"
#include "zoo/cache/store.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/cli/interrupt.h"
#include "zoo/fetcher/pull.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"
#include "zoo/server/collection.h"
#include "zoo/server/http_server.h"
#include "zoo/server/listen_address.h"
#include "zoo/server/site.h"

namespace zoo::cli {
namespace {

constexpr size_t kTargetShown = 1000;  // bytes of a line of the log

struct Arguments {
  std::string listen = "127.0.0.1:8080";
  bool verbose = false;
};

// A request on a line of its own; the server calls it from several threads.
std::function<void(const Access&)> LogTo(Context& context) {
  return [&context, mutex = std::make_shared<std::mutex>()](const Access& access) {
    const std::string line = fmt::format("{} {} {} {} {}{}", access.client, Escape(access.method),
                                         Escape(access.target, kTargetShown), access.status,
                                         access.bytes, access.complete ? "" : " cut");
    std::lock_guard lock(*mutex);
    context.terminal().ErrLine(line);
  };
}

void Announce(Context& context, const ListenAddress& address, const Store& store) {
  if (context.json()) {
    context.PrintJson(Json::Object{{"schema", "zoo/serve/1"},
                                   {"url", address.Url() + "/"},
                                   {"address", address.host},
                                   {"port", address.port}});
  } else {
    context.Print(address.Url() + "/\n");
  }
  context.Note(fmt::format("serving {}; Ctrl-C ends it", Escape(store.root().native(), 1000)));
  if (!address.IsLoopback()) {
    context.Note(
        "whoever can reach this machine can read all of it: there is no password and no "
        "encryption");
  }
}

Result<int> ServeCache(Context& context, const Arguments& arguments) {
  ZOO_ASSIGN_OR_RETURN(const ListenAddress wanted, ParseListenAddress(arguments.listen));
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  ZOO_ASSIGN_OR_RETURN(Store * store, context.OpenStore());
  const auto pin_of = [store](const Entry& entry) -> std::optional<Digest> {
    const Result<Blob> blob = FindCached(entry, *store);
    return blob ? std::optional(blob->digest()) : std::nullopt;
  };
  ZOO_ASSIGN_OR_RETURN(const Collection collection, Collection::Of(*registries, pin_of));
  RealDisk disk;
  Site site(collection, *store, disk, {.for_this_machine = wanted.IsLoopback()});
  ZOO_ASSIGN_OR_RETURN(Listening listening, Listen(wanted));
  HttpOptions options;
  if (arguments.verbose) options.log = LogTo(context);
  ZOO_ASSIGN_OR_RETURN(HttpServer server,
                       HttpServer::Start(std::move(listening.socket), site, std::move(options)));
  Announce(context, listening.address, *store);
  server.RunUntil(context.cancel());
  // To be ended is how a server ends; only after Ctrl-C the shell is told.
  return WasInterrupted() ? kInterruptedExit : 0;
}

}  // namespace

Runner DefineServe(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  app.add_option("--listen", arguments->listen,
                 "address and port to listen on; port 0 is any that is free, 0.0.0.0 is for other "
                 "machines too")
      ->type_name("ADDRESS")
      ->capture_default_str();
  app.add_flag("--verbose", arguments->verbose,
               "a line for each request: client, method, path, status, bytes");
  return [arguments](Context& context) { return ServeCache(context, *arguments); };
}

}  // namespace zoo::cli
