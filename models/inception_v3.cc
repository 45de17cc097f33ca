#include "zoo/models/inception_v3.h"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/max_pool2d.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/pooling.h>

#include <array>
#include <string>

#include "zoo/models/inception_blocks.h"
#include "zoo/models/initial_values.h"
#include "zoo/models/layers.h"
#include "zoo/models/option_reader.h"

namespace zoo::models {
namespace {

using torch::nn::AnyModule;
using torch::nn::Conv2dOptions;

// A block: it registers each convolution where it makes it.
class Mixed : public torch::nn::Module {
 protected:
  // Padded so that the size stays.
  BasicConv2d Conv(const char* name, int64_t in, int64_t out, std::array<int64_t, 2> kernel) {
    return register_module(name, BasicConv2d(Conv2dOptions(in, out, {kernel[0], kernel[1]})
                                                 .padding({kernel[0] / 2, kernel[1] / 2})));
  }
  // 3x3 without padding: half the size.
  BasicConv2d Halving(const char* name, int64_t in, int64_t out) {
    return register_module(name, BasicConv2d(Conv2dOptions(in, out, 3).stride(2)));
  }
  static at::Tensor AvgPool(const at::Tensor& x) { return at::avg_pool2d(x, 3, 1, 1); }
  static at::Tensor MaxPool(const at::Tensor& x) { return at::max_pool2d(x, 3, 2); }
};

class InceptionA : public Mixed {
 public:
  InceptionA(int64_t in, int64_t pooled) {
    branch1x1 = Conv("branch1x1", in, 64, {1, 1});
    branch5x5_1 = Conv("branch5x5_1", in, 48, {1, 1});
    branch5x5_2 = Conv("branch5x5_2", 48, 64, {5, 5});
    branch3x3dbl_1 = Conv("branch3x3dbl_1", in, 64, {1, 1});
    branch3x3dbl_2 = Conv("branch3x3dbl_2", 64, 96, {3, 3});
    branch3x3dbl_3 = Conv("branch3x3dbl_3", 96, 96, {3, 3});
    branch_pool = Conv("branch_pool", in, pooled, {1, 1});
  }

  at::Tensor forward(at::Tensor x) {
    const at::Tensor five = branch5x5_2(branch5x5_1(x));
    const at::Tensor three = branch3x3dbl_3(branch3x3dbl_2(branch3x3dbl_1(x)));
    return at::cat({branch1x1(x), five, three, branch_pool(AvgPool(x))}, 1);
  }

  BasicConv2d branch1x1{nullptr}, branch5x5_1{nullptr}, branch5x5_2{nullptr};
  BasicConv2d branch3x3dbl_1{nullptr}, branch3x3dbl_2{nullptr}, branch3x3dbl_3{nullptr};
  BasicConv2d branch_pool{nullptr};
};

class InceptionB : public Mixed {
 public:
  explicit InceptionB(int64_t in) {
    branch3x3 = Halving("branch3x3", in, 384);
    branch3x3dbl_1 = Conv("branch3x3dbl_1", in, 64, {1, 1});
    branch3x3dbl_2 = Conv("branch3x3dbl_2", 64, 96, {3, 3});
    branch3x3dbl_3 = Halving("branch3x3dbl_3", 96, 96);
  }

  at::Tensor forward(at::Tensor x) {
    const at::Tensor twice = branch3x3dbl_3(branch3x3dbl_2(branch3x3dbl_1(x)));
    return at::cat({branch3x3(x), twice, MaxPool(x)}, 1);
  }

  BasicConv2d branch3x3{nullptr};
  BasicConv2d branch3x3dbl_1{nullptr}, branch3x3dbl_2{nullptr}, branch3x3dbl_3{nullptr};
};

class InceptionC : public Mixed {
 public:
  InceptionC(int64_t in, int64_t middle) {
    branch1x1 = Conv("branch1x1", in, 192, {1, 1});
    branch7x7_1 = Conv("branch7x7_1", in, middle, {1, 1});
    branch7x7_2 = Conv("branch7x7_2", middle, middle, {1, 7});
    branch7x7_3 = Conv("branch7x7_3", middle, 192, {7, 1});
    branch7x7dbl_1 = Conv("branch7x7dbl_1", in, middle, {1, 1});
    branch7x7dbl_2 = Conv("branch7x7dbl_2", middle, middle, {7, 1});
    branch7x7dbl_3 = Conv("branch7x7dbl_3", middle, middle, {1, 7});
    branch7x7dbl_4 = Conv("branch7x7dbl_4", middle, middle, {7, 1});
    branch7x7dbl_5 = Conv("branch7x7dbl_5", middle, 192, {1, 7});
    branch_pool = Conv("branch_pool", in, 192, {1, 1});
  }

  at::Tensor forward(at::Tensor x) {
    const at::Tensor once = branch7x7_3(branch7x7_2(branch7x7_1(x)));
    at::Tensor twice = branch7x7dbl_3(branch7x7dbl_2(branch7x7dbl_1(x)));
    twice = branch7x7dbl_5(branch7x7dbl_4(twice));
    return at::cat({branch1x1(x), once, twice, branch_pool(AvgPool(x))}, 1);
  }

  BasicConv2d branch1x1{nullptr};
  BasicConv2d branch7x7_1{nullptr}, branch7x7_2{nullptr}, branch7x7_3{nullptr};
  BasicConv2d branch7x7dbl_1{nullptr}, branch7x7dbl_2{nullptr}, branch7x7dbl_3{nullptr};
  BasicConv2d branch7x7dbl_4{nullptr}, branch7x7dbl_5{nullptr};
  BasicConv2d branch_pool{nullptr};
};

class InceptionD : public Mixed {
 public:
  explicit InceptionD(int64_t in) {
    branch3x3_1 = Conv("branch3x3_1", in, 192, {1, 1});
    branch3x3_2 = Halving("branch3x3_2", 192, 320);
    branch7x7x3_1 = Conv("branch7x7x3_1", in, 192, {1, 1});
    branch7x7x3_2 = Conv("branch7x7x3_2", 192, 192, {1, 7});
    branch7x7x3_3 = Conv("branch7x7x3_3", 192, 192, {7, 1});
    branch7x7x3_4 = Halving("branch7x7x3_4", 192, 192);
  }

  at::Tensor forward(at::Tensor x) {
    const at::Tensor three = branch3x3_2(branch3x3_1(x));
    const at::Tensor seven = branch7x7x3_3(branch7x7x3_2(branch7x7x3_1(x)));
    return at::cat({three, branch7x7x3_4(seven), MaxPool(x)}, 1);
  }

  BasicConv2d branch3x3_1{nullptr}, branch3x3_2{nullptr};
  BasicConv2d branch7x7x3_1{nullptr}, branch7x7x3_2{nullptr};
  BasicConv2d branch7x7x3_3{nullptr}, branch7x7x3_4{nullptr};
};

class InceptionE : public Mixed {
 public:
  explicit InceptionE(int64_t in) {
    branch1x1 = Conv("branch1x1", in, 320, {1, 1});
    branch3x3_1 = Conv("branch3x3_1", in, 384, {1, 1});
    branch3x3_2a = Conv("branch3x3_2a", 384, 384, {1, 3});
    branch3x3_2b = Conv("branch3x3_2b", 384, 384, {3, 1});
    branch3x3dbl_1 = Conv("branch3x3dbl_1", in, 448, {1, 1});
    branch3x3dbl_2 = Conv("branch3x3dbl_2", 448, 384, {3, 3});
    branch3x3dbl_3a = Conv("branch3x3dbl_3a", 384, 384, {1, 3});
    branch3x3dbl_3b = Conv("branch3x3dbl_3b", 384, 384, {3, 1});
    branch_pool = Conv("branch_pool", in, 192, {1, 1});
  }

  at::Tensor forward(at::Tensor x) {
    const at::Tensor once = branch3x3_1(x);
    const at::Tensor twice = branch3x3dbl_2(branch3x3dbl_1(x));
    return at::cat({branch1x1(x), branch3x3_2a(once), branch3x3_2b(once), branch3x3dbl_3a(twice),
                    branch3x3dbl_3b(twice), branch_pool(AvgPool(x))},
                   1);
  }

  BasicConv2d branch1x1{nullptr};
  BasicConv2d branch3x3_1{nullptr}, branch3x3_2a{nullptr}, branch3x3_2b{nullptr};
  BasicConv2d branch3x3dbl_1{nullptr}, branch3x3dbl_2{nullptr};
  BasicConv2d branch3x3dbl_3a{nullptr}, branch3x3dbl_3b{nullptr};
  BasicConv2d branch_pool{nullptr};
};

class InceptionAux : public torch::nn::Module {
 public:
  InceptionAux(int64_t in, int64_t num_classes) {
    conv0 = register_module("conv0", BasicConv2d(Conv2dOptions(in, 128, 1)));
    conv1 = register_module("conv1", BasicConv2d(Conv2dOptions(128, 768, 5)));
    fc = register_module("fc", MakeLinear({768, num_classes}));
  }

  at::Tensor forward(at::Tensor x) {
    x = conv1(conv0(at::avg_pool2d(x, 5, 3)));
    return fc(at::adaptive_avg_pool2d(x, {1, 1}).flatten(1));
  }

  BasicConv2d conv0{nullptr}, conv1{nullptr};
  torch::nn::Linear fc{nullptr};
};

torch::nn::MaxPool2d Pool() {
  return torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(3).stride(2));
}

}  // namespace

InceptionV3::InceptionV3(const InceptionV3Variant& variant, const InceptionV3Options& options)
    : Classifier(std::string(variant.name)),
      transform_input_(options.transform_input),
      init_weights_(options.init_weights) {
  const auto add = [this](std::vector<AnyModule>& part, const char* name, auto layer) {
    part.emplace_back(register_module(name, layer));
  };
  add(to_aux_, "Conv2d_1a_3x3", BasicConv2d(Conv2dOptions(3, 32, 3).stride(2)));
  add(to_aux_, "Conv2d_2a_3x3", BasicConv2d(Conv2dOptions(32, 32, 3)));
  add(to_aux_, "Conv2d_2b_3x3", BasicConv2d(Conv2dOptions(32, 64, 3).padding(1)));
  add(to_aux_, "maxpool1", Pool());
  add(to_aux_, "Conv2d_3b_1x1", BasicConv2d(Conv2dOptions(64, 80, 1)));
  add(to_aux_, "Conv2d_4a_3x3", BasicConv2d(Conv2dOptions(80, 192, 3)));
  add(to_aux_, "maxpool2", Pool());
  add(to_aux_, "Mixed_5b", std::make_shared<InceptionA>(192, 32));
  add(to_aux_, "Mixed_5c", std::make_shared<InceptionA>(256, 64));
  add(to_aux_, "Mixed_5d", std::make_shared<InceptionA>(288, 64));
  add(to_aux_, "Mixed_6a", std::make_shared<InceptionB>(288));
  add(to_aux_, "Mixed_6b", std::make_shared<InceptionC>(768, 128));
  add(to_aux_, "Mixed_6c", std::make_shared<InceptionC>(768, 160));
  add(to_aux_, "Mixed_6d", std::make_shared<InceptionC>(768, 160));
  add(to_aux_, "Mixed_6e", std::make_shared<InceptionC>(768, 192));
  if (options.aux_logits) {
    const auto head = std::make_shared<InceptionAux>(768, options.num_classes);
    aux = AnyModule(register_module("AuxLogits", head));
  }
  add(to_end_, "Mixed_7a", std::make_shared<InceptionD>(768));
  add(to_end_, "Mixed_7b", std::make_shared<InceptionE>(1280));
  add(to_end_, "Mixed_7c", std::make_shared<InceptionE>(2048));
  dropout = register_module("dropout", torch::nn::Dropout(options.dropout));
  fc = register_module("fc", MakeLinear({2048, options.num_classes}));
}

at::Tensor InceptionV3::Trunk(at::Tensor images, Outputs* outputs) {
  if (transform_input_) images = ToHalves(images);
  at::Tensor x = Through(to_aux_, images);
  if (outputs != nullptr) (*outputs)["aux"] = aux.forward(x);
  x = Through(to_end_, x);
  return at::adaptive_avg_pool2d(x, {1, 1}).flatten(1);
}

at::Tensor InceptionV3::ForwardFeatures(at::Tensor images) { return Trunk(images, nullptr); }

at::Tensor InceptionV3::forward(at::Tensor images) { return fc(dropout(ForwardFeatures(images))); }

Outputs InceptionV3::ForwardAll(at::Tensor images) {
  Outputs outputs;
  const bool head = is_training() && !aux.is_empty();
  outputs["logits"] = fc(dropout(Trunk(images, head ? &outputs : nullptr)));
  return outputs;
}

void InceptionV3::AdjustInitialValues() {
  if (!init_weights_) return;
  const auto fill = [](auto& layer) { TruncNormal(layer.weight, 0.1); };
  ForEach<torch::nn::Conv2d>(*this, fill);
  ForEach<torch::nn::Linear>(*this, fill);
  if (!aux.is_empty()) TruncNormal(aux.get<InceptionAux>().fc->weight, 0.001);
}

Result<std::shared_ptr<Classifier>> MakeInceptionV3(const InceptionV3Variant& variant,
                                                    const Json::Object& json) {
  InceptionV3Options options;
  OptionReader reader(variant.name, json);
  reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
  reader.Read("aux_logits", options.aux_logits);
  reader.Read("transform_input", options.transform_input);
  reader.Read("init_weights", options.init_weights);
  reader.Read("dropout", options.dropout, 0, 1);
  ZOO_RETURN_IF_ERROR(reader.Finish());
  return std::shared_ptr<Classifier>(std::make_shared<InceptionV3>(variant, options));
}

}  // namespace zoo::models
