// zoo bundle and zoo unbundle: locked weights into one file, and out of it into the cache.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/base/text.h"
#include "zoo/cache/store.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/cli/terminal.h"
#include "zoo/fetcher/progress.h"
#include "zoo/fetcher/pull.h"
#include "zoo/registry/registry.h"
#include "zoo/share/bundle.h"
#include "zoo/share/entries.h"
#include "zoo/share/lock.h"
#include "zoo/share/unbundle.h"

namespace zoo::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kDigestShown = 12;

// Progress as `zoo pull` shows it, at most ten times a second.
Result<BundleProgress> ProgressOf(Context& context) {
  using Clock = std::chrono::steady_clock;
  ZOO_ASSIGN_OR_RETURN(const PullOptions pull, context.PullDefaults());
  if (!pull.progress) return BundleProgress();
  return BundleProgress([show = pull.progress, last = Clock::time_point()](
                            const LockedWeights& weights, uint64_t bytes) mutable {
    const Clock::time_point now = Clock::now();
    if (bytes < weights.size && now - last < std::chrono::milliseconds(100)) return;
    last = now;
    show({.phase = Progress::Phase::kReceiving,
          .name = weights.name,
          .bytes = bytes,
          .total = weights.size});
  });
}

struct BundleArguments {
  std::string lock, output, only_missing;
  bool no_entries = false;
};

// The cached files of the lock, without those that another lock has. All that are missing are told
// in one message.
Result<std::vector<Blob>> CachedFiles(Context& context, const Lock& lock, const Lock& elsewhere,
                                      const std::string& lock_file) {
  ZOO_ASSIGN_OR_RETURN(Store * store, context.OpenStore());
  std::vector<Blob> blobs;
  std::vector<std::string> missing;
  for (const LockedWeights& row : lock.weights) {
    auto same = [&](const LockedWeights& other) { return other.sha256 == row.sha256; };
    if (std::ranges::any_of(elsewhere.weights, same)) continue;
    ZOO_ASSIGN_OR_RETURN(std::optional<Blob> blob, store->Find(row.sha256));
    if (blob) {
      blobs.push_back(*std::move(blob));
    } else {
      missing.push_back(row.alias);
    }
  }
  if (missing.empty()) return blobs;
  return Error{ErrorCode::kNotFound, fmt::format("not in the cache: {}", fmt::join(missing, ", ")),
               fmt::format("`zoo pull --lock {}` gets them", Escape(lock_file, 1000))};
}

Result<int> MakeBundle(Context& context, const BundleArguments& arguments) {
  BundleContents contents;
  ZOO_ASSIGN_OR_RETURN(contents.lock, ReadLock(arguments.lock));
  Lock elsewhere;
  if (!arguments.only_missing.empty()) {
    ZOO_ASSIGN_OR_RETURN(elsewhere, ReadLock(arguments.only_missing));
  }
  if (!arguments.no_entries) {
    ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
    ZOO_ASSIGN_OR_RETURN(contents.registries, EntriesOf(contents.lock, *registries));
  }
  ZOO_ASSIGN_OR_RETURN(contents.blobs,
                       CachedFiles(context, contents.lock, elsewhere, arguments.lock));
  WriteBundleOptions options{.cancel = context.cancel()};
  ZOO_ASSIGN_OR_RETURN(options.progress, ProgressOf(context));
  ZOO_ASSIGN_OR_RETURN(const uint64_t size, WriteBundle(contents, arguments.output, options));
  context.terminal().ClearStatus();
  if (context.json()) {
    context.PrintJson(Json::Object{{"schema", "zoo/bundle/1"},
                                   {"file", arguments.output},
                                   {"size", size},
                                   {"weights", contents.lock.weights.size()},
                                   {"files", contents.blobs.size()}});
  } else {
    context.Note(fmt::format("{}: {} of {}, {}", Escape(arguments.output, 1000),
                             Count(contents.blobs.size(), "file"),
                             Count(contents.lock.weights.size(), "locked file"), FormatSize(size)));
  }
  return 0;
}

struct UnbundleArguments {
  std::string file;
  std::optional<fs::path> to;
  bool list = false;
};

Json::Object RowOf(const LockedWeights& weights) {
  return {{"alias", weights.alias},
          {"name", weights.name},
          {"file", weights.file},
          {"size", weights.size},
          {"sha256", weights.sha256.hex()}};
}

int ListBundle(Context& context, const Bundle& bundle) {
  Json::Array rows;
  std::vector<std::vector<std::string>> table = {{"ALIAS", "NAME", "SIZE", "SHA256", "HERE"}};
  for (const LockedWeights& weights : bundle.lock().weights) {
    const bool here = bundle.Find(weights.sha256) != nullptr;
    Json::Object row = RowOf(weights);
    row.emplace_back("here", here);
    rows.push_back(std::move(row));
    table.push_back({weights.alias, weights.name, FormatSize(weights.size),
                     weights.sha256.hex().substr(0, kDigestShown), here ? "yes" : "no"});
  }
  if (context.json()) {
    context.PrintJson(Json::Object{{"schema", "zoo/bundle-list/1"}, {"weights", std::move(rows)}});
  } else {
    context.Print(FormatTable(table, {.right = {false, false, true, false, false},
                                      .columns = context.terminal().columns()}));
  }
  return 0;
}

Status MakeFolder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  return failed ? Status(FileError("make", folder, failed.value())) : Status();
}

// zoo.lock, and for each registry REGISTRY/zoo.json, which `--registry` reads.
Status WriteLockAndRegistries(const Bundle& bundle, const fs::path& folder) {
  ZOO_RETURN_IF_ERROR(MakeFolder(folder));
  for (const BundledRegistry& registry : bundle.registries()) {
    ZOO_RETURN_IF_ERROR(MakeFolder(folder / registry.alias));
    ZOO_RETURN_IF_ERROR(
        WriteFile(folder / registry.alias / "zoo.json", RegistryText(registry, bundle.lock())));
  }
  return WriteFile(folder / "zoo.lock", LockText(bundle.lock()));
}

// All files of one bundle; the exit code is the first failure's.
class UnbundleRun {
 public:
  UnbundleRun(Context& context, const Bundle& bundle, Store& store, UnbundleOptions options)
      : context_(context), bundle_(bundle), store_(store), options_(std::move(options)) {}

  int Run();

 private:
  void Put(const LockedWeights& weights);
  void Failed(const LockedWeights& weights, const Error& error);

  Context& context_;
  const Bundle& bundle_;
  Store& store_;
  const UnbundleOptions options_;
  Json::Array put_, failed_;
  int exit_code_ = 0;
};

void UnbundleRun::Put(const LockedWeights& weights) {
  Result<Unbundled> put = Unbundle(bundle_, weights, store_, options_);
  context_.terminal().ClearStatus();
  if (!put) return Failed(weights, put.error());
  context_.Note(fmt::format("{}: {}  {}  sha256 {}...  {}", weights.alias, weights.name,
                            FormatSize(weights.size), weights.sha256.hex().substr(0, kDigestShown),
                            put->cached ? "was in the cache" : "verified, cached"));
  if (!context_.json()) context_.Print(put->blob.path().string() + "\n");
  Json::Object row = RowOf(weights);
  row.emplace_back("path", put->blob.path().string());
  row.emplace_back("cached", put->cached);
  put_.push_back(std::move(row));
}

void UnbundleRun::Failed(const LockedWeights& weights, const Error& error) {
  context_.terminal().ErrLine(fmt::format("zoo: {}", error.Text()));
  failed_.push_back(Json::Object{{"alias", weights.alias},
                                 {"name", weights.name},
                                 {"code", ErrorCodeName(error.code)},
                                 {"message", error.message},
                                 {"hint", error.hint}});
  if (exit_code_ == 0) exit_code_ = static_cast<int>(error.code);
}

int UnbundleRun::Run() {
  for (const LockedWeights& weights : bundle_.lock().weights) {
    Put(weights);
    if (context_.cancel().cancelled()) break;
  }
  if (context_.json()) {
    context_.PrintJson(Json::Object{{"schema", "zoo/unbundle/1"},
                                    {"weights", std::move(put_)},
                                    {"failed", std::move(failed_)}});
  }
  return exit_code_;
}

Result<int> TakeBundle(Context& context, const UnbundleArguments& arguments) {
  ZOO_ASSIGN_OR_RETURN(const Bundle bundle, Bundle::Open(arguments.file));
  if (arguments.list) return ListBundle(context, bundle);
  ZOO_ASSIGN_OR_RETURN(Store * store, context.OpenStore());
  UnbundleOptions options{.cancel = context.cancel()};
  ZOO_ASSIGN_OR_RETURN(options.progress, ProgressOf(context));
  const int code = UnbundleRun(context, bundle, *store, std::move(options)).Run();
  // What it names is in the cache before the lock file can be read.
  if (code == 0 && arguments.to) {
    ZOO_RETURN_IF_ERROR(WriteLockAndRegistries(bundle, *arguments.to));
  }
  return code;
}

}  // namespace

Runner DefineBundle(CLI::App& app) {
  auto arguments = std::make_shared<BundleArguments>();
  app.add_option("--lock", arguments->lock, "what to put in: all that this lock file locks")
      ->type_name("FILE")
      ->required();
  app.add_option("-o,--output", arguments->output, "the bundle; replaced if it is there")
      ->type_name("FILE")
      ->required();
  app.add_option("--only-missing", arguments->only_missing,
                 "leave out the files that this other lock file has, for a machine that has them")
      ->type_name("FILE");
  app.add_flag("--no-entries", arguments->no_entries,
               "leave out what the registries say of the weights; no registry is asked");
  return [arguments](Context& context) { return MakeBundle(context, *arguments); };
}

Runner DefineUnbundle(CLI::App& app) {
  auto arguments = std::make_shared<UnbundleArguments>();
  app.add_option("FILE", arguments->file, "a bundle")->required();
  app.add_option_function<std::string>(
         "--to", [arguments](const std::string& folder) { arguments->to = folder; },
         "write zoo.lock here, and REGISTRY/zoo.json for --registry; made if it is not there")
      ->type_name("FOLDER");
  app.add_flag("--list", arguments->list, "only say what is in it");
  return [arguments](Context& context) { return TakeBundle(context, *arguments); };
}

}  // namespace zoo::cli
