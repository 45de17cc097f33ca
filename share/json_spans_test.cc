#include "zoo/share/json_spans.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace zoo {
namespace {

TEST(JsonSpans, MembersAndItemsAsTheyStand) {
  const std::string_view text =
      " {\"a\" : 1, \"b\\\"\": \"x]}\\\\\" ,\n\"c\":[ 1 , {\"d\": [[]]}, null ], \"e\":{}} \n";
  const auto members = MembersOf(text, WholeText(text)).value();
  std::vector<std::string> seen;
  for (const JsonMember& member : members) {
    seen.push_back(std::string(member.key) + " = " + std::string(member.value.In(text)));
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"a = 1", "b\\\" = \"x]}\\\\\"",
                                            "c = [ 1 , {\"d\": [[]]}, null ]", "e = {}"}));
  std::vector<std::string_view> items;
  const auto spans = ItemsOf(text, FindMember(members, "c")->value).value();
  for (const JsonSpan& item : spans) items.push_back(item.In(text));
  EXPECT_EQ(items, (std::vector<std::string_view>{"1", "{\"d\": [[]]}", "null"}));
  EXPECT_EQ(FindMember(members, "f"), nullptr);
  EXPECT_TRUE(MembersOf(text, FindMember(members, "e")->value).value().empty());
}

TEST(JsonSpans, WhatIsNoObjectOrArray) {
  for (std::string_view text :
       {"", " ", "1", "[", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1} 2", "{\"a\":[}",
        "{\"a\":\"", "{\"a\":\"\\", "{\"a\\", "{,}", "{\"a\":1 \"b\":2}", "[1]", "{1:2}"}) {
    EXPECT_FALSE(MembersOf(text, WholeText(text))) << text;
  }
  for (std::string_view text : {"", "{}", "[1,]", "[,]", "[1 2]", "[1]]", "[[1]", "[\"]"}) {
    const auto items = ItemsOf(text, WholeText(text));
    EXPECT_FALSE(items) << text;
  }
}

// Whatever a byte becomes, the spans lie inside the text; the sanitizers watch.
TEST(JsonSpans, EveryChangedByteHasAnEnd) {
  const std::string text = R"({"a": [{"b": "c\"d"}, 1.5, [true]], "e": {"f": null}})";
  for (size_t at = 0; at < text.size(); ++at) {
    for (const char changed : {'\0', '"', '{', '}', '[', ']', ',', '\\', ' '}) {
      std::string mutant = text;
      mutant[at] = changed;
      const auto members = MembersOf(mutant, WholeText(mutant));
      if (!members) continue;
      for (const JsonMember& member : *members) {
        EXPECT_LE(member.value.begin, member.value.end);
        EXPECT_LE(member.value.end, mutant.size());
        (void)ItemsOf(mutant, member.value);
      }
    }
    EXPECT_FALSE(MembersOf(text, {0, at})) << at;
  }
}

TEST(JsonSpans, EditsStandWhereTheyWereMade) {
  EXPECT_EQ(WithEdits("abcdef", {{{4, 4}, "4"}, {{1, 3}, "BC"}, {{0, 0}, "0"}, {{4, 4}, "5"}}),
            "0aBCd45ef");
  EXPECT_EQ(WithEdits("abc", {}), "abc");
  EXPECT_EQ(WithEdits("abc", {{{0, 3}, ""}, {{3, 3}, "d"}}), "d");
}

}  // namespace
}  // namespace zoo
