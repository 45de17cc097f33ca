#include "zoo/base/base64.h"

#include <gtest/gtest.h>

#include <string>

#include "zoo/base/bytes.h"

namespace zoo {
namespace {

// The examples of RFC 4648 section 10, and every digit.
TEST(Base64, BothWays) {
  const struct {
    std::string bytes, text;
  } rows[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {std::string("\x00\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f\x41\x14\x93\x51"
                   "\x55\x97\x61\x96\x9b\x71\xd7\x9f\x82\x18\xa3\x92\x59\xa7\xa2\x9a"
                   "\xab\xb2\xdb\xaf\xc3\x1c\xb3\xd3\x5d\xb7\xe3\x9e\xbb\xf3\xdf\xbf",
                   48),
       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(ToBase64(AsBytes(row.bytes)), row.text);
    EXPECT_EQ(FromBase64(row.text), row.bytes) << row.text;
  }
}

TEST(Base64, OneSpellingOnly) {
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zm8", "Zg==\n", " Zg==", "Zg==Zg==", "Z===", "====", "=",
        "==", "Zh==", "Zm9=", "Zm8=Zm8=", "Zm-_", "Zm9v====", "Z=g=", "Zm\nv"}) {
    EXPECT_EQ(FromBase64(text), std::nullopt) << text;
  }
}

// Of all texts of four characters of a few kinds, those that are read are those that are written.
TEST(Base64, WhatIsReadIsWhatIsWritten) {
  const std::string letters = "AQgw/=+\n";
  for (char a : letters) {
    for (char b : letters) {
      for (char c : letters) {
        for (char d : letters) {
          const std::string text = {a, b, c, d};
          const auto bytes = FromBase64(text);
          if (!bytes) continue;
          EXPECT_EQ(ToBase64(AsBytes(*bytes)), text);
        }
      }
    }
  }
}

}  // namespace
}  // namespace zoo
