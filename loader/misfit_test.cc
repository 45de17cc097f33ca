#include "zoo/loader/misfit.h"

#include <gtest/gtest.h>

#include "zoo/base/result.h"

namespace zoo {
namespace {

std::string Message(const Misfit& misfit) {
  const Error error = MisfitError(misfit, "resnet18.pth", "resnet18");
  EXPECT_EQ(error.code, ErrorCode::kMismatch);
  return error.Text();
}

TEST(MisfitTest, OneSentenceSaysEverything) {
  EXPECT_EQ(Message({.missing = {"fc.bias"},
                     .wrong_shape = {{"fc.weight", "[10, 512]", "[1000, 512]"}},
                     .hint = "For another class count pass num_classes = 10"}),
            "resnet18.pth does not fit resnet18: missing fc.bias; wrong shape fc.weight (file [10, "
            "512], module [1000, 512]). For another class count pass num_classes = 10");
  EXPECT_EQ(Message({.unexpected = {"a", "b"},
                     .wrong_dtype = {{"c", "float16", "float32"}},
                     .unsupported = {{"d", "sparse_coo", ""}}}),
            "resnet18.pth does not fit resnet18: unexpected a, b; wrong dtype c (file float16, "
            "module float32); unsupported tensor d (sparse_coo)");
}

TEST(MisfitTest, LongListsAreCut) {
  EXPECT_EQ(Message({.missing = {"a", "b", "c", "d", "e"}}),
            "resnet18.pth does not fit resnet18: missing a, b, c, d, e");
  EXPECT_EQ(Message({.missing = {"a", "b", "c", "d", "e", "f"}}),
            "resnet18.pth does not fit resnet18: missing a, b, c and 3 more");
}

TEST(MisfitTest, NamesOutOfAFileAreEscaped) {
  EXPECT_EQ(Message({.unexpected = {"a\x1b[2J\n"}}),
            "resnet18.pth does not fit resnet18: unexpected a\\x1b[2J\\n");
}

}  // namespace
}  // namespace zoo
