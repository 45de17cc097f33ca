#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/base/text.h"
#include "zoo/cache/store.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/cli/layout.h"
#include "zoo/cli/option_values.h"
#include "zoo/cli/terminal.h"
#include "zoo/fetcher/pull.h"
#include "zoo/registry/registry.h"

namespace zoo::cli {
namespace {

constexpr int64_t kDay = 24 * 3600;
constexpr size_t kDigestShown = 12;

// The entries it was pulled for, else its file name, else its digest.
std::string DisplayName(const Store::Item& item) {
  std::string joined;
  for (const std::string& name : item.names) joined += (joined.empty() ? "" : ", ") + Escape(name);
  if (joined.empty()) joined = Escape(item.file);
  return joined.empty() ? item.blob.digest().ToString() : joined;
}

Json ListJson(const Store& store, const std::vector<Store::Item>& items,
              const std::vector<Store::Partial>& partials) {
  Json::Array files, unfinished;
  for (const Store::Item& item : items) {
    files.push_back(Json::Object{{"names", Json::Array(item.names.begin(), item.names.end())},
                                 {"file", item.file},
                                 {"sha256", item.blob.digest().hex()},
                                 {"size", item.blob.size()},
                                 {"path", item.blob.path().native()},
                                 {"last_used", item.last_used}});
  }
  for (const Store::Partial& partial : partials) {
    unfinished.push_back(Json::Object{{"file", partial.file},
                                      {"size", partial.size},
                                      {"last_used", partial.last_used},
                                      {"in_use", partial.in_use}});
  }
  return Json::Object{{"schema", "zoo/cache-list/1"},
                      {"path", store.root().native()},
                      {"files", std::move(files)},
                      {"partials", std::move(unfinished)}};
}

void PrintList(Context& context, const std::vector<Store::Item>& items,
               const std::vector<Store::Partial>& partials) {
  if (items.empty() && partials.empty()) return context.Note("the cache is empty");
  std::vector<std::vector<std::string>> rows = {{"NAME", "SIZE", "LAST USED", "SHA256"}};
  uint64_t bytes = 0;
  for (const Store::Item& item : items) {
    bytes += item.blob.size();
    rows.push_back({DisplayName(item), FormatSize(item.blob.size()),
                    FormatLocalTime(item.last_used),
                    item.blob.digest().hex().substr(0, kDigestShown)});
  }
  for (const Store::Partial& partial : partials) {
    bytes += partial.size;
    rows.push_back({Escape(partial.file), FormatSize(partial.size),
                    FormatLocalTime(partial.last_used),
                    partial.in_use ? "arriving" : "unfinished"});
  }
  context.Print(FormatTable(
      rows, {.right = {false, true, false, false}, .columns = context.terminal().columns()}));
  context.Note(fmt::format("{} and {}, {}", Count(items.size(), "file"),
                           Count(partials.size(), "unfinished download"), FormatSize(bytes)));
}

// What `zoo cache remove` is told, found in the cache: a digest, a name of the registries in force,
// or the name of an entry that was pulled once and is in no registry now.
Result<Digest> FindDigest(Context& context, const Store& store, const std::string& argument) {
  if (argument.starts_with("sha256:")) return Digest::Parse(argument);
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  Result<const Entry*> entry = registries->Find(argument);
  if (entry) {
    Result<Blob> blob = FindCached(**entry, store);
    if (blob) return blob->digest();
    Error error = std::move(blob).error();
    if (error.code == ErrorCode::kNotFound) error.hint = "`zoo cache list` shows what is";
    return error;
  }
  ZOO_ASSIGN_OR_RETURN(std::vector<Store::Item> items, store.List());
  for (const Store::Item& item : items) {
    if (std::count(item.names.begin(), item.names.end(), argument) > 0) return item.blob.digest();
  }
  return std::move(entry).error();
}

Result<int> RemoveAll(Context& context, const std::vector<std::string>& names) {
  ZOO_ASSIGN_OR_RETURN(Store * store, context.OpenStore());
  Json::Array removed, failed;
  int exit_code = 0;
  for (const std::string& name : names) {
    Result<Digest> digest = FindDigest(context, *store, name);
    Status done = digest ? store->Remove(*digest) : Status(digest.error());
    if (done) {
      removed.push_back(Json::Object{{"name", name}, {"sha256", digest->hex()}});
      if (!context.json()) context.Print(fmt::format("removed {}\n", Escape(name)));
      continue;
    }
    const Error& error = done.error();
    if (exit_code == 0) exit_code = static_cast<int>(error.code);
    failed.push_back(Json::Object{
        {"name", name}, {"code", ErrorCodeName(error.code)}, {"message", error.message}});
    context.terminal().ErrLine("zoo: " + error.Text());
  }
  if (context.json()) {
    context.PrintJson(Json::Object{{"schema", "zoo/cache-remove/1"},
                                   {"removed", std::move(removed)},
                                   {"failed", std::move(failed)}});
  }
  return exit_code;
}

struct PruneArguments {
  std::string max_size;
  std::optional<int64_t> unused_days;
  bool dry_run = false;
};

Result<int> Prune(Context& context, const PruneArguments& arguments) {
  Store::PruneOptions options{.dry_run = arguments.dry_run};
  if (!arguments.max_size.empty()) {
    ZOO_ASSIGN_OR_RETURN(options.max_bytes, ParseSize(arguments.max_size));
  }
  if (arguments.unused_days) options.unused_seconds = *arguments.unused_days * kDay;
  ZOO_ASSIGN_OR_RETURN(Store * store, context.OpenStore());
  ZOO_ASSIGN_OR_RETURN(Store::Pruned pruned, store->Prune(options));
  if (context.json()) {
    context.PrintJson(Json::Object{{"schema", "zoo/cache-prune/1"},
                                   {"dry_run", options.dry_run},
                                   {"files", pruned.blobs},
                                   {"partials", pruned.partials},
                                   {"bytes", pruned.bytes}});
    return 0;
  }
  context.Print(fmt::format("{} {} and {}, {}\n", options.dry_run ? "would remove" : "removed",
                            Count(static_cast<size_t>(pruned.blobs), "file"),
                            Count(static_cast<size_t>(pruned.partials), "unfinished download"),
                            FormatSize(pruned.bytes)));
  return 0;
}

}  // namespace

Runner DefineCacheList(CLI::App&) {
  return [](Context& context) -> Result<int> {
    ZOO_ASSIGN_OR_RETURN(Store * store, context.OpenStore());
    ZOO_ASSIGN_OR_RETURN(std::vector<Store::Item> items, store->List());
    ZOO_ASSIGN_OR_RETURN(std::vector<Store::Partial> partials, store->Partials());
    std::stable_sort(items.begin(), items.end(), [](const Store::Item& a, const Store::Item& b) {
      return a.last_used > b.last_used;
    });
    if (context.json()) {
      context.PrintJson(ListJson(*store, items, partials));
    } else {
      PrintList(context, items, partials);
    }
    return 0;
  };
}

Runner DefineCacheRemove(CLI::App& app) {
  auto names = std::make_shared<std::vector<std::string>>();
  app.add_option("NAME", *names, "weights, or sha256:HEX as `zoo cache list --json` shows")
      ->required();
  return [names](Context& context) { return RemoveAll(context, *names); };
}

Runner DefineCachePrune(CLI::App& app) {
  auto arguments = std::make_shared<PruneArguments>();
  app.add_option("--max-size", arguments->max_size,
                 "remove the least recently used files until the rest fits (512MiB, 2G)")
      ->type_name("SIZE");
  app.add_option("--unused-days", arguments->unused_days,
                 "remove files that were not used for that many days")
      ->type_name("N")
      ->check(Between(0, 1'000'000));
  app.add_flag("--dry-run", arguments->dry_run, "only say what would be removed");
  return [arguments](Context& context) { return Prune(context, *arguments); };
}

Runner DefineCachePath(CLI::App&) {
  return [](Context& context) -> Result<int> {
    ZOO_ASSIGN_OR_RETURN(Store * store, context.OpenStore());
    if (context.json()) {
      context.PrintJson(
          Json::Object{{"schema", "zoo/cache-path/1"}, {"path", store->root().native()}});
    } else {
      context.Print(store->root().native() + '\n');
    }
    return 0;
  };
}

}  // namespace zoo::cli
