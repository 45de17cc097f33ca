// Steps: the class gives the architectures to choose from; the options are read, and of those that
// the file does not tell every value is tried; with each choice a module without memory is made. It
// must have the file's names and shapes, and the settings that shapes do not show. The first that
// does is the one.
#include "zoo/loader/python_models.h"

#include <fmt/format.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/normalization.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/value_json.h"
#include "zoo/loader/python_classes.h"
#include "zoo/loader/python_layers.h"
#include "zoo/models/architectures.h"
#include "zoo/models/state_dict.h"

namespace zoo {
namespace {

using Kind = Value::Kind;
using From = OptionRule::From;
using Shape = std::vector<int64_t>;

constexpr std::string_view kStochasticDepth = "torchvision.ops.stochastic_depth.StochasticDepth";
constexpr double kChannelStep = 8;  // widths are rounded to multiples of it
constexpr double kDigits = 1e12;  // a probability that was multiplied and divided is rounded to it

std::optional<Value> Submodules(const Value& module) { return module.Find("_modules"); }

// The submodule at a dotted path.
std::optional<Value> At(const Value& module, std::string_view path) {
  std::optional<Value> at = module;
  while (at && !path.empty()) {
    const std::string_view step = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), step.size() + 1));
    const auto submodules = Submodules(*at);
    at = submodules ? submodules->Find(step) : std::nullopt;
  }
  return at;
}

std::optional<Value> Attribute(const Value& module, std::string_view path, std::string_view name) {
  const auto at = At(module, path);
  return at ? at->Find(name) : std::nullopt;
}

// What the file knows of a model.
class PythonModel {
 public:
  PythonModel(const Checkpoint& checkpoint, const Value& module);

  const Value& module() const { return module_; }
  // How many names differ, or have other shapes.
  size_t Differences(const models::Classifier& made) const;
  // What the option may be; empty if nothing tells.
  std::vector<Json> Values(const OptionRule& rule) const;

 private:
  std::optional<Json> Told(const OptionRule& rule) const;
  std::vector<Json> Widths(const OptionRule& rule) const;
  std::optional<Json> ReplacedStrides() const;
  std::optional<int64_t> Dimension(std::string_view tensor, size_t index) const;
  void FindStochasticDepths();

  Value module_;
  std::map<std::string, Shape, std::less<>> shapes_;
  std::vector<double> stochastic_depths_;
};

PythonModel::PythonModel(const Checkpoint& checkpoint, const Value& module) : module_(module) {
  if (const auto state = checkpoint.StateDictOf(module)) {
    for (const StateDict::Item& item : state->tensors) {
      const auto shape = checkpoint.tensors()[item.tensor].shape;
      shapes_.emplace(item.name, Shape(shape.begin(), shape.end()));
    }
  }
  FindStochasticDepths();
}

void PythonModel::FindStochasticDepths() {
  std::unordered_set<uint64_t> seen;
  std::vector<Value> todo{module_};
  while (!todo.empty()) {
    const Value next = todo.back();
    todo.pop_back();
    if (next.kind() != Kind::kModule || !seen.insert(next.id()).second) continue;
    if (next.class_name() == kStochasticDepth) {
      const auto p = next.Find("p");
      if (p && p->kind() == Kind::kFloat) stochastic_depths_.push_back(p->AsFloat());
    }
    const auto submodules = Submodules(next);
    for (size_t i = 0; submodules && i < submodules->size(); ++i) {
      todo.push_back(submodules->item(i));
    }
  }
}

size_t PythonModel::Differences(const models::Classifier& made) const {
  size_t same = 0, missing = 0;
  for (const models::NamedTensor& slot : models::StateDictOf(made)) {
    const auto shape = shapes_.find(slot.name);
    if (shape == shapes_.end()) {
      // Files of before 0.4.1 lack these.
      missing += slot.name.ends_with("num_batches_tracked") ? 0 : 1;
    } else {
      same += std::ranges::equal(shape->second, slot.tensor.sizes()) ? 1 : 0;
    }
  }
  return missing + shapes_.size() - same;
}

std::optional<int64_t> PythonModel::Dimension(std::string_view tensor, size_t index) const {
  const auto shape = shapes_.find(tensor);
  if (shape == shapes_.end() || index >= shape->second.size()) return std::nullopt;
  return shape->second[index];
}

std::vector<Json> PythonModel::Values(const OptionRule& rule) const {
  if (rule.from == From::kEither) return {false, true};
  if (rule.from == From::kWidth) return Widths(rule);
  const std::optional<Json> value = Told(rule);
  return value ? std::vector<Json>{*value} : std::vector<Json>();
}

// The multiples of 0.01 that are rounded to these channels, the nearest first, as people write
// widths; then the quotient itself.
std::vector<Json> PythonModel::Widths(const OptionRule& rule) const {
  const auto rows = Dimension(rule.name, 0);
  if (!rows) return {};
  const double nearest = static_cast<double>(*rows) / rule.factor;
  const double within = kChannelStep / 2 / rule.factor;
  const double first = std::round(100 * nearest);
  std::vector<Json> widths;
  for (const int step : {0, 1, -1}) {
    const double width = (first + step) / 100;
    if (std::abs(width - nearest) <= within) widths.emplace_back(width);
  }
  widths.emplace_back(nearest);
  return widths;
}

std::optional<Json> PythonModel::ReplacedStrides() const {
  Json::Array replaced;
  bool any = false;
  for (const std::string_view shortcut :
       {"layer2.0.downsample.0", "layer3.0.downsample.0", "layer4.0.downsample.0"}) {
    const auto stride = Attribute(module_, shortcut, "stride");
    const bool keeps_size = stride && stride->Repr() == "(1, 1)";
    replaced.emplace_back(keeps_size);
    any = any || keeps_size;
  }
  return any ? std::optional<Json>(std::move(replaced)) : std::nullopt;
}

std::optional<Json> PythonModel::Told(const OptionRule& rule) const {
  const auto rows = Dimension(rule.name, 0);
  switch (rule.from) {
    case From::kRows:
      return rows ? std::optional<Json>(*rows) : std::nullopt;
    case From::kRatio: {
      const auto by = Dimension(rule.module, static_cast<size_t>(rule.factor));
      if (!rows || !by || *by == 0) return std::nullopt;
      if (*rows % *by == 0) return Json(*rows / *by);
      return Json(static_cast<double>(*rows) / static_cast<double>(*by));
    }
    case From::kAttribute: {
      auto value = Attribute(module_, rule.module, rule.name);
      if (value && value->kind() == Kind::kTuple && value->size() > 0) value = value->item(0);
      if (!value || value->kind() == Kind::kNone || !IsPlain(*value)) return std::nullopt;
      if (rule.factor != 1 && value->AsInt()) return Json(*value->AsInt() * rule.factor);
      return PlainJson(*value);
    }
    case From::kReplacedStrides:
      return ReplacedStrides();
    default:
      break;
  }
  if (stochastic_depths_.empty()) return std::nullopt;
  const auto count = static_cast<double>(stochastic_depths_.size());
  double p = *std::ranges::max_element(stochastic_depths_);
  if (rule.from == From::kStochasticShare && count > 1) p *= count / (count - 1);
  return Json(std::round(p * kDigits) / kDigits);
}

double Rounded(double p) { return std::round(p * kDigits) / kDigits; }

// Rounded as probabilities are; nothing if it is none.
std::optional<double> NumberOf(const Value& value) {
  if (value.AsInt()) return static_cast<double>(*value.AsInt());
  if (value.kind() != Kind::kFloat) return std::nullopt;
  return Rounded(value.AsFloat());
}

// Settings of layers that no shape shows: of the file, of the module that was made.

bool IsPair(const std::optional<Value>& value, const torch::ExpandingArray<2>& pair) {
  return value && value->kind() == Kind::kTuple && value->size() == 2 &&
         value->item(0).AsInt() == pair->at(0) && value->item(1).AsInt() == pair->at(1);
}

bool IsNumber(const std::optional<Value>& value, double number) {
  return value && value->kind() == Kind::kFloat && value->AsFloat() == number;
}

std::string_view ConvDifference(const Value& python, const torch::nn::Conv2dImpl& conv) {
  const auto& options = conv.options;
  if (python.class_name() != "torch.nn.modules.conv.Conv2d") return "class";
  const auto mode = python.Find("padding_mode");
  if (mode && mode->text() != "zeros") return "padding_mode";
  if (!IsPair(python.Find("stride"), options.stride())) return "stride";
  if (!IsPair(python.Find("dilation"), options.dilation())) return "dilation";
  const auto* padding = std::get_if<torch::ExpandingArray<2>>(&options.padding());
  if (padding != nullptr && !IsPair(python.Find("padding"), *padding)) return "padding";
  const auto groups = python.Find("groups");
  return groups && groups->AsInt() == options.groups() ? "" : "groups";
}

std::string_view NormDifference(const Value& python, const torch::nn::BatchNorm2dImpl& norm) {
  const std::string_view name = python.class_name();
  if (name != "torch.nn.modules.batchnorm.BatchNorm2d" &&
      name != "torch.nn.modules.batchnorm.SyncBatchNorm") {
    return "class";
  }
  if (!IsNumber(python.Find("eps"), norm.options.eps())) return "eps";
  const auto& momentum = norm.options.momentum();
  return !momentum || IsNumber(python.Find("momentum"), *momentum) ? "" : "momentum";
}

std::string_view LayerDifference(const Value& python, const torch::nn::Module& layer) {
  if (const auto* conv = layer.as<torch::nn::Conv2d>()) return ConvDifference(python, *conv);
  if (const auto* norm = layer.as<torch::nn::BatchNorm2d>()) return NormDifference(python, *norm);
  if (const auto* norm = layer.as<torch::nn::LayerNorm>()) {
    return IsNumber(python.Find("eps"), norm->options.eps()) ? "" : "eps";
  }
  if (const auto* dropout = layer.as<torch::nn::Dropout>()) {
    const auto p = python.Find("p");
    return !p || NumberOf(*p) == Rounded(dropout->options.p()) ? "" : "p";
  }
  return "";
}

// "layer4.0.conv2.stride", or empty.
std::string FirstDifference(const Value& python, const models::Classifier& made) {
  for (const auto& item : made.named_modules("", /*include_self=*/false)) {
    const auto at = At(python, item.key());
    if (!at) continue;
    const std::string_view setting = LayerDifference(*at, *item.value());
    if (!setting.empty()) return fmt::format("{}.{}", item.key(), setting);
  }
  return "";
}

std::string UnexpectedAttribute(const Value& python, const PythonClass& row,
                                std::string_view architecture) {
  for (const Expectation& it : row.expectations) {
    if (!architecture.starts_with(it.prefix)) continue;
    const auto value = Attribute(python, it.module, it.name);
    if (!value || NumberOf(*value) != it.value) return fmt::format("{}.{}", it.module, it.name);
  }
  return "";
}

// Every combination of the options' values. Those that the file tells have one each, so that most
// classes have one combination.
std::vector<Json::Object> ChoicesOf(const PythonClass& row, const PythonModel& model) {
  std::map<std::string_view, std::vector<Json>> values;
  for (const OptionRule& rule : row.rules) {
    std::vector<Json>& of_option = values[rule.option];
    for (Json& value : model.Values(rule)) {
      if (std::ranges::find(of_option, value) == of_option.end()) {
        of_option.push_back(std::move(value));
      }
    }
  }
  std::vector<Json::Object> choices(1);
  for (const auto& [option, of_option] : values) {
    if (of_option.empty()) continue;
    std::vector<Json::Object> more;
    for (const Json& value : of_option) {
      for (Json::Object choice : choices) {
        choice.emplace_back(option, value);
        more.push_back(std::move(choice));
      }
    }
    choices = std::move(more);
  }
  return choices;
}

// Of those that do not fit.
struct Nearest {
  std::string name;
  size_t differences = SIZE_MAX;
  std::string setting;  // what another is, where no tensor differs
};

std::vector<std::string> NamesOf(const PythonClass& row) {
  std::vector<std::string> names = models::Names();
  std::erase_if(names, [&](const std::string& name) {
    return std::ranges::none_of(row.prefixes, [&](std::string_view prefix) {
      return !prefix.empty() && name.starts_with(prefix);
    });
  });
  return names;
}

}  // namespace

Value Unwrapped(Value module) {
  for (const std::string_view wrapped : {"_orig_mod", "module", "_orig_mod"}) {
    const auto submodules = Submodules(module);
    if (!submodules || submodules->size() != 1) continue;
    const auto inner = submodules->Find(wrapped);
    if (inner && inner->kind() == Kind::kModule) module = *inner;
  }
  return module;
}

Result<std::shared_ptr<models::Classifier>> MakeLike(const Checkpoint& checkpoint,
                                                     const Value& module) {
  const PythonClass* row = FindPythonClass(module.class_name());
  const std::string holds =
      fmt::format("{}: it holds a {}", checkpoint.name(), Escape(module.class_name()));
  const std::string own = "its state dict can be loaded into a module of your own by LoadStateDict";
  if (row == nullptr) {
    return Error{ErrorCode::kUnsupported, holds + ", a class that is not known", own};
  }
  const PythonModel model(checkpoint, module);
  Nearest nearest;
  Error refused;
  for (const Json::Object& options : ChoicesOf(*row, model)) {
    for (const std::string& name : NamesOf(*row)) {
      const auto tried = models::Make(name, options);
      if (!tried) {
        // One without dilation, for a file that dilates, is not the one.
        refused = tried.error();
        continue;
      }
      const auto& made = *tried;
      const size_t differences = model.Differences(*made);
      std::string setting;
      if (differences == 0) {
        setting = FirstDifference(module, *made);
        if (setting.empty()) setting = UnexpectedAttribute(module, *row, name);
        if (setting.empty()) setting = UnexpectedLayer(module, name);
        if (setting.empty()) return made;
      }
      if (differences < nearest.differences) nearest = {name, differences, setting};
    }
  }
  if (nearest.name.empty()) return refused;
  const std::string why = nearest.setting.empty() ? Count(nearest.differences, "tensor") + " differ"
                                                  : Escape(nearest.setting) + " is another";
  return Error{ErrorCode::kMismatch,
               fmt::format("{} that is no architecture that is known: the nearest is {}, and {}",
                           holds, nearest.name, why),
               own};
}

void TakeModes(const Checkpoint& checkpoint, const Value& module, models::Classifier& model) {
  std::map<std::string_view, bool> requires_grad;
  const auto state = checkpoint.StateDictOf(module);
  for (size_t i = 0; state && i < state->tensors.size(); ++i) {
    const StateDict::Item& item = state->tensors[i];
    requires_grad.emplace(item.name, checkpoint.tensors()[item.tensor].requires_grad);
  }
  for (const models::NamedTensor& slot : models::StateDictOf(model)) {
    const auto found = requires_grad.find(slot.name);
    if (!slot.buffer && found != requires_grad.end()) slot.tensor.set_requires_grad(found->second);
  }
  // Modules come before what they hold, so that what the file lacks keeps the mode around it.
  for (const auto& item : model.named_modules()) {
    const auto training = Attribute(module, item.key(), "training");
    if (training && training->kind() == Kind::kBool) item.value()->train(training->AsBool());
  }
}

}  // namespace zoo
