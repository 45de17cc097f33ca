// Each table of options lists what Python's group has, in Python's order.
#include "zoo/loader/optimizer_kinds.h"

#include <torch/optim/adagrad.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/lbfgs.h>
#include <torch/optim/rmsprop.h>
#include <torch/optim/sgd.h>

namespace zoo {
namespace {

namespace optim = torch::optim;
using Shape = std::vector<int64_t>;
using Remembers = OptimizerKind::Remembers;

constexpr Fixed kMaximize{Fixed::kFalse, Fixed::kResult, "negate the loss instead"};
constexpr Fixed kDifferentiable{Fixed::kFalse, Fixed::kResult,
                                "LibTorch's steps are not differentiable"};
constexpr Fixed kForeach{Fixed::kNone, Fixed::kSpeed};
constexpr Fixed kFused{Fixed::kNone, Fixed::kSpeed};
constexpr Fixed kCapturable{Fixed::kFalse, Fixed::kSpeed};
constexpr Fixed kCoupled{Fixed::kFalse, Fixed::kResult, "load it into a torch::optim::AdamW"};
constexpr Fixed kDecoupled{Fixed::kTrue, Fixed::kResult, "load it into a torch::optim::Adam"};
constexpr auto kOptional = Field::kOptional;

// A tensor that must be there where an option asks for it.
Field Needed(std::string_view key, at::Tensor& tensor, const Shape& shape, bool asked) {
  return {key, TensorPlace{&tensor, shape}, asked ? Field::kRequired : Field::kOptional};
}

std::vector<Field> OptionFields(optim::SGDOptions& it) {
  return {{"lr", &it.lr()},
          {"momentum", &it.momentum()},
          {"dampening", &it.dampening()},
          {"weight_decay", &it.weight_decay()},
          {"nesterov", &it.nesterov(), kOptional},
          {"maximize", kMaximize},
          {"foreach", kForeach},
          {"differentiable", kDifferentiable},
          {"fused", kFused}};
}

std::vector<Field> StateFields(optim::SGDParamState& it, const optim::SGDOptions&,
                               const Shape& shape) {
  return {Needed("momentum_buffer", it.momentum_buffer(), shape, false)};
}

template <typename Options>
std::vector<Field> AdamOptionFields(Options& it, const Fixed& decay) {
  return {{"lr", &it.lr()},
          {"betas", &it.betas()},
          {"eps", &it.eps()},
          {"weight_decay", &it.weight_decay()},
          {"amsgrad", &it.amsgrad(), kOptional},
          {"maximize", kMaximize},
          {"foreach", kForeach},
          {"capturable", kCapturable},
          {"differentiable", kDifferentiable},
          {"fused", kFused},
          {"decoupled_weight_decay", decay}};
}

std::vector<Field> OptionFields(optim::AdamOptions& it) { return AdamOptionFields(it, kCoupled); }
std::vector<Field> OptionFields(optim::AdamWOptions& it) {
  return AdamOptionFields(it, kDecoupled);
}

template <typename State>
std::vector<Field> AdamStateFields(State& it, bool amsgrad, const Shape& shape) {
  return {{"step", StepPlace{&it.step()}},
          Needed("exp_avg", it.exp_avg(), shape, true),
          Needed("exp_avg_sq", it.exp_avg_sq(), shape, true),
          Needed("max_exp_avg_sq", it.max_exp_avg_sq(), shape, amsgrad)};
}

std::vector<Field> StateFields(optim::AdamParamState& it, const optim::AdamOptions& options,
                               const Shape& shape) {
  return AdamStateFields(it, options.amsgrad(), shape);
}
std::vector<Field> StateFields(optim::AdamWParamState& it, const optim::AdamWOptions& options,
                               const Shape& shape) {
  return AdamStateFields(it, options.amsgrad(), shape);
}

std::vector<Field> OptionFields(optim::RMSpropOptions& it) {
  return {{"lr", &it.lr()},
          {"momentum", &it.momentum(), kOptional},
          {"alpha", &it.alpha()},
          {"eps", &it.eps()},
          {"centered", &it.centered(), kOptional},
          {"weight_decay", &it.weight_decay()},
          {"capturable", kCapturable},
          {"foreach", kForeach},
          {"maximize", kMaximize},
          {"differentiable", kDifferentiable}};
}

std::vector<Field> StateFields(optim::RMSpropParamState& it, const optim::RMSpropOptions& options,
                               const Shape& shape) {
  return {{"step", StepPlace{&it.step()}},
          Needed("square_avg", it.square_avg(), shape, true),
          Needed("momentum_buffer", it.momentum_buffer(), shape, options.momentum() > 0),
          Needed("grad_avg", it.grad_avg(), shape, options.centered())};
}

std::vector<Field> OptionFields(optim::AdagradOptions& it) {
  return {{"lr", &it.lr()},
          {"lr_decay", &it.lr_decay()},
          {"eps", &it.eps()},
          {"weight_decay", &it.weight_decay()},
          {"initial_accumulator_value", &it.initial_accumulator_value()},
          {"foreach", kForeach},
          {"maximize", kMaximize},
          {"differentiable", kDifferentiable},
          {"fused", kFused}};
}

std::vector<Field> StateFields(optim::AdagradParamState& it, const optim::AdagradOptions&,
                               const Shape& shape) {
  return {{"step", StepPlace{&it.step()}}, Needed("sum", it.sum(), shape, true)};
}

std::vector<Field> OptionFields(optim::LBFGSOptions& it) {
  return {{"lr", &it.lr()},
          {"max_iter", &it.max_iter()},
          {"max_eval", &it.max_eval()},
          {"tolerance_grad", &it.tolerance_grad()},
          {"tolerance_change", &it.tolerance_change()},
          {"history_size", &it.history_size()},
          {"line_search_fn", &it.line_search_fn()},
          {"maximize", kMaximize, kOptional, /*written=*/false}};  // Python's since 2.14
}

// Before the first direction `d` there is nothing but the two counts.
std::vector<Field> StateFields(optim::LBFGSParamState& it, const optim::LBFGSOptions&,
                               const Shape& all) {
  const bool begun = it.d().defined();
  return {{"func_evals", &it.func_evals()},
          {"n_iter", &it.n_iter()},
          {"al", Scratch()},
          Needed("d", it.d(), all, false),
          {"t", &it.t(), kOptional, begun},
          {"old_dirs", TensorsPlace{&it.old_dirs(), all}, kOptional, begun},
          {"old_stps", TensorsPlace{&it.old_stps(), all}, kOptional, begun},
          {"ro", TensorsPlace{&it.ro(), {}}, kOptional, begun},
          Needed("H_diag", it.H_diag(), {}, false),
          Needed("prev_flat_grad", it.prev_flat_grad(), all, false),
          {"prev_loss", &it.prev_loss(), kOptional, begun}};
}

template <typename Optimizer, typename Options, typename State>
OptimizerKind Row(std::string_view name, Remembers remembers) {
  return {.name = name,
          .remembers = remembers,
          .is =
              [](const optim::Optimizer& optimizer) {
                return dynamic_cast<const Optimizer*>(&optimizer) != nullptr;
              },
          .make_options =
              [] {
                // A learning rate that every file replaces.
                return std::unique_ptr<optim::OptimizerOptions>(std::make_unique<Options>(1.0));
              },
          .option_fields =
              [](optim::OptimizerOptions& options) {
                return OptionFields(static_cast<Options&>(options));
              },
          .make_state =
              [] { return std::unique_ptr<optim::OptimizerParamState>(std::make_unique<State>()); },
          .state_fields =
              [](optim::OptimizerParamState& state, const optim::OptimizerOptions& options,
                 const Shape& shape) {
                return StateFields(static_cast<State&>(state), static_cast<const Options&>(options),
                                   shape);
              }};
}

}  // namespace

const OptimizerKind* KindOf(const torch::optim::Optimizer& optimizer) {
  static const OptimizerKind kKinds[] = {
      Row<optim::SGD, optim::SGDOptions, optim::SGDParamState>("SGD", Remembers::kStepped),
      Row<optim::Adam, optim::AdamOptions, optim::AdamParamState>("Adam", Remembers::kStepped),
      Row<optim::AdamW, optim::AdamWOptions, optim::AdamWParamState>("AdamW", Remembers::kStepped),
      Row<optim::RMSprop, optim::RMSpropOptions, optim::RMSpropParamState>("RMSprop",
                                                                           Remembers::kStepped),
      Row<optim::Adagrad, optim::AdagradOptions, optim::AdagradParamState>("Adagrad",
                                                                           Remembers::kAll),
      Row<optim::LBFGS, optim::LBFGSOptions, optim::LBFGSParamState>("LBFGS", Remembers::kFirst),
  };
  for (const OptimizerKind& kind : kKinds) {
    if (kind.is(optimizer)) return &kind;
  }
  return nullptr;
}

}  // namespace zoo
