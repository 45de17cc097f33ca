#include "zoo/models/architectures.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "zoo/base/suggest.h"
#include "zoo/base/text.h"
#include "zoo/models/alexnet.h"
#include "zoo/models/convnext.h"
#include "zoo/models/densenet.h"
#include "zoo/models/efficientnet.h"
#include "zoo/models/efficientnet_lite.h"
#include "zoo/models/googlenet.h"
#include "zoo/models/inception_v3.h"
#include "zoo/models/maxvit.h"
#include "zoo/models/mnasnet.h"
#include "zoo/models/mobilenet_v2.h"
#include "zoo/models/mobilenet_v3.h"
#include "zoo/models/option_reader.h"
#include "zoo/models/regnet.h"
#include "zoo/models/resnet.h"
#include "zoo/models/shufflenet_v2.h"
#include "zoo/models/squeezenet.h"
#include "zoo/models/swin.h"
#include "zoo/models/vgg.h"
#include "zoo/models/vit.h"

namespace zoo::models {
namespace {

using Made = Result<std::shared_ptr<Classifier>>;

constexpr int64_t kMaxGroups = 1024;
constexpr int64_t kMaxWidth = 4096;

Made MakeResNet(const ResNetVariant& row, const Json::Object& json) {
  ResNetVariant variant = row;
  ResNetOptions options;
  OptionReader reader(row.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  reader.Read("zero_init_residual", options.zero_init_residual);
  // A basic block has one width, no groups and no dilation. What tells a relative from ResNet
  // stays as it is.
  if (row.bottleneck && row.groups == 1) reader.Read("groups", variant.groups, 1, kMaxGroups);
  if (row.bottleneck && row.width_per_group == 64) {
    reader.Read("width_per_group", variant.width_per_group, 1, kMaxWidth);
  }
  if (row.bottleneck) {
    reader.Read("replace_stride_with_dilation", options.replace_stride_with_dilation);
  }
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<ResNet>(variant, options));
}

Made MakeEfficientNetLite(const EfficientNetLiteVariant& variant, const Json::Object& json) {
  EfficientNetLiteOptions options;
  OptionReader reader(variant.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<EfficientNetLite>(variant, options));
}

// One family: its table of variants and what makes a module of a row.
struct Family {
  std::vector<std::string> names;
  Made (*make)(size_t row, const Json::Object& options);
};

template <const auto& kRows, auto kMake>
Family FamilyOf() {
  Family family;
  for (const auto& row : kRows) family.names.emplace_back(row.name);
  family.make = [](size_t row, const Json::Object& options) { return kMake(kRows[row], options); };
  return family;
}

std::vector<Family> Families() {
  return {
      FamilyOf<kAlexNetVariants, MakeAlexNet>(),
      FamilyOf<kConvNextVariants, MakeConvNext>(),
      FamilyOf<kDenseNetVariants, MakeDenseNet>(),
      FamilyOf<kEfficientNetVariants, MakeEfficientNet>(),
      FamilyOf<kEfficientNetLiteVariants, MakeEfficientNetLite>(),
      FamilyOf<kGoogLeNetVariants, MakeGoogLeNet>(),
      FamilyOf<kInceptionV3Variants, MakeInceptionV3>(),
      FamilyOf<kMaxVitVariants, MakeMaxVit>(),
      FamilyOf<kMnasNetVariants, MakeMnasNet>(),
      FamilyOf<kMobileNetV2Variants, MakeMobileNetV2>(),
      FamilyOf<kMobileNetV3Variants, MakeMobileNetV3>(),
      FamilyOf<kRegNetVariants, MakeRegNet>(),
      FamilyOf<kResNetVariants, MakeResNet>(),
      FamilyOf<kShuffleNetV2Variants, MakeShuffleNetV2>(),
      FamilyOf<kSqueezeNetVariants, MakeSqueezeNet>(),
      FamilyOf<kSwinVariants, MakeSwin>(),
      FamilyOf<kVggVariants, MakeVgg>(),
      FamilyOf<kVitVariants, MakeVit>(),
  };
}

}  // namespace

Made Make(std::string_view name, const Json::Object& options) {
  for (const Family& family : Families()) {
    const auto row = std::find(family.names.begin(), family.names.end(), name);
    if (row == family.names.end()) continue;
    Made made = family.make(static_cast<size_t>(row - family.names.begin()), options);
    if (made) (*made)->set_made_with(options);
    return made;
  }
  const std::vector<std::string> names = Names();
  const auto nearest = Nearest(name, names);
  return Error{ErrorCode::kNotFound, fmt::format("no architecture is named {}", Quote(name)),
               nearest ? fmt::format("did you mean {}?", Quote(*nearest))
                       : fmt::format("there are {}", fmt::join(names, ", "))};
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (Family& family : Families()) {
    std::move(family.names.begin(), family.names.end(), std::back_inserter(names));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace zoo::models
