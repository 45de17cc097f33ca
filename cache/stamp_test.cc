#include "zoo/cache/stamp.h"

#include <gtest/gtest.h>

#include <string>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"

namespace zoo {
namespace {

const Record kRecord{{46830571, 1700000000123456789, -5, 18446744073709551615u},
                     "a \"b\".pth",
                     {"builtin/resnet18", "x:ü"}};

TEST(Record, ReadsWhatItWrote) {
  EXPECT_EQ(Record::Parse(kRecord.ToText()), kRecord);
  EXPECT_EQ(Record::Parse(Record().ToText()), Record());
}

TEST(Record, EveryPrefixIsNone) {
  std::string text = kRecord.ToText();
  for (size_t size = 0; size + 1 < text.size(); ++size) {
    EXPECT_FALSE(Record::Parse(text.substr(0, size))) << size;
  }
}

TEST(Record, BadTexts) {
  struct Row {
    std::string from, to;
  };
  const Row rows[] = {
      {"zoo/blob/1", "zoo/blob/2"},
      {"\"schema\"", "\"shema\""},
      {"\"file\"", "\"names\""},
      {"\"names\"", "\"name\""},
      {"\"stamp\"", "\"stomp\""},
      {"\"x:ü\"", "7"},
      {"46830571", "-1"},
      {"46830571", "4.5"},
      {"46830571", "\"46830571\""},
      {"1700000000123456789", "1e18"},
      {"18446744073709551615", "18446744073709551616"},
      {"\"inode\"", "\"node\""},
  };
  for (const Row& row : rows) {
    std::string text = kRecord.ToText();
    size_t at = text.find(row.from);
    ASSERT_NE(at, std::string::npos) << row.from;
    EXPECT_FALSE(Record::Parse(text.replace(at, row.from.size(), row.to))) << row.to;
  }
}

TEST(Pin, BothWays) {
  Digest digest = Digest::Of(AsBytes("x"));
  const std::string text = PinText(digest, "https://me:canary@host/f.pth?key=canary");
  EXPECT_EQ(ParsePin(text), digest);
  EXPECT_NE(text.find("/f.pth"), std::string::npos) << text;
  EXPECT_EQ(text.find("canary"), std::string::npos) << text;
  for (const std::string& bad :
       {std::string(), std::string("{}"), std::string("[]"), kRecord.ToText(),
        std::string(R"({"schema": "zoo/pin/1", "origin": "x", "sha256": 1})"),
        std::string(R"({"schema": "zoo/pin/1", "origin": "x", "sha256": "ab"})"),
        R"({"schema": "zoo/pin/1", "sha256": ")" + digest.hex() + "\"}",
        R"({"schema": "zoo/pin/1", "origin": 1, "sha256": ")" + digest.hex() + "\"}",
        R"({"schema": "zoo/pin/2", "origin": "x", "sha256": ")" + digest.hex() + "\"}"}) {
    EXPECT_FALSE(ParsePin(bad)) << bad;
  }
}

}  // namespace
}  // namespace zoo
