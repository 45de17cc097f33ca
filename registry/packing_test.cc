#include "zoo/registry/packing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/json.h"

namespace zoo {
namespace {

constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
constexpr int64_t kLeastSigned = std::numeric_limits<int64_t>::min();
constexpr int64_t kMostSigned = std::numeric_limits<int64_t>::max();

TEST(Packing, EveryValueComesBack) {
  const Digest digest = Digest::Of(AsBytes("x"));
  const Json json = Json::Object{{"null", nullptr},
                                 {"flags", Json::Array{true, false}},
                                 {"whole", Json::Array{0, -1, kMostSigned, kLeastSigned, kMost}},
                                 {"real", -0.5},
                                 {"text", std::string("a\0b", 3)},
                                 {"", Json::Array{Json::Object{}, Json::Array{}}}};
  Packer packer;
  const uint64_t wholes[] = {0, 1, 127, 128, 16383, 16384, kMost - 1, kMost};
  const int64_t signeds[] = {0, -1, 1, -64, 64, kLeastSigned, kMostSigned};
  for (uint64_t whole : wholes) packer.Whole(whole);
  for (int64_t value : signeds) packer.Signed(value);
  packer.Flag(true);
  packer.Flag(false);
  packer.Real(std::nextafter(0.1, 1));
  packer.Text("größe");
  packer.Text("");
  packer.Sha256(digest);
  packer.Value(json);
  packer.Members(*json.AsObject());

  Unpacker unpacker(AsBytes(packer.bytes()));
  for (uint64_t whole : wholes) EXPECT_EQ(unpacker.Whole(), whole);
  for (int64_t value : signeds) EXPECT_EQ(unpacker.Signed(), value);
  EXPECT_TRUE(unpacker.Flag());
  EXPECT_FALSE(unpacker.Flag());
  EXPECT_EQ(unpacker.Real(), std::nextafter(0.1, 1));
  EXPECT_EQ(unpacker.Text(), "größe");
  EXPECT_EQ(unpacker.Text(), "");
  EXPECT_EQ(unpacker.Sha256(), digest);
  EXPECT_TRUE(unpacker.Value() == json);
  EXPECT_FALSE(unpacker.AtEnd());
  EXPECT_TRUE(unpacker.Members() == *json.AsObject());
  EXPECT_TRUE(unpacker.AtEnd());
}

TEST(Packing, TheFirstFailureStays) {
  const std::string text = "\x03xyz";
  Unpacker unpacker(AsBytes(text));
  EXPECT_EQ(unpacker.Text(), "xyz");
  EXPECT_TRUE(unpacker.AtEnd());
  EXPECT_FALSE(unpacker.Flag());
  EXPECT_TRUE(unpacker.failed());
  EXPECT_EQ(unpacker.Whole(), 0u);
  EXPECT_EQ(unpacker.Text(), "");
  EXPECT_EQ(unpacker.Real(), 0);
  EXPECT_EQ(unpacker.Sha256(), Digest());
  EXPECT_TRUE(unpacker.Value().is_null());
  EXPECT_TRUE(unpacker.Members().empty());
  EXPECT_FALSE(unpacker.AtEnd());
}

TEST(Packing, LengthsAreComparedWithWhatIsThere) {
  Packer packer;
  packer.Whole(kMost);
  EXPECT_EQ(Unpacker(AsBytes(packer.bytes())).Count(1), 0u);
  Unpacker text(AsBytes(packer.bytes()));
  EXPECT_EQ(text.Text(), "");
  EXPECT_TRUE(text.failed());

  const std::string three(
      "\x03"
      "abcdef");
  EXPECT_EQ(Unpacker(AsBytes(three)).Count(2), 3u);
  Unpacker short_of_one(AsBytes(three));
  EXPECT_EQ(short_of_one.Count(3), 0u);
  EXPECT_TRUE(short_of_one.failed());
}

TEST(Packing, ANumberOfMoreThanTenBytesIsNone) {
  const std::string endless(11, '\xff');
  Unpacker unpacker(AsBytes(endless));
  EXPECT_EQ(unpacker.Whole(), 0u);
  EXPECT_TRUE(unpacker.failed());
}

// A level of an array is two bytes: without an end to it they would be levels of the stack.
TEST(Packing, DepthHasAnEnd) {
  auto deep = [](int levels) {
    Json json;
    for (int i = 0; i < levels; ++i) json = Json::Array{std::move(json)};
    Packer packer;
    packer.Value(json);
    return packer.bytes();
  };
  const std::string most = deep(64), more = deep(65);
  Unpacker right(AsBytes(most)), wrong(AsBytes(more));
  (void)right.Value();
  EXPECT_TRUE(right.AtEnd());
  (void)wrong.Value();
  EXPECT_TRUE(wrong.failed());
}

TEST(Packing, AnUnknownKindOfValueIsAFailure) {
  for (int tag = 9; tag < 256; ++tag) {
    const std::string bytes(1, static_cast<char>(tag));
    Unpacker unpacker(AsBytes(bytes));
    EXPECT_TRUE(unpacker.Value().is_null());
    EXPECT_TRUE(unpacker.failed()) << tag;
  }
}

}  // namespace
}  // namespace zoo
