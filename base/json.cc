#include "zoo/base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <unordered_set>

#include "zoo/base/bytes.h"
#include "zoo/base/text.h"

namespace zoo {
namespace {

using Reader = nlohmann::json;
using Writer = nlohmann::ordered_json;

using Kind = JsonEvent::Kind;

Error Corrupt(std::string what) { return {ErrorCode::kCorrupt, std::move(what), ""}; }

// nlohmann's events as ours, so that the limits hold before anything is allocated for what lies
// deeper. `Take` is called with each and answers a Status.
template <typename Take>
class Events final : public nlohmann::json_sax<Reader> {
 public:
  Events(int depth, Take& take) : depth_limit_(depth), take_(take) {}

  bool null() override { return Pass({}); }
  bool boolean(bool value) override { return Pass({.kind = Kind::kBool, .boolean = value}); }
  bool number_integer(int64_t value) override {
    // Unsigned, the negation of the least int64_t is its magnitude too.
    uint64_t magnitude = value < 0 ? -static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
    return Pass({.kind = Kind::kWhole,
                 .negative = value < 0,
                 .magnitude = magnitude,
                 .real = static_cast<double>(value)});
  }
  bool number_unsigned(uint64_t value) override {
    return Pass({.kind = Kind::kWhole, .magnitude = value, .real = static_cast<double>(value)});
  }
  bool number_float(double value, const std::string& text) override {
    // A whole number beyond 64 bits arrives here; as a double it would silently be another number.
    if (text.find_first_of(".eE") == std::string::npos)
      return Fail("JSON has a whole number beyond 64 bits");
    return Pass({.kind = Kind::kReal, .real = value});
  }
  bool string(std::string& value) override { return Pass({.kind = Kind::kString, .text = value}); }
  bool binary(Reader::binary_t&) override { return Fail("JSON has binary data"); }
  bool start_object(size_t) override { return Open(Kind::kBeginObject); }
  bool start_array(size_t) override { return Open(Kind::kBeginArray); }
  bool end_object() override { return Close(Kind::kEndObject); }
  bool end_array() override { return Close(Kind::kEndArray); }
  bool key(std::string& name) override { return Pass({.kind = Kind::kKey, .text = name}); }
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    constexpr int kOutOfRange = 406;  // nlohmann's number for it
    if (error.id == kOutOfRange) return Fail("JSON has a number out of range");
    return Fail(fmt::format("not valid JSON at byte {}", position));
  }

  Status status;

 private:
  bool Pass(const JsonEvent& event) {
    Status taken = take_(event);
    if (taken) return true;
    status = std::move(taken);
    return false;
  }
  bool Fail(std::string what) {
    status = Corrupt(std::move(what));
    return false;
  }
  bool Open(Kind kind) {
    if (depth_++ >= depth_limit_)
      return Fail(fmt::format("JSON is nested deeper than {}", depth_limit_));
    return Pass({.kind = kind});
  }
  bool Close(Kind kind) {
    --depth_;
    return Pass({.kind = kind});
  }

  int depth_limit_, depth_ = 0;
  Take& take_;
};

// Builds the tree. What is not complete stands in one stack: the members of an open object or the
// items of an open array are its top, and move into their container, as large as it has to be, when
// that ends.
class Builder {
 public:
  Status operator()(const JsonEvent& event) {
    switch (event.kind) {
      case Kind::kNull:
        return Put(Json());
      case Kind::kBool:
        return Put(Json(event.boolean));
      case Kind::kWhole:
        // Negative, it fits int64_t, and so does what wraps around to it.
        return Put(event.negative ? Json(static_cast<int64_t>(-event.magnitude))
                                  : Json(event.magnitude));
      case Kind::kReal:
        return Put(Json(event.real));
      case Kind::kString:
        return Put(Json(event.text));
      case Kind::kKey:
        return Key(event.text);
      case Kind::kBeginObject:
      case Kind::kBeginArray:
        open_.push_back({stack_.size(), event.kind == Kind::kBeginObject, {}});
        return {};
      case Kind::kEndObject:
        return End<Json::Object>([](Member& member) { return std::move(member); });
      case Kind::kEndArray:
        return End<Json::Array>([](Member& member) { return std::move(member.second); });
    }
    return {};
  }

  Json root;

 private:
  using Member = Json::Object::value_type;  // of an array: without a key

  struct Level {
    size_t begin;  // its first member in the stack
    bool object;
    std::unordered_set<std::string> keys;  // of an object with more members than are searched
  };

  Status Key(std::string_view name) {
    if (IsTaken(name)) return Corrupt("JSON has key " + Quote(name) + " twice in one object");
    stack_.emplace_back(name, Json());
    return {};
  }

  // Few members are searched quicker than a set of them is made.
  bool IsTaken(std::string_view name) {
    constexpr size_t kFew = 24;
    Level& level = open_.back();
    const auto members = std::span(stack_).subspan(level.begin);
    if (members.size() < kFew)
      return std::ranges::find(members, name, &Member::first) != members.end();
    if (level.keys.empty()) {
      for (const Member& member : members) level.keys.insert(member.first);
    }
    return !level.keys.emplace(name).second;
  }

  Status Put(Json value) {
    if (open_.empty()) {
      root = std::move(value);
    } else if (open_.back().object) {
      stack_.back().second = std::move(value);
    } else {
      stack_.emplace_back(std::string(), std::move(value));
    }
    return {};
  }

  template <typename Container, typename Take>
  Status End(Take take) {
    const auto members = std::span(stack_).subspan(open_.back().begin);
    Container done;
    done.reserve(members.size());
    for (Member& member : members) done.push_back(take(member));
    stack_.resize(open_.back().begin);
    open_.pop_back();
    return Put(std::move(done));
  }

  std::vector<Member> stack_;
  std::vector<Level> open_;
};

// `take` is called as that of ReadJsonEvents.
template <typename Take>
Status ReadEvents(std::string_view text, JsonLimits limits, Take& take) {
  if (text.size() > limits.bytes) {
    return Corrupt(fmt::format("JSON of {} exceeds the limit of {}", FormatSize(text.size()),
                               FormatSize(limits.bytes)));
  }
  Events<Take> events(limits.depth, take);
  try {
    if (!Reader::sax_parse(text.begin(), text.end(), &events)) return events.status;
  } catch (const nlohmann::json::exception&) {
    return Corrupt("JSON that cannot be read");  // none is known to get here
  }
  // A NUL byte is the end of the text to nlohmann's lexer, whatever may follow.
  const size_t nul = text.find('\0');
  if (nul == std::string_view::npos) return {};
  return Corrupt(fmt::format("not valid JSON at byte {}", nul + 1));
}

Writer ToWriter(const Json& value) {
  if (auto* flag = value.AsBool()) return *flag;
  if (auto* text = value.AsString()) return *text;
  if (auto whole = value.AsInt64()) return *whole;
  if (auto whole = value.AsUint64()) return *whole;
  if (auto real = value.AsDouble()) return std::isfinite(*real) ? Writer(*real) : Writer(nullptr);
  if (auto* array = value.AsArray()) {
    Writer out = Writer::array();
    for (const Json& item : *array) out.push_back(ToWriter(item));
    return out;
  }
  if (auto* object = value.AsObject()) {
    Writer out = Writer::object();
    auto& members = out.get_ref<Writer::object_t&>();
    // Appended as in a vector: looking each key up first would take quadratic time.
    for (const auto& [key, member] : *object) members.emplace_back(key, ToWriter(member));
    return out;
  }
  return nullptr;
}

}  // namespace

std::optional<int64_t> Json::AsInt64() const {
  if (auto* value = std::get_if<int64_t>(&value_)) return *value;
  return std::nullopt;
}

std::optional<uint64_t> Json::AsUint64() const {
  if (auto* value = std::get_if<uint64_t>(&value_)) return *value;
  if (auto* value = std::get_if<int64_t>(&value_); value != nullptr && *value >= 0) {
    return static_cast<uint64_t>(*value);
  }
  return std::nullopt;
}

std::optional<double> Json::AsDouble() const {
  if (auto* value = std::get_if<double>(&value_)) return *value;
  if (auto* value = std::get_if<int64_t>(&value_)) return static_cast<double>(*value);
  if (auto* value = std::get_if<uint64_t>(&value_)) return static_cast<double>(*value);
  return std::nullopt;
}

std::string_view Json::TypeName() const {
  static constexpr std::string_view kNames[] = {"null",     "a boolean", "a number", "a number",
                                                "a number", "a string",  "an array", "an object"};
  return kNames[value_.index()];
}

const Json* Json::Find(std::string_view key) const {
  const Object* object = AsObject();
  if (object == nullptr) return nullptr;
  for (const auto& [name, member] : *object) {
    if (name == key) return &member;
  }
  return nullptr;
}

std::string Json::Dump(int indent) const {
  return ToWriter(*this).dump(indent, ' ', false, Writer::error_handler_t::replace);
}

Result<Json> ParseJson(std::string_view text, JsonLimits limits) {
  Builder builder;
  ZOO_RETURN_IF_ERROR(ReadEvents(text, limits, builder));
  return std::move(builder.root);
}

std::string_view JsonEventName(JsonEvent::Kind kind) {
  static constexpr std::string_view kNames[] = {"null",     "a boolean", "a number",  "a number",
                                                "a string", "a key",     "an object", "an object",
                                                "an array", "an array"};
  return kNames[static_cast<size_t>(kind)];
}

Status ReadJsonEvents(std::string_view text, JsonLimits limits,
                      const std::function<Status(const JsonEvent&)>& take) {
  return ReadEvents(text, limits, take);
}

}  // namespace zoo
