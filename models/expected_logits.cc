#include "zoo/models/expected_logits.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <utility>

namespace zoo::models {
namespace {

// Notes the first thing that differs.
class Comparison {
 public:
  Comparison(std::span<const double> row, double tolerance) : row_(row), tolerance_(tolerance) {}

  void First(std::span<const double> expected) {
    for (size_t i = 0; i < expected.size(); ++i) {
      outcome_.difference = std::fmax(outcome_.difference, std::abs(row_[i] - expected[i]));
      Near(fmt::format("logit {}", i), row_[i], expected[i], tolerance_);
    }
  }

  void Near(std::string_view what, double value, double expected, double tolerance) {
    if (std::abs(value - expected) <= tolerance) return;
    Note(fmt::format("{} is {:.9g}, expected {:.9g}", what, value, expected));
  }

  void Greatest(int64_t expected) {
    const auto greatest = std::ranges::max_element(row_);
    const bool there = expected >= 0 && expected < static_cast<int64_t>(row_.size());
    if (there && *greatest - row_[static_cast<size_t>(expected)] <= 2 * tolerance_) return;
    Note(fmt::format("the greatest logit is number {}, expected {}", greatest - row_.begin(),
                     expected));
  }

  void Note(std::string text) {
    if (outcome_.text.empty()) outcome_.text = std::move(text);
  }

  LogitsOutcome Finish() { return std::move(outcome_); }

 private:
  const std::span<const double> row_;
  const double tolerance_;
  LogitsOutcome outcome_;
};

}  // namespace

LogitsOutcome CompareLogits(const at::Tensor& row, const ExpectedLogits& expected,
                            double tolerance) {
  const at::Tensor numbers = row.to(at::kDouble).contiguous();
  const std::span<const double> values(numbers.const_data_ptr<double>(),
                                       static_cast<size_t>(numbers.numel()));
  Comparison comparison(values, tolerance);
  if (values.size() < expected.first.size() || values.empty()) {
    comparison.Note(fmt::format("there are {} logits, expected {} or more", values.size(),
                                expected.first.size()));
    return comparison.Finish();
  }
  comparison.First(expected.first);
  const auto [least, most] = std::ranges::minmax(values);
  if (expected.min) comparison.Near("the least logit", least, *expected.min, tolerance);
  if (expected.max) comparison.Near("the greatest logit", most, *expected.max, tolerance);
  if (expected.sum) {
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    comparison.Near("the sum of the logits", sum, *expected.sum,
                    tolerance * static_cast<double>(values.size()));
  }
  if (expected.argmax) comparison.Greatest(*expected.argmax);
  return comparison.Finish();
}

}  // namespace zoo::models
