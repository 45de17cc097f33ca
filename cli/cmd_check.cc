// zoo check NAME...: weights on their probes. FILE --arch A with --probe or --write: a probe that
// is no entry's. --random: architectures without weights.
#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/base/text.h"
#include "zoo/cli/check_probe.h"
#include "zoo/cli/check_random.h"
#include "zoo/cli/check_report.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/cli/model_choice.h"
#include "zoo/cli/option_values.h"
#include "zoo/loader/probe.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"

namespace zoo::cli {
namespace {

struct Arguments {
  std::vector<std::string> names;
  bool all = false, random = false, huge = false;
  ModelChoice model;  // but for its name and file, which are NAME
  std::string probe;
  bool write = false;
  std::string written;  // the file of --write; empty: standard output
  std::string photo, dtype;
  std::vector<int64_t> shape;

  at::ScalarType scalar_type() const { return dtype == "float64" ? at::kDouble : at::kFloat; }
  bool of_one() const { return write || !probe.empty() || !model.architecture.empty(); }
};

// What CLI11 cannot say of combinations.
Status CheckCombination(const Arguments& arguments) {
  const auto wrong = [](std::string message, std::string hint = "") {
    return Error{ErrorCode::kUsage, std::move(message), std::move(hint)};
  };
  if (arguments.names.empty() && !arguments.all) {
    return wrong("nothing to check is named", "give names of weights, or --all");
  }
  const ModelChoice& model = arguments.model;
  if (model.architecture.empty() && (model.num_classes || !model.options.empty())) {
    return wrong("--num-classes and --option are of --arch");
  }
  if (arguments.random && arguments.of_one()) {
    return wrong("--random checks architectures without a file",
                 "leave out --arch, --probe and --write");
  }
  if (arguments.of_one() && (arguments.names.size() != 1 || arguments.all)) {
    return wrong("--arch, --probe and --write are of one name or file");
  }
  if (!model.architecture.empty() && arguments.probe.empty() && !arguments.write) {
    return wrong(fmt::format("what {} must compute is not known", Quote(arguments.names[0])),
                 "--probe FILE says it, --write makes a probe of what it computes");
  }
  if (!arguments.dtype.empty() && !arguments.random && !arguments.write) {
    return wrong("--dtype is of --random and --write", "a probe says its own");
  }
  return {};
}

// The one model of --probe and --write.
ModelChoice ChoiceOf(const Arguments& arguments) {
  ModelChoice choice = arguments.model;
  const bool file = !choice.architecture.empty();
  (file ? choice.weights : choice.name) = arguments.names[0];
  return choice;
}

Result<int> WriteProbe(Context& context, const Arguments& arguments) {
  ZOO_ASSIGN_OR_RETURN(const Probe probe, MakeProbe(context, ChoiceOf(arguments),
                                                    {.photo = arguments.photo,
                                                     .shape = arguments.shape,
                                                     .dtype = arguments.scalar_type()}));
  const Json json = ProbeJson(probe);
  if (!arguments.photo.empty()) {
    context.Note(fmt::format("{} must lie beside the registry or the probe",
                             Escape(std::filesystem::path(arguments.photo).filename().native())));
  }
  if (!arguments.written.empty()) {
    ZOO_RETURN_IF_ERROR(WriteFile(arguments.written, json.Dump() + "\n"));
    context.Note(fmt::format("probe written to {}", Escape(arguments.written)));
  }
  if (context.json()) {
    context.PrintJson(
        Json::Object{{"schema", "zoo/probe/1"}, {"name", arguments.names[0]}, {"probe", json}});
  } else if (arguments.written.empty()) {
    context.Print(json.Dump() + "\n");
  }
  return 0;
}

Result<int> CheckOne(Context& context, const Arguments& arguments) {
  CheckReport report(context, arguments.names);
  if (report.Begin(arguments.names[0])) {
    CheckAgainst(context, ChoiceOf(arguments), arguments.probe, report);
  }
  return report.Finish();
}

// The names of all entries in force that have a probe.
Result<std::vector<std::string>> NamesWithProbes(Context& context) {
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  std::vector<std::string> names;
  for (const Registry& registry : registries->registries()) {
    for (const Entry& entry : registry.entries()) {
      if (entry.probe) names.push_back(fmt::format("{}/{}", registry.alias(), entry.name()));
    }
  }
  if (names.empty()) {
    return Error{ErrorCode::kNotFound, "no entry of the registries in force has a probe",
                 "`zoo check --random --all` checks the architectures"};
  }
  return names;
}

Result<int> CheckEntries(Context& context, std::vector<std::string> names) {
  CheckReport report(context, names);
  for (const std::string& name : names) {
    if (!report.Begin(name)) break;
    CheckEntry(context, name, report);
  }
  return report.Finish();
}

Result<int> RunCheck(Context& context, const Arguments& arguments) {
  ZOO_RETURN_IF_ERROR(CheckCombination(arguments));
  if (arguments.random) {
    return RunRandomCheck(
        context,
        {.names = arguments.names, .huge = arguments.huge, .dtype = arguments.scalar_type()});
  }
  if (arguments.write) return WriteProbe(context, arguments);
  if (!arguments.probe.empty()) return CheckOne(context, arguments);
  if (!arguments.all) return CheckEntries(context, arguments.names);
  ZOO_ASSIGN_OR_RETURN(std::vector<std::string> names, NamesWithProbes(context));
  return CheckEntries(context, std::move(names));
}

void AddNewProbeOptions(CLI::App& app, Arguments& arguments, CLI::Option* write) {
  app.add_option("--photo", arguments.photo, "the photo that --write makes a probe of")
      ->type_name("PHOTO")
      ->needs(write);
  app.add_option("--shape", arguments.shape,
                 "the input that --write generates, if not one image of the usual size")
      ->type_name("N,3,H,W")
      ->expected(4)
      ->delimiter(',')
      ->needs(write);
  app.add_option("--dtype", arguments.dtype,
                 "float32 or float64, for --random and --write (default: float32)")
      ->type_name("TYPE")
      ->check(OneOf({"float32", "float64"}));
}

}  // namespace

Runner DefineCheck(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::Option* names =
      app.add_option("NAME", arguments->names, "weights that a registry knows; a FILE with --arch");
  CLI::Option* all = app.add_flag("--all", arguments->all,
                                  "all entries that have a probe; with --random all architectures");
  all->excludes(names);
  CLI::Option* random =
      app.add_flag("--random", arguments->random, "check architectures, with generated weights");
  app.add_flag("--huge", arguments->huge, "with --random --all: those of more than 2 GiB too")
      ->needs(random)
      ->needs(all);
  arguments->model.AddArchitectureOptions(app);
  CLI::Option* probe =
      app.add_option("--probe", arguments->probe, "a file with the probe to check against")
          ->type_name("FILE");
  const auto write = [arguments](const std::string& file) {
    arguments->write = true;
    arguments->written = file;
  };
  CLI::Option* written =
      app.add_option_function<std::string>(
             "--write", write, "make a probe; print it, or write it to the FILE that is given")
          ->type_name("FILE")
          ->expected(0, 1)
          ->excludes(probe);
  AddNewProbeOptions(app, *arguments, written);
  return [arguments](Context& context) { return RunCheck(context, *arguments); };
}

}  // namespace zoo::cli
