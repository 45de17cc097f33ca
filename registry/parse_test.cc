// The rules of docs/registry_format.md for the document and between its entries.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/entry_json.h"
#include "zoo/registry/registry.h"
#include "zoo/registry/test_registry.h"

namespace zoo {
namespace {

const std::string kHex = "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec";

TEST(Parse, EveryFieldArrives) {
  Registry registry = ParseText(kGood).value();
  EXPECT_EQ(registry.alias(), "lab");
  EXPECT_EQ(registry.name(), "example");
  EXPECT_EQ(registry.version(), 7u);
  EXPECT_EQ(*registry.Categories("two"), (std::vector<std::string>{"tench", "goldfish"}));
  EXPECT_EQ(registry.Categories("three"), nullptr);
  ASSERT_EQ(registry.entries().size(), 1u);
  const Entry& entry = registry.entries()[0];
  EXPECT_EQ(entry.registry, "lab");
  EXPECT_EQ(entry.name(), "resnet18:V1");
  EXPECT_TRUE(entry.is_default);
  EXPECT_EQ(entry.architecture.name, "resnet18");
  EXPECT_EQ(Json(entry.architecture.options), *ParseJson(R"({"num_classes": 10})"));
  const Artifact& artifact = entry.artifact;
  EXPECT_EQ(artifact.file, "resnet18-f37072fd.pth");
  EXPECT_EQ(artifact.size, 100000u);
  EXPECT_EQ(artifact.min_size, 100000u);
  EXPECT_EQ(artifact.max_size, 100000u);
  EXPECT_EQ(artifact.sha256->hex(), kHex);
  EXPECT_EQ(std::get<UrlSource>(artifact.sources.at(0)).url,
            "https://example.org/resnet18-f37072fd.pth");
  EXPECT_EQ(std::get<WheelSource>(artifact.sources.at(1)),
            (WheelSource{"some-model==0.1.0", "some/model.pth"}));
  ASSERT_TRUE(artifact.pieces.has_value());
  EXPECT_EQ(artifact.pieces->length, 65536u);
  EXPECT_EQ(artifact.pieces->root.hex(),
            "bba91ca85dc914b2ec3efb9e16e7267bf9193b14350d20fba8a8b406730ae30a");
  ASSERT_EQ(artifact.pieces->hashes.size(), 2u);
  EXPECT_EQ(artifact.pieces->hashes[0].hex(), std::string(64, '0'));
  EXPECT_EQ(artifact.pieces->hashes[1].hex(), std::string(64, 'f'));
  EXPECT_EQ(entry.parameters, 11689512u);
  EXPECT_EQ(entry.license, "Apache-2.0");
  EXPECT_EQ(entry.metric("acc@1"), 69.758);
  EXPECT_EQ(entry.metric("acc@5"), 89);
  EXPECT_EQ(entry.gflops, 1.814);
  EXPECT_EQ(entry.min_size, (std::array{1, 1}));
  EXPECT_EQ(entry.recipe, "https://example.org/recipe");
  EXPECT_EQ(entry.categories, "two");
  EXPECT_EQ(entry.preset,
            (Preset{256, 224, Interpolation::kBicubic, {0, 0.456, 0.406}, {0.229, 0.224, 1}}));
  EXPECT_EQ(entry.fingerprint, "weights:sha256:" + kHex);
  EXPECT_EQ(*entry.probe->Find("argmax")->AsInt64(), 1);
  EXPECT_EQ(entry.supersedes, "resnet18:V0");
  EXPECT_EQ(*entry.provenance->Find("by")->AsString(), "us");
  EXPECT_EQ(Json(entry.unknown), *ParseJson(R"({"later": {"x": [1]}})"));
}

TEST(Parse, AnEntryAsJsonIsTheSameEntry) {
  Registry registry = ParseText(kGood).value();
  Json document = ParseJson(kGood).value();
  At(document, "entries.0") = Json(ToJson(registry.entries()[0]));
  EXPECT_TRUE(ParseText(document.Dump()).value().entries()[0] == registry.entries()[0]);
}

TEST(Parse, EveryBuiltinEntryAsJsonIsTheSameEntry) {
  Registry builtin = BuiltinRegistry();
  Json::Array entries;
  for (const Entry& entry : builtin.entries()) entries.push_back(ToJson(entry));
  Json document = Json::Object{{"schema", "zoo/registry/1"},
                               {"categories", Json::Object{{"imagenet1k", Json::Array{}}}},
                               {"entries", std::move(entries)}};
  Registry again =
      Registry::Parse(document.Dump(), "builtin", RegistryOrigin::kBuiltin, "x").value();
  EXPECT_TRUE(again.entries() == builtin.entries());
}

TEST(Parse, WhatMayBeLeftOut) {
  for (std::string_view path : {"name",
                                "version",
                                "updated",
                                "entries.0.weights",
                                "entries.0.default",
                                "entries.0.architecture",
                                "entries.0.architecture.options",
                                "entries.0.artifact.pieces",
                                "entries.0.parameters",
                                "entries.0.license",
                                "entries.0.metrics",
                                "entries.0.gflops",
                                "entries.0.min_size",
                                "entries.0.recipe",
                                "entries.0.categories",
                                "entries.0.preset",
                                "entries.0.preset.antialias",
                                "entries.0.fingerprint",
                                "entries.0.probe",
                                "entries.0.probe.sum",
                                "entries.0.probe.argmax",
                                "entries.0.probe.made_with",
                                "entries.0.supersedes",
                                "entries.0.provenance",
                                "entries.0.later"}) {
    auto registry = ParseText(With(path, ""));
    EXPECT_TRUE(registry.has_value()) << path << ": " << registry.error().Text();
  }
  EXPECT_EQ(ParseText(With("entries.0.license", "")).value().entries()[0].license, "not stated");
  EXPECT_EQ(ParseText(With("entries.0.architecture", "")).value().entries()[0].architecture.name,
            "resnet18");
}

TEST(Parse, OtherGoodValues) {
  struct Row {
    std::string_view path, value;
  };
  const Row kRows[] = {
      {"entries", "[]"},
      {"version", "9007199254740992"},
      {"future", "[{}]"},
      {"entries.0.artifact.file", R"("größe 1.pth")"},
      {"entries.0.artifact.size_range", "[1, 100000]"},
      {"entries.0.artifact.sha256_prefix", R"("f37072fd")"},
      {"entries.0.artifact.sources.0.url", R"("http://127.0.0.1:8080/x?token=y")"},
      {"entries.0.artifact.sources.0.url", R"("http://[::1]/x")"},
      {"entries.0.artifact.sources.0.url", R"("file:///data/x.pth")"},
      {"entries.0.artifact.sources.0.mirror", "true"},
      {"entries.0.artifact.sources.1.wheel", R"("A.b_c-1==1!2.0+cpu")"},
      {"entries.0.metrics", R"({"A": {}, "B": {"acc@1": -1}})"},
      {"entries.0.gflops", "0"},
      {"entries.0.supersedes", R"("lab/resnet18:V0")"},
      {"entries.0.probe",
       R"([{"input": {"seed": "a", "name": "b", "shape": [1, 3, 9, 9]}, "dtype": "float32",
            "logits": [1], "tolerance": 1}])"},
      {"entries.0.probe.input",
       R"({"photo": "sample.png", "sha256": "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec"})"},
  };
  for (const Row& row : kRows) {
    auto registry = ParseText(With(row.path, row.value));
    EXPECT_TRUE(registry.has_value()) << row.path << ": " << registry.error().Text();
  }
}

TEST(Parse, BadDocuments) {
  const BadRow kRows[] = {
      {"schema", "", "schema is missing"},
      {"schema", "1", "schema must be a string, is 1"},
      {"schema", R"("zoo/list/1")", R"(schema is "zoo/list/1", not "zoo/registry/1")"},
      {"schema", R"("zoo/registry/")", R"(schema is "zoo/registry/", not "zoo/registry/1")"},
      {"schema", R"("zoo/registry/2")",
       R"(schema is "zoo/registry/2"; this program reads version 1, that file needs one that )"
       "reads version 2",
       ErrorCode::kUnsupported},
      {"name", R"("../x")", R"(name "../x" is not a name)"},
      {"version", "-1", "version must be a whole number from 0 to 2^53, is -1"},
      {"version", "1.5", "version must be a whole number from 0 to 2^53, is 1.5"},
      {"version", "9007199254740993",
       "version must be a whole number from 0 to 2^53, is 9007199254740993"},
      {"version", R"("7")", R"(version must be a whole number from 0 to 2^53, is "7")"},
      {"updated", "2026", "updated must be a string, is 2026"},
      {"categories", "[]", "categories must be an object, is an array"},
      {"categories", R"({"two": 1})",
       R"(categories must hold arrays of strings, but "two" is none)"},
      {"categories", R"({"two": ["a", 1]})",
       R"(categories must hold arrays of strings, but "two" is none)"},
      {"entries", "", "entries is missing"},
      {"entries", "{}", "entries must be an array, is an object"},
      {"entries.0", "[]", "entries[0]: must be an object, is an array"},
  };
  for (const BadRow& row : kRows) ExpectRefused(row);
}

// Entries of one model each: (model, weights or nothing, default).
std::string Entries(std::vector<std::array<std::string, 3>> names) {
  Json document = ParseJson(kGood).value();
  Json entry = At(document, "entries.0");
  Json::Array entries;
  for (const auto& [model, weights, is_default] : names) {
    At(entry, "model") = model;
    Remove(entry, "weights");
    if (!weights.empty()) At(entry, "weights") = weights;
    At(entry, "default") = is_default == "default";
    entries.push_back(entry);
  }
  At(document, "entries") = std::move(entries);
  return document.Dump();
}

TEST(Parse, RulesBetweenEntries) {
  struct Row {
    std::vector<std::array<std::string, 3>> names;
    std::string message;
  };
  const Row kRows[] = {
      {{{"a", "x", ""}, {"b", "x", ""}, {"c", "", ""}}, ""},
      {{{"a", "x", "default"}, {"a", "y", ""}}, ""},
      {{{"a", "x", ""}, {"a", "y", ""}}, "a has several entries, but none with \"default\": true"},
      {{{"a", "x", "default"}, {"a", "y", "default"}},
       "entries[1] (a:y): default is true for a second entry of a"},
      {{{"a", "x", "default"}, {"a", "x", ""}}, "entries[1] (a:x): a:x stands twice"},
      {{{"a", "", "default"}, {"a", "x", ""}},
       "entries[1] (a:x): weights may be missing only where a model has one entry; a has several"},
      {{{"a", "", "default"}, {"a", "", ""}},
       "entries[1] (a): weights may be missing only where a model has one entry; a has several"},
      {{{"net", "x", "default"}, {"Net", "y", "default"}},
       "entries[1] (Net:y): Net differs only in case from net, which stands before it"},
      {{{"net", "v1", "default"}, {"net", "V1", ""}},
       "entries[1] (net:V1): net:V1 differs only in case from net:v1, which stands before it"},
  };
  for (const Row& row : kRows) {
    if (!row.message.empty()) NoteRefused(Entries(row.names), row.message);
    auto registry = ParseText(Entries(row.names));
    EXPECT_EQ(registry ? "" : registry.error().Text(),
              row.message.empty() ? "" : "zoo.json: " + row.message);
  }
}

TEST(Parse, HostileTexts) {
  struct Row {
    std::string text, message;
  };
  const Row kRows[] = {
      {"", "not valid JSON at byte 1"},
      {"null", "must be an object, is null"},
      {"[]", "must be an object, is an array"},
      {R"({"schema": "zoo/registry/1", "schema": "zoo/registry/1", "entries": []})",
       R"(JSON has key "schema" twice in one object)"},
      {R"({"schema": "zoo/registry/1", "entries": [{"model": "a", "model": "b"}]})",
       R"(JSON has key "model" twice in one object)"},
      {std::string(4 << 20, '['), "JSON is nested deeper than 64"},
      {R"({"schema": "zoo/registry/1", "x": )" + std::string(64, '[') + std::string(64, ']') + "}",
       "JSON is nested deeper than 64"},
      {R"({"schema": "zoo/registry/1", "version": 18446744073709551616, "entries": []})",
       "JSON has a whole number beyond 64 bits"},
      {R"({"schema": "zoo/registry/1", "version": 1e999, "entries": []})",
       "JSON has a number out of range"},
      {"{\"schema\": \"zoo/registry/1\xff\"}", "not valid JSON at byte 27"},
      {std::string(kGood) + "{}", "not valid JSON at byte " + std::to_string(kGood.size() + 1)},
  };
  for (const Row& row : kRows) {
    auto registry = ParseText(row.text);
    ASSERT_FALSE(registry.has_value()) << row.message;
    EXPECT_EQ(registry.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(registry.error().Text(), "zoo.json: " + row.message);
  }
}

TEST(Parse, EveryPrefixIsAnError) {
  for (size_t length = 0; length < kGood.size(); ++length) {
    EXPECT_FALSE(ParseText(kGood.substr(0, length)).has_value()) << length;
  }
}

// Ends in a registry or an error, whatever a byte becomes; the sanitizers watch.
TEST(Parse, EveryChangedByteHasAnEnd) {
  std::string text(kGood);
  int refused = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    for (char changed : {'\0', '"', '{', '9', '\xff'}) {
      std::string mutant = text;
      mutant[at] = changed;
      refused += !ParseText(mutant).has_value();
    }
  }
  EXPECT_GT(refused, 5000);
}

TEST(Parse, TheNameOfTheFileIsEscaped) {
  EXPECT_EQ(Registry::Parse("", "x", RegistryOrigin::kUrl, "a\x1b[31m").error().message,
            R"(a\x1b[31m: not valid JSON at byte 1)");
}

}  // namespace
}  // namespace zoo
