// The face that all classifiers share, so that a caller can hold any of them.
#ifndef ZOO_MODELS_CLASSIFIER_H_
#define ZOO_MODELS_CLASSIFIER_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

namespace zoo::models {

class Classifier : public torch::nn::Module {
 public:
  // images: [N, 3, H, W], normalised as the entry's preset says. Returns logits [N, classes].
  virtual at::Tensor forward(at::Tensor images) = 0;
  // What stands before the classifier layer: [N, features], for embeddings.
  virtual at::Tensor ForwardFeatures(at::Tensor images) = 0;
};

}  // namespace zoo::models

#endif  // ZOO_MODELS_CLASSIFIER_H_
