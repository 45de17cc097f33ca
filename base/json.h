// JSON, read strictly: no duplicate keys, no depth or size beyond the caps, whole numbers exact to
// 64 bits, valid UTF-8 only. A Json is a value: null, a boolean, a whole number, a real number, a
// string, an array, or an object that keeps the order of its members. Parsing and printing are
// nlohmann/json's; nothing outside json.cc sees it.
//
//   ZOO_ASSIGN_OR_RETURN(Json document, ParseJson(text));
//   const Json* size = document.Find("size");
//   if (size == nullptr || !size->AsUint64()) ...
//   Json::Object pulled = {{"schema", "zoo/pull/1"}, {"pulled", Json::Array{}}};
//   std::string out = Json(pulled).Dump();
#ifndef ZOO_BASE_JSON_H_
#define ZOO_BASE_JSON_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "zoo/base/result.h"

namespace zoo {

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() = default;                                       // null
  Json(std::nullptr_t) {}                                 // NOLINT: implicit
  Json(std::same_as<bool> auto value) : value_(value) {}  // NOLINT: implicit
  Json(std::signed_integral auto value)
      : value_(static_cast<int64_t>(value)) {}  // NOLINT: implicit
  // Above 2^63 - 1 as uint64_t, below as int64_t: one number, one form.
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) Json(T value) {  // NOLINT: implicit
    if (static_cast<uint64_t>(value) > static_cast<uint64_t>(INT64_MAX)) {
      value_ = static_cast<uint64_t>(value);
    } else {
      value_ = static_cast<int64_t>(value);
    }
  }
  Json(std::floating_point auto value) : value_(static_cast<double>(value)) {}  // NOLINT: implicit
  Json(const char* text) : value_(std::string(text)) {}                         // NOLINT: implicit
  Json(std::string_view text) : value_(std::string(text)) {}                    // NOLINT: implicit
  Json(std::string text) : value_(std::move(text)) {}                           // NOLINT: implicit
  Json(Array items) : value_(std::move(items)) {}                               // NOLINT: implicit
  Json(Object members) : value_(std::move(members)) {}                          // NOLINT: implicit

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  // A pointer to the value if it has this type, else null.
  const bool* AsBool() const { return std::get_if<bool>(&value_); }
  const std::string* AsString() const { return std::get_if<std::string>(&value_); }
  const Array* AsArray() const { return std::get_if<Array>(&value_); }
  const Object* AsObject() const { return std::get_if<Object>(&value_); }
  Array* AsArray() { return std::get_if<Array>(&value_); }
  Object* AsObject() { return std::get_if<Object>(&value_); }
  // The number if it is whole (written without point or exponent) and fits.
  std::optional<int64_t> AsInt64() const;
  std::optional<uint64_t> AsUint64() const;
  // Any number.
  std::optional<double> AsDouble() const;
  // "null", "a boolean", "a number", "a string", "an array", "an object": for messages.
  std::string_view TypeName() const;

  // The member of that name; null if there is none or this is no object.
  const Json* Find(std::string_view key) const;

  // Text of this value: with `indent` spaces a level, or on one line if it is negative. Real
  // numbers have the digits that read back the same; NaN and infinities, which JSON lacks, become
  // null. Bytes that are not UTF-8 become U+FFFD.
  std::string Dump(int indent = 2) const;

  bool operator==(const Json&) const = default;

 private:
  std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string, Array, Object> value_;
};

struct JsonLimits {
  size_t bytes = 4 << 20;
  int depth = 64;
};

// kCorrupt for anything that is not exactly one JSON document within the limits; with the byte
// offset where the text is no JSON.
Result<Json> ParseJson(std::string_view text, JsonLimits limits = {});

// One step of reading a document that is too large to be worth a tree.
struct JsonEvent {
  enum class Kind : uint8_t {
    kNull,
    kBool,
    kWhole,   // `negative` and `magnitude`; `real` is the nearest double
    kReal,    // `real`
    kString,  // `text`
    kKey,     // `text`: of the member that comes next
    kBeginObject,
    kEndObject,
    kBeginArray,
    kEndArray,
  };
  Kind kind = Kind::kNull;
  bool boolean = false;
  bool negative = false;
  uint64_t magnitude = 0;
  double real = 0;
  std::string_view text;  // unescaped; valid during the call
};
// "a number", "an object" ...: for messages; of an end, what ends.
std::string_view JsonEventName(JsonEvent::Kind kind);

// Hands out the document in the order of its text, as ParseJson would read it, but leaves it to
// `take` to refuse duplicate keys. The first error of `take` ends the reading and is returned.
Status ReadJsonEvents(std::string_view text, JsonLimits limits,
                      const std::function<Status(const JsonEvent&)>& take);

}  // namespace zoo

#endif  // ZOO_BASE_JSON_H_
