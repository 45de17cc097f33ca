#include "zoo/loader/probe.h"

#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/tests/support/golden_file.h"

namespace zoo {
namespace {

constexpr char kProbe[] = R"({
  "input": {"seed": "public", "name": "input", "shape": [1, 3, 2, 2]}, "dtype": "float32",
  "logits": [1, 2.5], "sum": 4.5, "argmax": 1, "tolerance": 0.01, "made_with": "a test"})";

constexpr char kPhotoProbe[] = R"({
  "input": {"photo": "sample.png",
    "sha256": "ab00000000000000000000000000000000000000000000000000000000000000"},
  "dtype": "float64", "logits": [1], "tolerance": 0.5})";

Probe Parsed(const char* text) { return ParseProbe(ParseJson(text).value()).value(); }

// Gives logits that do not depend on the images.
class Fixed : public models::Classifier {
 public:
  explicit Fixed(std::vector<double> logits) : Classifier("fixed"), logits_(std::move(logits)) {}
  at::Tensor forward(at::Tensor images) override {
    const at::Tensor row = at::tensor(logits_, at::kDouble).to(images.scalar_type());
    return row.expand({images.size(0), row.size(0)});
  }
  at::Tensor ForwardFeatures(at::Tensor images) override { return images; }

 private:
  std::vector<double> logits_;
};

TEST(ProbeTest, TheInputIsThatOfTheGoldens) {
  const at::Tensor input = Generate(std::get<GeneratedInput>(Parsed(kProbe).input));
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

TEST(ProbeTest, APhotoIsAFileAndItsDigest) {
  const Probe probe = Parsed(kPhotoProbe);
  const auto& photo = std::get<PhotoInput>(probe.input);
  EXPECT_EQ(photo.photo, "sample.png");
  EXPECT_TRUE(photo.sha256.hex().starts_with("ab00"));
  EXPECT_EQ(probe.dtype, at::kDouble);
  EXPECT_EQ(probe.sum, std::nullopt);
  EXPECT_EQ(probe.argmax, std::nullopt);
}

TEST(ProbeTest, WhatIsWrittenIsReadAgain) {
  for (const char* text : {kProbe, kPhotoProbe}) {
    const Json written = ProbeJson(Parsed(text));
    EXPECT_EQ(At(written, {"input"}), At(ParseJson(text).value(), {"input"}));
    EXPECT_EQ(ProbeJson(ParseProbe(written).value()), written);
  }
}

struct Row {
  const char* probe;
  const char* from;
  const char* to;
  const char* text;
};

TEST(ProbeTest, WhatIsNoProbeIsNamed) {
  const char* no_batch =
      "probe: input.shape is not [N, 3, height, width] of at most 64 images, sides of 4096 and "
      "2^28 numbers";
  const Row rows[] = {
      {kProbe, "\"input\":", "\"in\":", "probe: input is not an object"},
      {kProbe, "\"seed\"", "\"s\"", "probe: input.seed is not a string"},
      {kProbe, "3, 2, 2]", "1, 2, 2]", no_batch},
      {kProbe, "3, 2, 2]", "3, 2, 4097]", no_batch},
      {kProbe, "[1, 3, 2, 2]", "[64, 3, 4096, 4096]", no_batch},
      {kProbe, "float32", "int8", "probe: dtype is not float32 or float64"},
      {kProbe, "[1, 2.5]", "[]", "probe: logits is not an array of numbers"},
      {kProbe, "2.5", "\"x\"", "probe: logits is not a number"},
      {kProbe, "0.01", "null", "probe: tolerance is not a number"},
      {kProbe, "0.01", "-1", "probe: tolerance is not above 0"},
      {kProbe, "4.5", "\"x\"", "probe: sum is not a number"},
      {kProbe, "\"argmax\": 1", "\"argmax\": 1.5", "probe: argmax is not a whole number"},
      {kProbe, "\"a test\"", "7", "probe: made_with is not a string"},
      {kPhotoProbe, "\"sample.png\"", "7", "probe: input.photo is not a string"},
      {kPhotoProbe, "sample", "../sample", "probe: input.photo is not the name of a file"},
      {kPhotoProbe, "sample.png", "..", "probe: input.photo is not the name of a file"},
      {kPhotoProbe, "sha256", "sha", "probe: input.sha256 is not a string"},
      {kPhotoProbe, "ab0", "AB0", "probe: input.sha256 is not 64 digits of 0-9 and a-f"},
  };
  for (const Row& row : rows) {
    std::string text = row.probe;
    text.replace(text.find(row.from), std::string(row.from).size(), row.to);
    const auto probe = ParseProbe(ParseJson(text).value());
    ASSERT_FALSE(probe) << row.text;
    EXPECT_EQ(probe.error().code, ErrorCode::kCorrupt) << row.text;
    EXPECT_EQ(probe.error().Text(), row.text);
  }
}

TEST(ProbeTest, RunsAndCompares) {
  const Probe probe = Parsed(kProbe);
  const at::Tensor images = Generate(std::get<GeneratedInput>(probe.input));
  Fixed same({1, 2.5, 1}), other({1.25, 2.5, 0.75}), longer({1, 2.5, 2});
  EXPECT_TRUE(RunProbe(probe, same, images).value().passed());
  EXPECT_EQ(RunProbe(probe, other, images).value().text, "logit 0 is 1.25, expected 1");
  EXPECT_EQ(RunProbe(probe, longer, images).value().text,
            "the sum of the logits is 5.5, expected 4.5");
}

TEST(ProbeTest, RecordsWhatTheModelComputes) {
  std::vector<double> logits(20, 0.25);
  logits[18] = -8;
  logits[17] = 7;
  Fixed model(logits);
  const at::Tensor images = Generate(GeneratedInput{.shape = {1, 3, 2, 2}});
  const Probe probe = RecordProbe(model, GeneratedInput{.shape = {1, 3, 2, 2}}, images).value();
  EXPECT_EQ(probe.logits, std::vector<double>(16, 0.25));
  EXPECT_EQ(probe.sum, 18 * 0.25 - 1);
  EXPECT_EQ(probe.argmax, 17);
  EXPECT_TRUE(probe.made_with.starts_with("LibTorch 2.")) << probe.made_with;
  EXPECT_TRUE(probe.made_with.ends_with(" cpu"));
  EXPECT_TRUE(RunProbe(probe, model, images).value().passed());
  EXPECT_EQ(ProbeJson(ParseProbe(ProbeJson(probe)).value()), ProbeJson(probe));
}

TEST(ProbeTest, TheToleranceFollowsTheLogits) {
  const at::Tensor images = Generate(GeneratedInput{.shape = {1, 3, 2, 2}});
  struct Tolerance {
    std::vector<double> logits;
    at::ScalarType dtype;
    double expected;
  };
  const Tolerance rows[] = {
      {{1, -2}, at::kFloat, 1e-4},                 // the least
      {{1, -32}, at::kFloat, 6.4e-4},              // 2e-5 of the largest
      {{1 + 1e-8, 1.00001}, at::kFloat, 1e-4},     // rounding to float32 is less than that
      {{1 + 0.03125, 16777217}, at::kFloat, 340},  // 2e-5 of the largest, though 20 were lost
      {{1, 2, -4}, at::kDouble, 4e-9},             // 1e-9 of the largest
      {{0.5}, at::kDouble, 1e-9},
  };
  for (const Tolerance& row : rows) {
    Fixed model(row.logits);
    EXPECT_DOUBLE_EQ(RecordProbe(model, GeneratedInput(), images, row.dtype).value().tolerance,
                     row.expected);
  }
}

// A model whose float32 is far from its float64.
class Noisy : public Fixed {
 public:
  Noisy() : Fixed({1, 2}) {}
  at::Tensor forward(at::Tensor images) override {
    const at::Tensor logits = Fixed::forward(images);
    return images.scalar_type() == at::kFloat ? logits + 0.25 : logits;
  }
};

TEST(ProbeTest, TheToleranceIsTwentyTimesTheRounding) {
  Noisy model;
  const at::Tensor images = Generate(GeneratedInput{.shape = {1, 3, 2, 2}});
  EXPECT_DOUBLE_EQ(RecordProbe(model, GeneratedInput(), images).value().tolerance, 5);
}

TEST(ProbeTest, RefusesWhatIsNotFinite) {
  Fixed model({1, NAN});
  const at::Tensor images = Generate(GeneratedInput{.shape = {1, 3, 2, 2}});
  EXPECT_EQ(RecordProbe(model, GeneratedInput(), images).error().Text(),
            "fixed gives a logit that is not a finite number; no probe can be made of that");
}

}  // namespace
}  // namespace zoo
