// Small files of every kind, cut off at every byte and with every byte changed: each time a result
// or an error that names the file, within bounds of memory.
#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <filesystem>
#include <memory>
#include <string>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/inspect_json.h"
#include "zoo/tests/support/heap_peak.h"

namespace zoo {
namespace {

struct Sample {
  std::string name;
  // PyTorch computed the CRCs of all records: no change of what is inside goes unseen.
  bool crcs = false;
};

const Sample kSamples[] = {
    {"state_dict.pth", true}, {"state_dict_legacy.pth"},
    {"deflated.pth", true},   {"big_endian.pth", true},
    {"model.pth", true},      {"special_legacy.pth"},
    {"views_legacy.pth"},     {"values_protocol4.pth", true},
    {"values_legacy.pth"},    {"numpy_legacy.pth"},
};

// What `materialise` allows for a small file, twice, and something for the rest.
constexpr uint64_t kMostMemory = uint64_t{160} << 20;

void CheckError(const Error& error) {
  EXPECT_TRUE(error.code == ErrorCode::kCorrupt || error.code == ErrorCode::kUnsupported)
      << ErrorCodeName(error.code);
  EXPECT_TRUE(error.message.starts_with("x: ")) << error.message;
  for (char c : error.Text()) {
    EXPECT_FALSE(std::iscntrl(static_cast<unsigned char>(c))) << Quote(error.Text());
  }
}

struct Outcome {
  bool opened = false, verified = false;
  std::string document;
};

// Does all that can be done with the bytes.
Outcome Try(const std::string& bytes) {
  HeapPeak peak;
  Outcome outcome;
  auto opened = Checkpoint::OfBytes(AsBytes(bytes), "x");
  if (!opened) {
    CheckError(opened.error());
  } else {
    outcome.opened = true;
    Status verified = (*opened)->Verify();
    outcome.verified = static_cast<bool>(verified);
    if (!verified) CheckError(verified.error());
    auto shown = InspectJson(**opened, {.hash = true});
    if (!shown) CheckError(shown.error());
    if (shown) outcome.document = shown->Dump(-1);
  }
  EXPECT_LT(peak.bytes(), kMostMemory);
  return outcome;
}

class Mutation : public testing::TestWithParam<Sample> {
 protected:
  void SetUp() override {
    auto bytes =
        ReadFile(std::filesystem::path("tests/data/checkpoints") / GetParam().name, 1 << 16);
    ASSERT_TRUE(bytes) << bytes.error().Text();
    good_ = *bytes;
    Outcome outcome = Try(good_);
    ASSERT_TRUE(outcome.verified);
    document_ = outcome.document;
    ASSERT_FALSE(document_.empty());
  }
  std::string good_, document_;
};

TEST_P(Mutation, EveryPrefixIsRefused) {
  for (size_t size = 0; size < good_.size(); ++size) {
    EXPECT_FALSE(Try(good_.substr(0, size)).opened) << size;
    if (HasFailure()) return;
  }
}

TEST_P(Mutation, EveryChangedByteEndsInAResultOrAnError) {
  for (size_t at = 0; at < good_.size(); ++at) {
    const uint8_t byte = static_cast<uint8_t>(good_[at]);
    for (int changed : {byte ^ 0x01, byte ^ 0x80, byte ^ 0xff, 0}) {
      if (changed == byte) continue;
      std::string bytes = good_;
      bytes[at] = static_cast<char>(changed);
      Outcome outcome = Try(bytes);
      if (GetParam().crcs && outcome.verified) {
        EXPECT_EQ(outcome.document, document_);
      }
      if (HasFailure()) FAIL() << "byte " << at << " set to " << changed;
    }
  }
}

std::string TestName(const testing::TestParamInfo<Sample>& info) {
  std::string name = info.param.name;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(Files, Mutation, testing::ValuesIn(kSamples), TestName);

}  // namespace
}  // namespace zoo
