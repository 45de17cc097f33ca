#include "zoo/base/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "zoo/base/result.h"
#include "zoo/tests/support/print_error.h"

namespace zoo {
namespace {

using std::string_literals::operator""s;

std::string Repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Json, GoodDocumentsPrintBack) {
  const struct {
    std::string text, printed;
  } rows[] = {
      {"null", "null"},
      {" true\n", "true"},
      {"false", "false"},
      {"0", "0"},
      {"-0", "0"},
      {"-1", "-1"},
      {"9223372036854775807", "9223372036854775807"},
      {"9223372036854775808", "9223372036854775808"},
      {"18446744073709551615", "18446744073709551615"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"1.0", "1.0"},
      {"1e2", "100.0"},
      {"0.1", "0.1"},
      {"2.2250738585072014e-308", "2.2250738585072014e-308"},
      {"1e-400", "0.0"},
      {"\"\"", "\"\""},
      {"\"a\\u0000b\"", "\"a\\u0000b\""},
      {"\"\\u00e9\\ud83d\\udc31\"", "\"\xc3\xa9\xf0\x9f\x90\xb1\""},
      {"\"\\/\\b\\f\\n\\r\\t\\\"\\\\\"", "\"/\\b\\f\\n\\r\\t\\\"\\\\\""},
      {"[]", "[]"},
      {"[1, \"2\", [3.5], {}, null]", "[1,\"2\",[3.5],{},null]"},
      {"{\"b\": 1, \"a\": {\"b\": 2}}", "{\"b\":1,\"a\":{\"b\":2}}"},  // the order stays
      {"{\"\": 1}", "{\"\":1}"},
      {"{\"a\": 1, \"A\": 2}", "{\"a\":1,\"A\":2}"},
      {"\xef\xbb\xbf[1]", "[1]"},  // a byte order mark is let pass
  };
  for (const auto& row : rows) {
    auto document = ParseJson(row.text);
    ASSERT_TRUE(document) << row.text << ": " << document.error().Text();
    EXPECT_EQ(document->Dump(-1), row.printed);
    auto again = ParseJson(document->Dump());
    ASSERT_TRUE(again) << again.error().Text();
    EXPECT_EQ(*again, *document);
  }
}

TEST(Json, WhatIsRefused) {
  const struct {
    std::string text, message;
  } rows[] = {
      {"", "not valid JSON at byte 1"},
      {"  ", "not valid JSON at byte 3"},
      {"nul", "not valid JSON at byte 4"},
      {"True", "not valid JSON at byte 1"},
      {"NaN", "not valid JSON at byte 1"},
      {"Infinity", "not valid JSON at byte 1"},
      {"-Infinity", "not valid JSON at byte 2"},
      {"[NaN]", "not valid JSON at byte 2"},
      {"01", "not valid JSON at byte 2"},
      {"+1", "not valid JSON at byte 1"},
      {"1.", "not valid JSON at byte 3"},
      {".5", "not valid JSON at byte 1"},
      {"1e", "not valid JSON at byte 3"},
      {"0x1", "not valid JSON at byte 2"},
      {"--1", "not valid JSON at byte 2"},
      {"{} {}", "not valid JSON at byte 4"},
      {"[1] x", "not valid JSON at byte 5"},
      {"1 2", "not valid JSON at byte 3"},
      {"null\0"s, "not valid JSON at byte 5"},
      {"{}\0 {\"another\": 1}"s, "not valid JSON at byte 3"},
      {"[1,]", "not valid JSON at byte 4"},
      {"[1 2]", "not valid JSON at byte 4"},
      {"[1", "not valid JSON at byte 3"},
      {"{\"a\" 1}", "not valid JSON at byte 6"},
      {"{\"a\": 1,}", "not valid JSON at byte 9"},
      {"{a: 1}", "not valid JSON at byte 2"},
      {"{1: 1}", "not valid JSON at byte 2"},
      {"'a'", "not valid JSON at byte 1"},
      {"\"a", "not valid JSON at byte 3"},
      {"\"a\nb\"", "not valid JSON at byte 3"},
      {"\"\\x41\"", "not valid JSON at byte 3"},
      {"\"\\u12g4\"", "not valid JSON at byte 6"},
      {"\"\\ud800\"", "not valid JSON at byte 8"},
      {"\"\\udc00\"", "not valid JSON at byte 7"},
      {"// a\n1", "not valid JSON at byte 1"},
      {"/* a */ 1", "not valid JSON at byte 1"},
      {"\"\xff\"", "not valid JSON at byte 2"},
      {"\"\xc3\"", "not valid JSON at byte 3"},
      {"\"\xc0\xaf\"", "not valid JSON at byte 2"},
      {"\"\xed\xa0\x80\"", "not valid JSON at byte 3"},
      {"\"\xf4\x90\x80\x80\"", "not valid JSON at byte 3"},
      {"\xff\xfe[\0"s, "not valid JSON at byte 1"},
      {"18446744073709551616", "JSON has a whole number beyond 64 bits"},
      {"-9223372036854775809", "JSON has a whole number beyond 64 bits"},
      {"[" + std::string(400, '9') + "]", "JSON has a number out of range"},
      {"1e400", "JSON has a number out of range"},
      {"[-1e999]", "JSON has a number out of range"},
      {"{\"a\": 1, \"a\": 2}", "JSON has key \"a\" twice in one object"},
      {"{\"a\": 1, \"\\u0061\": 1}", "JSON has key \"a\" twice in one object"},
      {"[{\"x\": {\"\\u001b[2J\": 1, \"\\u001b[2J\": 1}}]",
       "JSON has key \"\\x1b[2J\" twice in one object"},
      {Repeat("[", 65), "JSON is nested deeper than 64"},
      {Repeat("{\"a\":", 65), "JSON is nested deeper than 64"},
      {Repeat("[", 4 << 20), "JSON is nested deeper than 64"},
      {std::string((4 << 20) + 1, ' '), "JSON of 4.0 MiB exceeds the limit of 4.0 MiB"},
  };
  for (const auto& row : rows) {
    auto document = ParseJson(row.text);
    ASSERT_FALSE(document) << row.text.substr(0, 60);
    EXPECT_EQ(document.error(), (Error{ErrorCode::kCorrupt, row.message, ""}))
        << row.text.substr(0, 60);
  }
}

TEST(Json, EveryPrefixOfADocumentIsRefused) {
  const std::string text = R"({"a": [1, -2.5e3, "x\u00e9y", null, true], "b": {"c": {}}})";
  ASSERT_TRUE(ParseJson(text));
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ParseJson(text.substr(0, size))) << size;
  }
}

TEST(Json, EveryChangedByteEndsWell) {
  const std::string text = R"({"a": [1, -2.5e3, "x\u00e9y", null], "b": {"c": 7}})";
  int refused = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = text;
      changed[at] = static_cast<char>(byte);
      auto document = ParseJson(changed);
      if (!document) {
        ++refused;
        ASSERT_EQ(document.error().code, ErrorCode::kCorrupt);
      } else {
        ASSERT_EQ(*ParseJson(document->Dump()), *document) << changed;
      }
    }
  }
  EXPECT_GT(refused, 5000);
}

TEST(Json, LimitsAreTheCallers) {
  EXPECT_TRUE(ParseJson(Repeat("[", 64) + Repeat("]", 64)));
  EXPECT_TRUE(ParseJson("[[1]]", {.depth = 2}));
  EXPECT_EQ(ParseJson("[[1]]", {.depth = 1}).error().message, "JSON is nested deeper than 1");
  EXPECT_TRUE(ParseJson("12345678", {.bytes = 8}));
  EXPECT_EQ(ParseJson("123456789", {.bytes = 8}).error().message,
            "JSON of 9 B exceeds the limit of 8 B");
}

TEST(Json, NumbersAreExact) {
  const struct {
    std::string text;
    std::optional<int64_t> as_int64;
    std::optional<uint64_t> as_uint64;
    std::optional<double> as_double;
  } rows[] = {
      {"7", 7, 7, 7.0},
      {"-7", -7, std::nullopt, -7.0},
      {"7.0", std::nullopt, std::nullopt, 7.0},  // a size written as a real number is none
      {"7e0", std::nullopt, std::nullopt, 7.0},
      {"9007199254740993", 9007199254740993, 9007199254740993, 9007199254740992.0},
      {"18446744073709551615", std::nullopt, UINT64_MAX, 18446744073709551616.0},
      {"\"7\"", std::nullopt, std::nullopt, std::nullopt},
      {"true", std::nullopt, std::nullopt, std::nullopt},
  };
  for (const auto& row : rows) {
    auto number = ParseJson(row.text);
    ASSERT_TRUE(number) << row.text;
    EXPECT_EQ(number->AsInt64(), row.as_int64) << row.text;
    EXPECT_EQ(number->AsUint64(), row.as_uint64) << row.text;
    EXPECT_EQ(number->AsDouble(), row.as_double) << row.text;
  }
  EXPECT_EQ(Json(uint64_t{7}), Json(7));  // one number, one form
  EXPECT_NE(Json(UINT64_MAX), Json(-1));
}

TEST(Json, Types) {
  const struct {
    Json value;
    std::string name;
  } rows[] = {
      {nullptr, "null"},
      {true, "a boolean"},
      {-1, "a number"},
      {UINT64_MAX, "a number"},
      {0.5, "a number"},
      {"x", "a string"},
      {Json::Array{}, "an array"},
      {Json::Object{}, "an object"},
  };
  for (const auto& row : rows) EXPECT_EQ(row.value.TypeName(), row.name);
  EXPECT_TRUE(Json().is_null());
  EXPECT_NE(Json("text").AsString(), nullptr);  // not a boolean
  const Json object = Json::Object{{"a", 1}};
  ASSERT_NE(object.Find("a"), nullptr);
  EXPECT_EQ(object.Find("b"), nullptr);
  EXPECT_EQ(Json(1).Find("a"), nullptr);
}

TEST(Json, Dump) {
  const Json value = Json::Object{{"z", Json::Array{1, 2}}, {"a", Json::Object{}}};
  EXPECT_EQ(value.Dump(), "{\n  \"z\": [\n    1,\n    2\n  ],\n  \"a\": {}\n}");
  EXPECT_EQ(value.Dump(-1), "{\"z\":[1,2],\"a\":{}}");
  EXPECT_EQ(Json(std::nan("")).Dump(), "null");
  EXPECT_EQ(Json(-std::numeric_limits<double>::infinity()).Dump(), "null");
  EXPECT_EQ(Json("\x1b\xff").Dump(), "\"\\u001b\xef\xbf\xbd\"");
  EXPECT_EQ(Json(0.1 + 0.2).Dump(), "0.30000000000000004");
}

// Quadratic work would take minutes here.
TEST(Json, ManyMembers) {
  Json::Object members;
  for (int i = 0; i < 200000; ++i) members.emplace_back("k" + std::to_string(i), i);
  const Json object = std::move(members);
  auto again = ParseJson(object.Dump(-1));
  ASSERT_TRUE(again) << again.error().Text();
  EXPECT_EQ(*again, object);
}

TEST(Json, EventsComeInTheOrderOfTheText) {
  std::string seen;
  auto take = [&](const JsonEvent& event) -> Status {
    using Kind = JsonEvent::Kind;
    if (event.kind == Kind::kKey || event.kind == Kind::kString) seen += event.text;
    if (event.kind == Kind::kWhole) {
      seen += (event.negative ? "-" : "") + std::to_string(event.magnitude);
    }
    if (event.kind == Kind::kReal) seen += std::to_string(event.real);
    if (event.kind == Kind::kBool) seen += event.boolean ? "true" : "false";
    seen += " (" + std::string(JsonEventName(event.kind)) + ") ";
    return {};
  };
  ASSERT_TRUE(
      ReadJsonEvents("{\"a\": [-9223372036854775808, 18446744073709551615, 0.5, null], "
                     "\"a\": true, \"b\": \"c\"}",
                     {}, take));
  EXPECT_EQ(seen,
            " (an object) a (a key)  (an array) -9223372036854775808 (a number) "
            "18446744073709551615 (a number) 0.500000 (a number)  (null)  (an array) a (a key) "
            "true (a boolean) b (a key) c (a string)  (an object) ");
}

TEST(Json, EventsEndWithTheFirstError) {
  const struct {
    std::string text, error;
    int calls;
  } rows[] = {
      {"[1, 2, 3]", "enough", 2},
      {"[", "not valid JSON at byte 2", 1},
      {"[[1]]", "JSON is nested deeper than 1", 1},
      {"[]" + std::string(10, ' '), "JSON of 12 B exceeds the limit of 10 B", 0},
      {"[]\0"s, "not valid JSON at byte 3", 2},
  };
  for (const auto& row : rows) {
    int calls = 0;
    auto take = [&](const JsonEvent& event) -> Status {
      ++calls;
      if (event.kind == JsonEvent::Kind::kWhole) return Error{ErrorCode::kUsage, "enough", ""};
      return {};
    };
    Status status = ReadJsonEvents(row.text, {.bytes = 10, .depth = 1}, take);
    ASSERT_FALSE(status) << row.text;
    EXPECT_EQ(status.error().message, row.error);
    EXPECT_EQ(calls, row.calls) << row.text;
  }
}

}  // namespace
}  // namespace zoo
