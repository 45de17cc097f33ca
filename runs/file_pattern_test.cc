#include "zoo/runs/file_pattern.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "zoo/tests/support/print_error.h"

namespace zoo {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(FilePattern, MakesNamesAndReadsThem) {
  const struct {
    std::string pattern;
    int64_t epoch;
    Metrics metrics;
    std::string name;
    Metrics read;  // back from the name
  } kRows[] = {
      {"checkpoint_model_{epoch:03}_{loss:.4f}_{acc:.4f}.pt",
       7,
       {{"acc", 0.9}, {"loss", 0.25}},
       "checkpoint_model_007_0.2500_0.9000.pt",
       {{"loss", 0.25}, {"acc", 0.9}}},
      {"{epoch}", 0, {}, "0", {}},
      {"{epoch:03d}.pt", 1234, {}, "1234.pt", {}},
      {"m-{epoch}-{loss}.pt", 3, {{"loss", -0.5}}, "m-3--0.5.pt", {{"loss", -0.5}}},
      {"{loss:.2e}_{epoch}", 3, {{"loss", 12345}}, "1.23e+04_3", {{"loss", 1.23e4}}},
      {"{loss:.3g}_{epoch}", 3, {{"loss", 1e-7}}, "1e-07_3", {{"loss", 1e-7}}},
      {"{loss:07.2f}_{epoch}", 3, {{"loss", 1.005}}, "0001.00_3", {{"loss", 1}}},
      {"{loss:.0f}_{epoch}", 3, {{"loss", 2.6}}, "3_3", {{"loss", 3}}},
      {"{a b/c}_{epoch}", 3, {{"a b/c", 1}}, "1_3", {{"a b/c", 1}}},
      {"{{{epoch}}}.pt", 5, {}, "{5}.pt", {}},
      {"epoch={epoch}-loss={loss:08.3f}.ckpt",
       12,
       {{"loss", kInfinity}},
       "epoch=12-loss=inf.ckpt",
       {{"loss", kInfinity}}},
      {"{epoch}_{loss:.4f}", 1, {{"loss", -kInfinity}}, "1_-inf", {{"loss", -kInfinity}}},
      {"熊猫_{epoch}.pt", 1, {}, "熊猫_1.pt", {}},
  };
  for (const auto& row : kRows) {
    auto pattern = FilePattern::Parse(row.pattern);
    ASSERT_TRUE(pattern) << pattern.error().Text();
    EXPECT_EQ(pattern->text(), row.pattern);
    auto name = pattern->NameOf(row.epoch, row.metrics);
    ASSERT_TRUE(name) << name.error().Text();
    EXPECT_EQ(*name, row.name);
    auto matched = pattern->Match(*name);
    ASSERT_TRUE(matched) << *name;
    EXPECT_EQ(matched->epoch, row.epoch);
    EXPECT_EQ(matched->metrics, row.read) << *name;
  }
}

TEST(FilePattern, NanIsPrintedAndRead) {
  auto pattern = FilePattern::Parse("{epoch}_{loss:08.4f}.pt");
  for (double value : {std::nan(""), -std::nan("")}) {
    EXPECT_EQ(pattern->NameOf(1, {{"loss", value}}).value(), "1_nan.pt");
  }
  EXPECT_TRUE(std::isnan(pattern->Match("1_nan.pt")->metrics.at(0).second));
}

TEST(FilePattern, OtherNamesAreNotMatched) {
  auto pattern = FilePattern::Parse("m_{epoch:03}_{loss:.2f}.pt");
  for (const char* name :
       {"", "m_001_0.50", "m_001_0.50.pt2", "xm_001_0.50.pt", "m_1_0.50.pt", "m_0001_0.50.pt",
        "m_001_0.5.pt", "m_001_.50.pt", "m_001_+0.50.pt", "m_-01_0.50.pt", "m_001_.pt",
        "m__0.50.pt", "m_001_0.50.pt.partial-12", "m_99999999999999999999_0.50.pt", "m_001_NaN.pt",
        "m_001_infinity.pt", "m_001_0x1.pt", "m_001_0.50_.pt"}) {
    EXPECT_FALSE(pattern->Match(name)) << name;
  }
  EXPECT_TRUE(pattern->Match("m_001_0.50.pt"));
}

TEST(FilePattern, TextThatIsInANumberTooIsFoundAgain) {
  auto pattern = FilePattern::Parse("{loss}-{epoch}-{acc:.1e}.pt");
  auto name = pattern->NameOf(7, {{"loss", 1e-7}, {"acc", -2e-5}});
  EXPECT_EQ(*name, "1e-07-7--2.0e-05.pt");
  auto matched = pattern->Match(*name);
  ASSERT_TRUE(matched);
  EXPECT_EQ(matched->epoch, 7);
  EXPECT_EQ(matched->metrics, (Metrics{{"loss", 1e-7}, {"acc", -2e-5}}));
}

TEST(FilePattern, AHostileNameEnds) {
  std::string pattern_text = "{epoch}";
  for (int i = 0; i < 40; ++i) pattern_text += "-{m" + std::to_string(i) + "}";
  auto pattern = FilePattern::Parse(pattern_text);
  ASSERT_TRUE(pattern) << pattern.error().Text();
  std::string name;
  for (int i = 0; i < 84; ++i) name += "1-";
  EXPECT_FALSE(pattern->Match(name + "x"));
}

TEST(FilePattern, BadPatterns) {
  const std::string formats = "write as in {loss}, {loss:.4f}, {loss:.2e} or {loss:07.4f}";
  const std::string epochs = "write {epoch} or, for leading zeros, {epoch:03}";
  const struct {
    std::string pattern, message, hint;
  } kRows[] = {
      {"", "the field {epoch} is missing, and two epochs would share a file",
       "write it as in checkpoint_{epoch:03}.pt"},
      {"m_{loss}.pt", "the field {epoch} is missing, and two epochs would share a file",
       "write it as in checkpoint_{epoch:03}.pt"},
      {"m_{epoch", "the { at byte 2 has no partner",
       "write {{ and }} for braces that mean themselves"},
      {"m}_{epoch}", "the } at byte 1 has no partner",
       "write {{ and }} for braces that mean themselves"},
      {"m_{a{epoch}}", "the { at byte 2 has no partner",
       "write {{ and }} for braces that mean themselves"},
      {"{}_{epoch}", "the field {} has no name", ""},
      {"{:3}_{epoch}", "the field {:3} has no name", ""},
      {"{epoch:.2f}", "the field {epoch:.2f} has no format that is known", epochs},
      {"{epoch:3}", "the field {epoch:3} has no format that is known", epochs},
      {"{epoch:0}", "the field {epoch:0} has no format that is known", epochs},
      {"{epoch:021}", "the field {epoch:021} has no format that is known", epochs},
      {"{epoch:03x}", "the field {epoch:03x} has no format that is known", epochs},
      {"{epoch}_{loss:>8}", "the field {loss:>8} has no format that is known", formats},
      {"{epoch}_{loss:.f}", "the field {loss:.f} has no format that is known", formats},
      {"{epoch}_{loss:.-1f}", "the field {loss:.-1f} has no format that is known", formats},
      {"{epoch}_{loss:8.3f}", "the field {loss:8.3f} has no format that is known", formats},
      {"{epoch}_{loss:.99f}", "the field {loss:.99f} has no format that is known", formats},
      {"{epoch}_{loss:.4d}", "the field {loss:.4d} has no format that is known", formats},
      {"{epoch}{loss}", "nothing parts the fields {epoch} and {loss}", ""},
      {"{epoch}1{loss}", R"(the "1" between two fields reads as part of a number)", ""},
      {"{epoch}_{epoch}", "the field {epoch} is there twice", ""},
      {"{epoch}_{loss}_{loss:.1f}", "the field {loss} is there twice", ""},
      {"a/{epoch}", R"(it makes the name "a/0", which no checkpoint can have)",
       "a name without / and control characters, not hidden, of at most 255 bytes, that is not "
       "run.json"},
      {".{epoch}", R"(it makes the name ".0", which no checkpoint can have)",
       "a name without / and control characters, not hidden, of at most 255 bytes, that is not "
       "run.json"},
      {"x.partial-{epoch}", R"(it makes the name "x.partial-0", which no checkpoint can have)",
       "a name without / and control characters, not hidden, of at most 255 bytes, that is not "
       "run.json"},
  };
  for (const auto& row : kRows) {
    auto pattern = FilePattern::Parse(row.pattern);
    ASSERT_FALSE(pattern) << row.pattern;
    EXPECT_EQ(pattern.error(),
              (Error{ErrorCode::kUsage, "the file pattern \"" + row.pattern + "\": " + row.message,
                     row.hint}));
  }
}

TEST(FilePattern, AMetricThatIsMissing) {
  auto pattern = FilePattern::Parse("{epoch}_{accuracy:.1f}.pt");
  auto name = pattern->NameOf(3, {{"loss", 1}, {"acuracy", 2}});
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error(),
            (Error{ErrorCode::kUsage,
                   R"(the file pattern "{epoch}_{accuracy:.1f}.pt": epoch 3 has no metric )"
                   R"("accuracy"; it has loss, acuracy)",
                   "did you mean {acuracy}?"}));
  EXPECT_EQ(pattern->NameOf(3, {}).error().message,
            R"(the file pattern "{epoch}_{accuracy:.1f}.pt": epoch 3 has no metric "accuracy"; )"
            "it has none");
}

TEST(FilePattern, ANameThatGetsTooLong) {
  auto pattern = FilePattern::Parse(std::string(240, 'x') + "{epoch}_{loss:.1f}");
  ASSERT_TRUE(pattern) << pattern.error().Text();
  EXPECT_TRUE(pattern->NameOf(1, {{"loss", 1}}));
  EXPECT_FALSE(pattern->NameOf(1, {{"loss", 1e20}}));
}

}  // namespace
}  // namespace zoo
