// The face that all classifiers share, so that a caller can hold any of them. Like every
// torch::nn::Module, one belongs to one thread at a time while it changes; forward passes in eval
// mode may run at once.
#ifndef ZOO_MODELS_CLASSIFIER_H_
#define ZOO_MODELS_CLASSIFIER_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/json.h"

namespace zoo::models {

// What a model computes, by name.
using Outputs = std::map<std::string, at::Tensor, std::less<>>;

// Shapes of parameters and buffers, by name.
using Shapes = std::map<std::string, std::vector<int64_t>, std::less<>>;

// A form that a model took: that of older files, or back.
struct Form {
  std::string name;            // for a message; empty: none
  std::function<void()> undo;  // gives the form before back, and its layers with their values
};

class Classifier : public torch::nn::Module {
 public:
  // images: [N, 3, H, W], normalised as the entry's preset says. Returns logits [N, classes].
  virtual at::Tensor forward(at::Tensor images) = 0;
  // "logits", and in training mode those of the auxiliary heads of the families that have them,
  // which forward does not run.
  virtual Outputs ForwardAll(at::Tensor images) { return {{"logits", forward(std::move(images))}}; }
  // What stands before the classifier layer: [N, features], for embeddings.
  virtual at::Tensor ForwardFeatures(at::Tensor images) = 0;
  // What Python's constructor does to fresh layers beyond PyTorch's own initial values. Only
  // InitializeForTraining (initialize.h) calls it, when every parameter has memory.
  virtual void AdjustInitialValues() {}
  // Called before a load with the shapes, in the file, of what does not fit. If the file is of
  // another form of this architecture, the model takes that form, as it does in Python: layers that
  // change are ghosts (layers.h), all others stay. Else nothing happens.
  virtual Form TakeFormOf(const Shapes& /*file*/) { return {}; }
  // The options that models::Make was given, which with name() build the module again; nothing if
  // something else made it.
  const std::optional<Json::Object>& made_with() const { return made_with_; }
  // For Make alone.
  void set_made_with(Json::Object options) { made_with_ = std::move(options); }

 protected:
  // `architecture` is what name() says, and with it messages and printing.
  explicit Classifier(std::string architecture) : torch::nn::Module(std::move(architecture)) {}

 private:
  std::optional<Json::Object> made_with_;
};

}  // namespace zoo::models

#endif  // ZOO_MODELS_CLASSIFIER_H_
