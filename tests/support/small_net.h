// The net of tests/data/loader/make.py, and the files that it writes.
#ifndef ZOO_TESTS_SUPPORT_SMALL_NET_H_
#define ZOO_TESTS_SUPPORT_SMALL_NET_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/models/layers.h"

namespace zoo {

struct SmallNet : torch::nn::Module {
  explicit SmallNet(int64_t classes = 3) : torch::nn::Module("net") {
    conv = register_module("conv", models::MakeConv2d(ConvOptions(1, 2, 1).bias(false)));
    bn = register_module("bn", models::MakeBatchNorm2d(2));
    fc = register_module("fc", models::MakeLinear({2, classes}));
  }
  at::Tensor forward(const at::Tensor& x) { return fc(bn(conv(x)).mean({2, 3})); }

  using ConvOptions = torch::nn::Conv2dOptions;
  torch::nn::Conv2d conv{nullptr};
  torch::nn::BatchNorm2d bn{nullptr};
  torch::nn::Linear fc{nullptr};
};

inline std::string LoaderFile(const std::string& name) { return "tests/data/loader/" + name; }

inline std::shared_ptr<const Checkpoint> OpenFile(const std::filesystem::path& file,
                                                  bool immutable = false) {
  return Checkpoint::Open(file, {.immutable = immutable}).value();
}

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_SMALL_NET_H_
