#include "zoo/share/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "zoo/base/result.h"
#include "zoo/base/signature.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

std::string Contents(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

mode_t ModeOf(const fs::path& path) {
  struct stat info;
  EXPECT_EQ(stat(path.c_str(), &info), 0);
  return info.st_mode & 07777;
}

TEST(KeyFile, APairIsReadBack) {
  TempDir dir;
  const SecretKey key = SecretKey::Generate();
  auto files = WriteNewKey(key, dir.path() / "lab.pem");
  ASSERT_TRUE(files) << files.error().Text();
  EXPECT_EQ(files->secret, dir.path() / "lab.pem");
  EXPECT_EQ(files->public_key, dir.path() / "lab.pub");
  EXPECT_EQ(ModeOf(files->secret), 0600u);
  EXPECT_EQ(Contents(files->secret), key.Pem());
  EXPECT_EQ(Contents(files->public_key), key.public_key().FileText());
  EXPECT_EQ(ReadSecretKey(files->secret).value().public_key(), key.public_key());
  EXPECT_EQ(ReadPublicKey(files->public_key).value(), key.public_key());
  EXPECT_EQ(ReadPublicKey(key.public_key().ToString()).value(), key.public_key());
}

TEST(KeyFile, NothingIsOverwritten) {
  TempDir dir;
  const SecretKey key = SecretKey::Generate();
  const std::string pem = dir.Write("a.pem", "secret"), pub = dir.Write("b.pub", "public");
  auto over_pem = WriteNewKey(key, pem);
  ASSERT_FALSE(over_pem);
  EXPECT_EQ(over_pem.error().code, ErrorCode::kUsage);
  EXPECT_EQ(over_pem.error().Text(),
            pem + " is there already, and a key is never overwritten; choose another name");
  auto over_pub = WriteNewKey(key, dir.path() / "b.pem");
  ASSERT_FALSE(over_pub);
  EXPECT_EQ(over_pub.error().Text(),
            pub + " is there already, and a key is never overwritten; choose another name");
  EXPECT_EQ(Contents(pem), "secret");
  EXPECT_EQ(Contents(pub), "public");
  EXPECT_FALSE(fs::exists(dir.path() / "a.pub"));
  EXPECT_FALSE(fs::exists(dir.path() / "b.pem"));
}

// Not through a link either, wherever it leads.
TEST(KeyFile, ALinkIsNotFollowed) {
  TempDir dir;
  fs::create_symlink(dir.path() / "elsewhere", dir.path() / "lab.pem");
  EXPECT_FALSE(WriteNewKey(SecretKey::Generate(), dir.path() / "lab.pem"));
  EXPECT_FALSE(fs::exists(dir.path() / "elsewhere"));
}

TEST(KeyFile, NamesThatCannotBe) {
  TempDir dir;
  const fs::path pub = dir.path() / "lab.pub";
  auto files = WriteNewKey(SecretKey::Generate(), pub);
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().Text(),
            pub.string() +
                " is a name for a public key; call the secret one FILE.pem; FILE.pub is written "
                "beside it");
  EXPECT_EQ(WriteNewKey(SecretKey::Generate(), dir.path() / "none" / "lab.pem").error().code,
            ErrorCode::kNotFound);
  EXPECT_TRUE(fs::is_empty(dir.path()));
}

TEST(KeyFile, ASecretKeyThatOthersMayReadIsRefused) {
  TempDir dir;
  const fs::path secret = WriteNewKey(SecretKey::Generate(), dir.path() / "lab.pem").value().secret;
  for (mode_t mode : {0604, 0640, 0644, 0666, 0610, 0602}) {
    chmod(secret.c_str(), mode);
    auto key = ReadSecretKey(secret);
    ASSERT_FALSE(key) << mode;
    EXPECT_EQ(key.error().code, ErrorCode::kUsage);
  }
  chmod(secret.c_str(), 0644);
  EXPECT_EQ(ReadSecretKey(secret).error().Text(),
            secret.string() + " is open to others: its mode is 0644; `chmod 600 " +
                secret.string() +
                "` makes it yours alone; if somebody may have read it, make a new key");
  for (mode_t mode : {0600, 0400, 0700}) {
    chmod(secret.c_str(), mode);
    EXPECT_TRUE(ReadSecretKey(secret)) << mode;
  }
}

TEST(KeyFile, WhatIsNoKey) {
  TempDir dir;
  const std::string file = dir.Write("x.pem", "text");
  chmod(file.c_str(), 0600);
  auto secret = ReadSecretKey(file);
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(secret.error().message,
            file + ": no secret key: a PEM file has a line -----BEGIN PRIVATE KEY-----");
  EXPECT_EQ(ReadSecretKey(dir.path() / "none.pem").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(ReadPublicKey(file).error().message, file + ": \"text\" is no public key");
  EXPECT_EQ(ReadPublicKey("none.pub").error().message, "\"none.pub\" is no public key");
}

}  // namespace
}  // namespace zoo
