// Reads a handwritten digit with the weights that zoo.lock names. Bazel fetches them, and `bazel run`
// passes their place in the runfiles:
//
//   bazel run //:read_digit
#include <torch/torch.h>

#include <cstdint>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/loader/load_into.h"

namespace {

// The network of zoo's examples/digits, under the names that its files have.
struct Net : torch::nn::Module {
  torch::nn::Conv2d conv1{torch::nn::Conv2dOptions(1, 16, 3).padding(1)};
  torch::nn::Conv2d conv2{torch::nn::Conv2dOptions(16, 32, 3).padding(1)};
  torch::nn::Linear fc1{32 * 4 * 4, 64}, fc2{64, 10};

  Net() : torch::nn::Module("Net") {
    register_module("conv1", conv1);
    register_module("conv2", conv2);
    register_module("fc1", fc1);
    register_module("fc2", fc2);
  }
  // images: [N, 1, 8, 8], from 0 to 1. Returns logits [N, 10].
  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(conv1(x));
    x = torch::max_pool2d(torch::relu(conv2(x)), 2);
    return fc2(torch::relu(fc1(x.flatten(1))));
  }
};

// Eight lines of eight pixels from 0 to 16, as [1, 1, 8, 8].
torch::Tensor ReadDigit(const std::string& path) {
  std::ifstream file(path);
  std::vector<float> pixels;
  for (float pixel = 0; file >> pixel;) pixels.push_back(pixel / 16);
  if (pixels.size() != 64) throw std::runtime_error(path + ": not 64 pixels");
  return torch::tensor(pixels).view({1, 1, 8, 8});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::cerr << "usage: read_digit WEIGHTS DIGIT.txt\n", 2;
  try {
    Net net;
    zoo::LoadReport report = zoo::LoadInto(net, zoo::Checkpoint::Open(argv[1]).value()).value();
    std::cout << report.placed << " tensors placed\n";

    torch::NoGradGuard no_grad;
    const torch::Tensor probabilities = net.forward(ReadDigit(argv[2])).softmax(1)[0];
    std::cout << "it is a " << probabilities.argmax().item<int64_t>() << '\n';
  } catch (const std::exception& error) {
    return std::cerr << "read_digit: " << error.what() << '\n', 1;
  }
}
