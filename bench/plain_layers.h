// The layers of a module once more, as a program without zoo makes them.
#ifndef ZOO_BENCH_PLAIN_LAYERS_H_
#define ZOO_BENCH_PLAIN_LAYERS_H_

#include <torch/nn/module.h>

#include <memory>

namespace zoo {

// What construction with plain torch::nn costs: for each layer of `module` one of the same options,
// with LibTorch's own initial values, and for each parameter that no such layer owns a uniformly
// filled one. torchvision's own initial values would come on top.
std::shared_ptr<void> MakePlainLayers(const torch::nn::Module& module);

}  // namespace zoo

#endif  // ZOO_BENCH_PLAIN_LAYERS_H_
