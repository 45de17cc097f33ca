#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/base/suggest.h"
#include "zoo/base/text.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/listed.h"
#include "zoo/cli/option_values.h"
#include "zoo/cli/registry_refresh.h"
#include "zoo/registry/select.h"

namespace zoo::cli {
namespace {

struct NamedOrder {
  std::string_view name;
  Order order;
};
constexpr NamedOrder kOrders[] = {{"name", Order::kName},
                                  {"acc", Order::kAccuracy},
                                  {"params", Order::kParameters},
                                  {"size", Order::kSize},
                                  {"gflops", Order::kGflops}};

struct ListOptions {
  std::string sort = "name";
  std::string family, license, max_params;
  std::optional<double> min_acc;
  bool cached = false;
  Refresh refresh = Refresh::kIfOld;
};

std::vector<std::string> OrderNames() {
  std::vector<std::string> names;
  for (const NamedOrder& row : kOrders) names.emplace_back(row.name);
  return names;
}

Status CheckFamily(const RegistrySet& registries, const std::string& family) {
  if (family.empty()) return {};
  std::vector<std::string> families = FamiliesOf(registries);
  if (std::ranges::find(families, family) != families.end()) return {};
  auto nearest = Nearest(family, families);
  return Error{ErrorCode::kNotFound, "no model is of a family " + Quote(family),
               fmt::format("{}there are {}",
                           nearest ? fmt::format("did you mean {}? ", Quote(*nearest)) : "",
                           fmt::join(families, ", "))};
}

Result<Filter> FilterOf(const ListOptions& options) {
  Filter filter{.family = options.family, .license = options.license};
  if (!options.max_params.empty()) {
    auto count = ParseCount(options.max_params);
    if (!count) {
      return Error{ErrorCode::kUsage, "--max-params " + count.error().message, count.error().hint};
    }
    filter.max_parameters = *count;
  }
  if (options.min_acc) {
    if (!(*options.min_acc >= 0 && *options.min_acc <= 100)) {
      return Error{ErrorCode::kUsage,
                   fmt::format("--min-acc is per cent, from 0 to 100; {} is not", *options.min_acc),
                   ""};
    }
    filter.min_accuracy = options.min_acc;
  }
  return filter;
}

Result<int> List(Context& context, const ListOptions& options) {
  const Order order = std::ranges::find(kOrders, options.sort, &NamedOrder::name)->order;
  ZOO_ASSIGN_OR_RETURN(Filter filter, FilterOf(options));
  ZOO_RETURN_IF_ERROR(RefreshAdded(context, options.refresh));
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  ZOO_RETURN_IF_ERROR(CheckFamily(*registries, options.family));
  if (options.cached) {
    // Without a place for a cache the answer would be an empty list, and wrong.
    ZOO_RETURN_IF_ERROR(context.OpenStore() ? Status() : Status(context.OpenStore().error()));
  }
  ZOO_ASSIGN_OR_RETURN(std::vector<Listed> listed,
                       LookUp(context, Select(*registries, filter, order)));
  if (options.cached) std::erase_if(listed, [](const Listed& item) { return !item.cached; });
  return PrintListed(context, "zoo/list/1", listed, {.gflops = order == Order::kGflops});
}

}  // namespace

Runner DefineList(CLI::App& app) {
  auto options = std::make_shared<ListOptions>();
  app.add_option("--sort", options->sort,
                 "order by name, acc (best first), params, size or gflops (least first)")
      ->type_name("ORDER")
      ->check(OneOf(OrderNames()));
  app.add_option("--family", options->family, "only this family, like resnet or efficientnet_lite")
      ->type_name("FAMILY");
  app.add_option("--max-params", options->max_params, "only up to that many parameters, like 30M")
      ->type_name("COUNT");
  app.add_option("--min-acc", options->min_acc, "only from that accuracy on, per cent (acc@1)")
      ->type_name("PERCENT");
  app.add_option("--license", options->license, "only where the licence has this text")
      ->type_name("TEXT");
  app.add_flag("--cached", options->cached, "only what is in the cache");
  AddRefreshOption(app, options->refresh);
  return [options](Context& context) { return List(context, *options); };
}

}  // namespace zoo::cli
