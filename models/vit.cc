#include "zoo/models/vit.h"

#include <ATen/ops/cat.h>
#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

#include <cmath>
#include <string>
#include <vector>

#include "zoo/models/initial_values.h"
#include "zoo/models/layers.h"
#include "zoo/models/option_reader.h"
#include "zoo/models/transformer_blocks.h"

namespace zoo::models {
namespace {

using torch::nn::Conv2dOptions;

constexpr double kEps = 1e-6;
constexpr int64_t kMaxImageSize = 8192;
constexpr int64_t kMaxRepresentation = 1'000'000;
constexpr Column kStemColumns[] = {
    {"out_channels", 1, 65536}, {"kernel_size", 1, 64}, {"stride", 1, 64}};

class EncoderBlock : public torch::nn::Module {
 public:
  EncoderBlock(const VitVariant& variant, const VitOptions& options) {
    const int64_t width = variant.width;
    ln_1 = register_module("ln_1", MakeNorm(width, kEps));
    self_attention = register_module(
        "self_attention",
        SelfAttention(
            {.width = width, .heads = variant.heads, .dropout = options.attention_dropout}));
    dropout = register_module("dropout", torch::nn::Dropout(options.dropout));
    ln_2 = register_module("ln_2", MakeNorm(width, kEps));
    mlp = register_module(
        "mlp", MakeMlp({.width = width, .hidden = variant.mlp, .dropout = options.dropout}));
  }

  at::Tensor forward(at::Tensor x) {
    x = x + dropout(self_attention(ln_1(x)));
    return x + mlp(ln_2(x));
  }

  void AdjustInitialValues() {
    self_attention->AdjustInitialValues();
    ForEach<torch::nn::Linear>(*mlp, [](torch::nn::LinearImpl& linear) {
      torch::nn::init::xavier_uniform_(linear.weight);
      torch::nn::init::normal_(linear.bias, 0, 1e-6);
    });
  }

  torch::nn::LayerNorm ln_1{nullptr}, ln_2{nullptr};
  SelfAttention self_attention{nullptr};
  torch::nn::Dropout dropout{nullptr};
  Chain mlp{nullptr};
};

// The side of the map that the stem makes of an image; 0 if it becomes too small on the way.
int64_t StemSide(const VitOptions& options) {
  int64_t side = options.image_size;
  for (const auto& [out, kernel, stride] : options.conv_stem_configs) {
    const int64_t room = side + (kernel - 1) / 2 * 2 - kernel;
    if (room < 0) return 0;
    side = room / stride + 1;
  }
  return side;
}

// The stem, whose last convolution is also put into `projection`.
Chain MakeStem(const VitOptions& options, int64_t width, torch::nn::Conv2d& projection) {
  Chain stem;
  int64_t in = 3;
  for (const auto& [out, kernel, stride] : options.conv_stem_configs) {
    stem->push_back(fmt::format("conv_bn_relu_{}", stem->size()),
                    ConvNormActivation({.in = in, .out = out, .kernel = kernel, .stride = stride}));
    in = out;
  }
  projection = MakeConv2d(Conv2dOptions(in, width, 1));
  stem->push_back("conv_last", projection);
  return stem;
}

}  // namespace

class Encoder : public torch::nn::Module {
 public:
  Encoder(const VitVariant& variant, const VitOptions& options) {
    const int64_t side = options.image_size / variant.patch;
    pos_embedding = register_parameter("pos_embedding", Ghost({1, side * side + 1, variant.width}));
    dropout = register_module("dropout", torch::nn::Dropout(options.dropout));
    layers = register_module("layers", Chain());
    for (int64_t i = 0; i < variant.layers; ++i) {
      layers->push_back(fmt::format("encoder_layer_{}", i),
                        std::make_shared<EncoderBlock>(variant, options));
    }
    ln = register_module("ln", MakeNorm(variant.width, kEps));
  }

  at::Tensor forward(const at::Tensor& x) { return ln(layers(dropout(x + pos_embedding))); }

  at::Tensor pos_embedding;
  torch::nn::Dropout dropout{nullptr};
  Chain layers{nullptr};
  torch::nn::LayerNorm ln{nullptr};
};

Vit::Vit(const VitVariant& variant, const VitOptions& options)
    : Classifier(std::string(variant.name)), image_size_(options.image_size) {
  int64_t width = variant.width;
  class_token = register_parameter("class_token", Ghost({1, 1, width}));
  if (options.conv_stem_configs.empty()) {
    projection = register_module(
        "conv_proj", MakeConv2d(Conv2dOptions(3, width, variant.patch).stride(variant.patch)));
  } else {
    stem = register_module("conv_proj", MakeStem(options, width, projection));
  }
  encoder = register_module("encoder", std::make_shared<Encoder>(variant, options));
  heads = register_module("heads", Chain());
  if (options.representation_size != 0) {
    heads->push_back("pre_logits", MakeLinear({width, options.representation_size}));
    heads->push_back("act", torch::nn::Tanh());
    width = options.representation_size;
  }
  heads->push_back("head", MakeLinear({width, options.num_classes}));
}

at::Tensor Vit::ForwardFeatures(at::Tensor images) {
  TORCH_CHECK(images.dim() == 4 && images.size(2) == image_size_ && images.size(3) == image_size_,
              name(), ": images are ", images.sizes(), ", it takes [N, 3, ", image_size_, ", ",
              image_size_, "]; for another size make it with image_size");
  const at::Tensor map = stem ? stem(images) : projection(images);
  at::Tensor x = map.flatten(2).transpose(1, 2);
  x = encoder->forward(at::cat({class_token.expand({x.size(0), -1, -1}), x}, 1));
  return heads->Run(x.select(1, 0), 0, heads->size() - 1);
}

at::Tensor Vit::forward(at::Tensor images) {
  return heads->Run(ForwardFeatures(images), heads->size() - 1, heads->size());
}

void Vit::AdjustInitialValues() {
  const auto deviation = [](double inputs) { return std::sqrt(1 / inputs); };
  torch::nn::init::zeros_(class_token);
  torch::nn::init::normal_(encoder->pos_embedding, 0, 0.02);
  ForEach<EncoderBlock>(*this, [](EncoderBlock& block) { block.AdjustInitialValues(); });
  const at::Tensor& weight = projection->weight;
  if (stem) {
    torch::nn::init::normal_(weight, 0, std::sqrt(2 / static_cast<double>(weight.size(0))));
  } else {
    TruncNormal(weight, deviation(static_cast<double>(weight[0].numel())));
  }
  torch::nn::init::zeros_(projection->bias);
  ForEach<torch::nn::Linear>(*heads, [&](torch::nn::LinearImpl& linear) {
    TruncNormal(linear.weight, deviation(static_cast<double>(linear.options.in_features())));
    torch::nn::init::zeros_(linear.bias);
  });
  torch::nn::init::zeros_(heads[heads->size() - 1]->as<torch::nn::Linear>()->weight);
}

Result<std::shared_ptr<Classifier>> MakeVit(const VitVariant& variant, const Json::Object& json) {
  VitOptions options;
  std::vector<std::vector<int64_t>> stem;
  OptionReader reader(variant.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  reader.Read("image_size", options.image_size, variant.patch, kMaxImageSize);
  reader.Read("dropout", options.dropout, 0, 1);
  reader.Read("attention_dropout", options.attention_dropout, 0, 1);
  reader.Read("representation_size", options.representation_size, 1, kMaxRepresentation);
  reader.Read("conv_stem_configs", stem, kStemColumns);
  for (const auto& row : stem) options.conv_stem_configs.push_back({row[0], row[1], row[2]});
  const int64_t size = options.image_size, side = StemSide(options);
  if (size % variant.patch != 0) {
    reader.Fail(
        fmt::format("image_size must be a multiple of {}, its patch, not {}", variant.patch, size));
  }
  if (!stem.empty() && side != size / variant.patch) {
    reader.Fail(
        fmt::format("conv_stem_configs must make maps with sides of {} from images of {}, "
                    "not of {}",
                    size / variant.patch, size, side));
  }
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<Vit>(variant, options));
}

}  // namespace zoo::models
