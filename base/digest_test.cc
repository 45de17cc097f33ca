#include "zoo/base/digest.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/base/result.h"
#include "zoo/tests/support/print_error.h"

namespace zoo {
namespace {

const std::string kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

// The examples of FIPS 180 and its supplements.
TEST(Digest, Vectors) {
  const struct {
    std::string text, hex;
  } rows[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", kAbc},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlm"
       "nopqrsmnopqrstnopqrstu",
       "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
      {std::string(1000000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
      {"\xbd", "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b"},
      {std::string(55, '\0'), "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"},
      {std::string(56, '\0'), "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb"},
      {std::string(64, '\0'), "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"},
  };
  for (const auto& row : rows) EXPECT_EQ(Digest::Of(AsBytes(row.text)).hex(), row.hex);
}

TEST(Digest, PiecesHashLikeTheWhole) {
  const std::string text(1000, 'x');
  const Digest whole = Digest::Of(AsBytes(text));
  for (size_t cut : {0, 1, 63, 64, 65, 500, 1000}) {
    Sha256 hasher;
    hasher.Update(AsBytes(text.substr(0, cut)));
    Sha256 moved = std::move(hasher);
    moved.Update(AsBytes(text.substr(cut)));
    EXPECT_EQ(moved.Finish(), whole) << cut;
  }
}

TEST(Digest, AHasherStartsAnewAfterFinish) {
  Sha256 hasher;
  hasher.Update(AsBytes("something else"));
  EXPECT_NE(hasher.Finish().hex(), kAbc);
  hasher.Update(AsBytes("abc"));
  EXPECT_EQ(hasher.Finish().hex(), kAbc);
}

TEST(Digest, TextBothWays) {
  auto digest = Digest::Parse("sha256:" + kAbc);
  ASSERT_TRUE(digest) << digest.error().Text();
  EXPECT_EQ(*digest, Digest::Of(AsBytes("abc")));
  EXPECT_EQ(digest->ToString(), "sha256:" + kAbc);
  auto hex = Digest::FromHex(kAbc);
  ASSERT_TRUE(hex) << hex.error().Text();
  EXPECT_EQ(*hex, *digest);
  EXPECT_LT(Digest(), *digest);
}

TEST(Digest, OneSpellingOnly) {
  const std::string upper = "BA" + kAbc.substr(2), space = kAbc.substr(1) + " ";
  for (const std::string& text : {std::string(), kAbc.substr(1), kAbc + "0", upper, space}) {
    auto digest = Digest::FromHex(text);
    ASSERT_FALSE(digest) << text;
    EXPECT_EQ(digest.error(), (Error{ErrorCode::kUsage, "\"" + text + "\" is not a sha256 digest",
                                     "write 64 digits of 0-9 and a-f"}));
  }
  for (const std::string& text : {kAbc, "SHA256:" + kAbc, "sha1:" + kAbc, std::string()}) {
    auto digest = Digest::Parse(text);
    ASSERT_FALSE(digest) << text;
    EXPECT_EQ(digest.error(), (Error{ErrorCode::kUsage, "\"" + text + "\" is not a sha256 digest",
                                     "write sha256: and 64 digits of 0-9 and a-f"}));
  }
  auto hostile = Digest::FromHex("\x1b]52;c;" + std::string(100, 'A'));
  ASSERT_FALSE(hostile);
  EXPECT_EQ(hostile.error().message,
            "\"\\x1b]52;c;" + std::string(73, 'A') + "...\" is not a sha256 digest");
}

}  // namespace
}  // namespace zoo
