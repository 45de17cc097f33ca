// Classifies a photo with pretrained weights:
//
//   bazel run //examples:classify -- efficientnet_lite0 $PWD/photo.jpg
#include <torch/torch.h>

#include <iostream>
#include <vector>

#include "zoo/image/decode.h"
#include "zoo/image/preprocess.h"
#include "zoo/loader/pretrained.h"
#include "zoo/registry/registry.h"

int main(int argc, char** argv) {
  if (argc != 3) return std::cerr << "usage: classify MODEL PHOTO\n", 2;
  try {
    zoo::RegistrySet registries;
    registries.Add(zoo::BuiltinRegistry());
    const zoo::Entry& entry = *registries.Find(argv[1]).value();

    auto model = zoo::Pretrained(argv[1]).value();
    zoo::Image crop =
        zoo::ResizeAndCrop(zoo::DecodeImageFile(argv[2]).value(), *entry.preset).value();
    std::vector<float> pixels = zoo::Normalize(crop, *entry.preset);

    torch::NoGradGuard no_grad;
    torch::Tensor input = torch::from_blob(pixels.data(), {1, 3, crop.height, crop.width});
    auto [probability, index] = model->forward(input).softmax(1)[0].max(0);
    std::cout << registries.CategoriesOf(entry).at(index.item<int64_t>()) << ' '
              << 100 * probability.item<float>() << " %\n";
  } catch (const zoo::Failure& failure) {
    return std::cerr << failure.what() << '\n', 1;
  }
}
