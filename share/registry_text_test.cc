#include "zoo/share/registry_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"

namespace zoo {
namespace {

Entry EntryNamed(std::string model, std::string weights = "") {
  Entry entry;
  entry.architecture.name = model;
  entry.model = std::move(model);
  entry.weights = std::move(weights);
  entry.artifact.file = "x.pth";
  entry.artifact.size = 1;
  entry.artifact.sha256 = Digest();
  entry.artifact.sources = {UrlSource{"files/x.pth"}};
  return entry;
}

Registry Parsed(const std::string& text) {
  auto registry = Registry::Parse(text, "lab", RegistryOrigin::kFile, "zoo.json");
  EXPECT_TRUE(registry) << registry.error().Text() << "\n" << text;
  return *std::move(registry);
}

RegistryText After(const RegistryText& before, const Entry& entry, const Addition& addition = {}) {
  EXPECT_TRUE(before.CheckNew(entry));
  return RegistryText::Of(before.With(entry, addition)).value();
}

std::vector<std::string> Defaults(const RegistryText& text) {
  std::vector<std::string> names;
  const Registry registry = Parsed(text.text());
  for (const Entry& entry : registry.entries()) {
    if (entry.is_default) names.push_back(entry.name());
  }
  return names;
}

TEST(RegistryText, ANewOneGrowsEntryByEntry) {
  RegistryText text = RegistryText::New("lab \"1\"");
  EXPECT_EQ(text.version(), 0u);
  EXPECT_EQ(text.size(), 0u);
  text = RegistryText::New("lab");
  text = After(text, EntryNamed("net", "v1"), {.updated = "today"});
  text = After(text, EntryNamed("net", "v2"), {.updated = "tomorrow"});
  text = After(text, EntryNamed("other"));
  EXPECT_EQ(text.version(), 3u);
  EXPECT_EQ(text.name(), "lab");
  const Registry registry = Parsed(text.text());
  ASSERT_EQ(registry.entries().size(), 3u);
  EXPECT_EQ(registry.version(), 3u);
  EXPECT_EQ(registry.entries()[1].name(), "net:v2");
  EXPECT_EQ(Defaults(text), (std::vector<std::string>{"net:v1", "other"}));
  EXPECT_TRUE(text.HasModel("net"));
  EXPECT_FALSE(text.HasModel("Net"));
  EXPECT_FALSE(text.IsDefault("net", "v2"));
  EXPECT_EQ(*text.Find("net", "v2").value()->Find("weights")->AsString(), "v2");
  EXPECT_FALSE(text.Find("net", "v3").value());
}

TEST(RegistryText, WhatIsThereStaysAsItWasWritten) {
  const std::string before =
      "{ \"entries\" : [ {\"model\":\"old\", \"artifact\": {\"file\":\"o\",\"size\":1,\n"
      "\"sha256\":\"f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec\","
      "\"sources\":[{\"url\":\"https://x/y\"}]}, \"later\" : 1e2 } ]\t,\"schema\":\n"
      "\"zoo/registry/1\"}\n\n";
  const RegistryText text = After(RegistryText::Of(before).value(), EntryNamed("new"),
                                  {.updated = "now", .category_names = {}});
  const size_t split = before.find(" ]\t,");
  EXPECT_NE(text.text().find(before.substr(1, split - 1)), std::string::npos);
  EXPECT_TRUE(text.text().ends_with(before.substr(split)));
  EXPECT_EQ(text.version(), 1u);
  EXPECT_EQ(Parsed(text.text()).entries().size(), 2u);
}

TEST(RegistryText, TheDefaultMovesOnlyWhenAsked) {
  RegistryText text = RegistryText::New("lab");
  text = After(text, EntryNamed("net", "v1"));
  Entry second = EntryNamed("net", "v2");
  second.is_default = true;
  text = After(text, second);
  EXPECT_EQ(Defaults(text), (std::vector<std::string>{"net:v2"}));
  Entry first = EntryNamed("net", "v1");
  first.is_default = true;
  text = RegistryText::Of(text.With(first, {.only_default = true})).value();
  EXPECT_EQ(Defaults(text), (std::vector<std::string>{"net:v1"}));
  EXPECT_EQ(text.version(), 3u);
  EXPECT_EQ(text.size(), 2u);
}

TEST(RegistryText, AnOnlyEntryWithoutAMarkStaysTheDefault) {
  const RegistryText before =
      RegistryText::Of(
          R"({"schema": "zoo/registry/1", "entries": [{"model": "net", "weights": "v1", "artifact":
          {"file": "x", "size_range": [1, 2], "sha256_prefix": "01234567",
           "sources": [{"url": "https://x/y"}]}}]})")
          .value();
  EXPECT_TRUE(before.IsDefault("net", "v1"));
  EXPECT_EQ(Defaults(After(before, EntryNamed("net", "v2"))), (std::vector<std::string>{"net:v1"}));
}

TEST(RegistryText, ListsOfCategories) {
  RegistryText text = RegistryText::New("lab");
  const std::vector<std::string> digits = {"zero", "one \"1\"", "zw\xc3\xb6lf"};
  EXPECT_EQ(text.ListFor(digits, "digits").value(), "digits");
  Entry entry = EntryNamed("digits", "v1");
  entry.categories = "digits";
  text = After(text, entry, {.category_names = digits});
  EXPECT_EQ(*Parsed(text.text()).Categories("digits"), digits);
  // The same names are one list; others of that name are another.
  EXPECT_EQ(text.ListFor(digits, "numbers").value(), "digits");
  EXPECT_EQ(text.ListFor({"a"}, "digits").value(), "digits-2");
  entry = EntryNamed("digits", "v2");
  entry.categories = "digits-2";
  text = After(text, entry, {.category_names = {"a"}});
  EXPECT_EQ(Parsed(text.text()).categories().size(), 2u);
  entry = EntryNamed("digits", "v3");
  entry.categories = "digits";
  text = After(text, entry, {.category_names = digits});
  EXPECT_EQ(Parsed(text.text()).categories().size(), 2u);
  const RegistryText empty =
      RegistryText::Of(R"({"schema": "zoo/registry/1", "categories": {}, "entries": []})").value();
  entry.categories = "digits";
  EXPECT_EQ(*Parsed(After(empty, entry, {.category_names = digits}).text()).Categories("digits"),
            digits);
}

TEST(RegistryText, NamesThatCannotStandBesideOthers) {
  RegistryText text = RegistryText::New("lab");
  text = After(text, EntryNamed("net", "v1"));
  text = After(text, EntryNamed("lone"));
  struct Row {
    Entry entry;
    std::string message;
  };
  const Row kRows[] = {
      {EntryNamed("Net", "v2"),
       "Net:v2 differs only in case from net:v1, which is published already; choose a name that "
       "differs in more"},
      {EntryNamed("net", "V1"),
       "net:V1 differs only in case from net:v1, which is published already; choose a name that "
       "differs in more"},
      {EntryNamed("net"),
       "net cannot stand beside net:v1: weights may be without a name only where a model has no "
       "others; name these weights too: net:NAME"},
      {EntryNamed("lone", "v2"),
       "lone:v2 cannot stand beside lone: weights may be without a name only where a model has no "
       "others; choose another model name"},
  };
  for (const Row& row : kRows) {
    const Status status = text.CheckNew(row.entry);
    ASSERT_FALSE(status) << row.message;
    EXPECT_EQ(status.error().code, ErrorCode::kUsage);
    EXPECT_EQ(status.error().Text(), row.message);
  }
}

TEST(RegistryText, WhatIsNoRegistry) {
  for (std::string_view text :
       {"", "[]", "{}", "{\"entries\": {}}", "{\"entries\": [1]}",
        "{\"entries\": [], \"version\": -1}", "{\"entries\": [], \"version\": 9007199254740993}",
        "{\"entries\": []} x"}) {
    const auto registry = RegistryText::Of(std::string(text));
    ASSERT_FALSE(registry) << text;
    EXPECT_EQ(registry.error().code, ErrorCode::kCorrupt) << text;
  }
}

}  // namespace
}  // namespace zoo
