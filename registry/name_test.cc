#include "zoo/registry/name.h"

#include <gtest/gtest.h>

#include <string>

namespace zoo {
namespace {

const std::string kHex = "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec";

TEST(Name, GoodOnesAreTakenApart) {
  struct Row {
    std::string text, registry, model, weights;
    bool digest;
  };
  const Row kRows[] = {
      {"resnet50", "", "resnet50", "", false},
      {"resnet50:IMAGENET1K_V2", "", "resnet50", "IMAGENET1K_V2", false},
      {"builtin/resnet50", "builtin", "resnet50", "", false},
      {"lab/digits:v1.2-rc_3", "lab", "digits", "v1.2-rc_3", false},
      {"0", "", "0", "", false},
      {"a.", "", "a.", "", false},
      {"resnet18@sha256:" + kHex, "", "resnet18", "", true},
      {"b/m:w@sha256:" + kHex, "b", "m", "w", true},
      {std::string(128, 'x'), "", std::string(128, 'x'), "", false},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    Name name = ParseName(row.text).value();
    EXPECT_EQ(name.registry, row.registry);
    EXPECT_EQ(name.model, row.model);
    EXPECT_EQ(name.weights, row.weights);
    EXPECT_EQ(name.digest.has_value(), row.digest);
    if (row.digest) {
      EXPECT_EQ(name.digest->hex(), kHex);
    }
    EXPECT_EQ(name.ToString(), row.text);
  }
}

TEST(Name, BadOnesAreRefusedWithTheReason) {
  struct Row {
    std::string text, message;
  };
  const Row kRows[] = {
      {"", R"("" is not a name: "" cannot be a model)"},
      {".", R"("." is not a name: "." cannot be a model)"},
      {"..", R"(".." is not a name: ".." cannot be a model)"},
      {"a..b", R"("a..b" is not a name: "a..b" cannot be a model)"},
      {"-a", R"("-a" is not a name: "-a" cannot be a model)"},
      {"_a", R"("_a" is not a name: "_a" cannot be a model)"},
      {"res net", R"("res net" is not a name: "res net" cannot be a model)"},
      {"a\\b", R"("a\\b" is not a name: "a\\b" cannot be a model)"},
      {"rösnet", R"("rösnet" is not a name: "rösnet" cannot be a model)"},
      {"a\x1b[31m", R"("a\x1b[31m" is not a name: "a\x1b[31m" cannot be a model)"},
      {std::string("a\0b", 3), R"("a\x00b" is not a name: "a\x00b" cannot be a model)"},
      {"/", R"("/" is not a name: "" cannot be a registry)"},
      {"/a", R"("/a" is not a name: "" cannot be a registry)"},
      {"../a", R"("../a" is not a name: ".." cannot be a registry)"},
      {"a/", R"("a/" is not a name: "" cannot be a model)"},
      {"a/b/c", R"("a/b/c" is not a name: "b/c" cannot be a model)"},
      {"a:", R"("a:" is not a name: "" cannot be the weights of a model)"},
      {":w", R"(":w" is not a name: "" cannot be a model)"},
      {"a:b:c", R"("a:b:c" is not a name: "b:c" cannot be the weights of a model)"},
      {"a:w/x", R"("a:w/x" is not a name: "a:w" cannot be a registry)"},
      {"a@", R"("a@" is not a name: "" is not a sha256 digest)"},
      {"a@" + kHex, "\"a@" + kHex + "\" is not a name: \"" + kHex + "\" is not a sha256 digest"},
      {"a@sha256:F3", R"("a@sha256:F3" is not a name: "F3" is not a sha256 digest)"},
      {"a@sha1:00", R"("a@sha1:00" is not a name: "sha1:00" is not a sha256 digest)"},
      {"@sha256:" + kHex, "\"@sha256:" + kHex + "\" is not a name: \"\" cannot be a model"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    auto name = ParseName(row.text);
    ASSERT_FALSE(name.has_value());
    EXPECT_EQ(name.error(),
              (Error{ErrorCode::kUsage, row.message,
                     "a name is [REGISTRY/]MODEL[:WEIGHTS][@sha256:HEX], its parts of letters, "
                     "digits, '.', '_' and '-', like resnet50:IMAGENET1K_V2"}));
  }
}

TEST(Name, APartMayHave128Bytes) {
  EXPECT_TRUE(IsNamePart(std::string(128, 'a')));
  EXPECT_FALSE(IsNamePart(std::string(129, 'a')));
}

// Every byte, at the start of a part and inside of one.
TEST(Name, EveryByteHasAVerdict) {
  const std::string kAlphanumeric =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (int byte = 0; byte < 256; ++byte) {
    char c = static_cast<char>(byte);
    bool first = kAlphanumeric.find(c) != std::string::npos;
    bool inside = first || c == '.' || c == '_' || c == '-';
    EXPECT_EQ(IsNamePart(std::string(1, c)), first) << byte;
    EXPECT_EQ(IsNamePart(std::string("a") + c + "b"), inside) << byte;
  }
}

}  // namespace
}  // namespace zoo
