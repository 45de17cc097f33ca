#include "zoo/loader/match.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "zoo/checkpoint/dtype.h"
#include "zoo/loader/dtypes.h"
#include "zoo/loader/key_rules.h"

namespace zoo {
namespace {

enum class Fit { kSame, kCast, kCastable, kShape, kDType, kUnsupported };

// The four types that cast_floating turns into each other.
bool IsUsualFloat(std::optional<DType> dtype) {
  return dtype == DType::kFloat16 || dtype == DType::kBFloat16 || dtype == DType::kFloat32 ||
         dtype == DType::kFloat64;
}

// A count too may have a floating place: Module::to(dtype) converts all of a module, in C++ even
// num_batches_tracked.
bool IsCastable(const TensorInfo& from, const at::Tensor& to) {
  const bool count = from.dtype == DType::kInt64 && from.shape.empty();
  return (count || IsUsualFloat(from.dtype)) && IsUsualFloat(FromTorch(to.scalar_type()));
}

Fit Judge(const TensorInfo& from, const at::Tensor& to, bool cast_floating) {
  const std::optional<at::ScalarType> dtype = ToTorch(from.dtype);
  if (from.layout != Layout::kStrided || from.quantization != nullptr || !dtype) {
    return Fit::kUnsupported;
  }
  if (!std::ranges::equal(from.shape, to.sizes())) return Fit::kShape;
  if (*dtype == to.scalar_type()) return Fit::kSame;
  if (!IsCastable(from, to)) return Fit::kDType;
  return cast_floating ? Fit::kCast : Fit::kCastable;
}

std::string ShapeText(auto&& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

std::string DTypeText(at::ScalarType dtype) {
  const std::optional<DType> ours = FromTorch(dtype);
  return std::string(ours ? DTypeName(*ours) : c10::toString(dtype));
}

std::string WhatItIs(const TensorInfo& tensor) {
  if (tensor.quantization != nullptr) return "quantized " + tensor.quantization->scheme;
  return std::string(tensor.layout == Layout::kStrided ? DTypeName(tensor.dtype)
                                                       : LayoutName(tensor.layout));
}

bool Named(std::span<const std::string> patterns, const std::string& name) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
  });
}

// Puts the pair, or what stands against it, where it belongs.
void AddPair(Match& match, const models::NamedTensor& slot, Match::Pair pair,
             const TensorInfo& tensor, const LoadOptions& options) {
  const std::string from(DTypeName(tensor.dtype)), to = DTypeText(slot.tensor.scalar_type());
  switch (Judge(tensor, slot.tensor, options.cast_floating)) {
    case Fit::kUnsupported:
      match.misfit.unsupported.push_back({slot.name, WhatItIs(tensor), ""});
      break;
    case Fit::kShape:
      match.misfit.wrong_shape.push_back(
          {slot.name, ShapeText(tensor.shape), ShapeText(slot.tensor.sizes())});
      match.misshapen.push_back(pair);
      break;
    case Fit::kCastable:
      ++match.castable;
      [[fallthrough]];
    case Fit::kDType:
      match.misfit.wrong_dtype.push_back({slot.name, from, to});
      break;
    case Fit::kCast:
      match.report.cast.push_back(fmt::format("{}: {} -> {}", slot.name, from, to));
      match.pairs.push_back(pair);
      break;
    case Fit::kSame:
      match.pairs.push_back(pair);
      break;
  }
}

// A tensor of another shape is left out if the patterns of both sides name it: a new last layer.
bool LeaveOut(const models::NamedTensor& slot, const TensorInfo& tensor, const std::string& name,
              const LoadOptions& options) {
  return !std::ranges::equal(tensor.shape, slot.tensor.sizes()) &&
         Named(options.ignore_missing, slot.name) && Named(options.ignore_unexpected, name);
}

void AddMissing(Match& match, const std::string& name, const NameSet& file_names,
                const LoadOptions& options) {
  if (MayBeAbsent(name, file_names)) {
    match.report.absent.push_back(name);
  } else if (Named(options.ignore_missing, name)) {
    match.report.missing.push_back(name);
  } else {
    match.misfit.missing.push_back(name);
  }
}

std::vector<std::string> NamesOf(const StateDict& file) {
  std::vector<std::string> names;
  for (const StateDict::Item& item : file.tensors) names.push_back(item.name);
  return names;
}

std::string_view LayerOf(std::string_view name) { return name.substr(0, name.rfind('.')); }

}  // namespace

Match MatchTensors(const std::vector<models::NamedTensor>& module, const Checkpoint& checkpoint,
                   const StateDict& file, const LoadOptions& options) {
  std::map<std::string, size_t> slots;
  NameSet module_names;
  for (size_t i = 0; i < module.size(); ++i) {
    slots.emplace(module[i].name, i);
    module_names.insert(module[i].name);
  }
  const std::vector<std::string> names =
      RenameKeys(NamesOf(file), module_names, options.strip_prefixes);
  const NameSet file_names(names.begin(), names.end());
  std::vector<bool> filled(module.size(), false);
  Match match;
  for (size_t i = 0; i < names.size(); ++i) {
    const auto& [name, index] = file.tensors[i];
    const TensorInfo& tensor = checkpoint.tensors()[index];
    const auto found = slots.find(names[i]);
    if (found == slots.end() || filled[found->second] ||
        LeaveOut(module[found->second], tensor, name, options)) {
      const bool ignored = Named(options.ignore_unexpected, name);
      (ignored ? match.report.unexpected : match.misfit.unexpected).push_back(name);
      continue;
    }
    filled[found->second] = true;
    AddPair(match, module[found->second], {found->second, index}, tensor, options);
    if (name != names[i]) match.report.renamed.emplace_back(name, names[i]);
  }
  for (size_t i = 0; i < module.size(); ++i) {
    if (!filled[i]) AddMissing(match, module[i].name, file_names, options);
  }
  return match;
}

std::optional<int64_t> OtherClassCount(const Match& match,
                                       const std::vector<models::NamedTensor>& module,
                                       const Checkpoint& checkpoint) {
  const Misfit& misfit = match.misfit;
  if (match.misshapen.empty() || !misfit.unexpected.empty() || !misfit.wrong_dtype.empty() ||
      !misfit.unsupported.empty()) {
    return std::nullopt;
  }
  const std::string_view last = LayerOf(module.back().name);
  for (const std::string& name : misfit.missing) {
    if (LayerOf(name) != last) return std::nullopt;
  }
  std::optional<int64_t> count;
  for (const auto& [slot, index] : match.misshapen) {
    const auto shape = checkpoint.tensors()[index].shape;
    const at::IntArrayRef wanted = module[slot].tensor.sizes();
    if (LayerOf(module[slot].name) != last || shape.empty() || shape.size() != wanted.size() ||
        !std::ranges::equal(shape.subspan(1), wanted.slice(1)) ||
        shape[0] != count.value_or(shape[0])) {
      return std::nullopt;
    }
    count = shape[0];
  }
  return count;
}

}  // namespace zoo
