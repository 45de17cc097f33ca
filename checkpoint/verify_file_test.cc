#include "zoo/checkpoint/verify_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

const std::filesystem::path kFolder = "tests/data/checkpoints";

// {"a": [[0, 1, 2], [3, 4, 5]], "b": 1.5} in float32, by the definition of the fingerprint.
std::string ExpectedFingerprint() {
  std::string text(
      "a\0float32\0"
      "2,3\n",
      14);
  for (float value : {0.f, 1.f, 2.f, 3.f, 4.f, 5.f}) {
    text.append(reinterpret_cast<const char*>(&value), 4);
  }
  text += std::string("b\0float32\0\n", 11);
  float value = 1.5f;
  text.append(reinterpret_cast<const char*>(&value), 4);
  return "weights:" + Digest::Of(AsBytes(text)).ToString();
}

TEST(VerifyFile, SameWeightsHaveTheSameFingerprint) {
  for (const char* name : {"floats.pth", "big_endian.pth"}) {
    auto verified = VerifyFile(kFolder / name, {.fingerprint = ExpectedFingerprint()});
    ASSERT_TRUE(verified) << verified.error().Text();
    EXPECT_EQ(verified->fingerprint->tensors, 2u);
    EXPECT_EQ(verified->tensors, 2u);
    EXPECT_EQ(verified->format, Format::kZip);
  }
}

TEST(VerifyFile, TellsBothFingerprints) {
  std::string other = "weights:sha256:" + std::string(64, '0');
  auto verified = VerifyFile(kFolder / "floats.pth", {.fingerprint = other});
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, ErrorCode::kMismatch);
  EXPECT_EQ(verified.error().Text(), (kFolder / "floats.pth").string() +
                                         ": the weights' fingerprint is " + ExpectedFingerprint() +
                                         ", " + other + " was asked for");
}

TEST(VerifyFile, RefusesWhatIsNoFingerprint) {
  auto verified = VerifyFile(kFolder / "floats.pth", {.fingerprint = "sha256:00"});
  EXPECT_EQ(
      verified.error().Text(),
      "\"sha256:00\" is not a fingerprint; write weights:sha256: and 64 digits of 0-9 and a-f");
}

TEST(VerifyFile, ReadsEveryByte) {
  TempDir folder;
  auto bytes = ReadFile(kFolder / "floats.pth", 1 << 20);
  ASSERT_TRUE(bytes);
  size_t at = bytes->find(std::string("\0\0\x80\x3f", 4));  // 1.0
  ASSERT_NE(at, std::string::npos);
  (*bytes)[at] = '\1';
  auto verified = VerifyFile(folder.Write("x.pth", *bytes));
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, ErrorCode::kCorrupt);
}

TEST(Fingerprint, IsNotOfSpecialTensors) {
  auto opened = Checkpoint::Open(kFolder / "special.pth");
  ASSERT_TRUE(opened) << opened.error().Text();
  auto weights = (*opened)->FindStateDict();
  ASSERT_TRUE(weights);
  auto fingerprint = FingerprintOf(**opened, *weights);
  ASSERT_FALSE(fingerprint);
  EXPECT_EQ(fingerprint.error().Text(), (kFolder / "special.pth").string() +
                                            ": \"coalesced\" is a sparse_coo tensor, which has no "
                                            "fingerprint");
}

}  // namespace
}  // namespace zoo
