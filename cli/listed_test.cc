#include "zoo/cli/listed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"

namespace zoo::cli {
namespace {

std::vector<Listed> Builtin(const Registry& registry, std::string_view part = "") {
  std::vector<Listed> listed;
  for (const Entry& entry : registry.entries()) {
    if (entry.name().find(part) != std::string::npos) listed.push_back({&entry, entry.name(), {}});
  }
  return listed;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(ListedTable, EveryBuiltinNameIsWholeFrom40ColumnsOn) {
  Registry registry = BuiltinRegistry();
  std::vector<Listed> listed = Builtin(registry);
  for (int columns : {40, 50, 60, 70, 79, 80, 200}) {
    std::string table = ListedTable(listed, {.columns = columns});
    std::vector<std::string> lines = Lines(table);
    ASSERT_EQ(lines.size(), listed.size() + 1);
    for (size_t i = 0; i < lines.size(); ++i) {
      EXPECT_LE(DisplayWidth(lines[i]), static_cast<size_t>(columns)) << lines[i];
      if (i > 0) {
        EXPECT_NE(lines[i].find(listed[i - 1].name), std::string::npos);
      }
    }
  }
}

TEST(ListedTable, ColumnsGoTheLeastNeededFirst) {
  Registry registry = BuiltinRegistry();
  std::vector<Listed> listed = Builtin(registry, "vit_b_16:IMAGENET1K_SWAG_E2E");
  ASSERT_EQ(listed.size(), 1u);
  struct Row {
    int columns;
    std::string table;
  };
  const Row kRows[] = {
      {80,
       "  NAME                             PARAMS  ACC@1    MiB  LICENSE\n"
       "  vit_b_16:IMAGENET1K_SWAG_E2E_V1   86.9M   85.3  331.4  CC-BY-NC-4.0\n"},
      {60,
       "  NAME                             PARAMS  ACC@1    MiB\n"
       "  vit_b_16:IMAGENET1K_SWAG_E2E_V1   86.9M   85.3  331.4\n"},
      {50,
       "  NAME                             PARAMS  ACC@1\n"
       "  vit_b_16:IMAGENET1K_SWAG_E2E_V1   86.9M   85.3\n"},
      {40,
       "  NAME                             ACC@1\n"
       "  vit_b_16:IMAGENET1K_SWAG_E2E_V1   85.3\n"},
      {34,
       "  NAME\n"
       "  vit_b_16:IMAGENET1K_SWAG_E2E_V1\n"},
      {31, "NAME\nvit_b_16:IMAGENET1K_SWAG_E2E_V1\n"},
      {20, "NAME\nvit_b_16:IMAGENET...\n"},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(ListedTable(listed, {.columns = row.columns}), row.table) << row.columns;
  }
  EXPECT_EQ(ListedTable(listed, {.columns = 20, .cut = false}), kRows[5].table);
  EXPECT_EQ(ListedTable(listed, {.columns = 40, .gflops = true}), kRows[3].table);
}

TEST(ListedTable, WhatIsNotKnownIsADash) {
  Entry entry;
  entry.artifact.max_size = 1 << 20;
  std::vector<Listed> listed = {{&entry, "lab/digits:v1", {}}};
  EXPECT_EQ(ListedTable(listed, {.gflops = true}),
            "  NAME           GFLOPS  ACC@1  MiB  LICENSE\n"
            "  lab/digits:v1       -      -  1.0  -\n");
  entry.license = "research\x1b[31m only, in writing";
  EXPECT_EQ(ListedTable(listed, {}),
            "  NAME           PARAMS  ACC@1  MiB  LICENSE\n"
            "  lab/digits:v1       -      -  1.0  research\\x1b...\n");
}

TEST(ListedJson, IsTheEntryAndWhatThisMachineKnows) {
  Registry registry = BuiltinRegistry();
  std::vector<Listed> listed = Builtin(registry, "resnet50:IMAGENET1K_V2");
  ASSERT_EQ(listed.size(), 1u);
  Json json = ListedJson(listed[0]);
  EXPECT_EQ(*json.Find("model"), Json("resnet50"));
  EXPECT_EQ(*json.Find("name"), Json("resnet50:IMAGENET1K_V2"));
  EXPECT_EQ(*json.Find("registry"), Json("builtin"));
  EXPECT_EQ(*json.Find("family"), Json("resnet"));
  EXPECT_EQ(*json.Find("prefix_only"), Json(false));
  EXPECT_EQ(*json.Find("cached"), Json(false));
  EXPECT_TRUE(json.Find("path")->is_null());
}

TEST(ListedJson, AnUnknownFieldDoesNotStandInForOurs) {
  Entry entry;
  entry.registry = "lab";
  entry.model = "digits";
  entry.unknown = {{"cached", true}, {"path", "/etc/passwd"}, {"later", 1}};
  Json json = ListedJson({&entry, "lab/digits", {}});
  EXPECT_EQ(*json.Find("cached"), Json(false));
  EXPECT_TRUE(json.Find("path")->is_null());
  EXPECT_EQ(*json.Find("later"), Json(1));
  EXPECT_EQ(std::ranges::count(*json.AsObject(), "cached", &Json::Object::value_type::first), 1);
}

TEST(ShortLicense, LeavesOutWhereItIsStated) {
  Entry entry;
  EXPECT_EQ(ShortLicense(entry), "not stated");
  entry.license = "CC-BY-NC-4.0 (https://example.org)";
  EXPECT_EQ(ShortLicense(entry), "CC-BY-NC-4.0");
}

}  // namespace
}  // namespace zoo::cli
