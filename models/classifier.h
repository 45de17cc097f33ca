// The face that all classifiers share, so that a caller can hold any of them. Like every
// torch::nn::Module, one belongs to one thread at a time while it changes; forward passes in eval
// mode may run at once.
#ifndef ZOO_MODELS_CLASSIFIER_H_
#define ZOO_MODELS_CLASSIFIER_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <string>
#include <utility>

namespace zoo::models {

class Classifier : public torch::nn::Module {
 public:
  // images: [N, 3, H, W], normalised as the entry's preset says. Returns logits [N, classes].
  virtual at::Tensor forward(at::Tensor images) = 0;
  // What stands before the classifier layer: [N, features], for embeddings.
  virtual at::Tensor ForwardFeatures(at::Tensor images) = 0;
  // What Python's constructor does to fresh layers beyond PyTorch's own initial values. Only
  // InitializeForTraining (initialize.h) calls it, when every parameter has memory.
  virtual void AdjustInitialValues() {}

 protected:
  // `architecture` is what name() says, and with it messages and printing.
  explicit Classifier(std::string architecture) : torch::nn::Module(std::move(architecture)) {}
};

}  // namespace zoo::models

#endif  // ZOO_MODELS_CLASSIFIER_H_
