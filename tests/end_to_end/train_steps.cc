// Trains the tiny net of training_interchange_test.py with the optimizers and schedulers of
// training_cases.json, for a few steps before a checkpoint and a few after it.
//
//   train_steps CASES make FOLDER              trains each case, saves FOLDER/CASE.pt, goes on
//   train_steps CASES continue CASE=FILE...    loads each file and goes on
//
// Prints for each checkpoint a line: CASE, the losses after it, a sum of random numbers drawn after
// it, the last learning rate, as hexadecimal floats.
#include <ATen/ops/arange.h>
#include <ATen/ops/rand.h>
#include <fmt/format.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/adagrad.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/lbfgs.h>
#include <torch/optim/rmsprop.h>
#include <torch/optim/sgd.h>
#include <torch/utils.h>

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/loader/scheduler.h"
#include "zoo/loader/training_checkpoint.h"

namespace zoo {
namespace {

namespace optim = torch::optim;
using Groups = std::vector<optim::OptimizerParamGroup>;
using MadeOptimizer = std::unique_ptr<optim::Optimizer>;
using MadeScheduler = std::unique_ptr<Scheduler>;

constexpr int kBefore = 4, kAfter = 3;

// (step, i) -> numbers in [-0.5, 0.5), the same in Python.
at::Tensor Numbers(int64_t rows, int64_t columns, int64_t seed) {
  const at::Tensor i = at::arange(rows * columns, at::kLong);
  return (((i * 7 + seed * 5) * (i + 3) % 101).to(at::kDouble) / 101.0 - 0.5)
      .to(at::kFloat)
      .view({rows, columns});
}

struct Net : torch::nn::Module {
  Net() : torch::nn::Module("net") {
    first = register_module("first", torch::nn::Linear(8, 16));
    second = register_module("second", torch::nn::Linear(16, 4));
    torch::NoGradGuard no_grad;
    int64_t seed = 0;
    for (at::Tensor& it : parameters()) it.copy_(Numbers(1, it.numel(), ++seed).view(it.sizes()));
  }
  at::Tensor forward(const at::Tensor& x) { return second(first(x).tanh()); }

  torch::nn::Linear first{nullptr}, second{nullptr};
};

void Set(const Json& json, std::string_view name, double& into) {
  if (const Json* value = json.Find(name)) into = *value->AsDouble();
}
void Set(const Json& json, std::string_view name, bool& into) {
  if (const Json* value = json.Find(name)) into = *value->AsBool();
}
void Set(const Json& json, std::string_view name, int64_t& into) {
  if (const Json* value = json.Find(name)) into = *value->AsInt64();
}
void Set(const Json& json, std::string_view name, std::tuple<double, double>& into) {
  const Json* value = json.Find(name);
  if (value == nullptr) return;
  const Json::Array& pair = *value->AsArray();
  into = {*pair[0].AsDouble(), *pair[1].AsDouble()};
}

void Read(const Json& json, optim::SGDOptions& it) {
  Set(json, "lr", it.lr());
  Set(json, "momentum", it.momentum());
  Set(json, "dampening", it.dampening());
  Set(json, "weight_decay", it.weight_decay());
  Set(json, "nesterov", it.nesterov());
}
template <typename AdamLike>
void ReadAdam(const Json& json, AdamLike& it) {
  Set(json, "lr", it.lr());
  Set(json, "betas", it.betas());
  Set(json, "eps", it.eps());
  Set(json, "weight_decay", it.weight_decay());
  Set(json, "amsgrad", it.amsgrad());
}
void Read(const Json& json, optim::AdamOptions& it) { ReadAdam(json, it); }
void Read(const Json& json, optim::AdamWOptions& it) { ReadAdam(json, it); }
void Read(const Json& json, optim::RMSpropOptions& it) {
  Set(json, "lr", it.lr());
  Set(json, "alpha", it.alpha());
  Set(json, "eps", it.eps());
  Set(json, "weight_decay", it.weight_decay());
  Set(json, "momentum", it.momentum());
  Set(json, "centered", it.centered());
}
void Read(const Json& json, optim::AdagradOptions& it) {
  Set(json, "lr", it.lr());
  Set(json, "lr_decay", it.lr_decay());
  Set(json, "weight_decay", it.weight_decay());
  Set(json, "initial_accumulator_value", it.initial_accumulator_value());
  Set(json, "eps", it.eps());
}
void Read(const Json& json, optim::LBFGSOptions& it) {
  Set(json, "lr", it.lr());
  Set(json, "max_iter", it.max_iter());
  Set(json, "history_size", it.history_size());
  if (const Json* name = json.Find("line_search_fn")) it.line_search_fn() = *name->AsString();
}

// The weights go to the first group, the biases to the second, if there are two. LibTorch gives
// what a group does not say itself from the last argument, so that is the first group's.
template <typename Optimizer, typename Options>
MadeOptimizer MakeOptimizer(Net& net, const Json::Array& groups) {
  Groups made;
  Options first(1.0);
  Read(groups[0], first);
  for (size_t i = 0; i < groups.size(); ++i) {
    std::vector<at::Tensor> parameters;
    for (const auto& item : net.named_parameters()) {
      const bool second = groups.size() == 2 && item.key().ends_with("bias");
      if (second == (i == 1)) parameters.push_back(item.value());
    }
    made.emplace_back(std::move(parameters));
  }
  auto optimizer = std::make_unique<Optimizer>(made, first);
  for (size_t i = 1; i < groups.size(); ++i) {
    auto options = std::make_unique<Options>(1.0);
    Read(groups[i], *options);
    optimizer->param_groups()[i].set_options(std::move(options));
  }
  return optimizer;
}

MadeOptimizer MakeOptimizer(Net& net, const Json& json) {
  static const std::map<std::string, MadeOptimizer (*)(Net&, const Json::Array&)> kMakers = {
      {"SGD", MakeOptimizer<optim::SGD, optim::SGDOptions>},
      {"Adam", MakeOptimizer<optim::Adam, optim::AdamOptions>},
      {"AdamW", MakeOptimizer<optim::AdamW, optim::AdamWOptions>},
      {"RMSprop", MakeOptimizer<optim::RMSprop, optim::RMSpropOptions>},
      {"Adagrad", MakeOptimizer<optim::Adagrad, optim::AdagradOptions>},
      {"LBFGS", MakeOptimizer<optim::LBFGS, optim::LBFGSOptions>}};
  return kMakers.at(*json.Find("optimizer")->AsString())(net, *json.Find("groups")->AsArray());
}

MadeScheduler MakeScheduler(optim::Optimizer& optimizer, const std::string& name) {
  if (name == "StepLR") return std::make_unique<StepLR>(optimizer, StepLROptions{2, 0.5});
  if (name == "MultiStepLR") {
    return std::make_unique<MultiStepLR>(optimizer, MultiStepLROptions{{1, 5, 5}, 0.7});
  }
  if (name == "CosineAnnealingLR") {
    return std::make_unique<CosineAnnealingLR>(optimizer, CosineAnnealingLROptions{6, 0.001});
  }
  return std::make_unique<ReduceLROnPlateau>(
      optimizer, ReduceLROnPlateauOptions{.factor = 0.5, .patience = 0, .threshold = 0.1});
}

struct Training {
  explicit Training(const Json& json)
      : optimizer(MakeOptimizer(net, json)),
        scheduler(MakeScheduler(*optimizer, *json.Find("scheduler")->AsString())) {}

  double Step(int64_t step) {
    const at::Tensor images = Numbers(5, 8, 100 + step), targets = Numbers(5, 4, 200 + step);
    const at::Tensor loss = optimizer->step([&] {
      optimizer->zero_grad();
      at::Tensor value = (net.forward(images) - targets).square().mean();
      value.backward();
      return value;
    });
    scheduler->Step(loss.item<double>());
    return loss.item<double>();
  }
  TrainingParts parts() { return {&net, optimizer.get(), scheduler.get()}; }

  Net net;
  MadeOptimizer optimizer;
  MadeScheduler scheduler;
};

void GoOn(const std::string& name, Training& training) {
  const double drawn = at::rand({4}, at::kDouble).sum().item<double>();
  std::string line = name;
  for (int i = 0; i < kAfter; ++i) line += fmt::format(" {:a}", training.Step(kBefore + i));
  fmt::print("{} {:a} {:a}\n", line, drawn, training.scheduler->LastLr().back());
}

void Make(const Json& json, const std::string& folder) {
  const std::string& name = *json.Find("name")->AsString();
  at::manual_seed(7);
  Training training(json);
  double loss = 0;
  for (int i = 0; i < kBefore; ++i) loss = training.Step(i);
  at::rand({3});
  const TrainingProgress progress{.epoch = kBefore, .metrics = {{"loss", loss}}};
  SaveCheckpoint(folder + "/" + name + ".pt", training.parts(), progress).value();
  GoOn(name, training);
}

void Continue(const Json::Array& cases, std::string_view argument) {
  const std::string name(argument.substr(0, argument.find('=')));
  const std::string file(argument.substr(name.size() + 1));
  for (const Json& json : cases) {
    if (*json.Find("name")->AsString() != name) continue;
    Training training(json);
    LoadCheckpoint(file, training.parts()).value();
    GoOn(name, training);
  }
}

}  // namespace
}  // namespace zoo

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string verb = argv[2];
  try {
    const zoo::Json document = zoo::ParseJson(zoo::ReadFile(argv[1], 1 << 20).value()).value();
    const zoo::Json::Array& cases = *document.Find("cases")->AsArray();
    if (verb == "make") {
      for (const zoo::Json& json : cases) zoo::Make(json, argv[3]);
    }
    for (int i = 3; verb == "continue" && i < argc; ++i) zoo::Continue(cases, argv[i]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
