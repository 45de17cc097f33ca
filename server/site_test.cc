#include "zoo/server/site.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/cache/disk.h"
#include "zoo/cache/store.h"
#include "zoo/cache/test_pull.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/read.h"
#include "zoo/registry/registry.h"
#include "zoo/server/collection.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

constexpr std::string_view kEntry = R"({{"model": "{}", "weights": "v1",
  "architecture": {{"name": "net", "options": {{}}}}, "license": "CC0-1.0",
  "artifact": {{"file": "{}", {}, "size": 1000, "sources": [{{"url": "{}"}}]}}}})";

// A registry "lab" of four entries: "here" and "beside" are the same file, which is in the cache;
// "gone" is not; "pinned" is known by its first digits.
class SiteTest : public ::testing::Test {
 protected:
  SiteTest() {
    PullOnce(disk_, root(), wanted_).value();
    (void)store_.Remember(wanted_.digest, "pinned:v1", "pinned.pth");
    registries_.Add(ReadRegistry(folder_.Write("lab/zoo.json", RegistryText())).value());
    folder_.Write("lab/zoo.json.minisig", "a signature\n");
    registries_.Add(BuiltinRegistry());
    collection_.emplace(Collection::Of(registries_, [this](const Entry& entry) {
                          const bool pinned = pinned_ && entry.model == "pinned";
                          return pinned ? std::optional(wanted_.digest) : std::nullopt;
                        }).value());
    site_.emplace(*collection_, store_, disk_, Site::Options{.for_this_machine = true});
  }

  std::string RegistryText() const {
    const std::string full = fmt::format("\"sha256\": \"{}\"", wanted_.digest.hex());
    const std::string other = fmt::format("\"sha256\": \"{}\"", std::string(64, '1'));
    const std::string prefix =
        fmt::format("\"sha256_prefix\": \"{}\"", wanted_.digest.hex().substr(0, 8));
    const auto row = [](std::string_view model, std::string_view file, std::string_view identity,
                        std::string_view url) {
      return fmt::format(fmt::runtime(kEntry), model, file, identity, url);
    };
    return fmt::format(
        R"({{"schema": "zoo/registry/1", "name": "lab", "version": 7,
             "entries": [{}, {}, {}, {}]}})",
        row("here", "here.pth", full, "https://host/a/here.pth?x=1"),
        row("beside", "a b.pth", full, "files/ab.pth"),
        row("gone", "gone.pth", other, "https://host/gone.pth"),
        row("pinned", "pinned.pth", prefix, "https://host/pinned.pth"));
  }

  std::filesystem::path root() const { return folder_.path() / "cache"; }
  Answer Get(std::string_view target, Conditions conditions = {}) {
    return site_->Reply({.method = "GET",
                         .target = target,
                         .host = "localhost:8080",
                         .conditions = std::move(conditions)});
  }
  static std::string Header(const Answer& answer, std::string_view name) {
    for (const auto& [key, value] : answer.headers) {
      if (key == name) return value;
    }
    return "-";
  }
  static std::string Body(const Answer& answer) {
    if (answer.length == 0) return "";
    if (answer.text) return answer.text->substr(answer.offset, answer.length);
    std::string bytes(answer.length, '\0');
    EXPECT_EQ(
        pread(answer.file.get(), bytes.data(), bytes.size(), static_cast<off_t>(answer.offset)),
        static_cast<ssize_t>(bytes.size()));
    return bytes;
  }
  std::string Cas() const { return "/cas/" + wanted_.digest.hex(); }

  TempDir folder_;
  RealDisk disk_;
  Wanted wanted_ = MakeWanted(1000);
  Store store_ = Store::Open(root(), disk_).value();
  RegistrySet registries_;
  bool pinned_ = true;
  std::optional<Collection> collection_;
  std::optional<Site> site_;
};

TEST_F(SiteTest, TheSameFileUnderEachOfItsPaths) {
  struct Row {
    std::string target, disposition;
  };
  const std::string here = "attachment; filename=\"here.pth\"";
  const Row rows[] = {
      {Cas(), "-"},
      {"/weights/here", here},
      {"/weights/here:v1", here},
      {"/weights/lab/here:v1", here},
      {"/weights/lab/here@sha256:" + wanted_.digest.hex(), here},
      {"/weights/pinned@sha256:" + wanted_.digest.hex(), "attachment; filename=\"pinned.pth\""},
      {"/https/host/a/here.pth?x=1", here},
      {"/https/host/pinned.pth", "attachment; filename=\"pinned.pth\""},
      {"/registries/lab/files/ab.pth", "-"},  // a blank does not go into a header
  };
  for (const Row& row : rows) {
    const Answer answer = Get(row.target);
    EXPECT_EQ(answer.status, 200) << row.target;
    EXPECT_EQ(Body(answer), wanted_.bytes) << row.target;
    EXPECT_EQ(Header(answer, "ETag"), '"' + wanted_.digest.hex() + '"');
    EXPECT_EQ(Header(answer, "Accept-Ranges"), "bytes");
    EXPECT_EQ(Header(answer, "Content-Type"), "application/octet-stream");
    EXPECT_EQ(Header(answer, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(Header(answer, "Content-Disposition"), row.disposition) << row.target;
    EXPECT_EQ(Header(answer, "Cache-Control").ends_with("immutable"), row.target == Cas());
  }
}

TEST_F(SiteTest, WhatIsNotHere) {
  struct Row {
    std::string target, text;
  };
  const Row rows[] = {
      {"/cas/" + std::string(64, '1'), "that file is not in the cache\n"},
      {"/weights/gone", "gone:v1 is not in the cache\n"},
      {"/weights/hereo",
       "no model is named \"hereo\"; did you mean \"here\"? `zoo list` shows all 122\n"},
      {"/weights/here@sha256:" + std::string(64, '1'), "here does not have that sha256 here\n"},
      {"/weights/%3cb%3e",
       "\"<b>\" is not a name; a name is [registry/]model[:weights][@sha256:HEX]\n"},
      {"/https/host/gone.pth", "gone:v1 is not in the cache\n"},
      {"/https/host/other.pth", "no registry in force here knows that\n"},
      {"/https/host/a/here.pth", "no registry in force here knows that\n"},
      {"/registries/lab/files/other", "no registry in force here knows that\n"},
      {"/registries/builtin/zoo.json.minisig", "no registry in force here knows that\n"},
  };
  for (const Row& row : rows) {
    const Answer answer = Get(row.target);
    EXPECT_EQ(answer.status, 404) << row.target;
    EXPECT_EQ(Header(answer, "Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(Header(answer, "X-Content-Type-Options"), "nosniff");
    if (row.target == "/weights/%3cb%3e") continue;  // its words are the registry's
    EXPECT_EQ(Body(answer), row.text) << row.target;
  }
  pinned_ = false;
  EXPECT_EQ(Get("/weights/pinned").status, 404);
  EXPECT_EQ(Get("/https/host/pinned.pth").status, 404);
}

TEST_F(SiteTest, PartsAndConditions) {
  const std::string tag = '"' + wanted_.digest.hex() + '"';
  Answer part = Get(Cas(), {.range = "bytes=900-", .if_range = tag});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(Body(part), wanted_.bytes.substr(900));
  EXPECT_EQ(Header(part, "Content-Range"), "bytes 900-999/1000");
  EXPECT_EQ(Body(Get("/registries/lab/zoo.json", {.range = "bytes=0-8"})), "{\"schema\"");
  struct Row {
    Conditions conditions;
    int status;
    std::string content_range;
  };
  const Row rows[] = {{{.range = "bytes=1000-"}, 416, "bytes */1000"},
                      {{.if_match = "\"x\""}, 412, "-"},
                      {{.if_none_match = tag}, 304, "-"}};
  for (const Row& row : rows) {
    const Answer answer = Get(Cas(), row.conditions);
    EXPECT_EQ(answer.status, row.status);
    EXPECT_EQ(answer.length, 0u);
    EXPECT_FALSE(answer.file.valid());
    EXPECT_EQ(Header(answer, "Content-Range"), row.content_range);
    EXPECT_EQ(Header(answer, "ETag"), tag);
  }
  const Answer head =
      site_->Reply({.method = "HEAD", .target = Cas(), .conditions = {.range = "bytes=900-"}});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.length, 1000u);
}

TEST_F(SiteTest, OnlyGetAndHeadWithoutABody) {
  for (const std::string_view method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "X"}) {
    const Answer answer = site_->Reply({.method = method, .target = "/"});
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(Header(answer, "Allow"), "GET, HEAD");
  }
  const Answer answer = site_->Reply({.method = "GET", .target = "/", .has_body = true});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(Header(answer, "Connection"), "close");
}

TEST_F(SiteTest, ANameOfAnotherSiteIsRefusedOnThisMachine) {
  EXPECT_EQ(site_->Reply({.method = "GET", .target = "/", .host = "evil.example"}).status, 421);
  EXPECT_EQ(site_->Reply({.method = "GET", .target = "/"}).status, 200);
  Site open(*collection_, store_, disk_, {});
  EXPECT_EQ(open.Reply({.method = "GET", .target = "/", .host = "zoo.lan"}).status, 200);
}

TEST_F(SiteTest, RegistriesAsDocuments) {
  const Answer lab = Get("/registries/lab/zoo.json");
  EXPECT_EQ(Body(lab), RegistryText());
  EXPECT_EQ(Header(lab, "ETag"), '"' + Digest::Of(AsBytes(RegistryText())).hex() + '"');
  EXPECT_EQ(Header(lab, "Content-Type"), "application/json");
  EXPECT_EQ(Body(Get("/registries/lab/zoo.json.minisig")), "a signature\n");
  // One that was read from no file reads back as it is.
  const Registry again = Registry::Parse(Body(Get("/registries/builtin/zoo.json")), "builtin",
                                         RegistryOrigin::kFile, "served")
                             .value();
  EXPECT_EQ(again.entries(), BuiltinRegistry().entries());
  EXPECT_EQ(again.categories(), BuiltinRegistry().categories());
}

TEST_F(SiteTest, ThePageAndItsTwin) {
  const Answer page = Get("/");
  EXPECT_EQ(Header(page, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_TRUE(Header(page, "Content-Security-Policy").starts_with("default-src 'none'"));
  EXPECT_NE(Body(page).find("/weights/lab/here:v1"), std::string::npos);
  const Json index = ParseJson(Body(Get("/index.json"))).value();
  const Json::Array& files = *index.Find("files")->AsArray();
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(*files[0].Find("sha256")->AsString(), wanted_.digest.hex());
  std::string names;
  for (const Json& name : *files[0].Find("names")->AsArray()) {
    names += *name.Find("name")->AsString() + ' ';
    EXPECT_EQ(Body(Get(*name.Find("path")->AsString())), wanted_.bytes);
  }
  EXPECT_EQ(names, "lab/beside:v1 lab/here:v1 lab/pinned:v1 ");
}

TEST_F(SiteTest, WhatIsRemovedIsGoneFromThePageToo) {
  ASSERT_TRUE(store_.Remove(wanted_.digest));
  EXPECT_EQ(Get(Cas()).status, 404);
  EXPECT_EQ(Get("/weights/here").status, 404);
  EXPECT_EQ(Body(Get("/index.json")).find(wanted_.digest.hex()), std::string::npos);
}

}  // namespace
}  // namespace zoo
