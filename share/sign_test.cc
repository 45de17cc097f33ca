#include "zoo/share/sign.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/result.h"
#include "zoo/base/signature.h"
#include "zoo/registry/registry_signature.h"
#include "zoo/share/registry_folder.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

std::string Document(int version, const std::string& updated = "") {
  return R"({"schema": "zoo/registry/1", "name": "lab", "version": )" + std::to_string(version) +
         R"(, "updated": ")" + updated + R"(", "entries": []})";
}

class Sign : public testing::Test {
 protected:
  std::string Signature() const { return ReadFile(folder_ / "zoo.json.minisig", 1 << 20).value(); }
  void Write(const std::string& document) { dir_.Write("lab/zoo.json", document); }

  TempDir dir_;
  std::filesystem::path folder_ = dir_.path() / "lab";
  SecretKey key_ = SecretKey::Generate();
};

TEST_F(Sign, WhatIsSignedIsFoundRight) {
  Write(Document(3));
  auto done = SignRegistry(folder_, key_, {});
  ASSERT_TRUE(done) << done.error().Text();
  const RegistryIdentity lab{"lab", 3, Digest::Of(AsBytes(Document(3)))};
  EXPECT_EQ(done->identity, lab);
  EXPECT_EQ(done->signature, folder_ / "zoo.json.minisig");
  EXPECT_EQ(VerifyRegistry(Document(3), Signature(), key_.public_key()).value(), lab);
  auto checked = CheckSignature(folder_, key_.public_key());
  ASSERT_TRUE(checked) << checked.error().Text();
  EXPECT_EQ(checked->identity, lab);
  EXPECT_EQ(checked->signature, folder_ / "zoo.json.minisig");
  // Nothing else is left in the folder.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 2);
}

TEST_F(Sign, TheSameAgainGivesTheSameBytes) {
  Write(Document(3));
  ASSERT_TRUE(SignRegistry(folder_, key_, {}));
  const std::string first = Signature();
  ASSERT_TRUE(SignRegistry(folder_ / "zoo.json", key_, {}));
  EXPECT_EQ(Signature(), first);
}

TEST_F(Sign, AFileHasItsSignatureBesideIt) {
  const auto file = dir_.Write("own.json", Document(1));
  EXPECT_EQ(SignRegistry(file, key_, {}).value().signature, dir_.path() / "own.json.minisig");
  EXPECT_TRUE(CheckSignature(file, key_.public_key()));
}

TEST_F(Sign, ANewerVersionMaySucceed) {
  for (int version : {0, 1, 5}) {
    Write(Document(version));
    EXPECT_TRUE(SignRegistry(folder_, key_, {})) << version;
  }
}

TEST_F(Sign, WhatWouldBeRefusedElsewhereIsNotSigned) {
  Write(Document(3));
  ASSERT_TRUE(SignRegistry(folder_, key_, {}));
  const std::string before = Signature();
  const struct {
    std::string document, error;
  } rows[] = {
      {Document(3, "later"),
       "version 3 of lab was signed with other content; give it a \"version\" above 3: who has "
       "seen that takes nothing older, and nothing else for it"},
      {Document(2),
       "version 3 of lab was signed before, and this is version 2; give it a \"version\" above 3: "
       "who has seen that takes nothing older, and nothing else for it"},
  };
  for (const auto& row : rows) {
    Write(row.document);
    for (bool replace : {false, true}) {
      auto done = SignRegistry(folder_, key_, {.replace_key = replace});
      ASSERT_FALSE(done);
      EXPECT_EQ(done.error().code, ErrorCode::kUsage);
      EXPECT_EQ(done.error().Text(), row.error);
      EXPECT_EQ(Signature(), before);
    }
  }
}

TEST_F(Sign, AnotherKeyIsRefusedUnlessAskedFor) {
  Write(Document(3));
  ASSERT_TRUE(SignRegistry(folder_, key_, {}));
  const std::string before = Signature();
  const SecretKey other = SecretKey::Generate();
  auto done = SignRegistry(folder_, other, {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kMismatch);
  EXPECT_EQ(done.error().Text(),
            (folder_ / "zoo.json.minisig").string() + " is by key " +
                key_.public_key().id.ToString() + ", and this key is " +
                other.public_key().id.ToString() +
                "; whoever added the registry with that key will refuse this one: sign with that "
                "key, or give --replace-key and tell them the new public key");
  EXPECT_EQ(Signature(), before);
  ASSERT_TRUE(SignRegistry(folder_, other, {.replace_key = true}));
  EXPECT_TRUE(CheckSignature(folder_, other.public_key()));
  EXPECT_FALSE(CheckSignature(folder_, key_.public_key()));
}

TEST_F(Sign, WhatIsNoSignatureIsNotReplacedUnlessAskedFor) {
  Write(Document(3));
  dir_.Write("lab/zoo.json.minisig", "my notes");
  auto done = SignRegistry(folder_, key_, {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(done.error().Text(), (folder_ / "zoo.json.minisig").string() +
                                     ": no minisign signature: it has 1 line; --replace-key writes "
                                     "a signature in its place");
  EXPECT_EQ(Signature(), "my notes");
  EXPECT_TRUE(SignRegistry(folder_, key_, {.replace_key = true}));
}

// One with a comment of the minisign program's own is just replaced.
TEST_F(Sign, ASignatureOfAnotherKindOfFileSaysNothingOfVersions) {
  Write(Document(3));
  dir_.Write("lab/zoo.json.minisig", key_.Sign(AsBytes("x"), "timestamp:1 file:zoo.json"));
  EXPECT_TRUE(SignRegistry(folder_, key_, {}));
}

TEST_F(Sign, WhatIsNoRegistryIsNotSigned) {
  const struct {
    std::string document;
    ErrorCode code;
    std::string message;  // behind the path
  } rows[] = {
      {R"({"schema": "zoo/registry/1", "version": 3, "entries": []})", ErrorCode::kCorrupt,
       ": the registry has no name"},
      {R"({"schema": "zoo/registry/1", "name": "lab", "entries": []})", ErrorCode::kCorrupt,
       ": the registry has no version"},
      {R"({"schema": "zoo/registry/2", "name": "lab", "version": 3, "entries": []})",
       ErrorCode::kUnsupported,
       ": schema is \"zoo/registry/2\"; this program reads version 1, that file needs one that "
       "reads version 2"},
      {R"({"schema": "zoo/registry/1", "name": "lab", "version": 3, "entries": [{}]})",
       ErrorCode::kCorrupt, ": entries[0]: model is missing"},
  };
  for (const auto& row : rows) {
    Write(row.document);
    auto done = SignRegistry(folder_, key_, {});
    ASSERT_FALSE(done) << row.document;
    EXPECT_EQ(done.error().code, row.code);
    EXPECT_EQ(done.error().message, (folder_ / "zoo.json").string() + row.message);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "zoo.json.minisig"));
  }
  EXPECT_EQ(SignRegistry(dir_.path() / "none", key_, {}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(SignRegistry(dir_.path(), key_, {}).error().hint,
            "a folder is a registry if it holds a zoo.json");
}

TEST_F(Sign, NotWhileSomebodyPublishes) {
  Write(Document(3));
  {
    const auto publisher = RegistryFolder::Open(folder_, {});
    ASSERT_TRUE(publisher) << publisher.error().Text();
    for (const auto& registry : {folder_, folder_ / "zoo.json"}) {
      const auto done = SignRegistry(registry, key_, {});
      ASSERT_FALSE(done);
      EXPECT_EQ(done.error().code, ErrorCode::kDisk);
      EXPECT_EQ(done.error().Text(), "cannot sign " + (folder_ / "zoo.json").string() +
                                         ": this process itself has it open; wait until that is "
                                         "done");
    }
    EXPECT_FALSE(std::filesystem::exists(folder_ / "zoo.json.minisig"));
    EXPECT_EQ(CheckSignature(folder_, key_.public_key()).error().code, ErrorCode::kNotFound);
  }
  EXPECT_TRUE(SignRegistry(folder_, key_, {}));
}

TEST_F(Sign, ACheckFindsWhatWasChanged) {
  Write(Document(3));
  const auto unsigned_yet = CheckSignature(folder_, key_.public_key());
  ASSERT_FALSE(unsigned_yet);
  EXPECT_EQ(unsigned_yet.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(unsigned_yet.error().Text(),
            (folder_ / "zoo.json").string() +
                " is not signed: there is no zoo.json.minisig beside it; `zoo sign` signs it");
  ASSERT_TRUE(SignRegistry(folder_, key_, {}));
  Write(Document(4));
  const auto changed = CheckSignature(folder_, key_.public_key());
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(changed.error().Text(),
            (folder_ / "zoo.json.minisig").string() + ": the signature by key " +
                key_.public_key().id.ToString() +
                " is not of this content: one of the two was changed; do not use it");
}

}  // namespace
}  // namespace zoo
