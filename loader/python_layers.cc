#include "zoo/loader/python_layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

namespace zoo {
namespace {

using Kind = Value::Kind;

// An attribute's name and its value as Python prints it; of a tuple of equal numbers, one of them.
struct Setting {
  std::string_view name, value;
};

// Layers of one class that may stand at the paths that match, where * is any text.
struct Layer {
  std::string_view paths, name;
  std::array<Setting, 4> settings = {};
};

// How many the architectures have whose names begin with `prefix`.
struct Count {
  std::string_view prefix, name;
  size_t count;
};

struct Row {
  std::string_view prefix;  // of the architectures' names
  std::span<const Layer> layers;
  std::span<const Count> counts = {};
};

constexpr std::string_view kReLU = "torch.nn.modules.activation.ReLU";
constexpr std::string_view kReLU6 = "torch.nn.modules.activation.ReLU6";
constexpr std::string_view kSiLU = "torch.nn.modules.activation.SiLU";
constexpr std::string_view kGELU = "torch.nn.modules.activation.GELU";
constexpr std::string_view kTanh = "torch.nn.modules.activation.Tanh";
constexpr std::string_view kSigmoid = "torch.nn.modules.activation.Sigmoid";
constexpr std::string_view kHardswish = "torch.nn.modules.activation.Hardswish";
constexpr std::string_view kHardsigmoid = "torch.nn.modules.activation.Hardsigmoid";
constexpr std::string_view kDropout = "torch.nn.modules.dropout.Dropout";
constexpr std::string_view kFlatten = "torch.nn.modules.flatten.Flatten";
constexpr std::string_view kIdentity = "torch.nn.modules.linear.Identity";
constexpr std::string_view kSequential = "torch.nn.modules.container.Sequential";
constexpr std::string_view kMaxPool = "torch.nn.modules.pooling.MaxPool2d";
constexpr std::string_view kAvgPool = "torch.nn.modules.pooling.AvgPool2d";
constexpr std::string_view kAdaptiveAvgPool = "torch.nn.modules.pooling.AdaptiveAvgPool2d";
constexpr std::string_view kPermute = "torchvision.ops.misc.Permute";
constexpr std::string_view kStochasticDepth = "torchvision.ops.stochastic_depth.StochasticDepth";

using Settings = std::array<Setting, 4>;
constexpr Settings kOne = {{{"output_size", "1"}}};
constexpr Settings kRowMode = {{{"mode", "'row'"}}};
constexpr Settings kExact = {{{"approximate", "'none'"}}};
constexpr Settings kPool(std::string_view kernel, std::string_view stride,
                         std::string_view padding = "0", std::string_view ceil = "False") {
  return {{{"kernel_size", kernel}, {"stride", stride}, {"padding", padding}, {"ceil_mode", ceil}}};
}

constexpr Layer kAlexNet[] = {
    {"features.*", kReLU},
    {"classifier.*", kReLU},
    {"features.*", kMaxPool, kPool("3", "2")},
    {"avgpool", kAdaptiveAvgPool, {{{"output_size", "6"}}}},
    {"classifier.*", kDropout},
};
constexpr Layer kConvNext[] = {
    {"features.*.block.1", kPermute, {{{"dims", "[0, 2, 3, 1]"}}}},
    {"features.*.block.6", kPermute, {{{"dims", "[0, 3, 1, 2]"}}}},
    {"features.*.block.4", kGELU, kExact},
    {"features.*.stochastic_depth", kStochasticDepth, kRowMode},
    {"avgpool", kAdaptiveAvgPool, kOne},
    {"classifier.1", kFlatten},
};
constexpr Layer kDenseNet[] = {
    {"features.*relu*", kReLU},
    {"features.pool0", kMaxPool, kPool("3", "2", "1")},
    {"features.transition*.pool", kAvgPool, kPool("2", "2")},
};
constexpr Layer kEfficientNet[] = {
    {"features.*", kSiLU},
    {"features.*.avgpool", kAdaptiveAvgPool, kOne},
    {"features.*.scale_activation", kSigmoid},
    {"features.*.stochastic_depth", kStochasticDepth, kRowMode},
    {"avgpool", kAdaptiveAvgPool, kOne},
    {"classifier.0", kDropout},
};
constexpr Layer kGoogLeNet[] = {
    {"inception*.branch4.0", kMaxPool, kPool("3", "1", "1", "True")},
    {"maxpool4", kMaxPool, kPool("2", "2", "0", "True")},
    {"maxpool1", kMaxPool, kPool("3", "2", "0", "True")},
    {"maxpool2", kMaxPool, kPool("3", "2", "0", "True")},
    {"maxpool3", kMaxPool, kPool("3", "2", "0", "True")},
    {"avgpool", kAdaptiveAvgPool, kOne},
    {"*dropout", kDropout},
};
constexpr Layer kInceptionV3[] = {
    {"maxpool*", kMaxPool, kPool("3", "2")},
    {"avgpool", kAdaptiveAvgPool, kOne},
    {"dropout", kDropout},
};
constexpr Settings kSwapped = {{{"a", "-2"}, {"b", "-3"}}};
constexpr Layer kMaxVit[] = {
    {"stem.*", kGELU, kExact},
    {"blocks.*.MBconv.layers.conv_*", kGELU, kExact},
    {"blocks.*.mlp_layer.*", kGELU, kExact},
    {"blocks.*.MBconv.proj.0", kAvgPool, kPool("3", "2", "1")},
    {"blocks.*.MBconv.proj", kIdentity},
    {"blocks.*.MBconv.stochastic_depth", kIdentity},
    {"blocks.*.window_attention.*partition_swap", kIdentity},
    {"blocks.*.squeeze_excitation.avgpool", kAdaptiveAvgPool, kOne},
    {"blocks.*.squeeze_excitation.activation", kSiLU},
    {"blocks.*.squeeze_excitation.scale_activation", kSigmoid},
    {"blocks.*.partition_op", "torchvision.models.maxvit.WindowPartition"},
    {"blocks.*.departition_op", "torchvision.models.maxvit.WindowDepartition"},
    {"blocks.*.grid_attention.*partition_swap", "torchvision.models.maxvit.SwapAxes", kSwapped},
    {"blocks.*_layer.*", kDropout},
    {"blocks.*.stochastic_d*", kStochasticDepth, kRowMode},
    {"classifier.0", kAdaptiveAvgPool, kOne},
    {"classifier.1", kFlatten},
    {"classifier.4", kTanh},
};
constexpr Layer kMnasNet[] = {{"layers.*", kReLU}, {"classifier.0", kDropout}};
constexpr Layer kMobileNetV2[] = {{"features.*", kReLU6}, {"classifier.0", kDropout}};
constexpr Layer kMobileNetV3[] = {
    {"features.*", kHardswish},
    {"features.*", kReLU},
    {"features.*.block.*.2", kIdentity},  // of torchvision 0.9 and 0.10: no activation
    {"features.*.avgpool", kAdaptiveAvgPool, kOne},
    {"features.*.scale_activation", kHardsigmoid},
    {"avgpool", kAdaptiveAvgPool, kOne},
    {"classifier.1", kHardswish},
    {"classifier.2", kDropout},
};
constexpr Layer kRegNet[] = {
    {"stem.2", kReLU},
    {"trunk_output.*", kReLU},
    {"trunk_output.*.se.avgpool", kAdaptiveAvgPool, kOne},
    {"trunk_output.*.se.scale_activation", kSigmoid},
    {"avgpool", kAdaptiveAvgPool, kOne},
};
constexpr Layer kResNet[] = {
    {"relu", kReLU},
    {"layer*.relu", kReLU},
    {"maxpool", kMaxPool, kPool("3", "2", "1")},
    {"avgpool", kAdaptiveAvgPool, kOne},
    {"avgpool", kAvgPool, kPool("7", "1")},  // before torchvision 0.2.2
};
constexpr Layer kShuffleNet[] = {
    {"conv1.2", kReLU},
    {"conv5.2", kReLU},
    {"stage*.branch*", kReLU},
    {"stage*.branch1", kSequential},
    {"maxpool", kMaxPool, kPool("3", "2", "1")},
};
constexpr Layer kSqueezeNet[] = {
    {"features.*", kReLU},
    {"features.*", kMaxPool, kPool("3", "2", "0", "True")},
    {"classifier.0", kDropout},
    {"classifier.2", kReLU},
    {"classifier.3", kAdaptiveAvgPool, kOne},
    {"classifier.3", kAvgPool, kPool("13", "1")},  // before torchvision 0.2.2
};
constexpr Layer kSwin[] = {
    {"features.0.1", kPermute, {{{"dims", "[0, 2, 3, 1]"}}}},
    {"permute", kPermute, {{{"dims", "[0, 3, 1, 2]"}}}},
    {"features.*.stochastic_depth", kStochasticDepth, kRowMode},
    {"features.*.mlp.1", kGELU, kExact},
    {"features.*.mlp.*", kDropout},
    {"features.*.attn.cpb_mlp.1", kReLU},
    {"avgpool", kAdaptiveAvgPool, kOne},
    {"flatten", kFlatten},
};
constexpr Layer kVgg[] = {
    {"features.*", kReLU},
    {"classifier.*", kReLU},
    {"features.*", kMaxPool, kPool("2", "2")},
    {"avgpool", kAdaptiveAvgPool, {{{"output_size", "7"}}}},
    {"classifier.*", kDropout},
};
constexpr Layer kVit[] = {
    {"encoder.*dropout", kDropout},
    {"encoder.layers.*.mlp.*", kDropout},
    {"encoder.layers.*.mlp.1", kGELU, kExact},
    {"heads.act", kTanh},
};

// A chain runs without a layer that was taken out of it, so those are counted.
constexpr Count kAlexNetCounts[] = {
    {"alexnet", kReLU, 7},
    {"alexnet", kMaxPool, 3},
};
constexpr Count kConvNextCounts[] = {
    {"convnext_base", kGELU, 36},
    {"convnext_large", kGELU, 36},
    {"convnext_small", kGELU, 36},
    {"convnext_tiny", kGELU, 18},
};
constexpr Count kDenseNetCounts[] = {
    {"densenet121", kReLU, 120},
    {"densenet161", kReLU, 160},
    {"densenet169", kReLU, 168},
    {"densenet201", kReLU, 200},
};
constexpr Count kEfficientNetCounts[] = {
    {"efficientnet_b0", kSiLU, 49},    {"efficientnet_b1", kSiLU, 69},
    {"efficientnet_b2", kSiLU, 69},    {"efficientnet_b3", kSiLU, 78},
    {"efficientnet_b4", kSiLU, 96},    {"efficientnet_b5", kSiLU, 116},
    {"efficientnet_b6", kSiLU, 134},   {"efficientnet_b7", kSiLU, 163},
    {"efficientnet_v2_l", kSiLU, 203}, {"efficientnet_v2_m", kSiLU, 147},
    {"efficientnet_v2_s", kSiLU, 102},
};
constexpr Count kGoogLeNetCounts[] = {
    {"googlenet", kMaxPool, 13},
};
constexpr Count kMaxVitCounts[] = {
    {"maxvit", kGELU, 45},
    {"maxvit", kSiLU, 11},
};
constexpr Count kMnasNetCounts[] = {
    {"mnasnet", kReLU, 35},
};
constexpr Count kMobileNetV2Counts[] = {
    {"mobilenet_v2", kReLU6, 35},
};
constexpr Count kMobileNetV3Counts[] = {
    {"mobilenet_v3_large", kHardswish, 21},
    {"mobilenet_v3_small", kHardswish, 19},
    {"mobilenet_v3_large", kReLU, 19},
    {"mobilenet_v3_small", kReLU, 14},
};
constexpr Count kRegNetCounts[] = {
    {"regnet_x_16gf", kReLU, 67},   {"regnet_x_1_6gf", kReLU, 55},  {"regnet_x_32gf", kReLU, 70},
    {"regnet_x_3_2gf", kReLU, 76},  {"regnet_x_400mf", kReLU, 67},  {"regnet_x_800mf", kReLU, 49},
    {"regnet_x_8gf", kReLU, 70},    {"regnet_y_128gf", kReLU, 109}, {"regnet_y_16gf", kReLU, 73},
    {"regnet_y_1_6gf", kReLU, 109}, {"regnet_y_32gf", kReLU, 81},   {"regnet_y_3_2gf", kReLU, 85},
    {"regnet_y_400mf", kReLU, 65},  {"regnet_y_800mf", kReLU, 57},  {"regnet_y_8gf", kReLU, 69},
};
constexpr Count kResNetCounts[] = {
    {"resnet101", kReLU, 34}, {"resnet152", kReLU, 51},      {"resnet18", kReLU, 9},
    {"resnet34", kReLU, 17},  {"resnet50", kReLU, 17},       {"resnext101", kReLU, 34},
    {"resnext50", kReLU, 17}, {"wide_resnet101", kReLU, 34}, {"wide_resnet50", kReLU, 17},
};
constexpr Count kShuffleNetCounts[] = {
    {"shufflenet", kReLU, 37},
};
constexpr Count kSqueezeNetCounts[] = {
    {"squeezenet", kReLU, 26},
    {"squeezenet", kMaxPool, 3},
};
constexpr Count kSwinCounts[] = {
    {"swin_b", kGELU, 24},    {"swin_s", kGELU, 24},    {"swin_t", kGELU, 12},
    {"swin_v2_b", kGELU, 24}, {"swin_v2_s", kGELU, 24}, {"swin_v2_t", kGELU, 12},
    {"swin_v2_b", kReLU, 24}, {"swin_v2_s", kReLU, 24}, {"swin_v2_t", kReLU, 12},
};
constexpr Count kVggCounts[] = {
    {"vgg11", kReLU, 10}, {"vgg13", kReLU, 12}, {"vgg16", kReLU, 15},
    {"vgg19", kReLU, 18}, {"vgg", kMaxPool, 5},
};
constexpr Count kVitCounts[] = {
    {"vit_b", kGELU, 12},
    {"vit_h", kGELU, 32},
    {"vit_l", kGELU, 24},
};
constexpr Row kRows[] = {
    {"alexnet", kAlexNet, kAlexNetCounts},
    {"convnext", kConvNext, kConvNextCounts},
    {"densenet", kDenseNet, kDenseNetCounts},
    {"efficientnet", kEfficientNet, kEfficientNetCounts},
    {"googlenet", kGoogLeNet, kGoogLeNetCounts},
    {"inception", kInceptionV3},
    {"maxvit", kMaxVit, kMaxVitCounts},
    {"mnasnet", kMnasNet, kMnasNetCounts},
    {"mobilenet_v2", kMobileNetV2, kMobileNetV2Counts},
    {"mobilenet_v3", kMobileNetV3, kMobileNetV3Counts},
    {"regnet", kRegNet, kRegNetCounts},
    {"resnet", kResNet, kResNetCounts},
    {"resnext", kResNet, kResNetCounts},
    {"wide_resnet", kResNet, kResNetCounts},
    {"shufflenet", kShuffleNet, kShuffleNetCounts},
    {"squeezenet", kSqueezeNet, kSqueezeNetCounts},
    {"swin", kSwin, kSwinCounts},
    {"vgg", kVgg, kVggCounts},
    {"vit", kVit, kVitCounts},
};

constexpr size_t kMaxDepth = 32;  // of modules in modules; torchvision's have 10

// Whether the text is the pattern's, where * is any text. Goes back to the last star only, which
// is enough.
bool Matches(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, from = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::string TextOf(const Value& value) {
  const Kind kind = value.kind();
  if ((kind != Kind::kTuple && kind != Kind::kList) || value.size() == 0) return value.Repr();
  const std::string first = value.item(0).Repr();
  std::string all;
  bool equal = true;
  for (size_t i = 0; i < value.size(); ++i) {
    const std::string item = value.item(i).Repr();
    equal = equal && item == first;
    all += (i == 0 ? "" : ", ") + item;
  }
  return equal ? first : "[" + all + "]";
}

bool Fits(const Value& module, const Layer& layer) {
  return std::ranges::all_of(layer.settings, [&](const Setting& setting) {
    const auto value = setting.name.empty() ? std::nullopt : module.Find(setting.name);
    return !value || TextOf(*value) == setting.value;
  });
}

bool HasTensors(const Value& module) {
  for (const std::string_view kind : {"_parameters", "_buffers"}) {
    const auto held = module.Find(kind);
    for (size_t i = 0; held && i < held->size(); ++i) {
      if (held->item(i).kind() != Kind::kNone) return true;
    }
  }
  return false;
}

bool IsExpected(const Value& module, bool leaf, std::string_view path, const Row& row) {
  if (module.kind() != Kind::kModule) return false;
  const std::string_view name = module.class_name();
  if (!leaf) return name.starts_with("torch.nn.modules.") || name.starts_with("torchvision.");
  return std::ranges::any_of(row.layers, [&](const Layer& layer) {
    return layer.name == name && Matches(layer.paths, path) && Fits(module, layer);
  });
}

// A module of the file and where it stands.
struct Place {
  Value module;
  std::string path;
  size_t depth;
};

void AddSubmodules(const Place& of, std::vector<Place>& places) {
  const auto submodules = of.module.Find("_modules");
  if (!submodules || submodules->kind() != Kind::kDict) return;
  for (size_t i = submodules->size(); i-- > 0;) {
    if (submodules->item(i).kind() == Kind::kNone) continue;
    const Value key = submodules->key(i);
    const std::string step(key.kind() == Kind::kString ? key.text() : "");
    places.push_back(
        {submodules->item(i), of.path.empty() ? step : of.path + "." + step, of.depth + 1});
  }
}

std::string MissingLayer(const std::vector<std::string_view>& found, std::span<const Count> counts,
                         std::string_view architecture) {
  for (const Count& it : counts) {
    if (!architecture.starts_with(it.prefix)) continue;
    if (std::cmp_not_equal(std::ranges::count(found, it.name), it.count)) {
      return fmt::format("count of {}", it.name.substr(it.name.rfind('.') + 1));
    }
  }
  return "";
}

}  // namespace

std::string UnexpectedLayer(const Value& module, std::string_view architecture) {
  // Of an architecture without a row, no layer is expected.
  const auto* found_row = std::ranges::find_if(
      kRows, [&](const Row& it) { return architecture.starts_with(it.prefix); });
  const Row row = found_row == std::end(kRows) ? Row{} : *found_row;
  std::unordered_set<uint64_t> seen{module.id()};
  std::vector<std::string_view> found;  // classes
  std::vector<Place> todo;
  AddSubmodules({module, "", 0}, todo);
  while (!todo.empty()) {
    const Place place = std::move(todo.back());
    todo.pop_back();
    if (!seen.insert(place.module.id()).second) continue;
    const size_t before = todo.size();
    if (place.module.kind() == Kind::kModule) AddSubmodules(place, todo);
    const bool leaf = todo.size() == before && !HasTensors(place.module);
    if (place.depth > kMaxDepth || !IsExpected(place.module, leaf, place.path, row)) {
      return place.path;
    }
    if (leaf) found.push_back(place.module.class_name());
  }
  return MissingLayer(found, row.counts, architecture);
}

}  // namespace zoo
