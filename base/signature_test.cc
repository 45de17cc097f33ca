#include "zoo/base/signature.h"

#include <gtest/gtest.h>

#include <string>

#include "zoo/base/base64.h"
#include "zoo/base/bytes.h"
#include "zoo/base/result.h"
#include "zoo/tests/support/print_error.h"

namespace zoo {
namespace {

// Made by minisign 0.11.
const std::string kMessage = "hello\n";
const std::string kKey = "RWQk4Jjn9d3aOLRkDEZ7iDxnWX0R/6KWHFiNotSFQjK8MBdpAQ4HOQB5";
const std::string kKeyFile =
    "untrusted comment: minisign public key 38DADDF5E798E024\n" + kKey + "\n";
const std::string kPrehashed =
    "untrusted comment: signature from minisign secret key\n"
    "RUQk4Jjn9d3aOLoPfAMqpBjSUEUTgWHCXRyaUF27mgBjWAI4KP758NyKLOYgfjxI636YwT0VOEYNxVUQ6Tel0cReVMz4cn"
    "lR"
    "DQU=\n"
    "trusted comment: a trusted comment\n"
    "442oVl+2KhpTtNW+6nLIim85ONoIySw8TPWhr23HPfX+6pC849yDsXcSZIAbaFFF2KTwEAMA7YYBEewtjofaCg==\n";
const std::string kPure =
    "untrusted comment: signature from minisign secret key\n"
    "RWQk4Jjn9d3aOJr+namCRZ51XeGrBuLHBM3F88j2VksgjTJwQ28NdCjoiSEhLGPwIjethXWaQf16TXpJBEK8ZtLGk+"
    "AWjnv6"
    "3Ao=\n"
    "trusted comment: timestamp:1795908558\tfile:f\n"
    "NxVBLl7qucyv+dov6Sx65amakgvbZST5r7y7vKIg7yl+fLRCMYmQMu7LRagaWKRoKRKFVSLob5WmgDTR3WulAw==\n";

// Made by `openssl genpkey -algorithm ed25519`.
const std::string kPem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINssRP0YGc+te4Mzoh4Ny3R/mFhqUrcwLWPtFqrAZZCp\n"
    "-----END PRIVATE KEY-----\n";

PublicKey MinisignKey() { return PublicKey::Parse(kKey).value(); }
SecretKey TestKey() { return SecretKey::FromPem(kPem).value(); }

// The text with its `line` (from 0) replaced.
std::string WithLine(const std::string& text, int line, const std::string& new_line) {
  size_t begin = 0;
  for (int i = 0; i < line; ++i) begin = text.find('\n', begin) + 1;
  std::string changed = text;
  return changed.replace(begin, text.find('\n', begin) - begin, new_line);
}

std::string LineOf(const std::string& text, int line) {
  size_t begin = 0;
  for (int i = 0; i < line; ++i) begin = text.find('\n', begin) + 1;
  return text.substr(begin, text.find('\n', begin) - begin);
}

TEST(PublicKey, BothWays) {
  const PublicKey key = MinisignKey();
  EXPECT_EQ(key.id.ToString(), "38DADDF5E798E024");
  EXPECT_EQ(key.ToString(), kKey);
  EXPECT_EQ(key.FileText(), kKeyFile);
  for (const std::string& text : {kKey + "\n", kKeyFile, "untrusted comment: x\n" + kKey}) {
    auto again = PublicKey::Parse(text);
    ASSERT_TRUE(again) << again.error().Text();
    EXPECT_EQ(*again, key);
  }
}

TEST(PublicKey, WhatIsNone) {
  const std::string bytes = *FromBase64(kKey);
  for (const std::string& text : {
           std::string(),
           std::string("lab.pub"),
           kKey.substr(0, 55),
           kKey + "A",
           kKey + "\n\n",
           kKey + "\r\n",
           " " + kKey,
           "comment\n" + kKey,
           "untrusted comment: a\x1b[31m\n" + kKey,
           "untrusted comment: x\n" + kKey + "\n" + kKey,
           ToBase64(AsBytes(bytes + 'x')),
           ToBase64(AsBytes(bytes.substr(1))),
           ToBase64(AsBytes("ED" + bytes.substr(2))),
       }) {
    auto key = PublicKey::Parse(text);
    ASSERT_FALSE(key) << text;
    EXPECT_EQ(key.error().code, ErrorCode::kUsage);
  }
  EXPECT_EQ(PublicKey::Parse("lab\npub").error().Text(),
            "\"lab\\npub\" is no public key; one has 56 letters and digits and begins with RWQ, or "
            "it is the two lines of a .pub file, as `zoo keygen` and `minisign -G` write them");
}

TEST(SecretKey, PemBothWays) {
  const SecretKey key = TestKey();
  EXPECT_EQ(key.Pem(), kPem);
  const SecretKey made = SecretKey::Generate();
  EXPECT_EQ(SecretKey::FromPem(made.Pem()).value().public_key(), made.public_key());
  EXPECT_NE(made.public_key(), SecretKey::Generate().public_key());
  EXPECT_EQ(SecretKey::FromPem("of the lab\r\n" + kPem).value().public_key(), key.public_key());
}

// `openssl pkey -in x.pem -pubout -outform DER | tail -c 32 | sha256sum`
TEST(SecretKey, TheIdComesFromTheKey) {
  EXPECT_EQ(ToHex(TestKey().public_key().id.bytes), "06e0402d75fc1d86");
  EXPECT_EQ(TestKey().public_key().ToString(),
            "RWQG4EAtdfwdhk+kQIeDsrZgvomoU/1RHsauHDS2SdY0uEz1YY1UJBMB");
}

TEST(SecretKey, WhatIsNone) {
  const struct {
    std::string text;
    ErrorCode code;
    std::string message;
  } rows[] = {
      {"", ErrorCode::kCorrupt,
       "no secret key: a PEM file has a line -----BEGIN PRIVATE KEY-----; `zoo keygen -o FILE.pem` "
       "makes one"},
      {std::string(100000, 'x'), ErrorCode::kCorrupt,
       "no secret key: a PEM file has a line -----BEGIN PRIVATE KEY-----; `zoo keygen -o FILE.pem` "
       "makes one"},
      // Of X25519.
      {"-----BEGIN PRIVATE KEY-----\n"
       "MC4CAQAwBQYDK2VuBCIEIEgjxaxkmgfXL13svZvFNqD7QqZH/yc/RrxKFaSnHixy\n"
       "-----END PRIVATE KEY-----\n",
       ErrorCode::kUnsupported,
       "the secret key is not an Ed25519 key in PKCS#8 form; `zoo keygen -o FILE.pem` makes one"},
      {kPem.substr(0, 60), ErrorCode::kUnsupported,
       "the secret key is not an Ed25519 key in PKCS#8 form; `zoo keygen -o FILE.pem` makes one"},
      {"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
       "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg5wyjOEW+ZOgICCAAw\n"
       "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEIJqRRc01S9N+BFBY+qjkZwEQLOW\n"
       "xyXSg/10gH1AEUaLXOxTB6SggLVFFhyIAm77wZ+yd8moFLYhbWK8ScDaPdTRhUTv\n"
       "vGMUEpsKRDZXN+gjYz8=\n"
       "-----END ENCRYPTED PRIVATE KEY-----\n",
       ErrorCode::kUnsupported,
       "the secret key has a password; `openssl pkey -in IN.pem -out OUT.pem` writes it without "
       "one"},
      {"untrusted comment: minisign encrypted secret key\nRWQAAEIy\n", ErrorCode::kUnsupported,
       "a secret key of the minisign program, which only that program reads; sign with `minisign "
       "-S -t 'zoo registry NAME version N sha256 HEX'`, or make a key with `zoo keygen`"},
      {"-----BEGIN PUBLIC KEY-----\n", ErrorCode::kUnsupported,
       "a public key; signing needs the secret one"},
  };
  for (const auto& row : rows) {
    auto key = SecretKey::FromPem(row.text);
    ASSERT_FALSE(key) << row.text;
    EXPECT_EQ(key.error().code, row.code) << row.text;
    EXPECT_EQ(key.error().Text(), row.message);
  }
}

TEST(Signature, OfTheMinisignProgram) {
  EXPECT_EQ(VerifySignature(AsBytes(kMessage), kPrehashed, MinisignKey()).value(),
            "a trusted comment");
  EXPECT_EQ(VerifySignature(AsBytes(kMessage), kPure, MinisignKey()).value(),
            "timestamp:1795908558\tfile:f");
  EXPECT_TRUE(Signature::Parse(kPrehashed).value().prehashed);
  EXPECT_FALSE(Signature::Parse(kPure).value().prehashed);
  EXPECT_EQ(Signature::Parse(kPure).value().key, MinisignKey().id);
}

TEST(Signature, OfOurOwn) {
  const SecretKey key = TestKey();
  for (const std::string& message : {std::string(), kMessage, std::string(100000, '\xff')}) {
    for (const char* comment : {"", "one line, even 日本"}) {
      const std::string text = key.Sign(AsBytes(message), comment);
      EXPECT_EQ(text, key.Sign(AsBytes(message), comment));
      EXPECT_EQ(VerifySignature(AsBytes(message), text, key.public_key()).value(), comment);
      EXPECT_EQ(VerifySignature(AsBytes(message), text.substr(0, text.size() - 1), key.public_key())
                    .value(),
                comment);
      EXPECT_FALSE(VerifySignature(AsBytes(message + 'x'), text, key.public_key()));
    }
  }
}

TEST(Signature, Refused) {
  const PublicKey other = SecretKey::Generate().public_key();
  PublicKey impostor = other;  // pretends to be the key
  impostor.id = MinisignKey().id;
  const std::string changed =
      "the signature by key 38DADDF5E798E024 is not of this content: one "
      "of the two was changed; do not use it";
  const struct {
    std::string message, signature;
    PublicKey key;
    std::string error;
  } rows[] = {
      {"hello", kPrehashed, MinisignKey(), changed},
      {"hello", kPure, MinisignKey(), changed},
      {kMessage, kPrehashed, impostor, changed},
      {kMessage, kPrehashed, other,
       "the signature is by key 38DADDF5E798E024, not by key " + other.id.ToString() +
           "; use it only if its publisher tells you, by another way, of a new key"},
      {kMessage, WithLine(kPrehashed, 2, "trusted comment: a trusted commenu"), MinisignKey(),
       "the trusted comment \"a trusted commenu\" is not what key 38DADDF5E798E024 signed; do not "
       "use it"},
      // Of the other file: each is right by itself.
      {kMessage, WithLine(WithLine(kPrehashed, 2, LineOf(kPure, 2)), 3, LineOf(kPure, 3)),
       MinisignKey(),
       "the trusted comment \"timestamp:1795908558\\tfile:f\" is not what key 38DADDF5E798E024 "
       "signed; do not use it"},
  };
  for (const auto& row : rows) {
    auto comment = VerifySignature(AsBytes(row.message), row.signature, row.key);
    ASSERT_FALSE(comment);
    EXPECT_EQ(comment.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(comment.error().Text(), row.error);
  }
}

TEST(Signature, WhatIsNone) {
  const std::string line = LineOf(kPrehashed, 1);
  const std::string bytes = *FromBase64(line);
  const std::string hint =
      "; a .minisig file has four lines, as `zoo sign` and `minisign -S` write them";
  const struct {
    std::string text, what;
  } rows[] = {
      {"", "it has 1 line"},
      {"<!DOCTYPE html>", "it has 1 line"},
      {kPrehashed + "\n", "it has 5 lines"},
      {kPrehashed.substr(0, 150), "it has 2 lines"},
      {WithLine(kPrehashed, 0, "Untrusted comment: x"),
       "line 1 is not \"untrusted comment: \" and text"},
      {WithLine(kPrehashed, 0, "untrusted comment: x\x1b[1m"),
       "line 1 is not \"untrusted comment: \" and text"},
      {WithLine(kPrehashed, 0, "untrusted comment: x\r"),
       "line 1 is not \"untrusted comment: \" and text"},
      {WithLine(kPrehashed, 1, line + "\r"), "line 2 is not base64 of 74 bytes"},
      {WithLine(kPrehashed, 1, line.substr(0, line.size() - 2) + "V="),
       "line 2 is not base64 of 74 bytes"},
      {WithLine(kPrehashed, 1, ToBase64(AsBytes(bytes + 'x'))), "line 2 is not base64 of 74 bytes"},
      {WithLine(kPrehashed, 1, ToBase64(AsBytes("EX" + bytes.substr(2)))),
       "its algorithm is \"EX\", not Ed or ED"},
      {WithLine(kPrehashed, 2, "trusted comment:x"),
       "line 3 is not \"trusted comment: \" and text"},
      {WithLine(kPrehashed, 2, "trusted comment: \x7f"),
       "line 3 is not \"trusted comment: \" and text"},
      {WithLine(kPrehashed, 2, "trusted comment: \xc2\x9b"),
       "line 3 is not \"trusted comment: \" and text"},
      {WithLine(kPrehashed, 2, std::string("trusted comment: \0", 18)),
       "line 3 is not \"trusted comment: \" and text"},
      {WithLine(kPrehashed, 3, "AAAA"), "line 4 is not base64 of 64 bytes"},
  };
  for (const auto& row : rows) {
    auto signature = Signature::Parse(row.text);
    ASSERT_FALSE(signature) << row.text;
    EXPECT_EQ(signature.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(signature.error().Text(), "no minisign signature: " + row.what + hint);
  }
}

// A change of the first line, which nobody signs, has no effect; every other is refused.
TEST(Signature, EverySingleByteChange) {
  const PublicKey key = MinisignKey();
  const size_t first_line = kPrehashed.find('\n');
  int without_effect = 0;
  for (size_t at = 0; at < kPrehashed.size(); ++at) {
    std::string values("\0\t\n\r =A", 7);
    for (int bit = 0; bit < 8; ++bit) values += static_cast<char>(kPrehashed[at] ^ 1 << bit);
    for (char value : values) {
      std::string changed = kPrehashed;
      changed[at] = value;
      auto comment = VerifySignature(AsBytes(kMessage), changed, key);
      if (!comment || changed == kPrehashed) continue;
      EXPECT_EQ(*comment, "a trusted comment");
      EXPECT_LT(at, first_line);
      ++without_effect;
    }
  }
  EXPECT_GT(without_effect, 0);
}

TEST(Signature, EveryPrefixAndEveryExtension) {
  const PublicKey key = MinisignKey();
  for (size_t size = 0; size + 1 < kPrehashed.size(); ++size) {
    EXPECT_FALSE(VerifySignature(AsBytes(kMessage), kPrehashed.substr(0, size), key)) << size;
  }
  for (int value = 0; value < 256; ++value) {
    EXPECT_FALSE(VerifySignature(AsBytes(kMessage), kPrehashed + static_cast<char>(value), key))
        << value;
  }
}

}  // namespace
}  // namespace zoo
