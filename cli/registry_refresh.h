// The added registries, asked for anew before a command reads them: those in force that nobody
// asked for a day, or all that are in force with --refresh. What cannot be had or must not be taken
// is a remark, and the last good copy serves. One thread.
//
//   ZOO_RETURN_IF_ERROR(RefreshAdded(context, options.refresh));
//   ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
#ifndef ZOO_CLI_REGISTRY_REFRESH_H_
#define ZOO_CLI_REGISTRY_REFRESH_H_

#include "zoo/base/result.h"
#include "zoo/cli/context.h"
#include "zoo/fetcher/curl_transport.h"
#include "zoo/fetcher/fetch_registry.h"

namespace CLI {
class App;
}

namespace zoo::cli {

enum class Refresh {
  kIfOld,  // not asked for a day; after a failure not again within the hour
  kNow,
};

// Makes no request offline, and none while another process is at work on the registries. Errors
// only with kNow: kUsage if this run is offline, else the first failure.
Status RefreshAdded(Context& context, FetchSeams seams, Refresh refresh);
// Over the network, by the system's clock.
Status RefreshAdded(Context& context, Refresh refresh);
// How the network is asked for it: where nobody asked for news, nobody waits for long.
NetworkOptions NetworkForRefresh(Refresh refresh);

// --refresh, which sets `refresh` to kNow.
void AddRefreshOption(CLI::App& app, Refresh& refresh);

}  // namespace zoo::cli

#endif  // ZOO_CLI_REGISTRY_REFRESH_H_
