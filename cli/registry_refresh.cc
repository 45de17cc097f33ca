#include "zoo/cli/registry_refresh.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "zoo/cli/layout.h"
#include "zoo/fetcher/clock.h"
#include "zoo/registry/added.h"
#include "zoo/registry/in_force.h"
#include "zoo/registry/remembered.h"

namespace zoo::cli {
namespace {

constexpr int64_t kHour = 3600, kDay = 24 * kHour;
// Who asks for it waits for another process; who does not ask takes what that one leaves.
constexpr std::chrono::milliseconds kPatience{30'000}, kNone{0};

// A time that lies ahead is of a clock that was wrong.
bool IsLongerAgo(int64_t then, int64_t now, int64_t seconds) {
  return then > now || now - then >= seconds;
}

class RefreshRun {
 public:
  RefreshRun(Context& context, FetchSeams seams, Refresh refresh)
      : context_(context), seams_(seams), refresh_(refresh) {}

  Status Run();

 private:
  // Those whose turn it is.
  Result<std::vector<AddedRegistry>> Due() const;
  bool IsDue(const AddedRegistry& added) const;
  Status Update(const RegistriesLock& lock, const AddedRegistry& added);
  void Remark(const AddedRegistry& added, const Error& error);

  Context& context_;
  const FetchSeams seams_;
  const Refresh refresh_;
  const RegistryPlaces places_ = RegistryPlaces::FromEnvironment();
};

Status RefreshRun::Run() {
  const bool asked_for = refresh_ == Refresh::kNow;
  if (context_.options().offline) {
    if (!asked_for) return {};
    return Error{ErrorCode::kUsage, "--refresh asks servers, and this run is offline",
                 "leave one of the two out"};
  }
  const Result<std::vector<AddedRegistry>> due = Due();
  // Whoever opens the registries tells what is wrong with the list of them.
  if (!due) return asked_for ? Status(due.error()) : Status();
  if (due->empty()) return {};
  Result<RegistriesLock> lock =
      RegistriesLock::Take(places_, asked_for ? kPatience : kNone, context_.cancel());
  if (!lock) return asked_for ? Status(std::move(lock).error()) : Status();
  for (const AddedRegistry& added : *due) ZOO_RETURN_IF_ERROR(Update(*lock, added));
  return {};
}

Result<std::vector<AddedRegistry>> RefreshRun::Due() const {
  ZOO_ASSIGN_OR_RETURN(std::vector<AddedRegistry> due, AddedInForce(context_.options().registries));
  std::erase_if(due, [this](const AddedRegistry& added) { return !IsDue(added); });
  return due;
}

bool RefreshRun::IsDue(const AddedRegistry& added) const {
  if (added.url.empty()) return false;
  if (refresh_ == Refresh::kNow) return true;
  const Result<std::optional<SeenRegistry>> seen = ReadSeen(places_, added);
  // A damaged state is told of by whoever opens the registry.
  if (!seen) return false;
  const int64_t now = seams_.clock.Date().time_since_epoch().count();
  return !*seen ||
         (IsLongerAgo((*seen)->checked, now, kDay) && IsLongerAgo((*seen)->tried, now, kHour));
}

Status RefreshRun::Update(const RegistriesLock& lock, const AddedRegistry& added) {
  const bool asked_for = refresh_ == Refresh::kNow;
  const FetchOptions options{.attempts = asked_for ? kMaxAttempts : 1, .cancel = context_.cancel()};
  const Result<UpdatedRegistry> updated = UpdateRegistry(lock, places_, added, seams_, options);
  if (updated) {
    context_.ReloadRegistries();
    return {};
  }
  if (asked_for || updated.error().code == ErrorCode::kCancelled) return updated.error();
  Remark(added, updated.error());
  return {};
}

void RefreshRun::Remark(const AddedRegistry& added, const Error& error) {
  const Result<std::optional<SeenRegistry>> seen = ReadSeen(places_, added);
  std::string line = error.Text();
  if (seen && *seen) {
    line += fmt::format("; the copy of {} serves", FormatLocalTime((*seen)->checked));
  }
  // What must not be taken is more than a remark.
  if (error.code == ErrorCode::kCorrupt) {
    context_.terminal().ErrLine("zoo: " + line);
  } else {
    context_.Note(line);
  }
}

}  // namespace

Status RefreshAdded(Context& context, FetchSeams seams, Refresh refresh) {
  return RefreshRun(context, seams, refresh).Run();
}

Status RefreshAdded(Context& context, Refresh refresh) {
  CurlTransport transport(NetworkForRefresh(refresh));
  SystemClock clock;
  return RefreshAdded(context, {transport, clock}, refresh);
}

NetworkOptions NetworkForRefresh(Refresh refresh) {
  NetworkOptions network = NetworkOptions::FromEnvironment();
  if (refresh == Refresh::kIfOld) network.connect_timeout = std::chrono::seconds(5);
  return network;
}

void AddRefreshOption(CLI::App& app, Refresh& refresh) {
  app.add_flag_callback(
      "--refresh", [&refresh] { refresh = Refresh::kNow; },
      "ask the added registries for news first, however old what is known of them is");
}

}  // namespace zoo::cli
