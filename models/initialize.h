// InitializeForTraining: Python's initial values, for training from the start or for a new last
// layer. Loading weights needs none of this.
//
//   models::InitializeForTraining(*model);         // the whole model
//   models::InitializeForTraining(*resnet->fc);    // one layer
#ifndef ZOO_MODELS_INITIALIZE_H_
#define ZOO_MODELS_INITIALIZE_H_

#include <torch/nn/module.h>

namespace zoo::models {

// Gives every tensor of the module memory of its own and the distribution of values that Python's
// constructor gives it, from PyTorch's default random generator (torch::manual_seed). Values that
// were there before are gone; a mapped file is not touched. What no layer of torch::nn owns is NaN
// until the family's AdjustInitialValues fills it.
void InitializeForTraining(torch::nn::Module& module);

}  // namespace zoo::models

#endif  // ZOO_MODELS_INITIALIZE_H_
