// zoo diff A B: whether two checkpoints hold the same weights, and if not, where they differ.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/diff.h"
#include "zoo/checkpoint/fingerprint.h"
#include "zoo/checkpoint/value_json.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/cli/limit_option.h"
#include "zoo/cli/open_checkpoint.h"
#include "zoo/cli/terminal.h"

namespace zoo::cli {
namespace {

constexpr size_t kNameBytes = 500;

struct Arguments {
  std::string a, b, key;
  std::vector<std::string> limits;
  DiffOptions diff;
};

// The two files and what was found.
struct Compared {
  std::shared_ptr<const Checkpoint> a, b;
  WeightsDiff diff;
  std::optional<Fingerprint> fingerprint;  // of the same weights, where they have one
};

// Names that differ, or values that need not be the same, have no fingerprint in common; tensors
// that are not plain have none at all.
Result<std::optional<Fingerprint>> CommonFingerprint(const Compared& compared,
                                                     const DiffOptions& options) {
  bool exact = options.strip_prefixes.empty() && options.tolerance == 0 &&
               options.relative_tolerance == 0 && !options.ignore_dtype;
  if (!compared.diff.different.empty() || !exact) return std::optional<Fingerprint>();
  auto fingerprint = FingerprintOf(*compared.a, compared.diff.a);
  if (fingerprint) return std::optional<Fingerprint>(*fingerprint);
  if (fingerprint.error().code != ErrorCode::kUnsupported) return fingerprint.error();
  return std::optional<Fingerprint>();
}

std::string ShapeText(const TensorInfo& tensor) {
  return fmt::format("[{}]", fmt::join(tensor.shape, ", "));
}

std::string KindText(const TensorDiff& diff) {
  const TensorInfo &a = *diff.a, &b = *diff.b;
  if (diff.kind == "layout") {
    return fmt::format("layout {}, {}", LayoutName(a.layout), LayoutName(b.layout));
  }
  if (diff.kind == "dtype" && diff.part.empty()) {
    return fmt::format("dtype {}, {}", DTypeName(a.dtype), DTypeName(b.dtype));
  }
  if (diff.kind == "shape" && diff.part.empty()) {
    return fmt::format("shape {}, {}", ShapeText(a), ShapeText(b));
  }
  return diff.kind;
}

std::vector<std::string> Row(const TensorDiff& diff) {
  std::string name = Escape(diff.name, kNameBytes);
  if (!diff.part.empty()) name += fmt::format(" ({})", Escape(diff.part, kNameBytes));
  if (diff.a == nullptr || diff.b == nullptr) {
    return {name, diff.a == nullptr ? "only in B" : "only in A", "", "", ""};
  }
  std::string what = KindText(diff);
  if (diff.differing == 0) return {name, what, "", "", ""};
  what += fmt::format("{}{} of {}", what.empty() ? "" : "; ", diff.differing, diff.elements);
  if (diff.nan > 0) what += fmt::format(", {} NaN", diff.nan);
  return {name, what, fmt::format("{:.3g}", diff.max_abs), fmt::format("{:.3g}", diff.max_relative),
          fmt::format("[{}]", fmt::join(diff.first, ", "))};
}

std::string Where(const Checkpoint& checkpoint, const StateDict& weights) {
  std::string place = weights.path.empty() ? "" : ", " + FormatPath(weights.path);
  return fmt::format("{} ({}{}, {})", checkpoint.name(), FormatName(checkpoint.format()), place,
                     Count(weights.tensors.size(), "tensor"));
}

void PrintText(Context& context, const Compared& compared, const DiffOptions& options) {
  const WeightsDiff& diff = compared.diff;
  for (auto [side, weights] : {std::pair{"A", &diff.a}, {"B", &diff.b}}) {
    if (weights->others == 0) continue;
    context.Note(fmt::format(
        "{}: {}", side,
        weights->others == 1
            ? "1 entry that is no tensor was not compared"
            : fmt::format("{} entries that are no tensors were not compared", weights->others)));
  }
  if (diff.different.empty()) {
    bool near = options.tolerance != 0 || options.relative_tolerance != 0;
    std::string fingerprint = compared.fingerprint ? ", " + compared.fingerprint->ToString() : "";
    return context.Print(fmt::format("same weights{}: {}{}\n", near ? " within the tolerance" : "",
                                     Count(diff.same, "tensor"), fingerprint));
  }
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "DIFFERENCE", "MAX ABS", "MAX REL", "FIRST AT"}};
  for (const TensorDiff& one : diff.different) rows.push_back(Row(one));
  int columns = context.terminal().out_is_terminal() ? context.terminal().columns() : 0;
  context.Print(
      fmt::format("A: {}\nB: {}\n\n", Where(*compared.a, diff.a), Where(*compared.b, diff.b)));
  context.Print(FormatTable(rows, {.right = {false, false, true, true}, .columns = columns}));
  context.Print(fmt::format("\ndifferent weights: {} {}, {} the same\n",
                            Count(diff.different.size(), "tensor"),
                            diff.different.size() == 1 ? "differs" : "differ",
                            diff.same == 1 ? "1 is" : fmt::format("{} are", diff.same)));
}

// JSON has no infinities.
Json Number(double value) { return std::isfinite(value) ? Json(value) : Json("inf"); }

Json TensorJson(const TensorInfo* tensor) {
  if (tensor == nullptr) return {};
  Json::Array shape;
  for (int64_t size : tensor->shape) shape.emplace_back(size);
  return Json::Object{{"dtype", DTypeName(tensor->dtype)},
                      {"shape", std::move(shape)},
                      {"layout", LayoutName(tensor->layout)}};
}

Json RowJson(const TensorDiff& diff) {
  Json::Object row{{"name", diff.name}, {"a", TensorJson(diff.a)}, {"b", TensorJson(diff.b)}};
  if (!diff.kind.empty()) row.emplace_back("kind", diff.kind);
  if (!diff.part.empty()) row.emplace_back("part", diff.part);
  if (diff.differing == 0) return row;
  Json::Array first;
  for (int64_t index : diff.first) first.emplace_back(index);
  for (auto& member : Json::Object{{"elements", diff.elements},
                                   {"differing", diff.differing},
                                   {"nan", diff.nan},
                                   {"max_abs", Number(diff.max_abs)},
                                   {"max_relative", Number(diff.max_relative)},
                                   {"first", std::move(first)}}) {
    row.push_back(std::move(member));
  }
  return row;
}

Json SideJson(const Checkpoint& checkpoint, const StateDict& weights) {
  return Json::Object{{"file", checkpoint.name()},
                      {"format", FormatName(checkpoint.format())},
                      {"state_dict", PathJson(weights.path)},
                      {"tensors", weights.tensors.size()},
                      {"not_compared", weights.others}};
}

void PrintJson(Context& context, const Compared& compared) {
  const WeightsDiff& diff = compared.diff;
  Json::Array different;
  for (const TensorDiff& one : diff.different) different.push_back(RowJson(one));
  Json::Object document{{"schema", "zoo/diff/1"},
                        {"a", SideJson(*compared.a, diff.a)},
                        {"b", SideJson(*compared.b, diff.b)},
                        {"same", diff.different.empty()},
                        {"same_tensors", diff.same},
                        {"different", std::move(different)}};
  if (compared.fingerprint) {
    document.emplace_back("fingerprint", compared.fingerprint->ToString());
  }
  context.PrintJson(document);
}

Result<int> Run(Context& context, const Arguments& arguments) {
  DiffOptions options = arguments.diff;
  options.cancel = context.cancel();
  if (options.key_a.empty()) options.key_a = arguments.key;
  if (options.key_b.empty()) options.key_b = arguments.key;
  for (double value : {options.tolerance, options.relative_tolerance}) {
    if (value >= 0 && std::isfinite(value)) continue;
    return Error{ErrorCode::kUsage, fmt::format("a tolerance of {} is none", value),
                 "it is a number from 0 on"};
  }
  ZOO_ASSIGN_OR_RETURN(Limits limits, ParseLimits(arguments.limits));
  Compared compared;
  ZOO_ASSIGN_OR_RETURN(compared.a, OpenCheckpoint(context, arguments.a, limits));
  ZOO_ASSIGN_OR_RETURN(compared.b, OpenCheckpoint(context, arguments.b, limits));
  ZOO_ASSIGN_OR_RETURN(compared.diff, DiffWeights(*compared.a, *compared.b, options));
  ZOO_ASSIGN_OR_RETURN(compared.fingerprint, CommonFingerprint(compared, options));
  if (context.json()) {
    PrintJson(context, compared);
  } else {
    PrintText(context, compared, options);
  }
  return compared.diff.different.empty() ? 0 : static_cast<int>(ErrorCode::kMismatch);
}

}  // namespace

Runner DefineDiff(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  app.add_option("A", arguments->a, "an entry that is in the cache, or a file")->required();
  app.add_option("B", arguments->b, "likewise")->required();
  app.add_option("--key", arguments->key, "where the state dicts are, if there are several")
      ->type_name("KEY");
  app.add_option("--key-a", arguments->diff.key_a, "where A's state dict is")->type_name("KEY");
  app.add_option("--key-b", arguments->diff.key_b, "where B's state dict is")->type_name("KEY");
  app.add_option("--strip-prefix", arguments->diff.strip_prefixes,
                 "take this away at the start of names, as in module.; may be repeated")
      ->type_name("PREFIX")
      ->allow_extra_args(false);
  app.add_option("--tolerance", arguments->diff.tolerance, "numbers this far apart are the same");
  app.add_option("--rtol", arguments->diff.relative_tolerance,
                 "likewise, times the larger one's magnitude");
  app.add_flag("--ignore-dtype", arguments->diff.ignore_dtype,
               "compare numbers whatever their types");
  AddLimitOption(app, arguments->limits);
  return [arguments](Context& context) { return Run(context, *arguments); };
}

}  // namespace zoo::cli
