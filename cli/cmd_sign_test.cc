// `zoo keygen` and `zoo sign`, what they print.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/signature.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/ran.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo::cli {
namespace {

const std::string kDocument =
    R"({"schema": "zoo/registry/1", "name": "lab", "version": 3, "entries": []})";

class SignCommands : public testing::Test {
 protected:
  // The public key, as it was printed.
  std::string MakeKey(const std::string& name) {
    const Ran ran = RunCommand(DefineKeygen, {"-o", (dir_.path() / name).string()}, {});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.out.substr(0, ran.out.find('\n'));
  }
  Ran Sign(std::vector<std::string> arguments, const CommonOptions& options = {}) {
    arguments.insert(arguments.begin(), folder_.string());
    return RunCommand(DefineSign, arguments, options);
  }

  TempDir dir_;
  std::filesystem::path folder_ = dir_.Write("lab/zoo.json", kDocument).parent_path();
  std::string secret_ = dir_.path() / "lab.pem", public_ = dir_.path() / "lab.pub";
  std::string signature_ = folder_ / "zoo.json.minisig";
  std::string what_ = "lab version 3, sha256 " + Digest::Of(AsBytes(kDocument)).hex();
};

TEST_F(SignCommands, KeygenPrintsThePublicKeyAlone) {
  const Ran ran = RunCommand(DefineKeygen, {"-o", secret_}, {});
  EXPECT_EQ(ran.code, 0);
  auto key = PublicKey::Parse(ran.out);
  ASSERT_TRUE(key) << ran.out;
  EXPECT_EQ(ran.out, key->ToString() + "\n");
  EXPECT_EQ(ReadFile(public_, 1000).value(), key->FileText());
  EXPECT_EQ(ran.err, secret_ + " is the secret key: keep it to yourself, and a copy of it safe\n" +
                         public_ +
                         " is the public key, the line above: give it to those who add your "
                         "registry\n");
}

TEST_F(SignCommands, KeygenAsJson) {
  const Ran ran = RunCommand(DefineKeygen, {"-o", secret_}, {.json = true});
  const Json document = ran.json();
  auto key = PublicKey::Parse(*document.Find("public_key")->AsString());
  ASSERT_TRUE(key);
  EXPECT_EQ(document, Json(Json::Object{{"schema", "zoo/keygen/1"},
                                        {"secret_key", secret_},
                                        {"public_key_file", public_},
                                        {"public_key", key->ToString()},
                                        {"key_id", key->id.ToString()}}));
  EXPECT_EQ(ran.err, "");
}

TEST_F(SignCommands, KeygenOverwritesNothing) {
  MakeKey("lab.pem");
  const std::string before = ReadFile(secret_, 1000).value();
  const Ran ran = RunCommand(DefineKeygen, {"-o", secret_}, {});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err,
            "zoo: " + secret_ +
                " is there already, and a key is never overwritten; choose another name\n");
  EXPECT_EQ(ReadFile(secret_, 1000).value(), before);
}

TEST_F(SignCommands, SignAndCheck) {
  const std::string key = MakeKey("lab.pem");
  const Ran done = Sign({"--key", secret_});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out, signature_ + "\n");
  EXPECT_EQ(done.err, "signed " + what_ + " for " + key + "\n");
  for (const std::string& given : {key, public_}) {
    const Ran check = Sign({"--check", "--key", given});
    EXPECT_EQ(check.code, 0) << check.err;
    EXPECT_EQ(check.out, what_ + ": signed by " + key + "\n");
    EXPECT_EQ(check.err, "");
  }
}

TEST_F(SignCommands, SignAndCheckAsJson) {
  const std::string key = MakeKey("lab.pem");
  for (bool check : {false, true}) {
    const Ran ran = check ? Sign({"--check", "--key", key}, {.json = true})
                          : Sign({"--key", secret_}, {.json = true});
    EXPECT_EQ(ran.json(), Json(Json::Object{{"schema", "zoo/sign/1"},
                                            {"name", "lab"},
                                            {"version", 3},
                                            {"sha256", Digest::Of(AsBytes(kDocument)).hex()},
                                            {"signature", signature_},
                                            {"public_key", key},
                                            {"checked", check}}));
    EXPECT_EQ(ran.err, "");
  }
}

TEST_F(SignCommands, ACheckOfWhatWasChangedIsCorrupt) {
  const std::string key = MakeKey("lab.pem");
  ASSERT_EQ(Sign({"--key", secret_}).code, 0);
  dir_.Write("lab/zoo.json", kDocument + " ");
  const Ran check = Sign({"--check", "--key", key});
  EXPECT_EQ(check.code, 6);
  EXPECT_EQ(check.out, "");
  EXPECT_EQ(check.LastError(),
            "zoo: " + signature_ + ": the signature by key " +
                PublicKey::Parse(key).value().id.ToString() +
                " is not of this content: one of the two was changed; do not use it");
}

TEST_F(SignCommands, AnotherKey) {
  MakeKey("lab.pem");
  ASSERT_EQ(Sign({"--key", secret_}).code, 0);
  const std::string other = MakeKey("other.pem"), other_secret = dir_.path() / "other.pem";
  EXPECT_EQ(Sign({"--check", "--key", other}).code, 6);
  EXPECT_EQ(Sign({"--key", other_secret}).code, 8);
  EXPECT_EQ(Sign({"--key", other_secret, "--replace-key"}).code, 0);
  EXPECT_EQ(Sign({"--check", "--key", other}).code, 0);
}

TEST_F(SignCommands, ASecretKeyOpenToOthersIsRefused) {
  MakeKey("lab.pem");
  chmod(secret_.c_str(), 0644);
  const Ran ran = Sign({"--key", secret_});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.LastError(), "zoo: " + secret_ +
                                 " is open to others: its mode is 0644; `chmod 600 " + secret_ +
                                 "` makes it yours alone; if somebody may have read it, make a new "
                                 "key");
  EXPECT_FALSE(std::filesystem::exists(signature_));
}

}  // namespace
}  // namespace zoo::cli
