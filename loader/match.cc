#include "zoo/loader/match.h"

#include <ATen/ops/from_blob.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "zoo/base/result.h"
#include "zoo/checkpoint/dtype.h"
#include "zoo/loader/dtypes.h"
#include "zoo/loader/key_rules.h"
#include "zoo/models/head.h"

namespace zoo {
namespace {

enum class Fit { kSame, kCast, kCastable, kShape, kDType, kUnsupported };

// Every value is an int64. A file that cannot be read is not judged here: placing says why.
bool HoldsWholeNumbers(const Checkpoint& checkpoint, const TensorInfo& tensor,
                       at::ScalarType dtype) {
  constexpr double kEnd = 9223372036854775808.0;  // 2^63
  auto bytes = checkpoint.Values(tensor);
  if (!bytes) return bytes.error().code != ErrorCode::kUnsupported;
  if (tensor.numel() == 0) return true;
  const at::Tensor values =
      at::from_blob(bytes->data(), {tensor.numel()}, at::TensorOptions(dtype)).to(at::kDouble);
  const double* begin = values.const_data_ptr<double>();
  return std::all_of(begin, begin + values.numel(), [](double value) {
    return value == std::trunc(value) && value >= -kEnd && value < kEnd;
  });
}

// Whole numbers may stand in a floating place and, if that is all that they are, floating ones in
// theirs: LibTorch's Module::to(dtype) converts all of a module, num_batches_tracked and the index
// of relative positions included.
bool IsCastable(const Checkpoint& checkpoint, const TensorInfo& from, at::ScalarType dtype,
                at::ScalarType to) {
  if (IsUsualFloat(to)) return dtype == at::kLong || IsUsualFloat(dtype);
  return to == at::kLong && IsUsualFloat(dtype) && HoldsWholeNumbers(checkpoint, from, dtype);
}

Fit Judge(const Checkpoint& checkpoint, const TensorInfo& from, const at::Tensor& to,
          const LoadOptions& options) {
  const std::optional<at::ScalarType> dtype = ToTorch(from.dtype);
  if (from.layout != Layout::kStrided || from.quantization != nullptr || !dtype) {
    return Fit::kUnsupported;
  }
  if (!std::ranges::equal(from.shape, to.sizes())) return Fit::kShape;
  const at::ScalarType wanted = DTypeInModule(to, options);
  if (*dtype == wanted) return Fit::kSame;
  if (!IsCastable(checkpoint, from, *dtype, wanted)) return Fit::kDType;
  return options.cast_floating || options.dtype ? Fit::kCast : Fit::kCastable;
}

std::string ShapeText(auto&& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

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

Misfit::Difference Shapes(const models::NamedTensor& slot, const TensorInfo& tensor) {
  return {slot.name, ShapeText(tensor.shape), ShapeText(slot.tensor.sizes())};
}

// Puts the pair, or what stands against it, where it belongs.
void AddPair(Match& match, const models::NamedTensor& slot, Match::Pair pair,
             const Checkpoint& checkpoint, const LoadOptions& options) {
  const TensorInfo& tensor = checkpoint.tensors()[pair.tensor];
  const std::string from(DTypeName(tensor.dtype));
  const std::string to = DTypeText(DTypeInModule(slot.tensor, options));
  switch (Judge(checkpoint, tensor, slot.tensor, options)) {
    case Fit::kUnsupported:
      match.misfit.unsupported.push_back({slot.name, WhatItIs(tensor), ""});
      break;
    case Fit::kShape:
      match.misfit.wrong_shape.push_back(Shapes(slot, tensor));
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

using Layers = std::vector<std::string>;

bool IsIn(const Layers& layers, std::string_view tensor) {
  return std::ranges::find(layers, models::LayerOf(tensor)) != layers.end();
}

// A tensor of another shape is left out if the patterns of both sides name it.
bool LeaveOut(const models::NamedTensor& slot, const TensorInfo& tensor, const std::string& name,
              const LoadOptions& options) {
  return !std::ranges::equal(tensor.shape, slot.tensor.sizes()) &&
         Named(options.ignore_missing, slot.name) && Named(options.ignore_unexpected, name);
}

void AddUnexpected(Match& match, const std::string& name, const LoadOptions& options) {
  const bool ignored = Named(options.ignore_unexpected, name);
  (ignored ? match.report.unexpected : match.misfit.unexpected).push_back(name);
}

void AddMissing(Match& match, const std::string& name, const NameSet& file_names,
                const LoadOptions& options) {
  if (IsIn(match.report.fresh, name)) {
    match.report.left_out.push_back(name + " (not in the file)");
  } else if (MayBeAbsent(name, file_names)) {
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
  std::vector<bool> seen(module.size(), false);
  Match match;
  if (options.head == Head::kFresh) match.report.fresh = models::HeadLayers(module);
  for (size_t i = 0; i < names.size(); ++i) {
    const auto& [name, index] = file.tensors[i];
    const TensorInfo& tensor = checkpoint.tensors()[index];
    const auto found = slots.find(names[i]);
    if (found == slots.end() || seen[found->second]) {
      AddUnexpected(match, name, options);
      continue;
    }
    const models::NamedTensor& slot = module[found->second];
    seen[found->second] = true;
    if (IsIn(match.report.fresh, slot.name) || LeaveOut(slot, tensor, name, options)) {
      match.report.left_out.push_back(DifferenceText(Shapes(slot, tensor)));
      continue;
    }
    AddPair(match, slot, {found->second, index}, checkpoint, options);
    if (name != names[i]) match.report.renamed.emplace_back(name, names[i]);
  }
  for (size_t i = 0; i < module.size(); ++i) {
    if (!seen[i]) AddMissing(match, module[i].name, file_names, options);
  }
  return match;
}

at::ScalarType DTypeInModule(const at::Tensor& tensor, const LoadOptions& options) {
  return options.dtype && tensor.is_floating_point() ? *options.dtype : tensor.scalar_type();
}

std::optional<int64_t> OtherClassCount(const Match& match,
                                       const std::vector<models::NamedTensor>& module,
                                       const Checkpoint& checkpoint) {
  const Misfit& misfit = match.misfit;
  if (match.misshapen.empty() || !misfit.unexpected.empty() || !misfit.wrong_dtype.empty() ||
      !misfit.unsupported.empty()) {
    return std::nullopt;
  }
  const Layers head = models::HeadLayers(module);
  for (const std::string& name : misfit.missing) {
    if (!IsIn(head, name)) return std::nullopt;
  }
  std::optional<int64_t> count;
  for (const auto& [slot, index] : match.misshapen) {
    const auto shape = checkpoint.tensors()[index].shape;
    const at::IntArrayRef wanted = module[slot].tensor.sizes();
    if (!IsIn(head, module[slot].name) || shape.empty() || shape.size() != wanted.size() ||
        !std::ranges::equal(shape.subspan(1), wanted.slice(1)) ||
        shape[0] != count.value_or(shape[0])) {
      return std::nullopt;
    }
    count = shape[0];
  }
  return count;
}

}  // namespace zoo
