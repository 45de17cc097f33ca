#include "zoo/registry/read.h"

#include <gtest/gtest.h>

#include <string>

#include "zoo/registry/registry.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

constexpr char kEmpty[] =
    R"({"schema": "zoo/registry/1", "name": "x", "version": 7, "entries": []})";

TEST(Read, AliasesComeFromNamesOfFilesAndFolders) {
  struct Row {
    std::string path, alias;
  };
  const Row kRows[] = {
      {"/data/lab.json", "lab"},
      {"/data/lab/zoo.json", "lab"},
      {"/data/lab", "lab"},
      {"/data/lab/", "lab"},
      {"/data/lab/.", "lab"},
      {"/data/x/../lab", "lab"},
      {"/data/my models (2).json", "my-models-2"},
      {"/data/v1.2.json", "v1.2"},
      {"/data/a..b.json", "a.-b"},
      {"/data/.hidden", "hidden"},
      {"/data/größe.json", "gr-e"},
      {"/data/日本.json", "registry"},
      {"/zoo.json", "registry"},
      {"/", "registry"},
      {"/" + std::string(200, 'x') + ".json", std::string(128, 'x')},
  };
  for (const Row& row : kRows) EXPECT_EQ(AliasOf(row.path), row.alias) << row.path;
}

TEST(Read, AFileAFolderAndAnAlias) {
  TempDir dir;
  dir.Write("größe 1/zoo.json", kEmpty);
  auto file = dir.Write("lab.json", kEmpty);
  EXPECT_EQ(ReadRegistry(file).value().alias(), "lab");
  EXPECT_EQ(ReadRegistry(file).value().name(), "x");
  EXPECT_EQ(ReadRegistry(file).value().version(), 7u);
  EXPECT_EQ(ReadRegistry(file, "mine").value().alias(), "mine");
  EXPECT_EQ(ReadRegistry(dir.path() / "größe 1").value().alias(), "gr-e-1");
  EXPECT_EQ(ReadRegistry(dir.path() / "größe 1" / "zoo.json").value().alias(), "gr-e-1");
}

TEST(Read, TheFolderIsThatOfTheFile) {
  TempDir dir;
  dir.Write("lab/zoo.json", kEmpty);
  EXPECT_EQ(ReadRegistry(dir.path() / "lab").value().folder(), dir.path() / "lab");
  EXPECT_EQ(ReadRegistry(dir.path() / "lab" / "zoo.json").value().folder(), dir.path() / "lab");
  EXPECT_EQ(ReadRegistry(dir.path() / "lab").value().file(), dir.path() / "lab" / "zoo.json");
  EXPECT_EQ(BuiltinRegistry().folder(), "");
}

TEST(Read, TheBaseIsTheFoldersUrl) {
  TempDir dir;
  constexpr char kOne[] = R"({"schema": "zoo/registry/1", "entries": [{"model": "m", "artifact": {
      "file": "f", "size": 1, "sha256_prefix": "12345678", "sources": [{"url": "files/f"}]}}]})";
  dir.Write("größe 1/100%/zoo.json", kOne);
  const Registry registry = ReadRegistry(dir.path() / "größe 1" / "100%").value();
  EXPECT_EQ(registry.entries()[0].base,
            "file://" + dir.path().string() + "/gr%C3%B6%C3%9Fe%201/100%25/");
  EXPECT_FALSE(registry.entries()[0].public_addresses_only) << "its owner is the user";
  EXPECT_EQ(ReadRegistry(dir.path() / "." / "größe 1" / "100%" / ".").value().entries()[0].base,
            registry.entries()[0].base);
}

TEST(Read, WhatIsNoRegistry) {
  TempDir dir;
  auto bad = dir.Write("bad.json", "{");
  EXPECT_EQ(ReadRegistry(bad).error(),
            (Error{ErrorCode::kCorrupt, bad.string() + ": not valid JSON at byte 2", ""}));
  EXPECT_EQ(ReadRegistry(dir.path() / "none.json").error().code, ErrorCode::kNotFound);
  Error folder = ReadRegistry(dir.path()).error();
  EXPECT_EQ(folder.code, ErrorCode::kNotFound);
  EXPECT_EQ(folder.hint, "a folder is a registry if it holds a zoo.json");
}

}  // namespace
}  // namespace zoo
