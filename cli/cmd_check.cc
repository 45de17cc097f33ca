#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <torch/utils.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/cli/model_choice.h"
#include "zoo/loader/probe.h"
#include "zoo/loader/torch_error.h"
#include "zoo/registry/registry.h"

namespace zoo::cli {
namespace {

Result<Probe> ProbeOf(const Entry& entry) {
  if (!entry.probe) {
    return Error{ErrorCode::kNotFound, fmt::format("{} has no probe", entry.name()),
                 "its registry does not say what it must compute"};
  }
  return ParseProbe(*entry.probe);
}

Result<int> RunCheck(Context& context, const std::string& name) {
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  ZOO_ASSIGN_OR_RETURN(const Entry* entry, registries->Find(name));
  ZOO_ASSIGN_OR_RETURN(const Probe probe, ProbeOf(*entry));
  ZOO_ASSIGN_OR_RETURN(const ReadyModel ready, OpenModel(context, {.name = name}));
  at::Tensor logits;
  ZOO_RETURN_IF_ERROR(CatchTorch("cannot run " + ready.name, [&] {
    torch::NoGradGuard no_grad;
    ready.model->to(probe.dtype);
    logits = ready.model->forward(ProbeInput(probe));
  }));
  const ProbeOutcome outcome = CompareProbe(probe, logits);
  if (!outcome.passed) {
    return Error{
        ErrorCode::kMismatch,
        fmt::format("{} does not compute what its probe says: {}", entry->name(), outcome.text),
        fmt::format("the tolerance is {:g}", probe.tolerance)};
  }
  if (context.json()) {
    context.PrintJson(Json::Object{{"schema", "zoo/check/1"},
                                   {"name", entry->name()},
                                   {"pass", true},
                                   {"logits", probe.logits.size()},
                                   {"difference", outcome.difference},
                                   {"tolerance", probe.tolerance}});
  } else {
    context.Print(fmt::format("{}  pass  ({} logits differ by {:.1e} at most, tolerance {:g})\n",
                              entry->name(), probe.logits.size(), outcome.difference,
                              probe.tolerance));
  }
  return 0;
}

}  // namespace

Runner DefineCheck(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("NAME", *name, "weights that a registry knows")->required();
  return [name](Context& context) { return RunCheck(context, *name); };
}

}  // namespace zoo::cli
