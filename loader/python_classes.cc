#include "zoo/loader/python_classes.h"

#include <algorithm>

namespace zoo {
namespace {

using From = OptionRule::From;

constexpr OptionRule kAlexNet[] = {
    {"num_classes", From::kRows, "classifier.6.weight"},
    {"dropout", From::kAttribute, "p", "classifier.0"},
};
constexpr OptionRule kConvNext[] = {
    {"num_classes", From::kRows, "classifier.2.weight"},
    {"stochastic_depth_prob", From::kStochasticDepth},
};
constexpr OptionRule kDenseNet[] = {
    {"num_classes", From::kRows, "classifier.weight"},
    {"bn_size", From::kRatio, "features.denseblock1.denselayer1.conv1.weight",
     "features.denseblock1.denselayer1.conv2.weight", 0},
    {"drop_rate", From::kAttribute, "drop_rate", "features.denseblock1.denselayer1"},
};
constexpr OptionRule kEfficientNet[] = {
    {"num_classes", From::kRows, "classifier.1.weight"},
    {"dropout", From::kAttribute, "p", "classifier.0"},
    {"stochastic_depth_prob", From::kStochasticShare},
};
constexpr OptionRule kGoogLeNet[] = {
    {"num_classes", From::kRows, "fc.weight"},
    {"aux_logits", From::kAttribute, "aux_logits"},
    {"transform_input", From::kAttribute, "transform_input"},
    {"dropout", From::kAttribute, "p", "dropout"},
    {"dropout_aux", From::kAttribute, "p", "aux1.dropout"},
};
constexpr OptionRule kInceptionV3[] = {
    {"num_classes", From::kRows, "fc.weight"},
    {"aux_logits", From::kAttribute, "aux_logits"},
    {"transform_input", From::kAttribute, "transform_input"},
    {"dropout", From::kAttribute, "p", "dropout"},
};
constexpr OptionRule kMaxVit[] = {
    {"num_classes", From::kRows, "classifier.5.weight"},
    {"input_size", From::kAttribute, "grid_size", "blocks.0", 4},
    {"mlp_dropout", From::kAttribute, "p", "blocks.0.layers.0.layers.window_attention.mlp_layer.4"},
    {"attention_dropout", From::kAttribute, "p",
     "blocks.0.layers.0.layers.window_attention.attn_layer.2"},
};
constexpr Expectation kMaxVitDepth[] = {
    {"maxvit_t", "blocks.3.layers.1.layers.MBconv.stochastic_depth", "p", 0.2},
};
constexpr OptionRule kClassifier1[] = {
    {"num_classes", From::kRows, "classifier.1.weight"},
    {"dropout", From::kAttribute, "p", "classifier.0"},
};
constexpr OptionRule kMobileNetV2[] = {
    {"num_classes", From::kRows, "classifier.1.weight"},
    {"dropout", From::kAttribute, "p", "classifier.0"},
    {"width_mult", From::kWidth, "features.17.conv.2.weight", "", 320},
};
constexpr std::string_view kLastOfMobileNetV3 = "classifier.0.weight";
constexpr OptionRule kMobileNetV3[] = {
    {"num_classes", From::kRows, "classifier.3.weight"},
    {"dropout", From::kAttribute, "p", "classifier.2"},
    // Of the large net, of the small one, and of both with a reduced tail.
    {"width_mult", From::kWidth, kLastOfMobileNetV3, "", 1280},
    {"width_mult", From::kWidth, kLastOfMobileNetV3, "", 1024},
    {"width_mult", From::kWidth, kLastOfMobileNetV3, "", 640},
    {"width_mult", From::kWidth, kLastOfMobileNetV3, "", 512},
    {"reduced_tail", From::kEither},
    {"dilated", From::kEither},
};
constexpr OptionRule kRegNet[] = {
    {"num_classes", From::kRows, "fc.weight"},
    {"stem_width", From::kRows, "stem.0.weight"},
};
constexpr OptionRule kFc[] = {{"num_classes", From::kRows, "fc.weight"}};
constexpr OptionRule kResNet[] = {
    {"num_classes", From::kRows, "fc.weight"},
    {"replace_stride_with_dilation", From::kReplacedStrides},
};
constexpr OptionRule kSwin[] = {
    {"num_classes", From::kRows, "head.weight"},
    {"mlp_ratio", From::kRatio, "features.1.0.mlp.0.weight", "features.1.0.mlp.0.weight", 1},
    {"dropout", From::kAttribute, "dropout", "features.1.0.attn"},
    {"attention_dropout", From::kAttribute, "attention_dropout", "features.1.0.attn"},
};
constexpr std::string_view kLastSwinBlock = "features.7.1.stochastic_depth";
constexpr Expectation kSwinDepths[] = {
    {"swin_t", kLastSwinBlock, "p", 0.2},    {"swin_s", kLastSwinBlock, "p", 0.3},
    {"swin_b", kLastSwinBlock, "p", 0.5},    {"swin_v2_t", kLastSwinBlock, "p", 0.2},
    {"swin_v2_s", kLastSwinBlock, "p", 0.3}, {"swin_v2_b", kLastSwinBlock, "p", 0.5},
};
constexpr OptionRule kVgg[] = {
    {"num_classes", From::kRows, "classifier.6.weight"},
    {"dropout", From::kAttribute, "p", "classifier.2"},
};
constexpr OptionRule kVit[] = {
    {"num_classes", From::kRows, "heads.head.weight"},
    {"image_size", From::kAttribute, "image_size"},
    {"dropout", From::kAttribute, "dropout"},
    {"attention_dropout", From::kAttribute, "attention_dropout"},
    {"representation_size", From::kAttribute, "representation_size"},
};
constexpr std::string_view kEncoderLayer = "encoder.layers.encoder_layer_0";
constexpr Expectation kVitHeads[] = {
    {"vit_b", kEncoderLayer, "num_heads", 12},
    {"vit_l", kEncoderLayer, "num_heads", 16},
    {"vit_h", kEncoderLayer, "num_heads", 16},
};

constexpr PythonClass kClasses[] = {
    {"torchvision.models.alexnet.AlexNet", {"alexnet"}, kAlexNet},
    {"torchvision.models.convnext.ConvNeXt", {"convnext"}, kConvNext},
    {"torchvision.models.densenet.DenseNet", {"densenet"}, kDenseNet},
    {"torchvision.models.efficientnet.EfficientNet",
     {"efficientnet_b", "efficientnet_v2"},
     kEfficientNet},
    {"torchvision.models.googlenet.GoogLeNet", {"googlenet"}, kGoogLeNet},
    {"torchvision.models.inception.Inception3", {"inception_v3"}, kInceptionV3},
    {"torchvision.models.maxvit.MaxVit", {"maxvit"}, kMaxVit, kMaxVitDepth},
    {"torchvision.models.mnasnet.MNASNet", {"mnasnet"}, kClassifier1},
    {"torchvision.models.mobilenetv2.MobileNetV2", {"mobilenet_v2"}, kMobileNetV2},
    {"torchvision.models.mobilenet.MobileNetV2", {"mobilenet_v2"}, kMobileNetV2},
    {"torchvision.models.mobilenetv3.MobileNetV3", {"mobilenet_v3"}, kMobileNetV3},
    {"torchvision.models.regnet.RegNet", {"regnet"}, kRegNet},
    {"torchvision.models.resnet.ResNet", {"resnet", "resnext", "wide_resnet"}, kResNet},
    {"torchvision.models.shufflenetv2.ShuffleNetV2", {"shufflenet_v2"}, kFc},
    {"torchvision.models.squeezenet.SqueezeNet", {"squeezenet"}, kClassifier1},
    {"torchvision.models.swin_transformer.SwinTransformer", {"swin"}, kSwin, kSwinDepths},
    {"torchvision.models.vgg.VGG", {"vgg"}, kVgg},
    {"torchvision.models.vision_transformer.VisionTransformer", {"vit"}, kVit, kVitHeads},
};

}  // namespace

std::span<const PythonClass> PythonClasses() { return kClasses; }

const PythonClass* FindPythonClass(std::string_view name) {
  const auto* row = std::ranges::find(kClasses, name, &PythonClass::name);
  return row == std::end(kClasses) ? nullptr : row;
}

}  // namespace zoo
