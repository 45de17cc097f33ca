// Models for model_interchange_test.py, to files and out of them.
//
//   model_files make FOLDER    writes FOLDER/state.pt and FOLDER/whole.pt of a small SqueezeNet
//   model_files state FILE     a SqueezeNet of that kind with the weights of FILE
//   model_files whole FILE     whatever model FILE holds
//   model_files modes FILE     of that, "frozen" and each parameter that requires no gradient, and
//                              "eval" and each module that is not in training mode
//
// Prints of each of the others: the architecture, whether it is in training mode, and logits in
// evaluation mode of an image of 64 x 64 (or of another size, the last argument), as hexadecimal
// floats.
#include <ATen/ops/arange.h>
#include <fmt/format.h>
#include <torch/utils.h>

#include <cstdio>
#include <memory>
#include <string>

#include "zoo/base/result.h"
#include "zoo/loader/save.h"
#include "zoo/loader/whole_model.h"
#include "zoo/models/architectures.h"
#include "zoo/models/classifier.h"
#include "zoo/models/initialize.h"
#include "zoo/models/state_dict.h"

namespace zoo {
namespace {

using Model = std::shared_ptr<models::Classifier>;

Model MakeSqueezeNet() {
  return models::Make("squeezenet1_1", {{"num_classes", 7}, {"dropout", 0.25}}).value();
}

void Print(models::Classifier& model, int64_t size) {
  const bool training = model.is_training();
  model.eval();
  torch::NoGradGuard no_grad;
  const at::Tensor i = at::arange(3 * size * size);
  const at::Tensor image = ((i * 7 % 101).to(at::kFloat) / 101 - 0.5).view({1, 3, size, size});
  std::string line = fmt::format("{} {}", model.name(), training);
  const at::Tensor logits = model.forward(image).flatten().to(at::kDouble);
  for (int64_t k = 0; k < logits.numel(); ++k)
    line += fmt::format(" {:a}", logits[k].item<double>());
  fmt::print("{}\n", line);
  model.train(training);
}

void PrintModes(const models::Classifier& model) {
  for (const models::NamedTensor& slot : models::StateDictOf(model)) {
    if (!slot.buffer && !slot.tensor.requires_grad()) fmt::print("frozen {}\n", slot.name);
  }
  for (const auto& item : model.named_modules()) {
    if (!item.value()->is_training()) fmt::print("eval {}\n", item.key());
  }
}

void Run(const std::string& verb, const std::string& path, int64_t size) {
  if (verb == "whole") return Print(*LoadModel(path).value(), size);
  if (verb == "modes") return PrintModes(*LoadModel(path).value());
  const Model model = MakeSqueezeNet();
  if (verb == "make") {
    at::manual_seed(1);
    models::InitializeForTraining(*model);
    SaveStateDict(*model, path + "/state.pt").value();
    SaveModel(*model, path + "/whole.pt").value();
  } else {
    LoadStateDict(*model, path).value();
  }
  Print(*model, size);
}

}  // namespace
}  // namespace zoo

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  try {
    zoo::Run(argv[1], argv[2], argc > 3 ? std::stol(argv[3]) : 64);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
