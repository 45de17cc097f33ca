#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

#include "zoo/base/file.h"
#include "zoo/base/text.h"
#include "zoo/runs/history.h"

namespace zoo {
namespace {

constexpr std::string_view kSchema = "zoo/run-history/";
constexpr std::string_view kVersion = "1";
constexpr size_t kShown = 80;  // bytes of a text in messages
// Beyond it a reader that holds numbers as doubles would mix epochs up.
constexpr int64_t kLargestEpoch = int64_t{1} << 53;

constexpr std::string_view kHistoryFields[] = {"schema", "monitor", "better", "epochs",
                                               "best",   "last",    "stopped"};
constexpr std::string_view kEpochFields[] = {"epoch",   "file", "metrics", "time",
                                             "seconds", "kept", "best"};

// The members of an object, read one by one; the first that is wrong is kept in `status`.
class Members {
 public:
  Members(const Json& object, std::string place, Status& status)
      : object_(object), place_(std::move(place)), status_(status) {
    if (object_.AsObject() == nullptr) {
      Fail("", fmt::format("must be an object, is {}", object_.TypeName()));
    }
  }

  void Fail(std::string_view key, const std::string& what) {
    if (!status_) return;
    std::string where = place_;
    if (!place_.empty() && !key.empty()) where += '.';
    where += key;
    if (where.empty()) where = "the document";
    status_ = Error{ErrorCode::kCorrupt, where + ' ' + what, ""};
  }

  const Json* Required(std::string_view key) {
    const Json* value = object_.Find(key);
    if (value == nullptr) Fail(key, "is missing");
    return value;
  }
  void Wrong(std::string_view key, std::string_view wanted, const Json& value) {
    Fail(key, fmt::format("must be {}, is {}", wanted, value.TypeName()));
  }

  std::string Text(std::string_view key) {
    const Json* value = Required(key);
    if (value == nullptr) return "";
    const std::string* text = value->AsString();
    if (text == nullptr) Wrong(key, "a string", *value);
    return text == nullptr ? "" : *text;
  }
  std::optional<int64_t> Epoch(std::string_view key) {
    const Json* value = object_.Find(key);
    if (value == nullptr || value->is_null()) return std::nullopt;
    auto epoch = value->AsInt64();
    if (!epoch || *epoch < 0 || *epoch > kLargestEpoch) {
      Fail(key, "must be a whole number from 0 to 2^53");
      return std::nullopt;
    }
    return epoch;
  }
  void Flag(std::string_view key, bool& into) {
    const Json* value = object_.Find(key);
    if (value == nullptr) return;
    if (value->AsBool() == nullptr) return Wrong(key, "a boolean", *value);
    into = *value->AsBool();
  }
  Json::Object Others(std::span<const std::string_view> known) const {
    Json::Object others;
    if (object_.AsObject() == nullptr) return others;
    for (const auto& [key, value] : *object_.AsObject()) {
      if (std::ranges::find(known, key) == known.end()) others.emplace_back(key, value);
    }
    return others;
  }
  const Json* Find(std::string_view key) const { return object_.Find(key); }

 private:
  const Json& object_;
  std::string place_;
  Status& status_;
};

Metrics ReadMetrics(Members& members) {
  Metrics metrics;
  const Json* value = members.Required("metrics");
  if (value == nullptr) return metrics;
  if (value->AsObject() == nullptr) {
    members.Wrong("metrics", "an object", *value);
    return metrics;
  }
  for (const auto& [name, number] : *value->AsObject()) {
    auto parsed = ParseNumber(number);
    if (!parsed) members.Wrong("metrics." + Escape(name, kShown), "a number", number);
    metrics.emplace_back(name, parsed.value_or(0));
  }
  return metrics;
}

double ReadSeconds(Members& members) {
  const Json* value = members.Find("seconds");
  if (value == nullptr) return 0;
  auto seconds = ParseNumber(*value);
  if (!seconds) members.Wrong("seconds", "a number", *value);
  return seconds.value_or(0);
}

EpochRecord ReadEpoch(const Json& json, const std::string& place, Status& status) {
  Members members(json, place, status);
  EpochRecord record;
  if (members.Required("epoch") != nullptr) {
    auto epoch = members.Epoch("epoch");
    if (!epoch) members.Fail("epoch", "must be a whole number from 0 to 2^53");
    record.epoch = epoch.value_or(0);
  }
  record.file = members.Text("file");
  if (!IsCheckpointName(record.file)) {
    members.Fail("file", fmt::format("{} is no plain file name", Quote(record.file, kShown)));
  }
  record.metrics = ReadMetrics(members);
  if (members.Find("time") != nullptr) record.time = members.Text("time");
  record.seconds = ReadSeconds(members);
  members.Flag("kept", record.kept);
  members.Flag("best", record.best);
  record.others = members.Others(kEpochFields);
  return record;
}

void ReadEpochs(Members& members, RunHistory& history, Status& status) {
  const Json* value = members.Required("epochs");
  if (value == nullptr) return;
  if (value->AsArray() == nullptr) return members.Wrong("epochs", "an array", *value);
  std::set<std::string> files;
  for (const Json& item : *value->AsArray()) {
    const std::string place = fmt::format("epochs[{}]", history.epochs.size());
    EpochRecord record = ReadEpoch(item, place, status);
    if (!history.epochs.empty() && record.epoch <= history.epochs.back().epoch) {
      members.Fail(place + ".epoch", fmt::format("{} does not come after {}", record.epoch,
                                                 history.epochs.back().epoch));
    }
    if (!files.insert(record.file).second) {
      members.Fail(place + ".file", Quote(record.file, kShown) + " is another epoch's too");
    }
    if (!status) return;
    history.epochs.push_back(std::move(record));
  }
}

// `best` and `last` have files to be opened.
std::optional<int64_t> ReadKept(Members& members, std::string_view key, const RunHistory& history) {
  auto epoch = members.Epoch(key);
  if (!epoch) return std::nullopt;
  const EpochRecord* record = history.Find(epoch);
  if (record == nullptr) members.Fail(key, fmt::format("{} is no epoch of the list", *epoch));
  if (record != nullptr && !record->kept) {
    members.Fail(key, fmt::format("{} is an epoch whose file is not kept", *epoch));
  }
  return epoch;
}

Status CheckSchema(const Json& document) {
  const Json* schema = document.Find("schema");
  const std::string* text = schema == nullptr ? nullptr : schema->AsString();
  if (text == nullptr || !text->starts_with(kSchema)) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("not a run's history: its schema is not \"{}{}\"", kSchema, kVersion),
                 ""};
  }
  std::string_view version = std::string_view(*text).substr(kSchema.size());
  if (version == kVersion) return {};
  return Error{
      ErrorCode::kUnsupported,
      fmt::format("schema is {}; this program reads version {}", Quote(*text, kShown), kVersion),
      fmt::format("use a zoo that reads version {}", Escape(version, kShown))};
}

Json PrintEpoch(const EpochRecord& record) {
  Json::Object object{{"epoch", record.epoch},
                      {"file", record.file},
                      {"metrics", MetricsJson(record.metrics)},
                      {"time", record.time},
                      {"seconds", NumberJson(record.seconds)},
                      {"kept", record.kept},
                      {"best", record.best}};
  object.insert(object.end(), record.others.begin(), record.others.end());
  return object;
}

Json OrNull(std::optional<int64_t> epoch) { return epoch ? Json(*epoch) : Json(); }

}  // namespace

Result<RunHistory> ParseRunHistory(std::string_view text) {
  ZOO_ASSIGN_OR_RETURN(Json document, ParseJson(text, {.bytes = kMaxRunHistoryBytes}));
  ZOO_RETURN_IF_ERROR(CheckSchema(document));
  Status status;
  Members members(document, "", status);
  RunHistory history;
  const Json* monitor = members.Required("monitor");
  if (monitor != nullptr && !monitor->is_null()) history.monitor = members.Text("monitor");
  const std::string better = members.Text("better");
  if (better == BetterName(Better::kHigher)) {
    history.better = Better::kHigher;
  } else if (better != BetterName(Better::kLower)) {
    members.Fail("better", fmt::format("must be lower or higher, is {}", Quote(better, kShown)));
  }
  ReadEpochs(members, history, status);
  history.best = ReadKept(members, "best", history);
  history.last = ReadKept(members, "last", history);
  history.stopped = members.Epoch("stopped");
  history.others = members.Others(kHistoryFields);
  if (!status) return std::move(status).error();
  return history;
}

Result<RunHistory> ReadRunHistory(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kRunHistoryFile;
  ZOO_ASSIGN_OR_RETURN(std::string text, ReadFile(path, kMaxRunHistoryBytes));
  auto history = ParseRunHistory(text);
  if (history) return history;
  Error error = std::move(history).error();
  error.message = fmt::format("{}: {}", Escape(path.native(), 1000), error.message);
  if (error.hint.empty()) error.hint = "move it away to begin anew; the checkpoints stay";
  return error;
}

std::string PrintRunHistory(const RunHistory& history) {
  Json::Array epochs;
  for (const EpochRecord& record : history.epochs) epochs.push_back(PrintEpoch(record));
  Json::Object document{{"schema", fmt::format("{}{}", kSchema, kVersion)},
                        {"monitor", history.monitor.empty() ? Json() : Json(history.monitor)},
                        {"better", BetterName(history.better)},
                        {"epochs", std::move(epochs)},
                        {"best", OrNull(history.best)},
                        {"last", OrNull(history.last)},
                        {"stopped", OrNull(history.stopped)}};
  document.insert(document.end(), history.others.begin(), history.others.end());
  return Json(std::move(document)).Dump() + '\n';
}

}  // namespace zoo
