#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/base/signature.h"
#include "zoo/base/text.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/cli/registry_rows.h"
#include "zoo/fetcher/clock.h"
#include "zoo/fetcher/curl_transport.h"
#include "zoo/fetcher/fetch_registry.h"
#include "zoo/registry/added.h"
#include "zoo/registry/remembered.h"

namespace zoo::cli {
namespace {

namespace fs = std::filesystem;

// For another process that is at work on the registries.
constexpr std::chrono::milliseconds kPatience{30'000};
constexpr uint64_t kLargestKeyFile = 64 << 10;

struct AddArguments {
  std::string alias, where, key;
};

// A key as it is written, or a file that holds one.
Result<PublicKey> ReadKey(const std::string& text) {
  Result<PublicKey> key = PublicKey::Parse(text);
  std::error_code ignored;
  if (key || !fs::exists(text, ignored)) return key;
  ZOO_ASSIGN_OR_RETURN(const std::string file, ReadFile(text, kLargestKeyFile));
  key = PublicKey::Parse(file);
  if (key) return key;
  Error error = std::move(key).error();
  error.message = fmt::format("{}: {}", Escape(text, 1000), error.message);
  return error;
}

// The registry that the arguments name, before anything was asked of it.
Result<AddedRegistry> Named(const AddArguments& arguments) {
  AddedRegistry added{.alias = arguments.alias};
  if (!arguments.key.empty()) {
    ZOO_ASSIGN_OR_RETURN(added.key, ReadKey(arguments.key));
  }
  if (arguments.where.find("://") != std::string::npos) {
    ZOO_ASSIGN_OR_RETURN(added.url, RegistryUrl(arguments.where));
    return added;
  }
  if (added.key) {
    return Error{ErrorCode::kUsage,
                 fmt::format("{} is a path, which is read as it lies there, and a key is for a URL",
                             Quote(arguments.where)),
                 "leave --key out"};
  }
  std::error_code failed;
  added.path = fs::absolute(arguments.where, failed).lexically_normal();
  if (failed) added.path = arguments.where;
  return added;
}

Error Offline(const AddedRegistry& added) {
  return {ErrorCode::kNotFound,
          fmt::format("{} is not asked for, because this run is offline ({})", added.alias,
                      added.where()),
          "repeat the command where there is a network"};
}

// `zoo registry` with what it changes held by this process.
class RegistryCommand {
 public:
  explicit RegistryCommand(Context& context) : context_(context) {}

  Result<int> Add(const AddArguments& arguments);
  Result<int> Remove(const std::string& alias);
  Result<int> Update(const std::vector<std::string>& aliases);

 private:
  Status Begin();
  Result<UpdatedRegistry> Fetch(const AddedRegistry& added);
  Status UpdateOne(const AddedRegistry& added);
  Result<std::vector<AddedRegistry>> Chosen(const std::vector<std::string>& aliases) const;
  void TellUnsigned(const AddedRegistry& added, const UpdatedRegistry& updated);

  Context& context_;
  const RegistryPlaces places_ = RegistryPlaces::FromEnvironment();
  std::optional<RegistriesLock> lock_;
  std::vector<AddedRegistry> added_;
  CurlTransport transport_{NetworkOptions::FromEnvironment()};
  SystemClock clock_;
  Json::Array updated_, failed_;
};

Status RegistryCommand::Begin() {
  ZOO_ASSIGN_OR_RETURN(lock_, RegistriesLock::Take(places_, kPatience, context_.cancel()));
  ZOO_ASSIGN_OR_RETURN(added_, ReadAdded(places_));
  return {};
}

Result<UpdatedRegistry> RegistryCommand::Fetch(const AddedRegistry& added) {
  if (context_.options().offline) return Offline(added);
  return UpdateRegistry(*lock_, places_, added, {transport_, clock_},
                        {.cancel = context_.cancel()});
}

Result<int> RegistryCommand::Add(const AddArguments& arguments) {
  ZOO_ASSIGN_OR_RETURN(const AddedRegistry added, Named(arguments));
  ZOO_RETURN_IF_ERROR(Begin());
  ZOO_RETURN_IF_ERROR(CheckAlias(added.alias, added_));
  if (const AddedRegistry* same = FindAdded(added_, added.url); same != nullptr) {
    return Error{ErrorCode::kUsage, fmt::format("{} was added as {}", added.where(), same->alias),
                 fmt::format("`zoo registry remove {}` first", same->alias)};
  }
  // What a registry of that alias left behind is of no account.
  ZOO_RETURN_IF_ERROR(Forget(*lock_, places_, added.alias));
  std::optional<UpdatedRegistry> fetched;
  if (!added.url.empty()) {
    ZOO_ASSIGN_OR_RETURN(fetched, Fetch(added));
  }
  const RegistryRow row = RowOf(places_, added);
  if (row.error) return *row.error;
  added_.push_back(added);
  ZOO_RETURN_IF_ERROR(WriteAdded(places_, added_));
  if (fetched) TellUnsigned(added, *fetched);
  if (context_.json()) {
    Json::Object document{{"schema", "zoo/registry-add/1"}};
    for (auto& member : RowJson(row)) document.push_back(std::move(member));
    context_.PrintJson(document);
  } else {
    context_.Print(fmt::format("added {}: {}\n", added.alias, Summary(row)));
  }
  return 0;
}

void RegistryCommand::TellUnsigned(const AddedRegistry& added, const UpdatedRegistry& updated) {
  if (added.key) return;
  if (!updated.other_key) {
    return context_.Note(fmt::format(
        "{}: unsigned: whatever its server says is believed, and checked only against what was "
        "seen before",
        added.alias));
  }
  context_.Note(fmt::format(
      "{0}: taken unsigned, because no key was given; it is signed with the key {1}: get that key "
      "from its publisher, `zoo registry remove {0}`, and add it again with --key",
      added.alias, updated.other_key->ToString()));
}

Result<int> RegistryCommand::Remove(const std::string& alias) {
  ZOO_RETURN_IF_ERROR(Begin());
  const auto at = std::ranges::find(added_, alias, &AddedRegistry::alias);
  if (at == added_.end()) {
    return Error{ErrorCode::kNotFound, "no registry was added as " + Quote(alias),
                 "`zoo registry list` shows those that were"};
  }
  added_.erase(at);
  ZOO_RETURN_IF_ERROR(WriteAdded(places_, added_));
  ZOO_RETURN_IF_ERROR(Forget(*lock_, places_, alias));
  if (context_.json()) {
    context_.PrintJson(Json::Object{{"schema", "zoo/registry-remove/1"}, {"alias", alias}});
  } else {
    context_.Print(fmt::format("removed {}\n", alias));
  }
  return 0;
}

Result<std::vector<AddedRegistry>> RegistryCommand::Chosen(
    const std::vector<std::string>& aliases) const {
  if (aliases.empty()) return added_;
  std::vector<AddedRegistry> chosen;
  for (const std::string& alias : aliases) {
    const AddedRegistry* found = FindAdded(added_, alias);
    if (found == nullptr) {
      return Error{ErrorCode::kNotFound, "no registry was added as " + Quote(alias),
                   "`zoo registry list` shows those that were"};
    }
    chosen.push_back(*found);
  }
  return chosen;
}

Status RegistryCommand::UpdateOne(const AddedRegistry& added) {
  std::optional<UpdatedRegistry> fetched;
  if (!added.url.empty()) {
    ZOO_ASSIGN_OR_RETURN(fetched, Fetch(added));
  }
  const RegistryRow row = RowOf(places_, added);
  if (row.error) return *row.error;
  const bool changed =
      fetched && (!fetched->before || fetched->before->identity != fetched->now.identity);
  if (fetched && changed) TellUnsigned(added, *fetched);
  Json::Object json = RowJson(row);
  json.emplace_back("changed", changed);
  json.emplace_back("requests", fetched ? fetched->requests : 0);
  updated_.push_back(std::move(json));
  if (!context_.json()) {
    const bool same = fetched && !changed;
    context_.Print(fmt::format("{}: {}{}\n", added.alias, Summary(row), same ? ", unchanged" : ""));
  }
  return {};
}

Result<int> RegistryCommand::Update(const std::vector<std::string>& aliases) {
  ZOO_RETURN_IF_ERROR(Begin());
  ZOO_ASSIGN_OR_RETURN(const std::vector<AddedRegistry> chosen, Chosen(aliases));
  if (chosen.empty()) context_.Note("no registry was added");
  int exit_code = 0;
  for (const AddedRegistry& added : chosen) {
    const Status one = UpdateOne(added);
    if (one) continue;
    const Error& error = one.error();
    if (error.code == ErrorCode::kCancelled) return error;
    if (exit_code == 0) exit_code = static_cast<int>(error.code);
    failed_.push_back(Json::Object{{"alias", added.alias},
                                   {"code", ErrorCodeName(error.code)},
                                   {"message", error.message},
                                   {"hint", error.hint}});
    context_.terminal().ErrLine("zoo: " + error.Text());
  }
  if (context_.json()) {
    context_.PrintJson(Json::Object{{"schema", "zoo/registry-update/1"},
                                    {"updated", std::move(updated_)},
                                    {"failed", std::move(failed_)}});
  }
  return exit_code;
}

Result<int> List(Context& context) {
  const RegistryPlaces places = RegistryPlaces::FromEnvironment();
  ZOO_ASSIGN_OR_RETURN(const std::vector<AddedRegistry> added, ReadAdded(places));
  std::vector<RegistryRow> rows;
  for (const AddedRegistry& registry : added) rows.push_back(RowOf(places, registry));
  if (context.json()) {
    Json::Array registries;
    for (const RegistryRow& row : rows) registries.emplace_back(RowJson(row));
    context.PrintJson(
        Json::Object{{"schema", "zoo/registry-list/1"}, {"registries", std::move(registries)}});
    return 0;
  }
  if (rows.empty()) context.Note("no registry was added; builtin is always there");
  // A pipe gets the URLs whole.
  const Terminal& terminal = context.terminal();
  const int columns = terminal.out_is_terminal() ? terminal.columns() : 0;
  if (!rows.empty()) context.Print(RowTable(rows, columns));
  for (const RegistryRow& row : rows) {
    if (row.error) context.Note(fmt::format("{}: {}", row.added.alias, row.error->Text()));
  }
  return 0;
}

}  // namespace

Runner DefineRegistryAdd(CLI::App& app) {
  auto arguments = std::make_shared<AddArguments>();
  app.add_option("ALIAS", arguments->alias, "what it goes by here: ALIAS/NAME are its weights")
      ->required();
  app.add_option("PATH", arguments->where,
                 "an http or https URL of its folder or its file, or a folder or file here")
      ->required();
  app.add_option("--key", arguments->key,
                 "the public key that it must be signed with, RWQ..., or a file that holds it")
      ->type_name("KEY");
  return [arguments](Context& context) { return RegistryCommand(context).Add(*arguments); };
}

Runner DefineRegistryList(CLI::App&) { return List; }

Runner DefineRegistryRemove(CLI::App& app) {
  auto alias = std::make_shared<std::string>();
  app.add_option("ALIAS", *alias, "as `zoo registry list` shows it")->required();
  return [alias](Context& context) { return RegistryCommand(context).Remove(*alias); };
}

Runner DefineRegistryUpdate(CLI::App& app) {
  auto aliases = std::make_shared<std::vector<std::string>>();
  app.add_option("ALIAS", *aliases, "as `zoo registry list` shows them; without: all");
  return [aliases](Context& context) { return RegistryCommand(context).Update(*aliases); };
}

}  // namespace zoo::cli
