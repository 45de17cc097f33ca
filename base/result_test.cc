#include "zoo/base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "zoo/tests/support/print_error.h"

namespace zoo {
namespace {

const Error kMissing{ErrorCode::kNotFound, "no model is named \"x\"", "`zoo list` shows all"};

Result<int> Half(int number) {
  if (number % 2 != 0) return Error{ErrorCode::kUsage, "odd", ""};
  return number / 2;
}

Result<int> Quarter(int number) {
  ZOO_ASSIGN_OR_RETURN(const int half, Half(number));
  ZOO_ASSIGN_OR_RETURN(int quarter, Half(half));
  return quarter;
}

Status Even(int number) {
  ZOO_RETURN_IF_ERROR(Half(number));
  return {};
}

TEST(Result, CodesAreNamesAndExitCodes) {
  const struct {
    ErrorCode code;
    int exit_code;
    std::string name;
  } rows[] = {
      {ErrorCode::kUsage, 2, "usage"},       {ErrorCode::kNotFound, 3, "not_found"},
      {ErrorCode::kNetwork, 4, "network"},   {ErrorCode::kDisk, 5, "disk"},
      {ErrorCode::kCorrupt, 6, "corrupt"},   {ErrorCode::kUnsupported, 7, "unsupported"},
      {ErrorCode::kMismatch, 8, "mismatch"}, {ErrorCode::kCancelled, 9, "cancelled"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(static_cast<int>(row.code), row.exit_code);
    EXPECT_EQ(ErrorCodeName(row.code), row.name);
  }
}

TEST(Result, ErrorText) {
  EXPECT_EQ(kMissing.Text(), "no model is named \"x\"; `zoo list` shows all");
  EXPECT_EQ((Error{ErrorCode::kDisk, "full", ""}).Text(), "full");
}

TEST(Result, TheMacrosPassErrorsOn) {
  EXPECT_EQ(*Quarter(12), 3);
  EXPECT_EQ(Quarter(6).error().message, "odd");
  EXPECT_TRUE(Even(2));
  EXPECT_EQ(Even(3).error(), (Error{ErrorCode::kUsage, "odd", ""}));
}

TEST(Result, ValueThrowsTheError) {
  Result<int> bad = kMissing;
  EXPECT_FALSE(bad.has_value());
  try {
    bad.value();
    FAIL() << "nothing was thrown";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error(), kMissing);
    EXPECT_EQ(failure.what(), kMissing.Text());
  }
  EXPECT_THROW(Status(kMissing).value(), Failure);
  EXPECT_NO_THROW(Status().value());
}

TEST(Result, HoldsWhatCanOnlyMove) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 7);
}

TEST(ResultDeathTest, BugsAbort) {
  Result<int> bad = kMissing, good = 1;
  EXPECT_DEATH(*bad, "");
  EXPECT_DEATH(static_cast<void>(good.error()), "");
  EXPECT_DEATH(static_cast<void>(Status().error()), "");
}

}  // namespace
}  // namespace zoo
