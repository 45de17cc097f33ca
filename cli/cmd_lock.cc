// zoo lock: names become rows of a lock file, and a lock file is held against the registries.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/base/text.h"
#include "zoo/cache/store.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/fetcher/pull.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/name.h"
#include "zoo/registry/registry.h"
#include "zoo/share/lock.h"
#include "zoo/share/make_lock.h"

namespace zoo::cli {
namespace {

struct Arguments {
  std::vector<std::string> names;  // NAME or ALIAS=NAME
  std::string output, check, update, add, auth_host;
};

// What is to be locked, and what an earlier lock says of it.
struct Wanted {
  std::string alias, name;
  const LockedWeights* before = nullptr;
};

Wanted ParseWanted(const std::string& argument) {
  const size_t at = argument.find('=');
  if (at == std::string::npos) return {.alias = "", .name = argument};
  return {.alias = argument.substr(0, at), .name = argument.substr(at + 1)};
}

// Nothing where there is no cache, or nothing in it.
Result<std::optional<Blob>> BlobOf(Context& context, const Entry& entry) {
  Result<Store*> store = context.OpenStore();
  if (!store) return std::optional<Blob>();
  Result<Blob> blob = FindCached(entry, **store);
  if (blob) return std::optional<Blob>(*std::move(blob));
  if (blob.error().code == ErrorCode::kNotFound) return std::optional<Blob>();
  return std::move(blob).error();
}

Result<LockedWeights> LockOne(Context& context, const Wanted& wanted,
                              const std::string& auth_host) {
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  ZOO_ASSIGN_OR_RETURN(const Name name, ParseName(wanted.name));
  ZOO_ASSIGN_OR_RETURN(const Entry* entry, registries->Find(name));
  LockRequest request{.alias = wanted.alias, .sha256 = name.digest, .before = wanted.before};
  ZOO_ASSIGN_OR_RETURN(request.blob, BlobOf(context, *entry));
  // A name with a digest finds a copy of the entry that demands it; the lock is of the entry.
  ZOO_ASSIGN_OR_RETURN(request.entry, registries->Find(FullName(*entry)));
  ZOO_ASSIGN_OR_RETURN(LockedWeights row, LockEntry(request));
  if (!auth_host.empty() && GoesTo(row, auth_host)) row.auth_host = auth_host;
  return row;
}

// The rows of a lock file beside what the registries say of them now.
class Comparison {
 public:
  Comparison(Context& context, std::string file, const Lock& lock)
      : context_(context), file_(std::move(file)) {
    for (const LockedWeights& row : lock.weights) Compare(row);
  }

  bool failed() const { return !failed_.empty(); }
  bool changed() const { return !changes_.empty(); }
  const std::vector<LockedWeights>& rows() const { return rows_; }
  // Prints it. The exit code: that of the first row that could not be looked up, or 0.
  int Print();

 private:
  void Compare(const LockedWeights& row);

  Context& context_;
  const std::string file_;
  std::vector<LockedWeights> rows_;  // as they would be locked now
  Json::Array changes_, failed_;
  int exit_code_ = 0;
};

void Comparison::Compare(const LockedWeights& row) {
  auto now = LockOne(context_, {.alias = row.alias, .name = row.name, .before = &row}, "");
  if (!now) {
    const Error& error = now.error();
    if (exit_code_ == 0) exit_code_ = static_cast<int>(error.code);
    context_.terminal().ErrLine(fmt::format("zoo: {}: {}", row.alias, error.Text()));
    failed_.push_back(Json::Object{{"alias", row.alias},
                                   {"name", row.name},
                                   {"code", ErrorCodeName(error.code)},
                                   {"message", error.message},
                                   {"hint", error.hint}});
    return;
  }
  for (const LockChange& change : ChangesBetween(row, *now)) {
    changes_.push_back(Json::Object{{"alias", row.alias},
                                    {"name", row.name},
                                    {"field", change.field},
                                    {"locked", change.locked},
                                    {"now", change.now}});
    if (context_.json()) continue;
    context_.Print(fmt::format("{}: {} is {} in the lock, {} in the registry\n", row.alias,
                               change.field, change.locked, change.now));
  }
  rows_.push_back(*std::move(now));
}

int Comparison::Print() {
  if (context_.json()) {
    context_.PrintJson(Json::Object{{"schema", "zoo/lock-changes/1"},
                                    {"file", file_},
                                    {"changes", std::move(changes_)},
                                    {"failed", std::move(failed_)}});
  } else if (!changed() && !failed()) {
    context_.Note(fmt::format("{}: {}, nothing would change", Escape(file_, 1000),
                              Count(rows_.size(), "locked file")));
  }
  return exit_code_;
}

Status Save(Context& context, const std::string& file, const Lock& lock) {
  ZOO_RETURN_IF_ERROR(WriteFile(file, LockText(lock)));
  context.Note(
      fmt::format("{}: {}", Escape(file, 1000), Count(lock.weights.size(), "locked file")));
  return {};
}

Result<int> Check(Context& context, const Arguments& arguments) {
  ZOO_ASSIGN_OR_RETURN(const Lock lock, ReadLock(arguments.check));
  Comparison comparison(context, arguments.check, lock);
  const bool changed = comparison.changed();
  const int failed = comparison.Print();
  return failed == 0 && changed ? static_cast<int>(ErrorCode::kMismatch) : failed;
}

Result<int> Update(Context& context, const Arguments& arguments) {
  ZOO_ASSIGN_OR_RETURN(const Lock lock, ReadLock(arguments.update));
  Comparison comparison(context, arguments.update, lock);
  const bool failed = comparison.failed();
  if (!failed) {
    ZOO_ASSIGN_OR_RETURN(const Lock updated, LockOf(comparison.rows()));
    const std::string& file = arguments.output.empty() ? arguments.update : arguments.output;
    ZOO_RETURN_IF_ERROR(Save(context, file, updated));
  }
  return comparison.Print();
}

// A host that none of them is had from was mistyped.
Status CheckHost(const std::vector<LockedWeights>& rows, const std::string& host) {
  if (host.empty()) return {};
  auto goes = [&](const LockedWeights& row) { return row.auth_host == host; };
  if (std::ranges::any_of(rows, goes)) return {};
  return Error{ErrorCode::kUsage,
               fmt::format("none of these weights has an https source at {}", Quote(host)),
               "name the host alone, in lower case, as their URLs have it"};
}

// The names' rows beside those that the lock has; one of the same alias is replaced.
Result<Lock> LockNames(Context& context, const Arguments& arguments, const Lock& before) {
  std::vector<LockedWeights> rows, fresh;
  for (const std::string& argument : arguments.names) {
    ZOO_ASSIGN_OR_RETURN(LockedWeights row,
                         LockOne(context, ParseWanted(argument), arguments.auth_host));
    fresh.push_back(std::move(row));
  }
  ZOO_RETURN_IF_ERROR(CheckHost(fresh, arguments.auth_host));
  for (const LockedWeights& row : before.weights) {
    if (std::ranges::find(fresh, row.alias, &LockedWeights::alias) == fresh.end()) {
      rows.push_back(row);
    }
  }
  std::ranges::move(fresh, std::back_inserter(rows));
  return LockOf(std::move(rows));
}

Result<int> Write(Context& context, const Arguments& arguments) {
  Lock before;
  if (!arguments.add.empty()) {
    ZOO_ASSIGN_OR_RETURN(before, ReadLock(arguments.add));
  }
  ZOO_ASSIGN_OR_RETURN(const Lock lock, LockNames(context, arguments, before));
  const std::string& file = arguments.output.empty() ? arguments.add : arguments.output;
  if (!file.empty()) ZOO_RETURN_IF_ERROR(Save(context, file, lock));
  if (file.empty() || context.json()) context.Print(LockText(lock));
  return 0;
}

}  // namespace

Runner DefineLock(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::Option* names =
      app.add_option("NAME", arguments->names,
                     "weights, as `zoo list` shows them, or ALIAS=NAME; the alias is else the "
                     "model's name")
          ->required();
  CLI::Option* output =
      app.add_option("-o,--output", arguments->output, "write the lock file here, all or nothing")
          ->type_name("FILE");
  auto instead = [&](const char* name, std::string& file, const char* description) {
    return app
        .add_option_function<std::string>(
            name,
            [&file, names](const std::string& path) {
              file = path;
              names->required(false);
            },
            description)
        ->type_name("FILE")
        ->excludes(names);
  };
  CLI::Option* check =
      instead("--check", arguments->check,
              "say what of this lock file the registries in force would change now, instead");
  CLI::Option* update =
      instead("--update", arguments->update, "say that, and write the lock file anew, instead");
  app.add_option("--add", arguments->add,
                 "add the names to this lock file; a row of the same alias is replaced")
      ->type_name("FILE")
      ->excludes(check)
      ->excludes(update);
  check->excludes(update)->excludes(output);
  app.add_option("--auth-host", arguments->auth_host,
                 "the host that may be sent a token for these files")
      ->type_name("HOST");
  return [arguments](Context& context) {
    if (!arguments->check.empty()) return Check(context, *arguments);
    if (!arguments->update.empty()) return Update(context, *arguments);
    return Write(context, *arguments);
  };
}

}  // namespace zoo::cli
