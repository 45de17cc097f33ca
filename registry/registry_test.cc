#include "zoo/registry/registry.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/registry/entry.h"

namespace zoo {
namespace {

const std::string kHexA(64, 'a');
const std::string kHexB(64, 'b');

Entry Make(std::string model, std::string weights, bool is_default = false) {
  Entry entry;
  entry.model = std::move(model);
  entry.weights = std::move(weights);
  entry.is_default = is_default;
  entry.artifact.sha256 = Digest::FromHex(kHexA).value();
  return entry;
}

Registry Of(std::string alias, std::vector<Entry> entries) {
  for (Entry& entry : entries) entry.registry = alias;
  return Registry::Of(std::move(alias), std::move(entries), {{"two", {"no", "yes"}}});
}

RegistrySet Set() {
  RegistrySet set;
  Entry prefix = Make("prefix", "V1");
  prefix.artifact.sha256.reset();
  prefix.artifact.sha256_prefix = "aaaaaaaa";
  prefix.categories = "two";
  set.Add(Of("builtin", {Make("resnet18", "V1"), Make("resnet50", "V1"),
                         Make("resnet50", "V2", true), prefix}));
  set.Add(Of("lab", {Make("resnet50", "mine"), Make("digits", "")}));
  return set;
}

TEST(Find, Hits) {
  struct Row {
    std::string name, registry, found;
  };
  const Row kRows[] = {
      {"resnet18", "builtin", "resnet18:V1"},
      {"resnet18:V1", "builtin", "resnet18:V1"},
      {"builtin/resnet18", "builtin", "resnet18:V1"},
      {"builtin/resnet50", "builtin", "resnet50:V2"},
      {"resnet50:V1", "builtin", "resnet50:V1"},
      {"resnet50:mine", "lab", "resnet50:mine"},
      {"lab/resnet50", "lab", "resnet50:mine"},
      {"digits", "lab", "digits"},
      {"resnet18@sha256:" + kHexA, "builtin", "resnet18:V1"},
  };
  RegistrySet set = Set();
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    const Entry* entry = set.Find(row.name).value();
    EXPECT_EQ(entry->registry, row.registry);
    EXPECT_EQ(entry->name(), row.found);
  }
}

TEST(Find, MissesSayWhatToWrite) {
  struct Row {
    std::string name;
    Error error;
  };
  using enum ErrorCode;
  const Row kRows[] = {
      {"resent18",
       {kNotFound, R"(no model is named "resent18")",
        R"(did you mean "resnet18"? `zoo list` shows all 6)"}},
      {"ResNet18",
       {kNotFound, R"(no model is named "ResNet18")",
        R"(did you mean "resnet18"? `zoo list` shows all 6)"}},
      {"something_else",
       {kNotFound, R"(no model is named "something_else")", "`zoo list` shows all 6"}},
      {"lab/resnet18",
       {kNotFound, R"(no model is named "lab/resnet18")",
        R"(did you mean "resnet50"? `zoo list` shows the 2 of lab)"}},
      {"lab/digit",
       {kNotFound, R"(no model is named "lab/digit")",
        R"(did you mean "digits"? `zoo list` shows the 2 of lab)"}},
      {"resnet50:V3",
       {kNotFound, R"(resnet50 has no weights named "V3")",
        R"(did you mean "V1"? it has V1, V2, mine)"}},
      {"builtin/resnet50:another",
       {kNotFound, R"(builtin/resnet50 has no weights named "another")", "it has V1, V2"}},
      {"digits:v1",
       {kNotFound, R"(digits has no weights named "v1")",
        "its only weights have no name: write digits"}},
      {"labs/digits",
       {kNotFound, R"(no registry is named "labs")",
        R"(did you mean "lab"? in force: builtin, lab)"}},
      {"elsewhere/digits",
       {kNotFound, R"(no registry is named "elsewhere")", "in force: builtin, lab"}},
      {"resnet50",
       {kUsage, R"("resnet50" is in 2 registries: builtin/resnet50:V2 and lab/resnet50:mine)",
        "write `builtin/resnet50` or `lab/resnet50`"}},
      {"resnet18@sha256:" + kHexB,
       {kMismatch,
        "builtin/resnet18:V1: sha256 " + kHexB + " was asked for, the registry says " + kHexA,
        "the entry changed since the digest was noted, or the digest is of another file"}},
      {"prefix@sha256:" + kHexB,
       {kMismatch,
        "builtin/prefix:V1: sha256 " + kHexB +
            " was asked for, the registry says aaaaaaaa... (prefix only)",
        "the entry changed since the digest was noted, or the digest is of another file"}},
  };
  RegistrySet set = Set();
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    auto found = set.Find(row.name);
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error(), row.error) << found.error().Text();
  }
}

TEST(Find, TheExampleOfTheBuiltinOnes) {
  RegistrySet set;
  set.Add(BuiltinRegistry());
  EXPECT_EQ(set.Find("resent18").error().Text(),
            "no model is named \"resent18\"; did you mean \"resnet18\"? `zoo list` shows all 118");
  EXPECT_EQ(set.Find("resnet50:IMAGENET1K_V3").error().Text(),
            "resnet50 has no weights named \"IMAGENET1K_V3\"; did you mean \"IMAGENET1K_V1\"? it "
            "has IMAGENET1K_V1, IMAGENET1K_V2");
}

TEST(Find, NothingIsInForce) {
  EXPECT_EQ(RegistrySet().Find("a").error(),
            (Error{ErrorCode::kNotFound, "no model is named \"a\"", "`zoo list` shows all 0"}));
  EXPECT_EQ(RegistrySet().Find("a/b").error(),
            (Error{ErrorCode::kNotFound, "no registry is named \"a\"", "none is in force"}));
}

TEST(Find, AWholeDigestIsDemandedOfAnEntryThatKnowsItsFirstDigits) {
  RegistrySet set = Set();
  const Entry* plain = set.Find("prefix").value();
  EXPECT_TRUE(plain->artifact.prefix_only());
  const Entry* pinned = set.Find("prefix@sha256:" + kHexA).value();
  EXPECT_EQ(pinned->artifact.sha256, Digest::FromHex(kHexA).value());
  EXPECT_EQ(set.Find("prefix@sha256:" + kHexA).value(), pinned);
  EXPECT_EQ(pinned->name(), "prefix:V1");
  EXPECT_EQ(set.Find("prefix").value(), plain);
  EXPECT_TRUE(plain->artifact.prefix_only());
}

TEST(Find, OneRegistryAlone) {
  Registry lab = Of("lab", {Make("a", "x"), Make("a", "y", true)});
  EXPECT_EQ(lab.Find({.model = "a"}).value()->name(), "a:y");
  EXPECT_EQ(lab.Find({.registry = "other", .model = "a"}).value()->name(), "a:y");
  EXPECT_EQ(lab.Find({.model = "a", .weights = "z"}).error().Text(),
            "a has no weights named \"z\"; did you mean \"x\"? it has x, y");
}

TEST(RegistrySet, ASecondRegistryOfAnAliasGetsANumber) {
  RegistrySet set;
  for (const char* model : {"one", "two", "three"}) set.Add(Of("lab", {Make(model, "v1")}));
  EXPECT_EQ(set.Find("lab/one").value()->registry, "lab");
  EXPECT_EQ(set.Find("two").value()->registry, "lab-2");
  EXPECT_EQ(set.Find("lab-3/three").value()->registry, "lab-3");
  EXPECT_EQ(set.size(), 3u);
}

TEST(RegistrySet, CategoriesOfAnEntry) {
  RegistrySet set = Set();
  EXPECT_EQ(set.CategoriesOf(*set.Find("prefix").value()), (std::vector<std::string>{"no", "yes"}));
  EXPECT_TRUE(set.CategoriesOf(*set.Find("digits").value()).empty());
}

TEST(RegistrySet, TheFolderOfAnEntryIsItsRegistrys) {
  Registry lab = Set().registries()[0];
  lab.SetFile("/data/lab/zoo.json");
  RegistrySet set;
  set.Add(lab);
  EXPECT_EQ(set.FolderOf(lab.entries()[0]), "/data/lab");
  EXPECT_EQ(set.FolderOf(Entry{.registry = "other"}), "");
}

TEST(Registry, ABaseIsOfEveryEntry) {
  Registry lab = Of("lab", {Make("a", "x"), Make("b", "")});
  lab.SetBase("https://host/lab/", Reach::kPublicAddresses);
  for (const Entry& entry : lab.entries()) {
    EXPECT_EQ(entry.base, "https://host/lab/");
    EXPECT_TRUE(entry.public_addresses_only);
  }
  lab.SetBase("file:///data/");
  EXPECT_EQ(lab.entries()[1].base, "file:///data/");
  EXPECT_FALSE(lab.entries()[1].public_addresses_only);
}

TEST(Registry, NamesAreFoundWhateverTheirOrder) {
  const Registry lab = Of("lab", {Make("b", "z"), Make("a", "x"), Make("b", "a"), Make("c", ""),
                                  Make("b", "m", true), Make("aa", "x")});
  for (const Entry& entry : lab.entries()) {
    EXPECT_EQ(lab.Lookup({.model = entry.model, .weights = entry.weights}), &entry) << entry.name();
  }
  EXPECT_EQ(lab.Lookup({.model = "b"})->weights, "m");
  EXPECT_EQ(lab.Lookup({.model = "a"})->weights, "x");
  EXPECT_EQ(lab.Lookup({.model = "c", .weights = "x"}), nullptr);
  EXPECT_EQ(lab.Lookup({.model = "ab"}), nullptr);
  EXPECT_EQ(lab.size(), 6u);
}

TEST(Entry, MetricsByName) {
  Entry entry;
  entry.metrics = {{"A", "acc@5", 90}, {"A", "acc@1", 70}, {"B", "acc@1", 60}};
  EXPECT_EQ(entry.metric("acc@1"), 70);
  EXPECT_EQ(entry.metric("acc@2"), std::nullopt);
}

}  // namespace
}  // namespace zoo
