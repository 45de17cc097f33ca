#include "zoo/cache/stamp.h"

#include "zoo/base/json.h"
#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr std::string_view kRecordSchema = "zoo/blob/1";
constexpr std::string_view kPinSchema = "zoo/pin/1";

bool HasSchema(const Json& document, std::string_view schema) {
  const Json* found = document.Find("schema");
  return found != nullptr && *found == Json(schema);
}

// The whole-number members of the stamp, by name.
struct Field {
  std::string_view name;
  int64_t Stamp::*number = nullptr;
  uint64_t Stamp::*count = nullptr;
};
constexpr Field kFields[] = {
    {"size", nullptr, &Stamp::size},
    {"mtime_ns", &Stamp::mtime_ns, nullptr},
    {"ctime_ns", &Stamp::ctime_ns, nullptr},
    {"inode", nullptr, &Stamp::inode},
};

std::optional<Stamp> ParseStamp(const Json& object) {
  Stamp stamp;
  for (const Field& field : kFields) {
    const Json* value = object.Find(field.name);
    if (value == nullptr) return std::nullopt;
    if (field.count != nullptr) {
      auto count = value->AsUint64();
      if (!count) return std::nullopt;
      stamp.*field.count = *count;
    } else {
      auto number = value->AsInt64();
      if (!number) return std::nullopt;
      stamp.*field.number = *number;
    }
  }
  return stamp;
}

}  // namespace

std::string Record::ToText() const {
  Json::Object stamp_json;
  for (const Field& field : kFields) {
    stamp_json.emplace_back(
        field.name, field.count != nullptr ? Json(stamp.*field.count) : Json(stamp.*field.number));
  }
  Json::Array name_list(names.begin(), names.end());
  return Json(Json::Object{{"schema", kRecordSchema},
                           {"file", file},
                           {"names", std::move(name_list)},
                           {"stamp", std::move(stamp_json)}})
             .Dump() +
         '\n';
}

std::optional<Record> Record::Parse(std::string_view text) {
  auto document = ParseJson(text);
  if (!document || !HasSchema(*document, kRecordSchema)) return std::nullopt;
  const Json* stamp = document->Find("stamp");
  const Json* file = document->Find("file");
  const Json* names = document->Find("names");
  if (stamp == nullptr || file == nullptr || names == nullptr) return std::nullopt;
  if (file->AsString() == nullptr || names->AsArray() == nullptr) return std::nullopt;
  auto parsed = ParseStamp(*stamp);
  if (!parsed) return std::nullopt;
  Record record{*parsed, *file->AsString(), {}};
  for (const Json& name : *names->AsArray()) {
    if (name.AsString() == nullptr) return std::nullopt;
    record.names.push_back(*name.AsString());
  }
  return record;
}

std::string PinText(const Digest& digest, const std::string& origin) {
  return Json(Json::Object{
                  {"schema", kPinSchema}, {"origin", MaskUrl(origin)}, {"sha256", digest.hex()}})
             .Dump() +
         '\n';
}

std::optional<Digest> ParsePin(std::string_view text) {
  auto document = ParseJson(text);
  if (!document || !HasSchema(*document, kPinSchema)) return std::nullopt;
  const Json* origin = document->Find("origin");
  const Json* hex = document->Find("sha256");
  if (origin == nullptr || origin->AsString() == nullptr) return std::nullopt;
  if (hex == nullptr || hex->AsString() == nullptr) return std::nullopt;
  auto digest = Digest::FromHex(*hex->AsString());
  if (!digest) return std::nullopt;
  return *digest;
}

}  // namespace zoo
