#include "zoo/cli/pull_one.h"

#include "zoo/base/process.h"
#include "zoo/cache/store.h"
#include "zoo/fetcher/clock.h"
#include "zoo/fetcher/curl_transport.h"

namespace zoo::cli {

Result<Pulled> PullOne(Context& context, const Entry& entry) {
  ZOO_ASSIGN_OR_RETURN(Store * store, context.OpenStore());
  ZOO_ASSIGN_OR_RETURN(const PullOptions pull, context.PullDefaults());
  CurlTransport transport(NetworkOptions::FromEnvironment());
  SystemClock clock;
  RealProcess process;
  return Pull(entry, *store, {transport, clock, process}, pull);
}

}  // namespace zoo::cli
