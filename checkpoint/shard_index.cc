// {"metadata": {...}, "weight_map": {"NAME": "FILE", ...}}; other members are passed over.
#include <fmt/format.h>

#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/sharded.h"

namespace zoo {
namespace {

using Kind = JsonEvent::Kind;

constexpr std::string_view kWeightMap = "weight_map";
constexpr size_t kLongestName = 255;

Error Corrupt(std::string what) { return {ErrorCode::kCorrupt, std::move(what), ""}; }

// A name of a file in the same folder, on any system, that looks like what it is.
bool IsPlainName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && name != "." &&
         name.find("..") == std::string_view::npos &&
         name.find_first_of("/\\:") == std::string_view::npos && Escape(name, kLongestName) == name;
}

class Reader {
 public:
  explicit Reader(const Limits& limits) : limits_(limits) {}

  Status Take(const JsonEvent& event);
  Status CheckNames() const;
  bool has_map() const { return maps_ > 0; }
  ShardIndex index;

 private:
  Status TakeMember(const JsonEvent& event);
  Status AddEntry(std::string_view file);

  const Limits& limits_;
  int depth_ = 0;
  int maps_ = 0;
  bool inside_map_ = false;
  std::string key_;  // of the top object or of the map
  std::unordered_map<std::string, uint32_t> shard_of_;
};

Status Reader::Take(const JsonEvent& event) {
  bool end = event.kind == Kind::kEndObject || event.kind == Kind::kEndArray;
  if (end) --depth_;
  if (inside_map_) {
    inside_map_ = !end;
    return end ? Status() : TakeMember(event);
  }
  if (depth_ == 1 && event.kind == Kind::kKey) key_ = event.text;
  bool begin = event.kind == Kind::kBeginObject || event.kind == Kind::kBeginArray;
  if (begin && ++depth_ == 2 && event.kind == Kind::kBeginObject && key_ == kWeightMap) {
    inside_map_ = true;
    if (++maps_ > 1) return Corrupt("it is there twice");
  }
  return {};
}

Status Reader::TakeMember(const JsonEvent& event) {
  if (event.kind == Kind::kKey) {
    key_ = event.text;
    return {};
  }
  if (event.kind == Kind::kString) return AddEntry(event.text);
  return Corrupt(fmt::format("the file of tensor {} is {}, not a string", Quote(key_, 80),
                             JsonEventName(event.kind)));
}

Status Reader::AddEntry(std::string_view file) {
  auto [found, fresh] =
      shard_of_.emplace(std::string(file), static_cast<uint32_t>(index.files.size()));
  if (fresh) {
    if (!IsPlainName(file)) {
      return Corrupt(fmt::format("the file of tensor {} is {}, not the plain name of a file",
                                 Quote(key_, 80), Quote(file, 80)));
    }
    if (index.files.size() == limits_.shards) {
      return Error{ErrorCode::kCorrupt, fmt::format("more than {} files", limits_.shards),
                   "raise the limit \"shards\" if the file is trusted"};
    }
    index.files.emplace_back(file);
  }
  index.entries.push_back({key_, found->second});
  return {};
}

Status Reader::CheckNames() const {
  std::unordered_set<std::string_view> names;
  names.reserve(index.entries.size());
  for (const ShardIndex::Entry& entry : index.entries) {
    if (names.insert(entry.name).second) continue;
    return Corrupt(fmt::format("tensor {} is there twice", Quote(entry.name, 80)));
  }
  return {};
}

}  // namespace

Result<std::optional<ShardIndex>> ReadShardIndex(const FileContents& contents) {
  const Limits& limits = contents.options.limits;
  if (contents.file->size() > limits.header_bytes) return std::optional<ShardIndex>();
  std::string text(contents.file->size(), '\0');
  ZOO_RETURN_IF_ERROR(contents.file->Read(0, std::as_writable_bytes(std::span(text))));
  Reader reader(limits);
  JsonLimits json_limits{.bytes = limits.header_bytes};
  Status read =
      ReadJsonEvents(text, json_limits, [&](const JsonEvent& event) { return reader.Take(event); });
  if (!reader.has_map()) return std::optional<ShardIndex>();
  if (read) read = reader.CheckNames();
  if (read) return std::optional<ShardIndex>(std::move(reader.index));
  Error error = read.error();
  error.message = fmt::format("{}: weight_map: {}", contents.file->name(), error.message);
  return error;
}

}  // namespace zoo
