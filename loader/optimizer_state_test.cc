#include "zoo/loader/optimizer_state.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <torch/optim/adagrad.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/lbfgs.h>
#include <torch/optim/rmsprop.h>
#include <torch/optim/sgd.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace optim = torch::optim;
using Groups = std::vector<optim::OptimizerParamGroup>;
using MadeOptimizer = std::unique_ptr<optim::Optimizer>;
using Tensors = std::vector<at::Tensor>;

constexpr int kBefore = 4, kAfter = 3;

// The smallest value of a polynomial is looked for, along three parameters.
struct Problem {
  Problem() {
    for (const int64_t size : {3, 2, 4}) {
      parameters.push_back(at::linspace(0.5, 1.5, size, at::kFloat).set_requires_grad(true));
    }
  }
  double Step(optim::Optimizer& optimizer) const {
    const at::Tensor loss = optimizer.step([&] {
      optimizer.zero_grad();
      at::Tensor value = at::zeros({});
      for (const at::Tensor& it : parameters) value = value + (it.pow(4) - it.pow(2)).sum();
      value.backward();
      return value;
    });
    return loss.item<double>();
  }
  void Take(const Problem& other) const {
    for (size_t i = 0; i < parameters.size(); ++i) {
      parameters[i].set_data(other.parameters[i].detach().clone());
    }
  }

  Tensors parameters;
};

template <typename Optimizer, typename Options>
std::function<MadeOptimizer(const Problem&)> One(Options options) {
  return [=](const Problem& problem) {
    return std::make_unique<Optimizer>(problem.parameters, options);
  };
}

// The first two parameters in one group, the third in another.
template <typename Optimizer, typename Options>
std::function<MadeOptimizer(const Problem&)> Two(Options first, Options second) {
  return [=](const Problem& problem) {
    const Tensors& all = problem.parameters;
    auto optimizer = std::make_unique<Optimizer>(
        Groups{optim::OptimizerParamGroup({all[0], all[1]}), optim::OptimizerParamGroup({all[2]})},
        first);
    optimizer->param_groups()[1].set_options(std::make_unique<Options>(second));
    return optimizer;
  };
}

struct Case {
  std::string name;
  std::function<MadeOptimizer(const Problem&)> make;
  std::function<MadeOptimizer(const Problem&)> plain;  // with other options, that the file replaces
};

std::vector<Case> Cases() {
  using S = optim::SGDOptions;
  using R = optim::RMSpropOptions;
  using G = optim::AdagradOptions;
  using A = optim::AdamOptions;
  using W = optim::AdamWOptions;
  using L = optim::LBFGSOptions;
  const auto sgd = One<optim::SGD>(S(1));
  const auto rmsprop = One<optim::RMSprop>(R(1));
  const auto adagrad = One<optim::Adagrad>(G(1));
  const auto adam = One<optim::Adam>(A(1));
  const auto adamw = One<optim::AdamW>(W(1));
  const auto lbfgs = One<optim::LBFGS>(L(1));
  return {
      {"sgd", One<optim::SGD>(S(0.05)), sgd},
      {"sgd momentum", One<optim::SGD>(S(0.05).momentum(0.9)), sgd},
      {"sgd nesterov", One<optim::SGD>(S(0.05).momentum(0.9).nesterov(true).weight_decay(0.1)),
       sgd},
      {"sgd dampening", One<optim::SGD>(S(0.05).momentum(0.9).dampening(0.3)), sgd},
      {"sgd groups", Two<optim::SGD>(S(0.05).momentum(0.9), S(0.01)), Two<optim::SGD>(S(1), S(1))},
      {"rmsprop", One<optim::RMSprop>(R(0.01)), rmsprop},
      {"rmsprop centered",
       One<optim::RMSprop>(R(0.01).momentum(0.9).centered(true).alpha(0.9).weight_decay(0.1)),
       rmsprop},
      {"rmsprop groups", Two<optim::RMSprop>(R(0.01).momentum(0.5), R(0.02).centered(true)),
       Two<optim::RMSprop>(R(1), R(1))},
      {"adagrad", One<optim::Adagrad>(G(0.1)), adagrad},
      {"adagrad decay",
       One<optim::Adagrad>(G(0.1).lr_decay(0.1).weight_decay(0.1).initial_accumulator_value(0.2)),
       adagrad},
      {"adagrad groups", Two<optim::Adagrad>(G(0.1), G(0.2).eps(1e-3)),
       Two<optim::Adagrad>(G(1), G(1))},
      {"adam", One<optim::Adam>(A(0.01)), adam},
      {"adam amsgrad", One<optim::Adam>(A(0.01).amsgrad(true).weight_decay(0.1)), adam},
      {"adam groups", Two<optim::Adam>(A(0.01).betas({0.8, 0.9}), A(0.1).eps(1e-4)),
       Two<optim::Adam>(A(1), A(1))},
      {"adamw", One<optim::AdamW>(W(0.01)), adamw},
      {"adamw amsgrad", One<optim::AdamW>(W(0.01).amsgrad(true).weight_decay(0.2)), adamw},
      {"adamw groups", Two<optim::AdamW>(W(0.01), W(0.1).weight_decay(0)),
       Two<optim::AdamW>(W(1), W(1))},
      {"lbfgs", One<optim::LBFGS>(L(0.05).max_iter(3).history_size(4)), lbfgs},
      {"lbfgs wolfe",
       One<optim::LBFGS>(L(0.5).max_iter(2).max_eval(9).line_search_fn("strong_wolfe")), lbfgs},
  };
}

std::vector<double> Losses(const Problem& problem, optim::Optimizer& optimizer, int steps) {
  std::vector<double> losses;
  for (int i = 0; i < steps; ++i) losses.push_back(problem.Step(optimizer));
  return losses;
}

TEST(OptimizerStateTest, GoesOnToTheBit) {
  const TempDir folder;
  const auto path = folder.path() / "optimizer.pt";
  for (const Case& row : Cases()) {
    for (const int before : {0, kBefore}) {
      SCOPED_TRACE(row.name + " after " + std::to_string(before));
      const Problem problem, other;
      const MadeOptimizer optimizer = row.make(problem), next = row.plain(other);
      Losses(problem, *optimizer, before);
      SaveOptimizer(*optimizer, path).value();
      other.Take(problem);
      EXPECT_TRUE(LoadOptimizer(*next, path).value().values.empty());
      EXPECT_EQ(Losses(other, *next, kAfter), Losses(problem, *optimizer, kAfter));
      for (size_t i = 0; i < problem.parameters.size(); ++i) {
        EXPECT_TRUE(at::equal(problem.parameters[i], other.parameters[i]));
      }
    }
  }
}

TEST(OptimizerStateTest, ReplacesWhatWasRemembered) {
  const TempDir folder;
  const auto path = folder.path() / "fresh.pt";
  const Problem problem, other;
  optim::Adam fresh(problem.parameters, optim::AdamOptions(0.1));
  SaveOptimizer(fresh, path).value();
  optim::Adam used(other.parameters, optim::AdamOptions(0.2));
  Losses(other, used, 2);
  LoadOptimizer(used, path).value();
  EXPECT_TRUE(used.state().empty());
  EXPECT_EQ(used.param_groups()[0].options().get_lr(), 0.1);
}

// Every problem is told, and nothing changed.
TEST(OptimizerStateTest, RefusesWhatDoesNotFit) {
  const TempDir folder;
  const auto path = folder.path() / "sgd.pt";
  const Problem problem;
  optim::SGD sgd(problem.parameters, optim::SGDOptions(0.1).momentum(0.9));
  Losses(problem, sgd, 1);
  SaveOptimizer(sgd, path).value();
  auto error = [&](optim::Optimizer& optimizer) {
    const double lr = optimizer.param_groups()[0].options().get_lr();
    const size_t states = optimizer.state().size();
    const Error found = LoadOptimizer(optimizer, path).error();
    EXPECT_EQ(found.code, ErrorCode::kMismatch);
    EXPECT_EQ(optimizer.param_groups()[0].options().get_lr(), lr);
    EXPECT_EQ(optimizer.state().size(), states);
    return found.message.substr(path.string().size());
  };
  auto parameter = [](at::IntArrayRef shape) { return at::zeros(shape).set_requires_grad(true); };

  optim::Adam adam(problem.parameters);
  EXPECT_EQ(error(adam),
            " does not fit Adam: param_groups[0] lacks betas; param_groups[0] lacks eps");
  optim::SGD fewer({problem.parameters[0]}, optim::SGDOptions(0.3));
  EXPECT_EQ(error(fewer),
            " does not fit SGD: param_groups[0] has 3 parameters in the file, 1 in the optimizer");
  const auto groups = Two<optim::SGD>(optim::SGDOptions(0.3), optim::SGDOptions(0.4))(problem);
  EXPECT_EQ(error(*groups),
            " does not fit SGD: the file has 1 param_groups, the optimizer 2; param_groups[0] has "
            "3 parameters in the file, 2 in the optimizer");
  optim::SGD shapes({parameter({3}), parameter({5}), parameter({2, 2})}, optim::SGDOptions(0.3));
  EXPECT_EQ(error(shapes),
            " does not fit SGD: state[1].momentum_buffer is [2], not [5]; "
            "state[2].momentum_buffer is [4], not [2, 2]");
}

// A file of one group without state, made by hand.
class Hand {
 public:
  using Entry = std::pair<std::string_view, Document::Id>;
  Document document;
  std::vector<std::pair<Document::Id, Document::Id>> states;
  Document::Id Number(double value) { return document.Float(value); }
  Document::Id Dict(const std::vector<Entry>& entries) {
    std::vector<std::pair<Document::Id, Document::Id>> pairs;
    for (const auto& [key, value] : entries) pairs.emplace_back(document.String(key), value);
    return document.Dict(std::move(pairs));
  }
  std::filesystem::path Write(const TempDir& folder, std::vector<Entry> group,
                              std::vector<Entry> others = {}) {
    group.emplace_back("params", document.List({document.Int(0)}));
    others.emplace_back("state", document.Dict(states));
    others.emplace_back("param_groups", document.List({Dict(group)}));
    document.SetRoot(Dict(others));
    const auto path = folder.path() / "hand.pt";
    WriteCheckpoint(document, path).value();
    return path;
  }
  // What every file of Adam has.
  std::vector<Entry> Adam(std::vector<Entry> more) {
    std::vector<Entry> group = {{"lr", Number(0.5)},
                                {"betas", document.Tuple({Number(0.5), Number(0.75)})},
                                {"eps", Number(1e-3)},
                                {"weight_decay", document.Int(0)}};
    group.insert(group.end(), more.begin(), more.end());
    return group;
  }
};

TEST(OptimizerStateTest, RefusesOptionsThatLibTorchLacks) {
  const TempDir folder;
  const Tensors parameter = {at::zeros({2}).set_requires_grad(true)};
  Hand hand;
  const auto path =
      hand.Write(folder, hand.Adam({{"maximize", hand.document.Bool(true)},
                                    {"differentiable", hand.document.Bool(true)},
                                    {"decoupled_weight_decay", hand.document.Bool(true)}}));
  optim::Adam adam(parameter);
  EXPECT_EQ(LoadOptimizer(adam, path).error(),
            (Error{ErrorCode::kUnsupported,
                   path.string() + ": LibTorch's Adam lacks param_groups[0].maximize = True, "
                                   "param_groups[0].differentiable = True, "
                                   "param_groups[0].decoupled_weight_decay = True",
                   "negate the loss instead"}));
  EXPECT_EQ(adam.param_groups()[0].options().get_lr(), 1e-3);
  optim::AdamW adamw(parameter);
  Hand coupled;
  const auto other = coupled.Write(
      folder, coupled.Adam({{"decoupled_weight_decay", coupled.document.Bool(false)}}));
  EXPECT_EQ(LoadOptimizer(adamw, other).error().hint, "load it into a torch::optim::Adam");
  Hand newer;  // than the table: LBFGS of PyTorch 2.14
  const auto maximized = newer.Write(folder, {{"lr", newer.Number(1)},
                                              {"max_iter", newer.document.Int(2)},
                                              {"max_eval", newer.document.None()},
                                              {"tolerance_grad", newer.Number(0)},
                                              {"tolerance_change", newer.Number(0)},
                                              {"history_size", newer.document.Int(2)},
                                              {"line_search_fn", newer.document.None()},
                                              {"maximize", newer.document.Bool(true)}});
  optim::LBFGS lbfgs(parameter);
  EXPECT_EQ(LoadOptimizer(lbfgs, maximized).error().message,
            maximized.string() + ": LibTorch's LBFGS lacks param_groups[0].maximize = True");
}

// Options that older files lack have Python's defaults, not those of the optimizer.
TEST(OptimizerStateTest, FillsInWhatOlderFilesLack) {
  const TempDir folder;
  Hand hand;
  const auto path = hand.Write(folder, hand.Adam({}));
  optim::Adam adam({at::zeros({2}).set_requires_grad(true)},
                   optim::AdamOptions(1).amsgrad(true).weight_decay(0.3));
  LoadOptimizer(adam, path).value();
  const auto& options = static_cast<const optim::AdamOptions&>(adam.param_groups()[0].options());
  EXPECT_TRUE(options == optim::AdamOptions(0.5).betas({0.5, 0.75}).eps(1e-3));
}

// PyTorch 1.13 says of parameters that took no step that they have no buffer.
TEST(OptimizerStateTest, TakesNoneForNothing) {
  const TempDir folder;
  Hand hand;
  hand.states = {{hand.document.Int(0), hand.Dict({{"momentum_buffer", hand.document.None()}})}};
  const auto path = hand.Write(folder, {{"lr", hand.Number(0.5)},
                                        {"momentum", hand.Number(0.9)},
                                        {"dampening", hand.document.Int(0)},
                                        {"weight_decay", hand.document.Int(0)}});
  const Problem problem;
  optim::SGD sgd({problem.parameters[0]}, optim::SGDOptions(1));
  LoadOptimizer(sgd, path).value();
  EXPECT_TRUE(sgd.state().empty());
  Losses(problem, sgd, 2);
  EXPECT_EQ(sgd.state().size(), 1u);
}

// A learning rate may be a tensor in Python.
TEST(OptimizerStateTest, TakesNumbersOutOfTensors) {
  const TempDir folder;
  Hand hand;
  const at::Tensor rate = at::full({}, 0.25);
  const uint32_t storage = hand.document.AddStorage(
      {.dtype = DType::kFloat32,
       .bytes = {static_cast<const std::byte*>(rate.const_data_ptr()), sizeof(float)}});
  std::vector<Hand::Entry> group = hand.Adam({});
  group[0].second = hand.document.Tensor({.storage = storage});
  optim::Adam adam({at::zeros({2}).set_requires_grad(true)});
  LoadOptimizer(adam, hand.Write(folder, group)).value();
  EXPECT_EQ(adam.param_groups()[0].options().get_lr(), 0.25);
}

TEST(OptimizerStateTest, KeepsWhatItHasNoPlaceFor) {
  const TempDir folder;
  const auto again = folder.path() / "again.pt";
  Hand hand;
  const std::vector<Hand::Entry> group =
      hand.Adam({{"foreach", hand.document.Bool(true)},
                 {"fused", hand.document.None()},
                 {"initial_lr", hand.Number(2)},
                 {"lr_scale", hand.document.List({hand.Number(1), hand.document.String("x")})}});
  const auto path = hand.Write(folder, group, {{"note", hand.document.String("mine")}});
  optim::Adam adam({at::zeros({2}).set_requires_grad(true)});
  const KeptValues kept = LoadOptimizer(adam, path).value();
  EXPECT_EQ(kept.values.size(), 4u);
  SaveOptimizer(adam, again, {.kept = &kept}).value();
  const auto checkpoint = Checkpoint::Open(again).value();
  EXPECT_EQ(checkpoint->root().Find("note")->text(), "mine");
  const Value read = checkpoint->root().Find("param_groups")->item(0);
  EXPECT_EQ(read.Repr(1000),
            "{'lr': 0.5, 'betas': (0.5, 0.75), 'eps': 0.001, 'weight_decay': 0.0, 'amsgrad': "
            "False, 'maximize': False, 'capturable': False, 'differentiable': False, 'fused': "
            "None, 'decoupled_weight_decay': False, 'foreach': True, 'initial_lr': 2.0, "
            "'lr_scale': [1.0, 'x'], 'params': [0]}");
  SaveOptimizer(adam, again, {.kept = &kept, .initial_lrs = {3}}).value();
  const auto newer = Checkpoint::Open(again).value();
  EXPECT_EQ(newer->root().Find("param_groups")->item(0).Find("initial_lr")->AsFloat(), 3);
}

TEST(OptimizerStateTest, CountsManySteps) {
  const TempDir folder;
  const auto path = folder.path() / "adam.pt";
  const Problem problem;
  optim::Adam adam(problem.parameters);
  Losses(problem, adam, 1);
  const int64_t many = (int64_t{1} << 24) + 1;  // no float32
  void* first = problem.parameters[0].unsafeGetTensorImpl();
  static_cast<optim::AdamParamState&>(*adam.state().at(first)).step(many);
  SaveOptimizer(adam, path).value();
  LoadOptimizer(adam, path).value();
  EXPECT_EQ(static_cast<optim::AdamParamState&>(*adam.state().at(first)).step(), many);
}

// As Python does it.
TEST(OptimizerStateTest, GivesStateTheDtypeOfItsParameter) {
  const TempDir folder;
  const auto path = folder.path() / "adam.pt";
  const Problem problem;
  optim::Adam adam(problem.parameters);
  Losses(problem, adam, 1);
  SaveOptimizer(adam, path).value();
  Tensors doubles;
  for (const at::Tensor& it : problem.parameters) {
    doubles.push_back(it.detach().to(at::kDouble).set_requires_grad(true));
  }
  optim::Adam other(doubles);
  LoadOptimizer(other, path).value();
  const auto& state = static_cast<const optim::AdamParamState&>(
      *other.state().at(doubles[0].unsafeGetTensorImpl()));
  EXPECT_EQ(state.exp_avg().scalar_type(), at::kDouble);
  EXPECT_EQ(state.step(), 1);
}

TEST(OptimizerStateTest, RefusesOtherThings) {
  const TempDir folder;
  Hand hand;
  hand.document.SetRoot(hand.Dict({{"weight", hand.Number(1)}}));
  const auto path = folder.path() / "hand.pt";
  WriteCheckpoint(hand.document, path).value();
  optim::SGD sgd({at::zeros({2}).set_requires_grad(true)}, optim::SGDOptions(1));
  EXPECT_EQ(LoadOptimizer(sgd, path).error().message,
            path.string() +
                " does not fit SGD: it lacks state and param_groups, which an "
                "optimizer's state_dict() has");

  struct Own : optim::Optimizer {
    using Optimizer::Optimizer;
    at::Tensor step(LossClosure) override { return {}; }
  };
  const Own own(Tensors{}, std::make_unique<optim::SGDOptions>(1));
  EXPECT_EQ(SaveOptimizer(own, path).error(),
            (Error{ErrorCode::kUnsupported, "an optimizer of a class that Python does not have",
                   "SGD, Adam, AdamW, RMSprop, Adagrad and LBFGS can be saved and loaded"}));
}

}  // namespace
}  // namespace zoo
