#include "zoo/runs/checkpoint_facts.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/document.h"
#include "zoo/checkpoint/writer.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

using Id = Document::Id;
using Members = std::vector<std::pair<std::string, Id>>;

// A checkpoint whose root is what `build` makes.
class FactsTest : public testing::Test {
 protected:
  Id Dict(const Members& members) {
    std::vector<std::pair<Id, Id>> entries;
    for (const auto& [key, value] : members) entries.emplace_back(document_.String(key), value);
    return document_.Dict(std::move(entries));
  }
  Id Scalar(float value) {
    scalars_.push_back(std::make_unique<float>(value));
    const uint32_t storage = document_.AddStorage(
        {.dtype = DType::kFloat32, .bytes = std::as_bytes(std::span(scalars_.back().get(), 1))});
    return document_.Tensor({.storage = storage});
  }
  Id Vector() {
    const uint32_t storage =
        document_.AddStorage({.dtype = DType::kUint8, .bytes = AsBytes("abcd")});
    return document_.Tensor({.storage = storage, .shape = {4}, .stride = {1}});
  }
  CheckpointFacts Facts(Id root, const std::string& name = "a.pt") {
    document_.SetRoot(root);
    const auto path = folder_.path() / "a.pt";
    WriteCheckpoint(document_, path).value();
    auto checkpoint = Checkpoint::Open(path).value();
    return FactsOf(*checkpoint, name);
  }

  Document document_;
  std::vector<std::unique_ptr<float>> scalars_;
  TempDir folder_;
};

TEST_F(FactsTest, WhatScriptsPutBesideTheWeights) {
  const CheckpointFacts facts = Facts(Dict({
      {"epoch", document_.Int(7)},
      {"global_step", document_.Int(900)},
      {"arch", document_.String("resnet18")},
      {"model_state_dict", Dict({{"weight", Vector()}, {"scale", Scalar(3)}})},
      {"optimizer_state_dict", Dict({{"lr", document_.Float(0.1)}})},
      {"loss", document_.Float(0.25)},
      {"best_acc1", Scalar(81.5)},
      {"correct", document_.Int(1790)},
      {"rng_state", Vector()},
      {"done", document_.Bool(true)},
      {"metrics", Dict({{"acc", document_.Float(0.5)}, {"loss", document_.Float(9)}})},
      {"val_metrics", Dict({{"val_acc", Scalar(0.75)}, {"epoch", document_.Int(3)}})},
  }));
  EXPECT_EQ(facts.epoch, 7);
  EXPECT_EQ(facts.metrics, (Metrics{{"loss", 0.25},
                                    {"best_acc1", 81.5},
                                    {"correct", 1790},
                                    {"acc", 0.5},
                                    {"val_acc", 0.75}}));
}

TEST_F(FactsTest, WhereTheEpochStands) {
  Id seven = document_.Int(7);
  const struct {
    Id root;
    std::string name;
    std::optional<int64_t> epoch;
  } kRows[] = {
      {Dict({{"epoch", document_.Float(7)}}), "a.pt", 7},
      {Dict({{"epoch", Scalar(7)}}), "a.pt", 7},
      {Dict({{"meta", Dict({{"epoch", seven}})}}), "a.pt", 7},
      {Dict({{"extra_state", Dict({{"epoch", seven}})}}), "a.pt", 7},
      {Dict({{"extra_state", Dict({{"train_iterator", Dict({{"epoch", seven}})}})}}), "a.pt", 7},
      {Dict({{"epoch", document_.Float(7.5)}}), "a.pt", {}},
      {Dict({{"epoch", document_.Int(-1)}}), "a.pt", {}},
      {Dict({{"epoch", document_.String("7")}}), "a.pt", {}},
      {Dict({{"epoch", document_.Float(1e300)}}), "a.pt", {}},
      {Dict({{"epoch", document_.Bool(true)}}), "a.pt", {}},
      {Dict({{"meta", seven}}), "a.pt", {}},
      {Dict({}), "epoch=12-step=3.ckpt", 12},
      {Dict({}), "model_epoch_012.pt", 12},
      {Dict({}), "net-epoch7.pth", 7},
      {Dict({}), "epochs_of_epoch-5.pth", 5},
      {Dict({}), "epoch.pt", {}},
      {Dict({}), "epoch=99999999999999999999.pt", {}},
      {Dict({}), "model_7.pt", {}},
      {Dict({{"epoch", seven}}), "epoch=9.ckpt", 7},
      {document_.List({seven}), "epoch=9.ckpt", 9},
  };
  for (const auto& row : kRows) EXPECT_EQ(Facts(row.root, row.name).epoch, row.epoch) << row.name;
}

TEST_F(FactsTest, AStateDictHasNoMetrics) {
  const Id weights = Dict({{"weight", Vector()}, {"scale", Scalar(3)}, {"bias", Scalar(1)}});
  EXPECT_EQ(Facts(weights).metrics, Metrics());
}

TEST_F(FactsTest, ADictOfVeryMuchIsNoneOfMetrics) {
  Members words;
  for (int i = 0; i < 101; ++i) words.emplace_back("w" + std::to_string(i), document_.Int(i));
  EXPECT_EQ(Facts(Dict({{"loss", document_.Float(1)}, {"metrics", Dict(words)}})).metrics,
            (Metrics{{"loss", 1}}));
  EXPECT_EQ(Facts(Dict(words)).metrics, Metrics());
}

TEST_F(FactsTest, LightningsCallbacks) {
  const Id callback = Dict({{"monitor", document_.String("val_acc")},
                            {"best_model_score", Scalar(0.5)},
                            {"current_score", Scalar(0.25)}});
  const Id other = Dict({{"monitor", document_.None()}, {"current_score", Scalar(1)}});
  const CheckpointFacts facts = Facts(Dict({
      {"epoch", document_.Int(1)},
      {"global_step", document_.Int(10)},
      {"callbacks", Dict({{"ModelCheckpoint{'monitor': 'val_acc'}", callback},
                          {"Other", other},
                          {"Timer", document_.Int(3)}})},
  }));
  EXPECT_EQ(facts.epoch, 1);
  EXPECT_EQ(facts.metrics, (Metrics{{"val_acc", 0.25}}));
}

TEST_F(FactsTest, OfFilesThatPythonWrote) {
  const struct {
    std::string file;
    std::optional<int64_t> epoch;
    Metrics metrics;
  } kRows[] = {
      {"training.pth", 3, {{"best_acc1", 0.5}}},
      {"training_legacy.pth", 3, {{"best_acc1", 0.5}}},
      {"timm.pth", 3, {{"metric", 76}}},
      {"lightning.ckpt", 1, {}},
      {"fairseq.pt", 1, {}},
      {"ultralytics.pt", {}, {}},
      {"state_dict.pth", {}, {}},
      {"script.pt", {}, {}},
      {"dtypes.safetensors", {}, {}},
  };
  for (const auto& row : kRows) {
    auto checkpoint = Checkpoint::Open("tests/data/checkpoints/" + row.file);
    ASSERT_TRUE(checkpoint) << checkpoint.error().Text();
    const CheckpointFacts facts = FactsOf(**checkpoint, row.file);
    EXPECT_EQ(facts.epoch, row.epoch) << row.file;
    EXPECT_EQ(facts.metrics, row.metrics) << row.file;
  }
}

// Whatever the files are, asking them ends.
TEST_F(FactsTest, AllFilesCanBeAsked) {
  for (const auto& entry : std::filesystem::directory_iterator("tests/data/checkpoints")) {
    auto checkpoint = Checkpoint::Open(entry.path());
    if (checkpoint) FactsOf(**checkpoint, entry.path().filename().native());
  }
}

}  // namespace
}  // namespace zoo
