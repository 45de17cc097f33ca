#include "zoo/registry/family.h"

#include <gtest/gtest.h>

namespace zoo {
namespace {

TEST(Family, OfArchitectures) {
  struct Row {
    std::string_view architecture, family;
  };
  constexpr Row kRows[] = {
      {"alexnet", "alexnet"},
      {"convnext_tiny", "convnext"},
      {"densenet121", "densenet"},
      {"efficientnet_b0", "efficientnet"},
      {"efficientnet_v2_s", "efficientnet"},
      {"efficientnet_lite0", "efficientnet_lite"},
      {"efficientnet_lite", "efficientnet_lite"},
      {"googlenet", "googlenet"},
      {"inception_v3", "inception"},
      {"maxvit_t", "maxvit"},
      {"mnasnet0_5", "mnasnet"},
      {"mobilenet_v2", "mobilenet"},
      {"mobilenet_v3_small", "mobilenet"},
      {"regnet_x_16gf", "regnet"},
      {"resnet18", "resnet"},
      {"resnext50_32x4d", "resnext"},
      {"shufflenet_v2_x0_5", "shufflenet"},
      {"squeezenet1_0", "squeezenet"},
      {"swin_v2_t", "swin"},
      {"vgg16_bn", "vgg"},
      {"vit_b_16", "vit"},
      {"wide_resnet50_2", "wide_resnet"},
      {"resnetish9", "resnetish"},
      {"digits", "digits"},
      {"my_net-2b", "my_net"},
      {"42", "42"},
      {"", ""},
  };
  for (const Row& row : kRows) EXPECT_EQ(FamilyOf(row.architecture), row.family);
}

}  // namespace
}  // namespace zoo
