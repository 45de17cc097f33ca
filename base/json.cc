#include "zoo/base/json.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "zoo/base/bytes.h"
#include "zoo/base/text.h"

namespace zoo {
namespace {

using Reader = nlohmann::json;
using Writer = nlohmann::ordered_json;

// Takes nlohmann's events and builds the tree, so that its limits hold before anything is allocated
// for what lies deeper.
class Builder : public nlohmann::json_sax<Reader> {
 public:
  explicit Builder(int depth) : depth_(depth) {}

  bool null() override { return Put(Json()); }
  bool boolean(bool value) override { return Put(Json(value)); }
  bool number_integer(int64_t value) override { return Put(Json(value)); }
  bool number_unsigned(uint64_t value) override { return Put(Json(value)); }
  bool number_float(double value, const std::string& text) override {
    // A whole number beyond 64 bits arrives here; as a double it would silently be another number.
    if (text.find_first_of(".eE") == std::string::npos)
      return Fail("JSON has a whole number beyond 64 bits");
    return Put(Json(value));
  }
  bool string(std::string& value) override { return Put(Json(std::move(value))); }
  bool binary(Reader::binary_t&) override { return Fail("JSON has binary data"); }
  bool start_object(size_t) override { return Open(Json(Json::Object{})); }
  bool start_array(size_t) override { return Open(Json(Json::Array{})); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(std::string& name) override {
    if (!open_.back().keys.insert(name).second)
      return Fail("JSON has key " + Quote(name) + " twice in one object");
    open_.back().key = std::move(name);
    return true;
  }
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    constexpr int kOutOfRange = 406;  // nlohmann's number for it
    if (error.id == kOutOfRange) return Fail("JSON has a number out of range");
    error_ = fmt::format("not valid JSON at byte {}", position);
    return false;
  }

  Json root;
  const std::string& error() const { return error_; }

 private:
  struct Level {
    Json value;
    std::string key;                       // of the member that comes next
    std::unordered_set<std::string> keys;  // seen in this object
  };

  bool Fail(std::string what) {
    error_ = std::move(what);
    return false;
  }

  bool Open(Json container) {
    if (static_cast<int>(open_.size()) >= depth_)
      return Fail(fmt::format("JSON is nested deeper than {}", depth_));
    open_.push_back({std::move(container), {}, {}});
    return true;
  }

  bool Close() {
    Json done = std::move(open_.back().value);
    open_.pop_back();
    return Put(std::move(done));
  }

  bool Put(Json value) {
    if (open_.empty()) {
      root = std::move(value);
    } else if (Json::Array* array = open_.back().value.AsArray()) {
      array->push_back(std::move(value));
    } else {
      open_.back().value.AsObject()->emplace_back(std::move(open_.back().key), std::move(value));
    }
    return true;
  }

  int depth_;
  std::vector<Level> open_;
  std::string error_;
};

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
  if (text.size() > limits.bytes) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("JSON of {} exceeds the limit of {}", FormatSize(text.size()),
                             FormatSize(limits.bytes)),
                 ""};
  }
  Builder builder(limits.depth);
  try {
    if (Reader::sax_parse(text.begin(), text.end(), &builder)) {
      // A NUL byte is the end of the text to nlohmann's lexer, whatever may follow.
      const size_t nul = text.find('\0');
      if (nul == std::string_view::npos) return std::move(builder.root);
      return Error{ErrorCode::kCorrupt, fmt::format("not valid JSON at byte {}", nul + 1), ""};
    }
  } catch (const nlohmann::json::exception&) {
    return Error{ErrorCode::kCorrupt, "JSON that cannot be read", ""};  // none is known to get here
  }
  return Error{ErrorCode::kCorrupt, builder.error(), ""};
}

}  // namespace zoo
