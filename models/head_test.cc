#include "zoo/models/head.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/models/architectures.h"
#include "zoo/models/classifier.h"
#include "zoo/models/state_dict.h"

namespace zoo::models {
namespace {

using Layers = std::vector<std::string>;

Layers HeadOf(const std::string& architecture, const Json::Object& options = {}) {
  return HeadLayers(StateDictOf(*Make(architecture, options).value()));
}

// The layers whose tensors are of other shapes where there are seven classes and not eleven.
Layers LayersThatDepend(const std::string& architecture) {
  const auto seven = StateDictOf(*Make(architecture, {{"num_classes", 7}}).value());
  const auto eleven = StateDictOf(*Make(architecture, {{"num_classes", 11}}).value());
  Layers layers;
  for (size_t i = 0; i < seven.size(); ++i) {
    EXPECT_EQ(seven[i].name, eleven.at(i).name);
    if (seven[i].tensor.sizes() == eleven[i].tensor.sizes()) continue;
    const std::string layer(LayerOf(seven[i].name));
    if (layers.empty() || layers.back() != layer) layers.push_back(layer);
  }
  return layers;
}

TEST(HeadTest, IsWhatDependsOnTheNumberOfClassesInEveryArchitecture) {
  for (const std::string& name : Names()) {
    EXPECT_EQ(HeadOf(name), LayersThatDepend(name)) << name;
  }
}

TEST(HeadTest, HasAllItsTensorsAndNoOthers) {
  for (const std::string& name : Names()) {
    const auto seven = StateDictOf(*Make(name, {{"num_classes", 7}}).value());
    for (const std::string& layer : HeadLayers(seven)) {
      for (const NamedTensor& slot : seven) {
        if (LayerOf(slot.name) != layer) continue;
        EXPECT_EQ(slot.tensor.size(0), 7) << name << " " << slot.name;
      }
    }
  }
}

TEST(HeadTest, SpellsLayersAsPythonDoes) {
  EXPECT_EQ(HeadOf("resnet50"), Layers{"fc"});
  EXPECT_EQ(HeadOf("vgg16"), Layers{"classifier.6"});
  EXPECT_EQ(HeadOf("squeezenet1_0"), Layers{"classifier.1"});
  EXPECT_EQ(HeadOf("vit_b_16"), Layers{"heads.head"});
  EXPECT_EQ(HeadOf("vit_b_16", {{"representation_size", 64}}), Layers{"heads.head"});
  EXPECT_EQ(HeadOf("googlenet"), (Layers{"aux1.fc2", "aux2.fc2", "fc"}));
  EXPECT_EQ(HeadOf("inception_v3"), (Layers{"AuxLogits.fc", "fc"}));
  EXPECT_EQ(HeadOf("inception_v3", {{"aux_logits", false}}), Layers{"fc"});
  EXPECT_EQ(HeadLayers({}), Layers{});
}

}  // namespace
}  // namespace zoo::models
