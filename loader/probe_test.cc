#include "zoo/loader/probe.h"

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/tests/support/golden_file.h"

namespace zoo {
namespace {

constexpr char kProbe[] = R"({
  "input": {"seed": "public", "name": "input", "shape": [1, 3, 2, 2]}, "dtype": "float32",
  "logits": [1, 2.5], "sum": 4.5, "argmax": 1, "tolerance": 0.01})";

Probe Parsed() { return ParseProbe(ParseJson(kProbe).value()).value(); }

TEST(ProbeTest, TheInputIsThatOfTheGoldens) {
  const at::Tensor input = ProbeInput(Parsed());
  EXPECT_EQ(input.sizes(), (std::vector<int64_t>{1, 3, 2, 2}));
  const Json goldens = ReadGoldenFile("tests/data/model_goldens.json");
  const Json& row = (*At(goldens, {"self_test"}).AsArray())[0];
  ASSERT_EQ(Text(At(row, {"name"})), "input");
  const Json::Array& bits = *At(row, {"bits"}).AsArray();
  for (size_t i = 0; i < bits.size(); ++i) {
    uint32_t word;
    std::memcpy(&word, input.const_data_ptr<float>() + i, sizeof(word));
    EXPECT_EQ(word, std::stoul(Text(bits[i]), nullptr, 16)) << i;
  }
}

struct Row {
  const char* what;
  const char* from;
  const char* to;
  ErrorCode code;
  const char* text;
};

TEST(ProbeTest, WhatIsNoProbeIsNamed) {
  const Row rows[] = {
      {"no input", "\"input\":", "\"in\":", ErrorCode::kCorrupt, "probe: input is not an object"},
      {"no seed", "\"seed\"", "\"s\"", ErrorCode::kCorrupt, "probe: input.seed is not a string"},
      {"shape", "3, 2, 2]", "1, 2, 2]", ErrorCode::kCorrupt,
       "probe: input.shape is not [N, 3, height, width]"},
      {"huge", "3, 2, 2]", "3, 2, 4097]", ErrorCode::kCorrupt,
       "probe: input.shape is not [N, 3, height, width]"},
      {"dtype", "float32", "int8", ErrorCode::kCorrupt, "probe: dtype is not float32 or float64"},
      {"logits", "[1, 2.5]", "[]", ErrorCode::kCorrupt, "probe: logits is not an array of numbers"},
      {"a logit", "2.5", "\"x\"", ErrorCode::kCorrupt, "probe: logits is not a number"},
      {"tolerance", "0.01", "null", ErrorCode::kCorrupt, "probe: tolerance is not a number"},
      {"photo", "\"seed\"", "\"photo\"", ErrorCode::kUnsupported,
       "the probe's input is a photo, which is not looked for; only generated inputs are checked"},
  };
  for (const Row& row : rows) {
    std::string text = kProbe;
    text.replace(text.find(row.from), std::string(row.from).size(), row.to);
    const auto probe = ParseProbe(ParseJson(text).value());
    ASSERT_FALSE(probe) << row.what;
    EXPECT_EQ(probe.error().code, row.code) << row.what;
    EXPECT_EQ(probe.error().Text(), row.text) << row.what;
  }
}

TEST(ProbeTest, ComparesLogitsSumAndArgmax) {
  const Probe probe = Parsed();
  const auto outcome = [&](std::initializer_list<float> logits) {
    return CompareProbe(probe, at::tensor(at::ArrayRef<float>(logits)).view({1, -1}));
  };
  EXPECT_TRUE(outcome({1, 2.5, 1}).passed);
  EXPECT_TRUE(outcome({1.005f, 2.5, 1}).passed);
  EXPECT_EQ(outcome({1.25f, 2.5, 0.75f}).text, "logit 0 is 1.25, expected 1");
  EXPECT_EQ(outcome({1, 2.5, 2}).text, "the sum of the logits is 5.5, expected 4.5");
  EXPECT_EQ(outcome({1, 2.5, 3, -2}).text, "the greatest logit is number 2, expected 1");
  EXPECT_EQ(outcome({1}).text, "there are 1 logits, expected 2 or more");
  EXPECT_EQ(outcome({NAN, 2.5, 1}).text, "logit 0 is nan, expected 1");
  EXPECT_NEAR(outcome({1.005f, 2.5, 1}).difference, 0.005, 1e-6);
}

}  // namespace
}  // namespace zoo
