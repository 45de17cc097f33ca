#include "zoo/registry/remembered.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/base/signature.h"
#include "zoo/registry/added.h"
#include "zoo/registry/in_force.h"
#include "zoo/registry/registry.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

std::string Document(uint64_t version, const std::string& model = "net") {
  return R"({"schema": "zoo/registry/1", "name": "lab", "version": )" + std::to_string(version) +
         R"(, "entries": [{"model": ")" + model +
         R"(", "weights": "v1", "architecture": {"name": "resnet18"},
    "artifact": {"file": "net.pth", "size": 4,
      "sha256": "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589",
      "sources": [{"url": "files/net.pth"}]}}]})";
}

class RememberedTest : public testing::Test {
 protected:
  void SetUp() override {
    unsetenv("ZOO_REGISTRY");
    setenv("ZOO_CONFIG", places_.config.c_str(), 1);
    setenv("XDG_STATE_HOME", folder_.path().c_str(), 1);
  }
  // As an update would.
  Status Keep(const std::string& document, bool private_host = false) {
    ZOO_ASSIGN_OR_RETURN(RegistriesLock lock, RegistriesLock::Take(places_, kNone, {}));
    ZOO_ASSIGN_OR_RETURN(Registry registry, Registry::Parse(document, "lab", RegistryOrigin::kUrl,
                                                            lab_.document_url()));
    ZOO_ASSIGN_OR_RETURN(const RegistryIdentity identity, IdentityOf(document));
    const SeenRegistry seen{.identity = identity,
                            .entries = 1,
                            .etag = "\"tag\"",
                            .private_host = private_host,
                            .checked = 1000,
                            .tried = 1001};
    return Remember(lock, places_, lab_, {document, "", std::move(registry)}, seen);
  }
  fs::path Folder() const { return places_.state / "registries" / "lab"; }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& file : fs::directory_iterator(Folder())) {
      names.push_back(file.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  static fs::path CopyOf(const fs::path& folder, const std::string& document) {
    return folder / (Digest::Of(AsBytes(document)).hex() + ".json");
  }

  static fs::path IndexOf(const fs::path& folder, const std::string& document) {
    return folder / (Digest::Of(AsBytes(document)).hex() + ".index");
  }

  static constexpr std::chrono::milliseconds kNone{0};
  TempDir folder_;
  const RegistryPlaces places_{.config = folder_.path() / "config.json",
                               .state = folder_.path() / "zoo"};
  const AddedRegistry lab_{.alias = "lab", .url = "https://models.example.org/"};
};

TEST_F(RememberedTest, TheLastCopyServes) {
  Result<Registry> none = OpenAdded(places_, lab_);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(none.error().Text(),
            "lab was never fetched here (https://models.example.org/); `zoo registry update lab` "
            "fetches it");

  ASSERT_TRUE(Keep(Document(1)));
  const Registry registry = OpenAdded(places_, lab_).value();
  EXPECT_TRUE(fs::exists(registry.file())) << registry.file();
  EXPECT_EQ(registry.alias(), "lab");
  EXPECT_EQ(registry.version(), 1u);
  ASSERT_EQ(registry.entries().size(), 1u);
  EXPECT_EQ(registry.entries()[0].base, "https://models.example.org/");
  EXPECT_TRUE(registry.entries()[0].public_addresses_only);

  const SeenRegistry seen = ReadSeen(places_, lab_).value().value();
  EXPECT_EQ(seen.identity.name, "lab");
  EXPECT_EQ(seen.identity.version, 1u);
  EXPECT_EQ(seen.etag, "\"tag\"");
  EXPECT_EQ(seen.checked, 1000);
  EXPECT_EQ(seen.tried, 1001);

  ASSERT_TRUE(Keep(Document(2, "other"), true));
  const Registry next = OpenAdded(places_, lab_).value();
  EXPECT_EQ(next.entries()[0].model, "other");
  EXPECT_FALSE(next.entries()[0].public_addresses_only) << "its host is a private one";
}

TEST_F(RememberedTest, OnlyTheOwnerMayLookAndNothingOldStays) {
  ASSERT_TRUE(Keep(Document(1)));
  std::ofstream(Folder() / ("state.json.partial-4711")) << "left by a kill";
  std::ofstream(Folder() / (CopyOf("", Document(2)).string() + ".partial-4711"))
      << "left by a kill";
  std::ofstream(Folder() / "notes.txt") << "not ours";
  ASSERT_TRUE(Keep(Document(2)));
  for (const std::string& name : Names()) {
    const bool kept = name == "notes.txt" || name == "state.json" ||
                      name.starts_with(Digest::Of(AsBytes(Document(2))).hex() + ".");
    EXPECT_TRUE(kept && name.find("partial") == std::string::npos) << name;
  }
  EXPECT_TRUE(fs::exists(Folder() / "notes.txt"));
  EXPECT_EQ(fs::status(Folder()).permissions(), fs::perms(0700));
  EXPECT_EQ(fs::status(places_.state).permissions(), fs::perms(0700));
  EXPECT_EQ(fs::status(Folder() / "state.json").permissions(), fs::perms(0600));
  EXPECT_EQ(fs::status(CopyOf(Folder(), Document(2))).permissions(), fs::perms(0600));
}

TEST_F(RememberedTest, TheIndexServesAndIsMadeAgain) {
  const std::string document = Document(1);
  const fs::path index = IndexOf(Folder(), document);
  ASSERT_TRUE(Keep(document));
  ASSERT_TRUE(fs::exists(index));
  for (const char* damage : {"", "no index"}) {
    if (*damage != '\0') std::ofstream(index) << damage;
    if (*damage == '\0') fs::remove(index);
    EXPECT_EQ(OpenAdded(places_, lab_).value().entries()[0].model, "net");
    EXPECT_GT(fs::file_size(index), 100u) << "made again";
  }
}

TEST_F(RememberedTest, AnotherURLOrKeyKnowsNothingOfIt) {
  ASSERT_TRUE(Keep(Document(1)));
  AddedRegistry other = lab_;
  other.url = "https://other.example.org/";
  EXPECT_EQ(ReadSeen(places_, other).value(), std::nullopt);
  EXPECT_EQ(OpenAdded(places_, other).error().code, ErrorCode::kNotFound);
  other = lab_;
  other.key = SecretKey::Generate().public_key();
  EXPECT_EQ(ReadSeen(places_, other).value(), std::nullopt);
}

TEST_F(RememberedTest, ADamagedStateIsRefusedAndNamed) {
  ASSERT_TRUE(Keep(Document(1)));
  const std::string text = ReadFile(Folder() / "state.json", 10'000).value();
  for (size_t length = 0; length + 1 < text.size(); ++length) {
    std::ofstream(Folder() / "state.json") << text.substr(0, length);
    EXPECT_FALSE(ReadSeen(places_, lab_)) << length;
  }
  std::ofstream(Folder() / "state.json") << "{\"schema\": \"zoo/remembered/1\"}";
  const auto seen = ReadSeen(places_, lab_);
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(seen.error().Text(),
            (Folder() / "state.json").native() +
                ": url is missing; what was seen of lab is not known any more: `zoo registry "
                "remove lab` and add it again, with its key");
  EXPECT_FALSE(OpenAdded(places_, lab_));
}

TEST_F(RememberedTest, EveryChangedByteOfACopyIsFound) {
  const std::string document = Document(1);
  ASSERT_TRUE(Keep(document));
  const SeenRegistry seen = ReadSeen(places_, lab_).value().value();
  ASSERT_TRUE(CheckCopy(places_, lab_, seen));
  // It would serve as long as the clock of the file system has not moved on, and rightly.
  fs::remove(IndexOf(Folder(), document));
  for (size_t i = 0; i < document.size(); ++i) {
    std::string changed = document;
    changed[i] ^= 1;
    std::ofstream(CopyOf(Folder(), document)) << changed;
    EXPECT_FALSE(CheckCopy(places_, lab_, seen)) << i;
    EXPECT_FALSE(OpenAdded(places_, lab_)) << i;
  }
  const Error error = OpenAdded(places_, lab_).error();
  EXPECT_EQ(error.code, ErrorCode::kCorrupt);
  EXPECT_TRUE(error.message.starts_with(
      "the copy of the registry lab that is kept here is damaged: its sha256 is "))
      << error.message;
  EXPECT_EQ(error.hint, "`zoo registry update lab` fetches it again");
  fs::remove(CopyOf(Folder(), document));
  EXPECT_EQ(OpenAdded(places_, lab_).error().message,
            "the copy of the registry lab that is kept here is gone");
}

TEST_F(RememberedTest, TheRulesOfSuccession) {
  const Digest a = Digest::Of(AsBytes("a")), b = Digest::Of(AsBytes("b"));
  const SeenRegistry last{.identity = {"lab", 7, a}};
  EXPECT_TRUE(MayFollow(last, {"lab", 7, a}, "x"));
  EXPECT_TRUE(MayFollow(last, {"lab", 8, b}, "x"));
  EXPECT_TRUE(MayFollow(last, {"lab", 8, a}, "x")) << "its digest is for the signature to say";
  const struct {
    RegistryIdentity next;
    std::string text;
  } kRows[] = {
      {{"lab", 6, b},
       "x: version 6 is offered, and version 7 was seen before; nothing was taken: an old copy is "
       "being served, by mistake or on purpose; ask its publisher"},
      {{"lab", 7, b},
       "x: version 7 has sha256 " + b.hex() + " now, and had " + a.hex() +
           " before; nothing was taken: a version never changes; its publisher must raise the "
           "number with each change"},
      {{"other", 8, b},
       "x: it calls itself \"other\" now, and was \"lab\" before; nothing was taken; if its "
       "publisher confirms the new name, `zoo registry remove x` and add it again"},
  };
  for (const auto& row : kRows) {
    const Status status = MayFollow(last, row.next, "x");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(status.error().Text(), row.text);
  }
}

TEST_F(RememberedTest, OneProcessAtATimeChangesIt) {
  std::optional<RegistriesLock> held = RegistriesLock::Take(places_, kNone, {}).value();
  const auto second = RegistriesLock::Take(places_, std::chrono::milliseconds(40), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kDisk);
  EXPECT_EQ(second.error().Text(),
            "another zoo is at work on the remembered registries (it holds " +
                (places_.state / "LOCK").native() + "); try again when it is done");
  held.reset();
  EXPECT_TRUE(RegistriesLock::Take(places_, kNone, {}));
  // A process that ends holding it keeps nobody out.
  const pid_t child = fork();
  if (child == 0) {
    auto lock = RegistriesLock::Take(places_, kNone, {});
    _exit(lock ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(RegistriesLock::Take(places_, kNone, {}));
}

TEST_F(RememberedTest, ForgottenIsGone) {
  ASSERT_TRUE(Keep(Document(1)));
  const RegistriesLock lock = RegistriesLock::Take(places_, kNone, {}).value();
  ASSERT_TRUE(Forget(lock, places_, "lab"));
  EXPECT_FALSE(fs::exists(Folder()));
  EXPECT_TRUE(Forget(lock, places_, "lab")) << "once more is as good";
}

TEST_F(RememberedTest, TheAddedOnesAreInForceBesideTheBuiltinOne) {
  ASSERT_TRUE(Keep(Document(1)));
  folder_.Write("models/zoo.json", Document(1, "mine"));
  ASSERT_TRUE(WriteAdded(places_, {lab_, {.alias = "ours", .path = folder_.path() / "models"}}));
  const auto aliases = [](const RegistrySet& set) {
    std::vector<std::string> aliases;
    for (const Registry& registry : set.registries()) aliases.push_back(registry.alias());
    return aliases;
  };
  using Aliases = std::vector<std::string>;
  EXPECT_EQ(aliases(RegistriesInForce().value()), (Aliases{"lab", "ours", "builtin"}));
  EXPECT_EQ(AddedInForce().value().size(), 2u);
  EXPECT_TRUE(RegistriesInForce().value().Find("ours/mine"));
  EXPECT_EQ(aliases(RegistriesInForce({"ours"}).value()), Aliases{"ours"});
  EXPECT_EQ(aliases(RegistriesInForce({"https://models.example.org"}).value()), Aliases{"lab"});
  EXPECT_TRUE(AddedInForce({"builtin"}).value().empty());
  setenv("ZOO_REGISTRY", "builtin,lab", 1);
  EXPECT_EQ(aliases(RegistriesInForce().value()), (Aliases{"builtin", "lab"}));
  EXPECT_EQ(AddedInForce().value().size(), 1u);
  unsetenv("ZOO_REGISTRY");

  const auto unknown = RegistriesInForce({"https://else.example.org/?sig=canary"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(unknown.error().Text(),
            "https://else.example.org/?*** is not the URL of a registry that was added; `zoo "
            "registry add ALIAS URL` fetches and remembers it");
  fs::remove_all(folder_.path() / "models");
  const auto gone = RegistriesInForce();
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().Text(),
            "cannot open " + (folder_.path() / "models").native() +
                ": No such file or directory; `zoo registry remove ours` forgets that registry");
}

TEST_F(RememberedTest, ADamagedConfigIsInNobodysWayWhoNamesFiles) {
  folder_.Write("config.json", "{");
  EXPECT_FALSE(RegistriesInForce());
  EXPECT_FALSE(RegistriesInForce({"lab"}));
  EXPECT_TRUE(RegistriesInForce({"builtin"}));
  EXPECT_TRUE(RegistriesInForce({folder_.Write("mine.json", Document(1)).native()}));
}

}  // namespace
}  // namespace zoo
