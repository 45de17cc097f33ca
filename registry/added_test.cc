#include "zoo/registry/added.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/base/signature.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

const std::string kKey = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

std::string Config(const std::string& rows) {
  return "{\"schema\": \"zoo/config/1\", \"registries\": [" + rows + "]}";
}

TEST(Added, IsReadAsItWasWritten) {
  const std::vector<AddedRegistry> added = {
      {.alias = "lab", .url = "https://models.example.org/", .key = PublicKey::Parse(kKey).value()},
      {.alias = "two.x", .url = "http://127.0.0.1:8080/a/zoo-2.json"},
      {.alias = "ours", .path = "/data/Möwe 熊猫"}};
  Result<std::vector<AddedRegistry>> read = ParseAdded(AddedText(added));
  ASSERT_TRUE(read) << read.error().Text();
  EXPECT_EQ(*read, added);
  EXPECT_EQ(AddedText({added[0]}),
            "{\n  \"schema\": \"zoo/config/1\",\n  \"registries\": [\n    {\n"
            "      \"alias\": \"lab\",\n      \"url\": \"https://models.example.org/\",\n"
            "      \"key\": \"" +
                kKey + "\"\n    }\n  ]\n}\n");
}

TEST(Added, WhatCannotBeRightIsNamed) {
  const struct {
    std::string text, message;
  } kRows[] = {
      {"{\"registries\": []}", "schema is missing"},
      {"{\"schema\": \"zoo/config/2\", \"registries\": []}",
       "schema is \"zoo/config/2\", not \"zoo/config/1\""},
      {"{\"schema\": \"zoo/config/1\"}", "registries is missing"},
      {"{\"schema\": \"zoo/config/1\", \"registries\": [], \"registry\": 1}",
       "registry is no setting"},
      {Config("{\"url\": \"https://a/\"}"), "registries[0].alias is missing"},
      {Config("{\"alias\": \"../x\", \"url\": \"https://a/\"}"),
       "registries[0]: \"../x\" cannot be the alias of a registry"},
      {Config("{\"alias\": \"builtin\", \"url\": \"https://a/\"}"),
       "registries[0]: builtin is the registry that is compiled in"},
      {Config("{\"alias\": \"a\", \"path\": \"/a\"}, {\"alias\": \"A\", \"path\": \"/b\"}"),
       "registries[1]: the alias A is taken by a (/a)"},
      {Config("{\"alias\": \"a\"}"), "registries[0].url or path must be there, and not both"},
      {Config("{\"alias\": \"a\", \"url\": \"https://a/\", \"path\": \"/a\"}"),
       "registries[0].url or path must be there, and not both"},
      {Config("{\"alias\": \"a\", \"path\": \"data\"}"),
       "registries[0].path \"data\" is not absolute"},
      {Config("{\"alias\": \"a\", \"url\": \"files/x.json\"}"),
       "registries[0].url \"files/x.json\" must begin with http:// or https://"},
      {Config("{\"alias\": \"a\", \"url\": \"https://me:canary@a/\"}"),
       "registries[0].url \"https://***@a/\" must end with / or .json and hold no query, user or "
       "password"},
      {Config("{\"alias\": \"a\", \"url\": \"https://a/b\"}"),
       "registries[0].url \"https://a/b\" must end with / or .json and hold no query, user or "
       "password"},
      {Config("{\"alias\": \"a\", \"url\": \"https://a/\", \"keys\": \"x\"}"),
       "registries[0].keys is no setting"},
      {Config("{\"alias\": \"a\", \"path\": \"/a\", \"key\": \"" + kKey + "\"}"),
       "registries[0].key needs a url beside it"},
  };
  for (const auto& row : kRows) {
    const auto read = ParseAdded(row.text);
    ASSERT_FALSE(read) << row.text;
    EXPECT_EQ(read.error().message, row.message);
  }
  const auto wrong_key =
      ParseAdded(Config("{\"alias\": \"a\", \"url\": \"https://a/\", \"key\": \"RWQ\"}"));
  ASSERT_FALSE(wrong_key);
  EXPECT_TRUE(wrong_key.error().message.starts_with("registries[0].key is no public key: "))
      << wrong_key.error().message;
}

TEST(Added, EveryPrefixOfAFileIsAnError) {
  const std::string text = AddedText({{.alias = "ours", .path = "/data"}});
  for (size_t length = 0; length + 1 < text.size(); ++length) {
    EXPECT_FALSE(ParseAdded(text.substr(0, length))) << length;
  }
}

TEST(Added, TheFileIsTheOwnersAndSaysWhereItIsWrong) {
  TempDir folder;
  const RegistryPlaces places{.config = folder.path() / "zoo" / "config.json"};
  EXPECT_TRUE(ReadAdded(places).value().empty()) << "no file";
  const std::vector<AddedRegistry> added = {{.alias = "ours", .path = "/data"}};
  ASSERT_TRUE(WriteAdded(places, added));
  EXPECT_EQ(ReadAdded(places).value(), added);
  EXPECT_EQ(fs::status(places.config).permissions(), fs::perms(0600));
  EXPECT_EQ(fs::status(places.config.parent_path()).permissions(), fs::perms(0700));

  folder.Write("zoo/config.json", "{\"schema\": 1}");
  const auto damaged = ReadAdded(places);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(damaged.error().Text(),
            places.config.native() +
                ": schema must be a string, is 1; mend the file, or remove it and add the "
                "registries again");
}

TEST(Added, APathThatTheFileCannotHoldIsRefused) {
  TempDir folder;
  const Status written = WriteAdded({.config = folder.path() / "config.json"},
                                    {{.alias = "ours", .path = "/data/\xff"}});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "config.json cannot hold a path whose name is not UTF-8");
  EXPECT_FALSE(fs::exists(folder.path() / "config.json"));
}

TEST(Added, NoHomeIsNoPlace) {
  const Status written = WriteAdded({}, {});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().Text(),
            "there is no place for config.json: HOME is not set; set ZOO_CONFIG to a file");
  EXPECT_TRUE(ReadAdded({}).value().empty());
}

TEST(Added, PlacesComeFromTheEnvironment) {
  for (const char* name : {"ZOO_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "HOME"}) {
    unsetenv(name);
  }
  EXPECT_EQ(RegistryPlaces::FromEnvironment().config, "");
  EXPECT_EQ(RegistryPlaces::FromEnvironment().state, "");
  setenv("HOME", "/home/me", 1);
  EXPECT_EQ(RegistryPlaces::FromEnvironment().config, "/home/me/.config/zoo/config.json");
  EXPECT_EQ(RegistryPlaces::FromEnvironment().state, "/home/me/.local/state/zoo");
  setenv("XDG_CONFIG_HOME", "/c", 1);
  setenv("XDG_STATE_HOME", "/s", 1);
  EXPECT_EQ(RegistryPlaces::FromEnvironment().config, "/c/zoo/config.json");
  EXPECT_EQ(RegistryPlaces::FromEnvironment().state, "/s/zoo");
  setenv("ZOO_CONFIG", "mine.json", 1);
  EXPECT_EQ(RegistryPlaces::FromEnvironment().config, "mine.json");
}

TEST(Added, IsFoundByAliasAndByURL) {
  const std::vector<AddedRegistry> added = {{.alias = "lab", .url = "https://a/b/"},
                                            {.alias = "file", .url = "https://a/c/x.json"},
                                            {.alias = "ours", .path = "/data"}};
  for (const char* text : {"lab", "https://a/b", "https://a/b/", "https://a/b/zoo.json"}) {
    ASSERT_NE(FindAdded(added, text), nullptr) << text;
    EXPECT_EQ(FindAdded(added, text)->alias, "lab");
  }
  EXPECT_EQ(FindAdded(added, "https://a/c/x.json")->base_url(), "https://a/c/");
  EXPECT_EQ(FindAdded(added, "ours")->where(), "/data");
  for (const char* text : {"", "LAB", "https://a/", "/data", "http://a/b/"}) {
    EXPECT_EQ(FindAdded(added, text), nullptr) << text;
  }
}

}  // namespace
}  // namespace zoo
