// What training.py measures of zoo, one process for all rounds: a resnet50 and its Adam, whose
// state one step has filled. Reads commands from standard input and answers each with numbers of
// seconds.
//
//   crc PATH | plain PATH | sha256 PATH    saves a training checkpoint, as save.cc does
//   hash -                                 the SHA-256 of its tensors alone
//   step -                                 a step of the training, of 4 images of 224 x 224
//   background FOLDER | at-once FOLDER     zoo::Run::Save: what it held the training up, then the
//                                          step after it, the writing going on meanwhile
#include <fmt/format.h>
#include <torch/torch.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "zoo/base/digest.h"
#include "zoo/checkpoint/writer.h"
#include "zoo/loader/run.h"
#include "zoo/loader/training_checkpoint.h"
#include "zoo/models/architectures.h"
#include "zoo/models/classifier.h"
#include "zoo/models/initialize.h"

namespace zoo {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class Training {
 public:
  Training() : model_(NewModel()), optimizer_(model_->parameters(), Options()) {}

  double Step() {
    const auto start = Clock::now();
    optimizer_.zero_grad();
    torch::cross_entropy_loss(model_->forward(images_), labels_).backward();
    optimizer_.step();
    return SecondsSince(start);
  }

  double Save(const std::string& how, const std::string& path) {
    const auto start = Clock::now();
    SaveCheckpoint(path, parts(), {.epoch = 1, .metrics = {{"loss", 0.5}}},
                   {.crc = how != "plain", .sha256 = how == "sha256", .sync = false})
        .value();
    return SecondsSince(start);
  }

  // Of the parameters, the buffers and the two moments of each parameter.
  double Hash() {
    Sha256 hasher;
    const auto start = Clock::now();
    for (const torch::Tensor& parameter : model_->parameters()) {
      for (int copy = 0; copy < 3; ++copy) Update(hasher, parameter);
    }
    for (const torch::Tensor& buffer : model_->buffers()) Update(hasher, buffer);
    hasher.Finish();
    return SecondsSince(start);
  }

  // What the training was held up, and the step after it.
  std::pair<double, double> StepAndSave(const std::string& folder, Saving saving) {
    auto [place, fresh] = runs_.try_emplace(folder, nullptr);
    if (fresh) {
      place->second = std::make_unique<Run>(
          Run::Open(folder, {.file = "{epoch:05}.pt", .keep_best = 0, .keep_last = 1}, saving)
              .value());
    }
    Run& run = *place->second;
    run.Wait().value();
    const double held =
        run.Save(epoch_++, *model_, optimizer_, {{"loss", 0.5}}).value().seconds_held;
    const double step = Step();
    run.Wait().value();
    return {held, step};
  }

 private:
  static std::shared_ptr<models::Classifier> NewModel() {
    auto model = models::Make("resnet50").value();
    models::InitializeForTraining(*model);
    model->train();
    return model;
  }
  static torch::optim::AdamOptions Options() { return torch::optim::AdamOptions(1e-5); }
  TrainingParts parts() { return {.model = model_.get(), .optimizer = &optimizer_}; }

  static void Update(Sha256& hasher, const torch::Tensor& tensor) {
    hasher.Update({static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()});
  }

  std::shared_ptr<models::Classifier> model_;
  torch::optim::Adam optimizer_;
  torch::Tensor images_ = torch::randn({4, 3, 224, 224});
  torch::Tensor labels_ = torch::zeros({4}, torch::kLong);
  std::map<std::string, std::unique_ptr<Run>> runs_;
  int64_t epoch_ = 0;
};

std::string Answer(Training& training, const std::string& command, const std::string& path) {
  if (command == "step") return fmt::format("{}", training.Step());
  if (command == "hash") return fmt::format("{}", training.Hash());
  if (command == "background" || command == "at-once") {
    const auto [held, step] =
        training.StepAndSave(path, command == "at-once" ? Saving::kAtOnce : Saving::kInBackground);
    return fmt::format("{} {}", held, step);
  }
  return fmt::format("{}", training.Save(command, path));
}

}  // namespace
}  // namespace zoo

int main() {
  zoo::Training training;
  training.Step();
  std::string command, path;
  while (std::cin >> command >> path) {
    fmt::print("{}\n", zoo::Answer(training, command, path));
    std::fflush(stdout);
  }
}
