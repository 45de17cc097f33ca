// A module of one's own, with weights that Python saved (docs/your_own_module.md):
//
//   bazel run //examples:own_module -- $PWD/tests/data/own_module/digits.pth
#include <torch/torch.h>

#include <cstdint>
#include <iostream>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/loader/load_into.h"

struct Digits : torch::nn::Module {
  explicit Digits(int64_t classes = 10) : torch::nn::Module("Digits") {
    scale = register_parameter("scale", torch::ones({8, 1, 1}));
    stem = register_module(
        "stem", torch::nn::Sequential(
                    torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 8, 3).padding(1).bias(false)),
                    torch::nn::BatchNorm2d(8), torch::nn::ReLU(), torch::nn::MaxPool2d(2)));
    fc = register_module("fc", torch::nn::Linear(8 * 4 * 4, classes));
  }

  torch::Tensor forward(torch::Tensor images) {
    return fc((scale * stem->forward(images)).flatten(1));
  }

  torch::Tensor scale;
  torch::nn::Sequential stem{nullptr};
  torch::nn::Linear fc{nullptr};
};

int main(int argc, char** argv) {
  if (argc < 2) return std::cerr << "usage: own_module CHECKPOINT [PREFIX]...\n", 2;
  try {
    auto checkpoint = zoo::Checkpoint::Open(argv[1]).value();
    zoo::LoadOptions options;
    options.strip_prefixes.assign(argv + 2, argv + argc);

    Digits digits;
    zoo::LoadReport report = zoo::LoadInto(digits, checkpoint, options).value();
    digits.eval();
    std::cout << report.placed << " tensors placed, " << report.renamed.size() << " renamed\n";

    torch::NoGradGuard no_grad;
    torch::Tensor image = torch::arange(64, torch::kFloat).view({1, 1, 8, 8}) / 64;
    auto [logit, index] = digits.forward(image)[0].max(0);
    std::cout << "class " << index.item<int64_t>() << ", logit " << logit.item<float>() << '\n';
  } catch (const zoo::Failure& failure) {
    return std::cerr << failure.what() << '\n', 1;
  }
}
