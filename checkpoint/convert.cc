// Steps: find the state dict where one is needed; check the source's CRCs; plan which stretches of
// which storages are needed and of which dtype; copy the values into a document; write it.
#include "zoo/checkpoint/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/document.h"
#include "zoo/checkpoint/numbers.h"
#include "zoo/checkpoint/storage_plan.h"
#include "zoo/checkpoint/strip_prefix.h"
#include "zoo/checkpoint/value_json.h"

namespace zoo {
namespace {

using Kind = Value::Kind;

// In the order of WriteFormat.
constexpr std::string_view kFormats[] = {"zip", "legacy", "safetensors"};
constexpr size_t kPlacesShown = 5;

// The member of a container that a step leads to.
std::optional<Value> Member(const Value& value, const PathStep& step) {
  if (value.kind() == Kind::kDict) {
    for (size_t i = 0; i < value.size(); ++i) {
      if (KeyStep(value.key(i)) == step) return value.item(i);
    }
  }
  auto* index = std::get_if<int64_t>(&step);
  bool sequence = value.kind() == Kind::kList || value.kind() == Kind::kTuple;
  if (!sequence || index == nullptr || *index < 0 || static_cast<size_t>(*index) >= value.size()) {
    return std::nullopt;
  }
  return value.item(static_cast<size_t>(*index));
}

class Converter {
 public:
  Converter(std::shared_ptr<const Checkpoint> source, const std::filesystem::path& out,
            const ConvertOptions& options)
      : source_(std::move(source)), out_(out), options_(options), plan_(source_, document_) {
    done_.format = options.format.value_or(
        out.extension() == ".safetensors" ? WriteFormat::kSafetensors : WriteFormat::kZip);
  }

  Result<Converted> Run();

 private:
  bool safetensors() const { return done_.format == WriteFormat::kSafetensors; }
  Status FindWeights();
  Status CheckNames() const;
  Status CheckSafetensors() const;
  Status Verify() const;
  void PlanStorages();
  void Need(const TensorInfo& tensor);
  void PlanCasts();
  Status CopyValues();
  Error Refused(const std::vector<ValueNote>& places) const;
  Status CheckExpanded() const;
  void NoteBeside();
  void NoteTensors(const TensorInfo& tensor);
  void NoteWhatSafetensorsLacks();
  void NoteMetadata();
  const TensorInfo& TensorOf(const StateDict::Item& item) const {
    return source_->tensors()[item.tensor];
  }

  std::shared_ptr<const Checkpoint> source_;
  const std::filesystem::path& out_;
  const ConvertOptions& options_;
  Document document_;
  StoragePlan plan_;
  Converted done_;
  std::optional<StateDict> weights_;    // where they are needed
  std::optional<Value> weights_value_;  // what holds them
};

Status Converter::FindWeights() {
  bool needed = options_.only_weights || !options_.key.empty() ||
                !options_.strip_prefixes.empty() || options_.dtype;
  if (!needed) return {};
  ZOO_ASSIGN_OR_RETURN(weights_, source_->FindStateDict(options_.key));
  std::optional<Value> at = source_->root();
  for (const PathStep& step : weights_->path) {
    if (at) at = Member(*at, step);
  }
  if (!at) {
    return Error{
        ErrorCode::kUnsupported,
        fmt::format("{}: {} is inside an object", source_->name(), FormatPath(weights_->path)),
        "say with --key which state dict to take"};
  }
  weights_value_ = at;
  return {};
}

Status Converter::CheckNames() const {
  if (options_.strip_prefixes.empty()) return {};
  std::vector<std::string> names;
  for (const StateDict::Item& item : weights_->tensors) names.push_back(item.name);
  // The other entries of the dict are renamed too.
  if (weights_value_->kind() == Kind::kDict && !options_.only_weights) {
    names.clear();
    for (size_t i = 0; i < weights_value_->size(); ++i) {
      Value key = weights_value_->key(i);
      if (key.kind() == Kind::kString) names.emplace_back(key.text());
    }
  }
  ZOO_ASSIGN_OR_RETURN(StrippedNames stripped,
                       StripPrefixes(names, options_.strip_prefixes, source_->name()));
  for (size_t i = 0; i < stripped.matched.size(); ++i) {
    if (stripped.matched[i]) continue;
    return Error{ErrorCode::kUsage,
                 fmt::format("{}: no name begins with {}", source_->name(),
                             Quote(options_.strip_prefixes[i], 80)),
                 fmt::format("the first name is {}", Quote(names[0], 80))};
  }
  return {};
}

// Whether all of the file can stand in a safetensors file.
Status Converter::CheckSafetensors() const {
  if (!safetensors() || options_.only_weights) return {};
  auto refuse = [&](const std::string& what) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{}: {}, and safetensors files hold tensors by name and nothing else",
                             source_->name(), what),
                 "--only-weights writes the state dict alone"};
  };
  Value root = source_->root();
  if (root.kind() == Kind::kModule) return {};
  if (root.kind() != Kind::kDict) return refuse("the file holds " + ValueWords(root));
  for (size_t i = 0; i < root.size(); ++i) {
    Value key = root.key(i), item = root.item(i);
    if (key.kind() == Kind::kString && item.kind() == Kind::kTensor) continue;
    return refuse(FormatPath({KeyStep(key)}) + " is " + ValueWords(item));
  }
  return {};
}

Status Converter::Verify() const {
  Format format = source_->format();
  bool crcs = format == Format::kZip || format == Format::kTorchScript ||
              format == Format::kTorchPackage || format == Format::kPt2;
  if (source_->immutable() || !crcs) return {};
  return source_->Verify();
}

void Converter::Need(const TensorInfo& tensor) {
  if (tensor.layout == Layout::kStrided) plan_.Need(tensor);
  for (uint32_t part : tensor.parts) plan_.Need(source_->tensors()[part]);
}

void Converter::PlanStorages() {
  if (options_.only_weights) {
    for (const StateDict::Item& item : weights_->tensors) Need(TensorOf(item));
    return;
  }
  for (const TensorInfo& tensor : source_->tensors()) Need(tensor);
  source_->Walk([&](const Path&, const Value& value, bool) {
    if (value.kind() == Kind::kStorage) plan_.NeedWhole(value.storage());
  });
}

// Integers that stand for numbers, or for places, stay what they are.
void Converter::PlanCasts() {
  if (!options_.dtype) return;
  for (const StateDict::Item& item : weights_->tensors) {
    const TensorInfo& tensor = TensorOf(item);
    if (tensor.quantization != nullptr) continue;
    if (tensor.parts.empty()) plan_.Cast(tensor, *options_.dtype);
    for (uint32_t part : tensor.parts) plan_.Cast(source_->tensors()[part], *options_.dtype);
  }
}

Error Converter::Refused(const std::vector<ValueNote>& places) const {
  std::string list;
  for (size_t i = 0; i < std::min(places.size(), kPlacesShown); ++i) {
    std::string place = places[i].path.empty() ? "the file" : FormatPath(places[i].path);
    list += fmt::format("{}{} ({})", i == 0 ? "" : ", ", place, places[i].what);
  }
  if (places.size() > kPlacesShown) {
    list += fmt::format(" and {} more", places.size() - kPlacesShown);
  }
  return {ErrorCode::kUnsupported,
          fmt::format("{}: not all of it is plain data: {}", source_->name(), list),
          "--only-weights writes the state dict alone, --drop-objects leaves these out"};
}

Status Converter::CopyValues() {
  ValueCopy copy(*source_, plan_, document_);
  if (weights_) copy.StripNames(*weights_value_, options_.strip_prefixes);
  if (options_.only_weights) copy.OnlyTensors();
  const Value& root = options_.only_weights ? *weights_value_ : source_->root();
  ZOO_ASSIGN_OR_RETURN(Document::Id id,
                       copy.Copy(root, options_.only_weights ? weights_->path : Path()));
  bool drops = options_.only_weights || options_.drop_objects;
  if (id == Document::kNoId || (!drops && !copy.refused().empty())) return Refused(copy.refused());
  document_.SetRoot(id);
  done_.tensors = copy.tensors();
  std::ranges::copy(copy.refused(), std::back_inserter(done_.left_out));
  done_.changed = copy.changed();
  return {};
}

// Elements in a row are made of a view that may repeat one of them without end.
Status Converter::CheckExpanded() const {
  if (!safetensors()) return {};
  const uint64_t limit = MaterialiseLimitOf(*source_);
  auto check = [&](const TensorInfo& tensor) -> Status {
    if (tensor.contiguous() || tensor.nbytes() <= limit) return {};
    return Error{
        ErrorCode::kUnsupported,
        fmt::format("{}: {}: {} of values, the limit \"materialise\" is {}", source_->name(),
                    FormatPath(tensor.path), FormatSize(tensor.nbytes()), FormatSize(limit)),
        ""};
  };
  if (options_.only_weights) {
    for (const StateDict::Item& item : weights_->tensors) {
      ZOO_RETURN_IF_ERROR(check(TensorOf(item)));
    }
    return {};
  }
  for (const TensorInfo& tensor : source_->tensors()) ZOO_RETURN_IF_ERROR(check(tensor));
  return {};
}

// What stands beside the weights, at each step of the way to them.
void Converter::NoteBeside() {
  Value at = source_->root();
  Path path;
  for (const PathStep& step : weights_->path) {
    const bool dict = at.kind() == Kind::kDict;
    for (size_t i = 0; i < at.size(); ++i) {
      PathStep other = dict ? KeyStep(at.key(i)) : PathStep(static_cast<int64_t>(i));
      if (other == step) continue;
      path.push_back(std::move(other));
      done_.left_out.push_back({path, ValueWords(at.item(i))});
      path.pop_back();
    }
    path.push_back(step);
    at = *Member(at, step);
  }
}

void Converter::NoteTensors(const TensorInfo& tensor) {
  if (!tensor.parts.empty()) return;
  if (std::optional<DType> to = plan_.CastOf(tensor)) {
    done_.changed.push_back(
        {tensor.path, fmt::format("{}, written as {}", DTypeName(tensor.dtype), DTypeName(*to))});
  }
  if (tensor.layout == Layout::kStrided && plan_.Splits(tensor)) {
    done_.changed.push_back(
        {tensor.path, "shared its storage with tensors of another dtype, written as a copy"});
  }
}

void Converter::NoteWhatSafetensorsLacks() {
  std::set<uint32_t> seen;
  Value root = options_.only_weights ? *weights_value_ : source_->root();
  std::optional<StateDict> weights = source_->StateDictOf(root);
  if (!weights) return;
  size_t flags = 0;
  for (const StateDict::Item& item : weights->tensors) {
    const TensorInfo& tensor = TensorOf(item);
    flags += root.kind() == Kind::kDict && (tensor.requires_grad || tensor.parameter);
    if (tensor.layout != Layout::kStrided || seen.insert(tensor.storage).second) continue;
    Path path = options_.only_weights ? weights_->path : Path();
    path.emplace_back(item.name);
    done_.changed.push_back({std::move(path), "shared its storage, written as a copy"});
  }
  Path at = options_.only_weights ? weights_->path : Path();
  if (flags > 0) {
    done_.left_out.push_back({at, "requires_grad and Parameter of " + Count(flags, "tensor")});
  }
  if (root.kind() == Kind::kDict && root.state()) {
    done_.left_out.push_back({at, "the dict's attributes (_metadata)"});
  }
}

// Text beside the tensors, for which PyTorch's formats have no place. That the tensors are
// PyTorch's goes without saying.
void Converter::NoteMetadata() {
  for (const auto& [key, value] : source_->metadata()) {
    if (key == "format" && value == "pt") continue;
    done_.left_out.push_back({{"__metadata__", key}, "text beside the tensors"});
  }
}

Result<Converted> Converter::Run() {
  ZOO_RETURN_IF_ERROR(FindWeights());
  ZOO_RETURN_IF_ERROR(CheckNames());
  ZOO_RETURN_IF_ERROR(CheckSafetensors());
  ZOO_RETURN_IF_ERROR(CheckExpanded());
  PlanStorages();
  PlanCasts();
  ZOO_RETURN_IF_ERROR(CopyValues());
  if (options_.only_weights) {
    NoteBeside();
    std::set<uint32_t> noted;
    for (const StateDict::Item& item : weights_->tensors) {
      if (!noted.insert(item.tensor).second) continue;
      NoteTensors(TensorOf(item));
      for (uint32_t part : TensorOf(item).parts) NoteTensors(source_->tensors()[part]);
    }
  } else {
    for (const TensorInfo& tensor : source_->tensors()) NoteTensors(tensor);
  }
  if (safetensors()) {
    NoteWhatSafetensorsLacks();
  } else {
    NoteMetadata();
  }
  ZOO_RETURN_IF_ERROR(Verify());
  WriteOptions write;
  write.format = done_.format;
  write.sha256 = options_.sha256;
  write.cancel = options_.cancel;
  if (safetensors()) {
    // What Python's libraries ask a safetensors file for: that its tensors are PyTorch's.
    write.metadata["format"] = "pt";
    for (const auto& [key, value] : source_->metadata()) write.metadata[key] = value;
  }
  ZOO_ASSIGN_OR_RETURN(done_.written, WriteCheckpoint(document_, out_, write));
  done_.overflowed = plan_.overflowed();
  done_.trimmed = plan_.trimmed();
  return std::move(done_);
}

}  // namespace

Result<Converted> ConvertCheckpoint(const std::shared_ptr<const Checkpoint>& source,
                                    const std::filesystem::path& out,
                                    const ConvertOptions& options) {
  if (options.dtype && !IsCastable(*options.dtype)) {
    return Error{ErrorCode::kUsage, fmt::format("nothing is cast to {}", DTypeName(*options.dtype)),
                 "float32, float16, bfloat16 and float64 are"};
  }
  return Converter(source, out, options).Run();
}

std::string_view WriteFormatName(WriteFormat format) {
  return kFormats[static_cast<size_t>(format)];
}

std::optional<WriteFormat> WriteFormatFromName(std::string_view name) {
  auto row = std::ranges::find(kFormats, name);
  if (row == std::end(kFormats)) return std::nullopt;
  return static_cast<WriteFormat>(row - std::begin(kFormats));
}

}  // namespace zoo
