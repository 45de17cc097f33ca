#include "zoo/loader/key_rules.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace zoo {
namespace {

using Names = std::vector<std::string>;

struct RenameRow {
  const char* what;
  Names file;
  NameSet module;
  Names strip;
  Names expected;
};

TEST(KeyRulesTest, Renames) {
  const RenameRow rows[] = {
      {"nothing to do", {"fc.weight"}, {"fc.weight"}, {}, {"fc.weight"}},
      {"DataParallel", {"module.a", "module.b"}, {"a", "b"}, {}, {"a", "b"}},
      {"twice", {"module.module.a"}, {"a"}, {}, {"a"}},
      {"as often as all names", {"module.module.a", "module.b"}, {"b"}, {}, {"module.a", "b"}},
      {"the end is a part of its own",
       {"a._orig_mod", "b._orig_mod._orig_mod.c"},
       {"a"},
       {},
       {"a._orig_mod", "b.c"}},
      {"a part named module", {"module.a", "b"}, {"module.a", "b"}, {}, {"module.a", "b"}},
      {"not every name", {"module.a", "b"}, {"a", "b"}, {}, {"module.a", "b"}},
      {"compiled", {"_orig_mod.a"}, {"a"}, {}, {"a"}},
      {"compiled parts", {"encoder._orig_mod.a", "b"}, {"encoder.a", "b"}, {}, {"encoder.a", "b"}},
      {"compiled module too", {"_orig_mod.a"}, {"_orig_mod.a"}, {}, {"_orig_mod.a"}},
      {"both, one way", {"module._orig_mod.a"}, {"a"}, {}, {"a"}},
      {"both, the other", {"_orig_mod.module.a"}, {"a"}, {}, {"a"}},
      {"part of a longer word", {"my_orig_mod.a"}, {"my_orig_mod.a"}, {}, {"my_orig_mod.a"}},
      {"old DenseNet",
       {"denselayer1.norm.1.weight", "denselayer1.norm.2.running_mean", "denselayer1.conv.1.weight",
        "denselayer1.conv.2.weight", "norm5.weight"},
       {"denselayer1.norm1.weight", "denselayer1.norm2.running_mean", "denselayer1.conv1.weight",
        "denselayer1.conv2.weight", "norm5.weight"},
       {},
       {"denselayer1.norm1.weight", "denselayer1.norm2.running_mean", "denselayer1.conv1.weight",
        "denselayer1.conv2.weight", "norm5.weight"}},
      {"old DenseNet, wrapped", {"module.a.norm.1.bias"}, {"a.norm1.bias"}, {}, {"a.norm1.bias"}},
      {"a part named norm.1", {"norm.1.bias"}, {"norm.1.bias", "norm1.bias"}, {}, {"norm.1.bias"}},
      {"a new name the module lacks", {"norm.1.bias"}, {"norm1.weight"}, {}, {"norm.1.bias"}},
      {"the end of a longer word", {"my_norm.1.bias"}, {"my_norm1.bias"}, {}, {"my_norm.1.bias"}},
      {"old vision transformer",
       {"layer_0.mlp.linear_1.weight", "layer_0.mlp.linear_1.bias", "layer_0.mlp.linear_2.weight",
        "layer_0.mlp.linear_2.bias", "layer_0.ln_1.weight"},
       {"layer_0.mlp.0.weight", "layer_0.mlp.0.bias", "layer_0.mlp.3.weight", "layer_0.mlp.3.bias",
        "layer_0.ln_1.weight"},
       {},
       {"layer_0.mlp.0.weight", "layer_0.mlp.0.bias", "layer_0.mlp.3.weight", "layer_0.mlp.3.bias",
        "layer_0.ln_1.weight"}},
      {"a module with linear_1",
       {"mlp.linear_1.bias"},
       {"mlp.linear_1.bias"},
       {},
       {"mlp.linear_1.bias"}},
      {"linear_1 of something else",
       {"head.linear_1.bias"},
       {"head.0.bias"},
       {},
       {"head.linear_1.bias"}},
      {"no file", {}, {"a"}, {}, {}},
      {"asked for", {"backbone.a", "head.b"}, {"a"}, {"backbone."}, {"a", "head.b"}},
      {"repeatedly", {"x.y.x.a"}, {"a"}, {"x.", "y."}, {"a"}},
      {"an empty prefix", {"a"}, {"a"}, {""}, {"a"}},
  };
  for (const RenameRow& row : rows) {
    EXPECT_EQ(RenameKeys(row.file, row.module, row.strip), row.expected) << row.what;
  }
}

// A name may have a prefix a million times; each pass over it must not cost a copy of it.
TEST(KeyRulesTest, LongNamesAreRenamedInOneGo) {
  constexpr int kTimes = 600'000;
  const auto repeated = [](std::string_view text) {
    std::string name;
    for (int i = 0; i < kTimes; ++i) name += text;
    return name;
  };
  const Names x = {"x"};
  EXPECT_EQ(RenameKeys({repeated("module.") + "x"}, {"x"}, {}), x);
  EXPECT_EQ(RenameKeys({repeated("_orig_mod.") + "x"}, {"x"}, {}), x);
  EXPECT_EQ(RenameKeys({repeated("module._orig_mod.") + "x"}, {"x"}, {}), x);
  EXPECT_EQ(RenameKeys({repeated("a.b.") + "x"}, {"x"}, Names{"a.", "b."}), x);
  EXPECT_EQ(RenameKeys({repeated("a._orig_mod.") + "x"}, {"x"}, {}), Names{repeated("a.") + "x"});
}

TEST(KeyRulesTest, OldFilesLackBatchCounts) {
  const NameSet file = {"bn.weight", "bn.running_mean", "other.weight"};
  EXPECT_TRUE(MayBeAbsent("bn.num_batches_tracked", file));
  EXPECT_FALSE(MayBeAbsent("other.num_batches_tracked", file));
  EXPECT_FALSE(MayBeAbsent("bn.running_var", file));
  EXPECT_FALSE(MayBeAbsent("num_batches_tracked", file));
}

TEST(KeyRulesTest, EachRuleAppliesByItself) {
  for (const KeyRule& rule : KeyRules()) {
    const std::string text(rule.text), other(rule.other);
    switch (rule.kind) {
      case KeyRule::Kind::kPrefix:
        EXPECT_EQ(RenameKeys({text + "a.b"}, {"a.b"}, {}), Names{"a.b"}) << text;
        break;
      case KeyRule::Kind::kSegment:
        EXPECT_EQ(RenameKeys({"a." + text + "b", "c"}, {"a.b", "c"}, {}), (Names{"a.b", "c"}))
            << text;
        break;
      case KeyRule::Kind::kRename:
        EXPECT_EQ(RenameKeys({"a." + text + "b"}, {"a." + other + "b"}, {}),
                  Names{"a." + other + "b"})
            << text;
        break;
      case KeyRule::Kind::kAbsent:
        EXPECT_TRUE(MayBeAbsent("a" + text, {"a" + other})) << text;
        break;
    }
  }
}

TEST(KeyRulesTest, EveryRuleSaysWhy) {
  for (const KeyRule& rule : KeyRules()) {
    EXPECT_FALSE(rule.reason.empty()) << rule.text;
    const bool removes =
        rule.kind == KeyRule::Kind::kPrefix || rule.kind == KeyRule::Kind::kSegment;
    EXPECT_EQ(rule.other.empty(), removes) << rule.text;
  }
}

}  // namespace
}  // namespace zoo
