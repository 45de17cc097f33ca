// The rules of docs/registry_format.md, one row each: a good document with one value changed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/entry_json.h"
#include "zoo/registry/registry.h"

namespace zoo {
namespace {

const std::string kHex = "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec";

constexpr std::string_view kGood = R"({
  "schema": "zoo/registry/1", "name": "example", "version": 7, "updated": "2026-11-24T00:00:00Z",
  "categories": {"two": ["tench", "goldfish"]},
  "entries": [{
    "model": "resnet18", "weights": "V1", "default": true,
    "architecture": {"name": "resnet18", "options": {"num_classes": 10}},
    "artifact": {
      "file": "resnet18-f37072fd.pth", "size": 100000,
      "sha256": "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
      "sources": [{"url": "https://example.org/resnet18-f37072fd.pth"},
                  {"wheel": "some-model==0.1.0", "member": "some/model.pth"}],
      "pieces": {"length": 65536,
        "root": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "hashes": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD//////////////////////////////////////////w=="}
    },
    "parameters": 11689512, "license": "Apache-2.0",
    "metrics": {"ImageNet-1K": {"acc@1": 69.758, "acc@5": 89}},
    "gflops": 1.814, "min_size": [1, 1], "recipe": "https://example.org/recipe",
    "categories": "two",
    "preset": {"resize": [256], "crop": [224], "interpolation": "bicubic", "antialias": true,
               "mean": [0, 0.456, 0.406], "std": [0.229, 0.224, 1]},
    "fingerprint": "weights:sha256:f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
    "probe": {"input": {"seed": "public", "name": "input", "shape": [1, 3, 224, 224]},
              "dtype": "float32", "logits": [1, -2.5], "sum": 3.5, "argmax": 1,
              "tolerance": 1e-4, "made_with": "hand"},
    "supersedes": "resnet18:V0", "provenance": {"by": "us"}, "later": {"x": [1]}
  }]
})";

Result<Registry> Parse(std::string_view text, RegistryOrigin origin = RegistryOrigin::kFile) {
  return Registry::Parse(text, "lab", origin, "zoo.json");
}

// The member or item that `path` ("entries.0.artifact") leads to, made if the last is a new member.
Json& At(Json& json, std::string_view path) {
  std::string step(path.substr(0, path.find('.')));
  std::string_view rest = path.substr(std::min(path.size(), step.size() + 1));
  Json* next = nullptr;
  if (Json::Array* items = json.AsArray()) {
    next = &items->at(std::stoul(step));
  } else {
    Json::Object& members = *json.AsObject();
    auto at = std::ranges::find(members, step, &Json::Object::value_type::first);
    next = at == members.end() ? &members.emplace_back(step, Json()).second : &at->second;
  }
  return rest.empty() ? *next : At(*next, rest);
}

void Remove(Json& json, std::string_view path) {
  size_t dot = path.rfind('.');
  Json& holder = dot == std::string_view::npos ? json : At(json, path.substr(0, dot));
  std::string_view key = dot == std::string_view::npos ? path : path.substr(dot + 1);
  std::erase_if(*holder.AsObject(), [&](const auto& member) { return member.first == key; });
}

// kGood with the value at `path` replaced (JSON text), or removed if `value` is empty.
std::string With(std::string_view path, std::string_view value) {
  Json json = ParseJson(kGood).value();
  if (value.empty()) {
    Remove(json, path);
  } else {
    At(json, path) = ParseJson(value).value();
  }
  return json.Dump();
}

TEST(Parse, EveryFieldArrives) {
  Registry registry = Parse(kGood).value();
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
  EXPECT_EQ(artifact.pieces->root.hex(), std::string(64, 'a'));
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
  Registry registry = Parse(kGood).value();
  Json document = ParseJson(kGood).value();
  At(document, "entries.0") = Json(ToJson(registry.entries()[0]));
  EXPECT_TRUE(Parse(document.Dump()).value().entries()[0] == registry.entries()[0]);
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
    auto registry = Parse(With(path, ""));
    EXPECT_TRUE(registry.has_value()) << path << ": " << registry.error().Text();
  }
  EXPECT_EQ(Parse(With("entries.0.license", "")).value().entries()[0].license, "not stated");
  EXPECT_EQ(Parse(With("entries.0.architecture", "")).value().entries()[0].architecture.name,
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
      {"entries.0.probe.input",
       R"({"photo": "sample.png", "sha256": "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec"})"},
  };
  for (const Row& row : kRows) {
    auto registry = Parse(With(row.path, row.value));
    EXPECT_TRUE(registry.has_value()) << row.path << ": " << registry.error().Text();
  }
}

struct BadRow {
  std::string path, value;  // of With()
  std::string message;      // behind "zoo.json: "
  ErrorCode code = ErrorCode::kCorrupt;
};

void ExpectRefused(const BadRow& row) {
  SCOPED_TRACE(row.path + " = " + row.value);
  auto registry = Parse(With(row.path, row.value));
  ASSERT_FALSE(registry.has_value());
  EXPECT_EQ(registry.error().code, row.code);
  EXPECT_EQ(registry.error().Text(), "zoo.json: " + row.message);
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

TEST(Parse, BadEntries) {
  const std::string at = "entries[0] (resnet18:V1): ";
  const std::string name_rule =
      " is not a name: letters, digits, '.', '_' and '-', a letter or digit first, no \"..\", at "
      "most 128";
  const BadRow kRows[] = {
      {"entries.0.model", "", "entries[0]: model is missing"},
      {"entries.0.model", "null", "entries[0]: model must be a string, is null"},
      {"entries.0.model", R"("../etc")", R"(entries[0]: model "../etc")" + name_rule},
      {"entries.0.model", R"("a\u001b[31mb")", R"(entries[0]: model "a\x1b[31mb")" + name_rule},
      {"entries.0.weights", R"("a/b")", R"(entries[0]: weights "a/b")" + name_rule},
      {"entries.0.weights", R"("")", R"(entries[0] (resnet18): weights "")" + name_rule},
      {"entries.0.default", "1", at + "default must be true or false, is 1"},
      {"entries.0.architecture", R"("resnet18")",
       at + R"(architecture must be an object, is "resnet18")"},
      {"entries.0.architecture.name", "", at + "architecture.name is missing"},
      {"entries.0.architecture.name", R"("a b")", at + R"(architecture.name "a b")" + name_rule},
      {"entries.0.architecture.options", "[]",
       at + "architecture.options must be an object, is an array"},
      {"entries.0.parameters", "1e3",
       at + "parameters must be a whole number from 0 to 2^53, is 1000.0"},
      {"entries.0.license", R"("")", at + R"(license is empty; write "not stated")"},
      {"entries.0.metrics", "[]", at + "metrics must be an object, is an array"},
      {"entries.0.metrics", R"({"A": 1})", at + R"(metrics of "A" must be an object)"},
      {"entries.0.metrics", R"({"A": {"acc@1": "70"}})",
       at + R"(metrics of "A": "acc@1" must be a number)"},
      {"entries.0.gflops", "-1", at + "gflops must not be below 0"},
      {"entries.0.gflops", "true", at + "gflops must be a number, is true"},
      {"entries.0.min_size", "[1]",
       at + "min_size must be [HEIGHT, WIDTH], whole numbers from 1 to 65536"},
      {"entries.0.min_size", "[0, 1]",
       at + "min_size must be [HEIGHT, WIDTH], whole numbers from 1 to 65536"},
      {"entries.0.recipe", "{}", at + "recipe must be a string, is an object"},
      {"entries.0.categories", R"("three")",
       at + R"(categories "three" is no list of this registry)"},
      {"entries.0.preset.resize", "256", at + "preset.resize must be an array, is 256"},
      {"entries.0.preset.resize", "[0]",
       at + "preset.resize must be [PIXELS], one whole number from 1 to 65536"},
      {"entries.0.preset.crop", "[224, 224]",
       at + "preset.crop must be [PIXELS], one whole number from 1 to 65536"},
      {"entries.0.preset.crop", "[65537]",
       at + "preset.crop must be [PIXELS], one whole number from 1 to 65536"},
      {"entries.0.preset.crop", "", at + "preset.crop is missing"},
      {"entries.0.preset.interpolation", R"("nearest")",
       at + R"(preset.interpolation "nearest" is neither bilinear nor bicubic)",
       ErrorCode::kUnsupported},
      {"entries.0.preset.antialias", "false", at + "preset.antialias false is not supported",
       ErrorCode::kUnsupported},
      {"entries.0.preset.mean", "[0.5, 0.5]",
       at + "preset.mean must be three numbers, none below 0"},
      {"entries.0.preset.mean", R"([0.5, 0.5, "0.5"])",
       at + "preset.mean must be three numbers, none below 0"},
      {"entries.0.preset.std", "[0.5, 0.5, 0]", at + "preset.std must be three numbers above 0"},
      {"entries.0.fingerprint", R"("sha256:00")",
       at + R"(fingerprint must be weights:sha256: and 64 digits of 0-9 and a-f, is "sha256:00")"},
      {"entries.0.probe.input", "", at + "probe.input is missing"},
      {"entries.0.probe.input.seed", "", at + "probe.input.seed is missing"},
      {"entries.0.probe.input.shape", "[1, 3, 224]",
       at + "probe.input.shape must be [N, C, H, W], whole numbers from 1 to 65536"},
      {"entries.0.probe.input", R"({"photo": "x.png"})", at + "probe.input.sha256 is missing"},
      {"entries.0.probe.input", R"({"photo": "x.png", "sha256": "AB"})",
       at + R"(probe.input.sha256 "AB" is not a sha256 digest; write 64 digits of 0-9 and a-f)"},
      {"entries.0.probe.logits", "[]",
       at + "probe.logits must be the first logits, at least one number"},
      {"entries.0.probe.logits", "[null]",
       at + "probe.logits must be the first logits, at least one number"},
      {"entries.0.probe.argmax", "-1",
       at + "probe.argmax must be a whole number from 0 to 2^53, is -1"},
      {"entries.0.probe.tolerance", "0", at + "probe.tolerance must be above 0"},
      {"entries.0.supersedes", R"("a b")",
       at + R"(supersedes "a b" is not a name: "a b" cannot be a model)"},
      {"entries.0.provenance", R"("us")", at + R"(provenance must be an object, is "us")"},
  };
  for (const BadRow& row : kRows) ExpectRefused(row);
}

TEST(Parse, BadArtifacts) {
  const std::string at = "entries[0] (resnet18:V1): ";
  const std::string artifact = "entries.0.artifact";
  const BadRow kRows[] = {
      {artifact, "", at + "artifact is missing"},
      {artifact + ".file", "", at + "artifact.file is missing"},
      {artifact + ".file", R"("")", at + R"(artifact.file "" is empty)"},
      {artifact + ".file", R"("..")", at + R"(artifact.file ".." is no file's name)"},
      {artifact + ".file", R"("../x")",
       at + R"(artifact.file "../x" is a path, not the name of a file)"},
      {artifact + ".file", R"("/etc/passwd")",
       at + R"(artifact.file "/etc/passwd" is a path, not the name of a file)"},
      {artifact + ".file", R"("a\\b")",
       at + R"(artifact.file "a\\b" is a path, not the name of a file)"},
      {artifact + ".file", R"("a\u0000b")",
       at + R"(artifact.file "a\x00b" has a control character)"},
      {artifact + ".file", R"("a\nb")", at + R"(artifact.file "a\nb" has a control character)"},
      {artifact + ".file", "\"" + std::string(256, 'x') + "\"",
       at + "artifact.file \"" + std::string(200, 'x') + "...\" is longer than 255 bytes"},
      {artifact + ".size", "",
       at + "artifact.size is missing: it or size_range must say where a download has to end"},
      {artifact + ".size", "1.0",
       at + "artifact.size must be a whole number from 0 to 2^53, is 1.0"},
      {artifact + ".size", "-5", at + "artifact.size must be a whole number from 0 to 2^53, is -5"},
      {artifact + ".size_range", "[1, 2]",
       at + "artifact.size is 100000, outside of size_range [1, 2]"},
      {artifact + ".size_range", "[2, 1]",
       at + "artifact.size_range must be [MIN, MAX], two whole numbers from 0 to 2^53 in this "
            "order"},
      {artifact + ".size_range", "[1]",
       at + "artifact.size_range must be [MIN, MAX], two whole numbers from 0 to 2^53 in this "
            "order"},
      {artifact + ".sha256", "",
       at + "artifact.sha256 is missing: without it or sha256_prefix nothing could be verified"},
      {artifact + ".sha256", R"("f37072fd")",
       at + R"(artifact.sha256 "f37072fd" is not a sha256 digest; write 64 digits of 0-9 and a-f)"},
      {artifact + ".sha256", "\"" + std::string(64, 'F') + "\"",
       at + "artifact.sha256 \"" + std::string(64, 'F') +
           "\" is not a sha256 digest; write 64 digits of 0-9 and a-f"},
      {artifact + ".sha256_prefix", R"("f37072f")",
       at + R"(artifact.sha256_prefix must be 8 to 63 digits of 0-9 and a-f, is "f37072f")"},
      {artifact + ".sha256_prefix", R"("F37072FD")",
       at + R"(artifact.sha256_prefix must be 8 to 63 digits of 0-9 and a-f, is "F37072FD")"},
      {artifact + ".sha256_prefix", R"("00000000")",
       at + "artifact.sha256_prefix is 00000000, but sha256 is " + kHex},
      {artifact + ".sources", "", at + "artifact.sources is missing"},
      {artifact + ".sources", "[]", at + "artifact.sources is empty"},
      {artifact + ".sources", "[1]", at + "artifact.sources[0] must be an object, is 1"},
      {artifact + ".sources", "[{}]", at + "artifact.sources[0] must have either a url or a wheel"},
      {artifact + ".sources.1.url", R"("https://x/")",
       at + "artifact.sources[1] must have either a url or a wheel"},
      {artifact + ".sources.1.member", "", at + "artifact.sources[1].member is missing"},
  };
  for (const BadRow& row : kRows) ExpectRefused(row);
}

TEST(Parse, BadSources) {
  const std::string url = "entries.0.artifact.sources.0.url";
  const std::string wheel = "entries.0.artifact.sources.1.wheel";
  const std::string member = "entries.0.artifact.sources.1.member";
  const std::string at = "entries[0] (resnet18:V1): artifact.sources";
  const std::string blank = " has a blank or a control character";
  const std::string scheme = " is neither an https:// nor an http:// URL";
  const BadRow kRows[] = {
      {url, R"("")", at + R"([0].url "")" + scheme},
      {url, R"("ftp://x/y")", at + R"([0].url "ftp://x/y")" + scheme},
      {url, R"("HTTPS://x/y")", at + R"([0].url "HTTPS://x/y")" + scheme},
      {url, R"("javascript:x")", at + R"([0].url "javascript:x")" + scheme},
      {url, R"("/etc/passwd")", at + R"([0].url "/etc/passwd")" + scheme},
      {url, R"("https://x/a b")", at + R"([0].url "https://x/a b")" + blank},
      {url, R"("https://x/\r\nHost: y")", at + R"([0].url "https://x/\r\nHost: y")" + blank},
      {url, R"("https://x/\u0000")", at + R"([0].url "https://x/\x00")" + blank},
      {url, R"("https://x/\u007f")", at + R"([0].url "https://x/\x7f")" + blank},
      {url, R"("https:///x")", at + R"([0].url "https:///x" has no host)"},
      {url, R"("http://:80/x")", at + R"([0].url "http://:80/x" has no host)"},
      {url, R"("http://user:secret@/x?key=secret")",
       at + R"([0].url "http://***@/x?***" has no host)"},
      {url, R"("file:x.pth")", at + R"([0].url "file:x.pth" must be file:// and an absolute path)"},
      {url, R"("file:///")", at + R"([0].url "file:///" must be file:// and an absolute path)"},
      {wheel, R"("some-model")", at + R"([1].wheel "some-model" must be NAME==VERSION)"},
      {wheel, R"("some-model==")", at + R"([1].wheel "some-model==" must be NAME==VERSION)"},
      {wheel, R"("==1.0")", at + R"([1].wheel "==1.0" must be NAME==VERSION)"},
      {wheel, R"("-r==1.0")", at + R"([1].wheel "-r==1.0" must be NAME==VERSION)"},
      {wheel, R"("a==1.0 --index-url=x")",
       at + R"([1].wheel "a==1.0 --index-url=x" must be NAME==VERSION)"},
      {wheel, R"("a==1==2")", at + R"([1].wheel "a==1==2" must be NAME==VERSION)"},
      {wheel, R"("../a==1")", at + R"([1].wheel "../a==1" must be NAME==VERSION)"},
      {wheel, R"("a>=1")", at + R"([1].wheel "a>=1" must be NAME==VERSION)"},
      {member, R"("")", at + R"([1].member "" must be a path inside the wheel)"},
      {member, R"("/x")", at + R"([1].member "/x" must be a path inside the wheel)"},
      {member, R"("x/../y")", at + R"([1].member "x/../y" must be a path inside the wheel)"},
      {member, R"("x//y")", at + R"([1].member "x//y" must be a path inside the wheel)"},
      {member, R"("x/")", at + R"([1].member "x/" must be a path inside the wheel)"},
      {member, R"("./x")", at + R"([1].member "./x" must be a path inside the wheel)"},
      {member, R"("x\\y")", at + R"([1].member "x\\y" has a backslash or a control character)"},
      {member, R"("x\ty")", at + R"([1].member "x\ty" has a backslash or a control character)"},
  };
  for (const BadRow& row : kRows) ExpectRefused(row);
}

TEST(Parse, BadPieces) {
  const std::string pieces = "entries.0.artifact.pieces";
  const std::string at = "entries[0] (resnet18:V1): artifact.pieces";
  const std::string count =
      "; 2 pieces of 65536 make a file of 100000, and each has a hash of 32 bytes (none if it is "
      "one piece)";
  const BadRow kRows[] = {
      {pieces, "[]", at + " must be an object, is an array"},
      {pieces + ".length", "", at + ".length is missing"},
      {pieces + ".length", "8192", at + ".length must be a power of two from 16384, is 8192"},
      {pieces + ".length", "0", at + ".length must be a power of two from 16384, is 0"},
      {pieces + ".length", "65537", at + ".length must be a power of two from 16384, is 65537"},
      {pieces + ".root", "", at + ".root is missing"},
      {pieces + ".root", R"("aa")",
       at + R"(.root "aa" is not a sha256 digest; write 64 digits of 0-9 and a-f)"},
      {pieces + ".hashes", "", at + ".hashes is missing"},
      {pieces + ".hashes", R"("AA=A")", at + ".hashes is not base64"},
      {pieces + ".hashes", R"("AAA")", at + ".hashes is not base64"},
      {pieces + ".hashes", R"("AAB=")", at + ".hashes is not base64"},
      {pieces + ".hashes", R"("AA-_")", at + ".hashes is not base64"},
      {pieces + ".hashes", R"("")", at + ".hashes has 0 bytes" + count},
      {pieces + ".hashes", R"("AAAA")", at + ".hashes has 3 bytes" + count},
      {pieces + ".length", "131072",
       at + ".hashes has 64 bytes; 1 pieces of 131072 make a file of 100000, and each has a hash "
            "of 32 bytes (none if it is one piece)"},
      {"entries.0.artifact.size", "0", at + " must be left out for an empty file"},
  };
  for (const BadRow& row : kRows) ExpectRefused(row);
  Json ranged = ParseJson(With("entries.0.artifact.size", "")).value();
  At(ranged, "entries.0.artifact.size_range") = Json::Array{1, 2};
  EXPECT_EQ(Parse(ranged.Dump()).error().message, "zoo.json: " + at + " needs an exact size");
}

TEST(Parse, SourcesDependOnWhereTheRegistryCameFrom) {
  using enum RegistryOrigin;
  const std::string wheel = std::string(kGood);
  const std::string http = With("entries.0.artifact.sources", R"([{"url": "http://x/y"}])");
  const std::string file = With("entries.0.artifact.sources", R"([{"url": "file:///x"}])");
  for (RegistryOrigin origin : {kBuiltin, kFile, kUrl}) {
    EXPECT_EQ(Parse(wheel, origin).has_value(), origin != kUrl);
    EXPECT_TRUE(Parse(http, origin).has_value());
    EXPECT_EQ(Parse(file, origin).has_value(), origin == kFile);
  }
  EXPECT_EQ(Parse(wheel, kUrl).error().message,
            "zoo.json: entries[0] (resnet18:V1): artifact.sources[1].wheel may stand only in a "
            "registry read from a file");
  EXPECT_EQ(Parse(file, kUrl).error().message,
            "zoo.json: entries[0] (resnet18:V1): artifact.sources[0].url \"file:///x\" is a file: "
            "URL, which only a registry read from a file may have");
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
    auto registry = Parse(Entries(row.names));
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
      {std::string(4 << 20, '['), "JSON has nested deeper than 64"},
      {R"({"schema": "zoo/registry/1", "x": )" + std::string(64, '[') + std::string(64, ']') + "}",
       "JSON has nested deeper than 64"},
      {R"({"schema": "zoo/registry/1", "version": 18446744073709551616, "entries": []})",
       "JSON has a whole number beyond 64 bits"},
      {R"({"schema": "zoo/registry/1", "version": 1e999, "entries": []})",
       "not valid JSON at byte 45"},
      {"{\"schema\": \"zoo/registry/1\xff\"}", "not valid JSON at byte 27"},
      {std::string(kGood) + "{}", "not valid JSON at byte " + std::to_string(kGood.size() + 1)},
  };
  for (const Row& row : kRows) {
    auto registry = Parse(row.text);
    ASSERT_FALSE(registry.has_value()) << row.message;
    EXPECT_EQ(registry.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(registry.error().Text(), "zoo.json: " + row.message);
  }
}

TEST(Parse, EveryPrefixIsAnError) {
  for (size_t length = 0; length < kGood.size(); ++length) {
    EXPECT_FALSE(Parse(kGood.substr(0, length)).has_value()) << length;
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
      refused += !Parse(mutant).has_value();
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
