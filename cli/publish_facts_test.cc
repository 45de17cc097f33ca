#include "zoo/cli/publish_facts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "zoo/tests/support/temp_dir.h"

namespace zoo::cli {
namespace {

PublishFacts Facts() { return {.name = "digits:v1", .license = "MIT"}; }

std::string ErrorOf(const PublishFacts& facts) {
  const auto stated = ReadFacts(facts);
  return stated ? "" : stated.error().Text();
}

TEST(ReadFacts, AllOfThem) {
  const TempDir folder;
  PublishFacts facts = Facts();
  facts.metrics = {"digits/acc@1=98.9", "other set/loss=-1e-3", "digits/a=b/c=2"};
  facts.metrics[2] = "digits/f1=0.5";
  facts.categories = folder.Write("names", "zero\r\none \"1\"\nzw\xc3\xb6lf").native();
  facts.recipe = "https://example.org/";
  facts.supersedes = "digits:v0";
  facts.is_default = true;
  const StatedFacts stated = ReadFacts(facts).value();
  EXPECT_EQ(stated.entry.model, "digits");
  EXPECT_EQ(stated.entry.weights, "v1");
  EXPECT_EQ(stated.entry.license, "MIT");
  EXPECT_TRUE(stated.entry.is_default);
  EXPECT_EQ(stated.entry.supersedes, "digits:v0");
  EXPECT_EQ(stated.entry.metrics,
            (std::vector<Metric>{
                {"digits", "acc@1", 98.9}, {"digits", "f1", 0.5}, {"other set", "loss", -0.001}}));
  EXPECT_EQ(stated.category_names, (std::vector<std::string>{"zero", "one \"1\"", "zw\xc3\xb6lf"}));
}

TEST(ReadFacts, DataSetsMayHaveSlashes) {
  PublishFacts facts = Facts();
  facts.metrics = {"imagenet/real/acc@1=80"};
  EXPECT_EQ(ReadFacts(facts).value().entry.metrics,
            (std::vector<Metric>{{"imagenet/real", "acc@1", 80}}));
}

TEST(ReadFacts, WrongMetrics) {
  for (const char* metric :
       {"", "acc=1", "digits/acc", "digits/acc=", "digits/acc=x", "/acc=1", "digits/=1",
        "digits/acc=1%", "digits/acc=nan", "digits/acc=inf", "digits/acc=1e999", "digits/acc= 1"}) {
    PublishFacts facts = Facts();
    facts.metrics = {metric};
    EXPECT_EQ(ErrorOf(facts), std::string("--metric \"") + metric +
                                  "\" is not DATASET/NAME=NUMBER; write --metric "
                                  "digits/acc@1=98.9, for example");
  }
  PublishFacts facts = Facts();
  facts.metrics = {"a/b=1", "c/b=1", "a/b=2"};
  EXPECT_EQ(ErrorOf(facts), "--metric a/b is given twice");
}

TEST(ReadFacts, WrongNames) {
  PublishFacts facts = Facts();
  facts.name = "lab/digits:v1";
  EXPECT_EQ(ErrorOf(facts),
            "--name \"lab/digits:v1\" is not MODEL or MODEL:WEIGHTS; the folder of --to is the "
            "registry, and the digest is the file's");
  facts.name = "../digits";
  EXPECT_NE(ErrorOf(facts), "");
  facts = Facts();
  facts.supersedes = "a b";
  EXPECT_NE(ErrorOf(facts), "");
  facts = Facts();
  facts.license = "mit";
  EXPECT_EQ(ErrorOf(facts), "\"mit\" is no licence of the SPDX list; did you mean MIT?");
}

TEST(ReadFacts, WrongCategories) {
  const TempDir folder;
  const auto error = [&](const std::string& text) {
    PublishFacts facts = Facts();
    facts.categories = folder.Write("names", text).native();
    std::string message = ErrorOf(facts);
    return message.substr(std::min(message.size(), facts.categories.size()));
  };
  const std::string hint = "; a file of categories has one name a line, in the order of the logits";
  EXPECT_EQ(error(""), " is empty");
  EXPECT_EQ(error("a\n\nb\n"), ": line 2 is empty" + hint);
  EXPECT_EQ(error("a\nb\xff\n"), ": line 2 is not UTF-8" + hint);
}

}  // namespace
}  // namespace zoo::cli
