// zoo runs FOLDER...: the epochs of training runs, as a table, a document, or curves.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/cache/store.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/cli/limit_option.h"
#include "zoo/cli/option_values.h"
#include "zoo/cli/runs_table.h"
#include "zoo/cli/terminal.h"
#include "zoo/runs/chart.h"
#include "zoo/runs/chart_svg.h"
#include "zoo/runs/chart_text.h"
#include "zoo/runs/listing.h"

namespace zoo::cli {
namespace {

namespace fs = std::filesystem;

// What a flag has whose value was left out.
constexpr std::string_view kNoValue = "true";
constexpr size_t kSkippedShown = 5;

struct Arguments {
  std::vector<std::string> folders, limits;
  std::string plot;  // empty: no curves; kNoValue: to a file named after the folder
  std::string sort = "epoch", monitor, better;
  std::optional<int64_t> last;
  bool kept = false;
};

bool IsSvg(const std::string& argument) {
  std::error_code ignored;
  return argument.ends_with(".svg") && !fs::is_directory(argument, ignored);
}

// `--plot FILE.svg` reads like an option with a value, but FILE.svg may be left out and a folder
// may follow: so --plot is a flag, and what is called .svg is its file.
Status TakePlotFile(Arguments& arguments) {
  auto file = std::ranges::find_if(arguments.folders, IsSvg);
  if (!arguments.plot.empty() && arguments.plot == kNoValue && file != arguments.folders.end()) {
    arguments.plot = *file;
    arguments.folders.erase(file);
  }
  if (arguments.folders.empty()) arguments.folders = {"."};
  if (arguments.plot.empty() || arguments.plot == kNoValue || arguments.folders.size() == 1) {
    return {};
  }
  return Error{ErrorCode::kUsage,
               fmt::format("the curves of {} runs do not go to one file {}",
                           arguments.folders.size(), Quote(arguments.plot)),
               "leave the file's name out, and each gets a file named after its folder"};
}

Result<ListingOptions> OptionsOf(Context& context, const Arguments& arguments) {
  ListingOptions options{.monitor = arguments.monitor};
  if (!arguments.better.empty()) {
    options.better = arguments.better == "lower" ? Better::kLower : Better::kHigher;
  }
  ZOO_ASSIGN_OR_RETURN(options.scan.limits, ParseLimits(arguments.limits));
  options.scan.cancel = context.cancel();
  // With other limits something else might be found. Without a place for a cache, too, the
  // checkpoints are opened each time.
  if (!arguments.limits.empty()) return options;
  if (auto store = context.OpenStore()) options.scan.memory = (*store)->root() / "runs";
  return options;
}

// "saved.svg", here, of the run in /data/saved.
fs::path PlotPath(const Arguments& arguments, const Chart& chart) {
  if (arguments.plot != kNoValue) return arguments.plot;
  const bool plain = chart.title.find('/') == std::string::npos;
  return plain ? chart.title + ".svg" : "run.svg";  // of the root
}

void SelectRows(RunListing& run, const Arguments& arguments) {
  if (arguments.kept) {
    std::erase_if(run.rows, [](const RunRow& row) { return !row.size.has_value(); });
  }
  const auto last = static_cast<size_t>(arguments.last.value_or(INT64_MAX));
  if (run.rows.size() > last) {
    run.rows.erase(run.rows.begin(), run.rows.end() - static_cast<ptrdiff_t>(last));
  }
}

void NoteSkipped(Context& context, const RunListing& run) {
  for (size_t i = 0; i < run.skipped.size(); ++i) {
    if (i == kSkippedShown) {
      return context.Note(fmt::format("skipped {} more", run.skipped.size() - i));
    }
    context.Note(fmt::format("skipped {}: {}", Escape(run.skipped[i].file), run.skipped[i].reason));
  }
}

// What is shown of one folder: its element of the document, or text.
Result<Json> ShowRun(Context& context, const std::string& folder, const Arguments& arguments,
                     const ListingOptions& options) {
  ZOO_ASSIGN_OR_RETURN(RunListing run, ListRun(folder, options));
  const std::string heading = RunHeading(run);
  SelectRows(run, arguments);
  std::optional<Chart> chart;
  fs::path plot;
  if (!arguments.plot.empty()) {
    ZOO_ASSIGN_OR_RETURN(chart, ChartOf(run));
    plot = PlotPath(arguments, *chart);
    ZOO_RETURN_IF_ERROR(WriteFile(plot, ChartAsSvg(*chart)));
  }
  ZOO_RETURN_IF_ERROR(SortRows(run, arguments.sort));
  if (context.json()) {
    Json document = RunJson(run);
    if (chart) document.AsObject()->emplace_back("plot", plot.native());
    return document;
  }
  NoteSkipped(context, run);
  context.Print(context.terminal().Bold(heading) + '\n');
  Terminal& terminal = context.terminal();
  if (chart) {
    context.Print('\n' + ChartAsText(*chart, terminal.columns()) + '\n' + plot.native() + '\n');
  } else if (!run.rows.empty()) {
    context.Print('\n' + RunTable(run, {terminal.columns(), terminal.out_is_terminal()}));
  }
  return Json();
}

Result<int> ShowRuns(Context& context, Arguments arguments) {
  ZOO_RETURN_IF_ERROR(TakePlotFile(arguments));
  ZOO_ASSIGN_OR_RETURN(ListingOptions options, OptionsOf(context, arguments));
  Json::Array runs, failed;
  int exit_code = 0;
  for (const std::string& folder : arguments.folders) {
    if (&folder != &arguments.folders.front() && !context.json()) context.Print("\n");
    auto run = ShowRun(context, folder, arguments, options);
    if (run) {
      runs.push_back(*std::move(run));
      continue;
    }
    const Error& error = run.error();
    if (error.code == ErrorCode::kCancelled) return error;
    if (exit_code == 0) exit_code = static_cast<int>(error.code);
    failed.push_back(Json::Object{{"folder", folder},
                                  {"code", ErrorCodeName(error.code)},
                                  {"message", error.message},
                                  {"hint", error.hint}});
    context.terminal().ErrLine("zoo: " + error.Text());
  }
  if (context.json()) {
    context.PrintJson(Json::Object{
        {"schema", "zoo/runs/1"}, {"runs", std::move(runs)}, {"failed", std::move(failed)}});
  }
  return exit_code;
}

}  // namespace

Runner DefineRuns(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  app.add_option("FOLDER", arguments->folders, "folders of training runs");
  app.add_flag("--plot", arguments->plot,
               "draw the curves here, and into FILE.svg if that follows, else into a file named "
               "after the folder");
  app.add_option("--sort", arguments->sort,
                 "by epoch, size, time, took, or a metric, the best first")
      ->type_name("KEY")
      ->capture_default_str();
  app.add_option("--last", arguments->last, "only the last so many epochs")
      ->type_name("N")
      ->check(Between(1, INT64_MAX));
  app.add_flag("--kept", arguments->kept, "only epochs whose checkpoints are there");
  app.add_option("--monitor", arguments->monitor,
                 "the metric that says which is best, instead of the run's own")
      ->type_name("METRIC");
  app.add_option("--better", arguments->better, "whether lower or higher is better")
      ->type_name("WHICH")
      ->check(OneOf({"lower", "higher"}));
  AddLimitOption(app, arguments->limits);
  return [arguments](Context& context) { return ShowRuns(context, *arguments); };
}

}  // namespace zoo::cli
