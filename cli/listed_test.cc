#include "zoo/cli/listed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/cache/ingest.h"
#include "zoo/cache/store.h"
#include "zoo/cli/context.h"
#include "zoo/cli/terminal.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"
#include "zoo/tests/support/temp_dir.h"
#include "zoo/tests/support/unsynced_disk.h"

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

// A context with a cache and a registry of that many entries, whose every hundredth file is here.
class LookUpTest : public testing::Test {
 protected:
  Context Open(size_t entries) {
    Json::Array array;
    for (size_t i = 0; i < entries; ++i) {
      const std::string bytes = std::to_string(i);
      if (i % 100 == 0) Cache(bytes);
      array.push_back(Json::Object{
          {"model", "net" + bytes},
          {"artifact",
           Json::Object{{"file", "net.pth"},
                        {"size", bytes.size()},
                        {"sha256", Digest::Of(AsBytes(bytes)).hex()},
                        {"sources", Json::Array{Json::Object{{"url", "https://a/net"}}}}}}});
    }
    const Json document = Json::Object{{"schema", "zoo/registry/1"}, {"entries", std::move(array)}};
    return Context({.cache = folder_.path() / "cache",
                    .registries = {folder_.Write("lab.json", document.Dump()).string(), "builtin"}},
                   terminal_, CancelToken());
  }

  TempDir folder_ = TempDir::InMemory();

 private:
  void Cache(const std::string& bytes) {
    Store store = Store::Open(folder_.path() / "cache", disk_).value();
    const IngestKey key{
        .file = "net.pth", .sha256 = Digest::Of(AsBytes(bytes)), .size = bytes.size()};
    Ingest ingest = store.Begin(key, CancelToken()).value();
    ASSERT_TRUE(ingest.Append(AsBytes(bytes)));
    ASSERT_TRUE(ingest.Commit());
  }

  UnsyncedDisk disk_;
  Terminal terminal_{-1, -1};
};

TEST_F(LookUpTest, FewAndManyEntriesAreFoundInTheCacheAlike) {
  for (const size_t entries : {201, 401}) {
    Context context = Open(entries);
    const Registry& lab = context.Registries().value()->registries()[0];
    std::vector<const Entry*> all;
    for (const Entry& entry : lab.entries()) all.push_back(&entry);
    const std::vector<Listed> listed = LookUp(context, all).value();
    ASSERT_EQ(listed.size(), entries);
    for (size_t i = 0; i < entries; ++i) {
      EXPECT_EQ(listed[i].name, "lab/net" + std::to_string(i));
      EXPECT_EQ(listed[i].cached.has_value(), i % 100 == 0) << i << " of " << entries;
    }
  }
}

TEST_F(LookUpTest, ABuiltinNameIsBareUnlessAnotherRegistryHasIt) {
  Context context = Open(1);
  const Entry* builtin = context.Registries().value()->Find("resnet18").value();
  EXPECT_EQ(LookUp(context, {builtin}).value()[0].name, "resnet18:IMAGENET1K_V1");

  folder_.Write("lab.json", R"({"schema": "zoo/registry/1", "entries": [
      {"model": "resnet18", "weights": "IMAGENET1K_V1", "artifact": {"file": "f", "size": 1,
       "sha256_prefix": "12345678", "sources": [{"url": "https://a/f"}]}}]})");
  Context both({.cache = folder_.path() / "cache",
                .registries = {(folder_.path() / "lab.json").string(), "builtin"}},
               context.terminal(), CancelToken());
  builtin = both.Registries().value()->Find("builtin/resnet18").value();
  EXPECT_EQ(LookUp(both, {builtin}).value()[0].name, "builtin/resnet18:IMAGENET1K_V1");
}

TEST(ShortLicense, LeavesOutWhereItIsStated) {
  Entry entry;
  EXPECT_EQ(ShortLicense(entry), "not stated");
  entry.license = "CC-BY-NC-4.0 (https://example.org)";
  EXPECT_EQ(ShortLicense(entry), "CC-BY-NC-4.0");
}

}  // namespace
}  // namespace zoo::cli
