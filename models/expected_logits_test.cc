#include "zoo/models/expected_logits.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
#include <string>

namespace zoo::models {
namespace {

constexpr double kFirst[] = {1, 2.5};
constexpr ExpectedLogits kExpected = {
    .first = kFirst, .sum = 4.5, .min = 1, .max = 2.5, .argmax = 1};

LogitsOutcome Outcome(std::initializer_list<float> logits, ExpectedLogits expected = kExpected) {
  return CompareLogits(at::tensor(at::ArrayRef<float>(logits)), expected, 0.01);
}

TEST(ExpectedLogitsTest, WhatIsNearPasses) {
  EXPECT_TRUE(Outcome({1, 2.5, 1}).passed());
  EXPECT_TRUE(Outcome({1.005f, 2.5, 1}).passed());
  EXPECT_NEAR(Outcome({1.005f, 2.5, 1}).difference, 0.005, 1e-6);
  EXPECT_TRUE(Outcome({1, 2.5, 77}, {.first = kFirst}).passed());
}

TEST(ExpectedLogitsTest, TheFirstDifferenceIsTold) {
  EXPECT_EQ(Outcome({1.25f, 2.5, 0.75f}).text, "logit 0 is 1.25, expected 1");
  EXPECT_EQ(Outcome({1, 2.5, 0.5f}).text, "the least logit is 0.5, expected 1");
  EXPECT_EQ(Outcome({1, 2.5, 3}).text, "the greatest logit is 3, expected 2.5");
  EXPECT_EQ(Outcome({1, 2.5, 2}).text, "the sum of the logits is 5.5, expected 4.5");
  EXPECT_EQ(Outcome({1}).text, "there are 1 logits, expected 2 or more");
  EXPECT_EQ(Outcome({NAN, 2.5, 1}).text, "logit 0 is nan, expected 1");
  EXPECT_FALSE(Outcome({1, 2.5, NAN}).passed());
}

TEST(ExpectedLogitsTest, TheGreatestMayBeAnotherWithinTheTolerance) {
  const ExpectedLogits only = {.argmax = 1};
  EXPECT_EQ(Outcome({1, 2.5, 3}, only).text, "the greatest logit is number 2, expected 1");
  EXPECT_TRUE(Outcome({1, 2.5, 2.515f}, only).passed());
  EXPECT_EQ(Outcome({1}, only).text, "the greatest logit is number 0, expected 1");
}

}  // namespace
}  // namespace zoo::models
