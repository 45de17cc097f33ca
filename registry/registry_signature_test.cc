#include "zoo/registry/registry_signature.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/base/signature.h"
#include "zoo/tests/support/print_error.h"

namespace zoo {
namespace {

const std::string kDocument =
    R"({"schema": "zoo/registry/1", "name": "lab", "version": 7, "entries": []})";

const SecretKey& Key() {
  static const SecretKey key = SecretKey::Generate();
  return key;
}

std::string Signed(const std::string& document) {
  return Key().Sign(AsBytes(document), TrustedComment(IdentityOf(document).value()));
}

TEST(RegistrySignature, ADocumentSaysWhoItIs) {
  for (const std::string& document : {
           kDocument,
           std::string(R"({"version": 7, "name": "lab"})"),
           std::string(R"({"name": "lab", "x": {"name": "other", "version": 8}, "version": 7})"),
           std::string(R"({"x": ["name", {"version": 8}], "version": 7, "name": "lab"})"),
           std::string(R"({"name": "lab", "version": 7, and the rest is for Registry::Parse)"),
       }) {
    auto identity = IdentityOf(document);
    ASSERT_TRUE(identity) << document << identity.error().Text();
    EXPECT_EQ(*identity, (RegistryIdentity{"lab", 7, Digest::Of(AsBytes(document))}));
  }
}

TEST(RegistrySignature, ADocumentThatDoesNotSay) {
  const std::string hint = "; a signed registry has a \"name\" and a \"version\" that only rises";
  const struct {
    std::string document, error;
  } rows[] = {
      {"{}", "the registry has no name" + hint},
      {"[]", "the registry has no name" + hint},
      {R"(["name", "lab", "version", 7])", "the registry has no name" + hint},
      {R"([{"name": "lab", "version": 7}])", "the registry has no name" + hint},
      {R"({"version": 7})", "the registry has no name" + hint},
      {R"({"version": 7, "name": 5})", "the registry has no name" + hint},
      {R"({"version": 7, "name": "../lab"})", "the registry has no name" + hint},
      {R"({"version": 7, "name": ""})", "the registry has no name" + hint},
      {R"({"name": "lab"})", "the registry has no version" + hint},
      {R"({"name": "lab", "version": "7"})", "the registry has no version" + hint},
      {R"({"name": "lab", "version": -7})", "the registry has no version" + hint},
      {R"({"name": "lab", "version": 7.0})", "the registry has no version" + hint},
      {R"({"name": "lab", "version": [7]})", "the registry has no version" + hint},
  };
  for (const auto& row : rows) {
    auto identity = IdentityOf(row.document);
    ASSERT_FALSE(identity) << row.document;
    EXPECT_EQ(identity.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(identity.error().Text(), row.error) << row.document;
  }
  EXPECT_EQ(IdentityOf("<html>").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(IdentityOf("").error().code, ErrorCode::kCorrupt);
}

TEST(RegistrySignature, CommentsBothWays) {
  const RegistryIdentity lab{"lab", 7, Digest::Of(AsBytes(kDocument))};
  const std::string comment = TrustedComment(lab);
  EXPECT_EQ(comment, "zoo registry lab version 7 sha256 " + lab.sha256.hex());
  EXPECT_EQ(ParseTrustedComment(comment), lab);
  for (uint64_t version : {uint64_t{0}, ~uint64_t{0}}) {
    const RegistryIdentity other{"a-b.c_9", version, lab.sha256};
    EXPECT_EQ(ParseTrustedComment(TrustedComment(other)), other);
  }
  const std::string hex = lab.sha256.hex();
  for (const std::string& text : {
           std::string(),
           std::string("timestamp:1795908558\tfile:zoo.json"),
           comment + " ",
           comment + "0",
           " " + comment,
           comment.substr(0, comment.size() - 1),
           "zoo registry lab version 07 sha256 " + hex,
           "zoo registry lab version +7 sha256 " + hex,
           "zoo registry lab version 7x sha256 " + hex,
           "zoo registry lab version  7 sha256 " + hex,
           "zoo registry lab version  sha256 " + hex,
           "zoo registry lab version 18446744073709551616 sha256 " + hex,
           "zoo registry  version 7 sha256 " + hex,
           "zoo registry a..b version 7 sha256 " + hex,
           "zoo registry lab version 7 sha256 " + std::string(64, 'A'),
           "zoo registry lab version 7 sha512 " + hex,
           "Zoo registry lab version 7 sha256 " + hex,
       }) {
    EXPECT_EQ(ParseTrustedComment(text), std::nullopt) << text;
  }
}

TEST(RegistrySignature, WhatZooSignsIsVerified) {
  auto lab = VerifyRegistry(kDocument, Signed(kDocument), Key().public_key());
  ASSERT_TRUE(lab) << lab.error().Text();
  EXPECT_EQ(*lab, (RegistryIdentity{"lab", 7, Digest::Of(AsBytes(kDocument))}));
}

// All signed by the right key: the comment is what ties a signature to its registry.
TEST(RegistrySignature, ACommentOfAnotherRegistryIsRefused) {
  const RegistryIdentity lab = IdentityOf(kDocument).value();
  const std::string right = TrustedComment(lab);
  RegistryIdentity other_name = lab, other_version = lab, other_digest = lab;
  other_name.name = "lob";
  other_version.version = 8;
  other_digest.sha256 = Digest::Of(AsBytes("another"));
  for (const std::string& comment :
       {TrustedComment(other_name), TrustedComment(other_version), TrustedComment(other_digest),
        std::string("timestamp:1795908558 file:zoo.json"), std::string(), right + " "}) {
    auto verified =
        VerifyRegistry(kDocument, Key().Sign(AsBytes(kDocument), comment), Key().public_key());
    ASSERT_FALSE(verified) << comment;
    EXPECT_EQ(verified.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(verified.error().Text(),
              "the signature's trusted comment is \"" + comment + "\", and this registry is \"" +
                  right +
                  "\"; do not use it; its publisher must sign it with `zoo sign`, or with "
                  "`minisign -S -t` and that comment");
  }
}

TEST(RegistrySignature, AnotherKeyAndAnotherDocumentAreRefused) {
  const PublicKey other = SecretKey::Generate().public_key();
  const std::string older =
      R"({"schema": "zoo/registry/1", "name": "lab", "version": 6, "entries": []})";
  EXPECT_FALSE(VerifyRegistry(kDocument, Signed(kDocument), other));
  EXPECT_FALSE(VerifyRegistry(kDocument, Signed(older), Key().public_key()));
  EXPECT_FALSE(VerifyRegistry(older, Signed(kDocument), Key().public_key()));
  EXPECT_FALSE(VerifyRegistry(kDocument, "", Key().public_key()));
}

// A changed byte anywhere is refused, or it was in the line that nobody signs.
TEST(RegistrySignature, AThousandSingleByteMutations) {
  const std::string signature = Signed(kDocument);
  const size_t first_line = signature.find('\n');
  std::mt19937 random(7);
  for (int i = 0; i < 1000; ++i) {
    std::string document = kDocument, changed = signature;
    const size_t at = random() % (document.size() + changed.size());
    const auto flip = static_cast<char>(1 + random() % 255);
    (at < document.size() ? document[at] : changed[at - document.size()]) ^= flip;
    auto verified = VerifyRegistry(document, changed, Key().public_key());
    if (!verified) continue;
    EXPECT_EQ(document, kDocument);
    EXPECT_GE(at, document.size());
    EXPECT_LT(at - document.size(), first_line);
    EXPECT_EQ(*verified, IdentityOf(kDocument).value());
  }
}

}  // namespace
}  // namespace zoo
