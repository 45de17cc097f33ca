#include "zoo/checkpoint/inspect_json.h"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>
#include <vector>

#include "zoo/checkpoint/limits.h"
#include "zoo/checkpoint/part_name.h"
#include "zoo/checkpoint/value_json.h"

namespace zoo {
namespace {

using Kind = Value::Kind;

Json Numbers(std::span<const int64_t> numbers) {
  Json::Array array;
  for (int64_t number : numbers) array.emplace_back(number);
  return array;
}

Json Numbers(const std::vector<double>& numbers) {
  Json::Array array;
  for (double number : numbers) array.emplace_back(number);
  return array;
}

// Of the texts that a row shows of the value.
uint64_t TextBytes(const Value& value) {
  constexpr uint64_t kItemBytes = 64;
  switch (value.kind()) {
    case Kind::kString:
    case Kind::kDevice:
      return value.text().size();
    case Kind::kBytes:
    case Kind::kByteArray:
      return 2 * value.text().size();
    case Kind::kObject:
    case Kind::kClass:
    case Kind::kModule:
      return value.class_name().size();
    case Kind::kSet:
    case Kind::kFrozenSet:
    case Kind::kSize:
      return value.size() * kItemBytes;
    default:
      return 0;
  }
}

// The same of a module's attribute, which may be a short list.
uint64_t PlainBytes(const Value& value) {
  if (!IsPlain(value)) return 0;
  bool list = value.kind() == Kind::kList || value.kind() == Kind::kTuple;
  uint64_t bytes = list ? 0 : TextBytes(value);
  for (size_t i = 0; list && i < value.size(); ++i) bytes += TextBytes(value.item(i));
  return bytes;
}

class Inspector {
 public:
  Inspector(const Checkpoint& checkpoint, const InspectOptions& options)
      : checkpoint_(checkpoint), options_(options) {}

  Result<Json> Run();

 private:
  void Visit(const Path& path, const Value& value, bool again);
  Result<Json::Object> DescribeTensor(const TensorInfo& tensor);
  Result<Json> HashTensor(const TensorInfo& tensor);
  Result<Json> HashStorage(uint32_t storage);
  Result<Json> DescribeStorage(uint32_t storage);
  void AddTensor(const Path& path, uint32_t index);
  void AddContainer(const Path& path, const Value& value, bool again);
  void AddObject(const Path& path, const Value& value);
  void AddModule(const Path& path, const Value& value);
  void AddStateDict(Json::Object& document) const;
  Json MetadataJson() const;
  Json ShardsJson() const;
  // Numbered in the order of mention.
  std::string StorageName(uint32_t storage) {
    return fmt::format("s{}", storages_.emplace(storage, storages_.size()).first->second);
  }
  // Counts what a row of the document repeats: its path, a text.
  void Count(uint64_t bytes) {
    bytes_ += bytes;
    if (bytes_ <= checkpoint_.limits().listing) return;
    Keep({ErrorCode::kUnsupported,
          fmt::format("{}: listing its paths and texts takes more than {} bytes",
                      checkpoint_.name(), checkpoint_.limits().listing),
          RaiseLimit("listing")});
  }
  // The first failure is what Run returns.
  void Keep(Error error) {
    if (status_) status_ = std::move(error);
  }

  const Checkpoint& checkpoint_;
  const InspectOptions& options_;
  Status status_;
  uint64_t bytes_ = 0;
  std::unordered_map<uint32_t, size_t> storages_;  // met so far, with their numbers
  std::unordered_map<uint32_t, Json> hashes_;      // of tensors met before
  std::unordered_map<uint32_t, Json> storage_hashes_;
  std::unordered_map<uint64_t, Json> arrays_;      // as they are described
  std::unordered_map<uint64_t, Json> first_path_;  // of containers
  Json::Array tensors_, values_, containers_, objects_, modules_;
};

Result<Json> Inspector::Run() {
  checkpoint_.Walk([this](const Path& path, const Value& value, bool again) {
    if (status_) Visit(path, value, again);
  });
  if (!status_) return status_.error();
  Json::Object document{
      {"schema", "zoo/inspect/1"}, {"file", checkpoint_.name()}, {"size", checkpoint_.file_size()}};
  if (options_.file_sha256) document.emplace_back("sha256", options_.file_sha256->hex());
  document.emplace_back("format", FormatName(checkpoint_.format()));
  if (!checkpoint_.metadata().empty()) document.emplace_back("metadata", MetadataJson());
  if (!checkpoint_.shards().empty()) document.emplace_back("shards", ShardsJson());
  document.emplace_back("tensors", std::move(tensors_));
  document.emplace_back("values", std::move(values_));
  document.emplace_back("containers", std::move(containers_));
  document.emplace_back("objects", std::move(objects_));
  document.emplace_back("modules", std::move(modules_));
  AddStateDict(document);
  return Json(std::move(document));
}

void Inspector::Visit(const Path& path, const Value& value, bool again) {
  Count(PathBytes(path) + TextBytes(value));
  if (!status_) return;
  switch (value.kind()) {
    case Kind::kTensor:
      return AddTensor(path, value.tensor());
    case Kind::kDict:
    case Kind::kList:
    case Kind::kTuple:
      return AddContainer(path, value, again);
    case Kind::kObject:
    case Kind::kClass:
      return AddObject(path, value);
    case Kind::kModule:
      return AddModule(path, value);
    case Kind::kStorage: {
      auto storage = DescribeStorage(value.storage());
      if (!storage) return Keep(storage.error());
      values_.push_back(Json::Object{
          {"path", PathJson(path)}, {"type", "storage"}, {"value", *std::move(storage)}});
      return;
    }
    case Kind::kNdarray: {
      auto [known, fresh] = arrays_.emplace(value.id(), Json());
      if (fresh) known->second = DescribeValue(value).value;
      values_.push_back(
          Json::Object{{"path", PathJson(path)}, {"type", "ndarray"}, {"value", known->second}});
      return;
    }
    default: {
      TypedValue typed = DescribeValue(value);
      values_.push_back(Json::Object{
          {"path", PathJson(path)}, {"type", typed.type}, {"value", std::move(typed.value)}});
    }
  }
}

Result<Json> Inspector::HashTensor(const TensorInfo& tensor) {
  uint32_t index = static_cast<uint32_t>(&tensor - checkpoint_.tensors().data());
  if (auto known = hashes_.find(index); known != hashes_.end()) return known->second;
  auto values = checkpoint_.Values(tensor);
  if (!values && values.error().code != ErrorCode::kUnsupported) return values.error();
  Json hash = values ? Json(Digest::Of(*values).hex()) : Json();
  hashes_.emplace(index, hash);
  return hash;
}

Json QuantizationJson(const Quantization& quantization) {
  Json::Object quant{{"scheme", quantization.scheme}};
  if (quantization.scheme == "per_tensor_affine") {
    quant.emplace_back("scale", quantization.scale);
    quant.emplace_back("zero_point", quantization.zero_point);
  } else {
    quant.emplace_back("axis", quantization.axis);
    quant.emplace_back("scales", Numbers(quantization.scales));
    quant.emplace_back("zero_points", Numbers(quantization.zero_points));
  }
  return quant;
}

Result<Json::Object> Inspector::DescribeTensor(const TensorInfo& tensor) {
  bool strided = tensor.layout == Layout::kStrided;
  Json::Object out{{"dtype", DTypeName(tensor.dtype)}, {"shape", Numbers(tensor.shape)}};
  std::string_view device = "meta";
  if (strided) {
    const StorageInfo& storage = checkpoint_.storages()[tensor.storage];
    out.emplace_back("stride", Numbers(tensor.stride));
    out.emplace_back("storage_offset", tensor.storage_offset);
    out.emplace_back("storage", StorageName(tensor.storage));
    out.emplace_back("storage_nbytes", storage.nbytes);
    device = storage.device;
  } else if (!tensor.parts.empty()) {
    const TensorInfo& values = checkpoint_.tensors()[tensor.parts.back()];
    device = checkpoint_.storages()[values.storage].device;
  }
  out.emplace_back("numel", tensor.numel());
  out.emplace_back("nbytes", tensor.nbytes());
  out.emplace_back("requires_grad", tensor.requires_grad);
  out.emplace_back("parameter", tensor.parameter);
  out.emplace_back("device", device);
  out.emplace_back("layout", LayoutName(tensor.layout));
  if (!tensor.class_name.empty()) out.emplace_back("class", tensor.class_name);
  if (tensor.conj) out.emplace_back("conj", true);
  if (tensor.neg) out.emplace_back("neg", true);
  if (tensor.quantization != nullptr) {
    out.emplace_back("quant", QuantizationJson(*tensor.quantization));
  }
  if (strided && options_.hash) {
    ZOO_ASSIGN_OR_RETURN(Json hash, HashTensor(tensor));
    out.emplace_back("sha256", std::move(hash));
  }
  // Parts are strided tensors, so this goes no deeper. One may be a value of the file too, whose
  // path does not end in the part's name.
  for (size_t i = 0; i < tensor.parts.size(); ++i) {
    const TensorInfo& part = checkpoint_.tensors()[tensor.parts[i]];
    ZOO_ASSIGN_OR_RETURN(Json::Object described, DescribeTensor(part));
    out.emplace_back(std::string(PartName(tensor.layout, i)), std::move(described));
  }
  if (tensor.layout == Layout::kSparseCoo) out.emplace_back("coalesced", tensor.coalesced);
  return out;
}

void Inspector::AddTensor(const Path& path, uint32_t index) {
  auto described = DescribeTensor(checkpoint_.tensors()[index]);
  if (!described) return Keep(described.error());
  described->insert(described->begin(), {"path", PathJson(path)});
  tensors_.emplace_back(*std::move(described));
}

Result<Json> Inspector::HashStorage(uint32_t storage) {
  if (auto known = storage_hashes_.find(storage); known != storage_hashes_.end()) {
    return known->second;
  }
  uint64_t size = checkpoint_.storages()[storage].nbytes;
  Json hash;
  if (size <= MaterialiseLimit(checkpoint_.limits(), checkpoint_.file_size())) {
    std::vector<std::byte> bytes(size);
    StorageCopy copy{storage, 0, bytes};
    ZOO_RETURN_IF_ERROR(checkpoint_.Copy(std::span(&copy, 1)));
    hash = Digest::Of(bytes).hex();
  }
  storage_hashes_.emplace(storage, hash);
  return hash;
}

Result<Json> Inspector::DescribeStorage(uint32_t storage) {
  const StorageInfo& info = checkpoint_.storages()[storage];
  Json::Object out{{"nbytes", info.nbytes}, {"storage", StorageName(storage)}};
  if (options_.hash) {
    ZOO_ASSIGN_OR_RETURN(Json hash, HashStorage(storage));
    out.emplace_back("sha256", std::move(hash));
  }
  return Json(std::move(out));
}

void Inspector::AddContainer(const Path& path, const Value& value, bool again) {
  static constexpr std::string_view kDict = "dict", kList = "list", kTuple = "tuple";
  std::string_view type = value.kind() == Kind::kDict   ? kDict
                          : value.kind() == Kind::kList ? kList
                                                        : kTuple;
  Json::Object out{{"path", PathJson(path)}, {"type", type}, {"len", value.size()}};
  auto [first, fresh] = first_path_.emplace(value.id(), Json());
  if (fresh) first->second = PathJson(path);
  if (again) {
    out.emplace_back("same_as", first->second);
  } else if (value.kind() == Kind::kDict) {
    Json::Array keys;
    for (size_t i = 0; i < value.size(); ++i) keys.push_back(StepJson(KeyStep(value.key(i))));
    out.emplace_back("keys", std::move(keys));
  }
  containers_.emplace_back(std::move(out));
}

void Inspector::AddObject(const Path& path, const Value& value) {
  Json::Object out{{"path", PathJson(path)}, {"class", value.class_name()}};
  if (!value.made_by().empty()) out.emplace_back("made_by", value.made_by());
  objects_.emplace_back(std::move(out));
}

void Inspector::AddModule(const Path& path, const Value& value) {
  Json::Object attributes;
  Json training;
  std::optional<Value> state = value.state();
  for (size_t i = 0; state && i < state->size(); ++i) {
    Value key = state->key(i), item = state->item(i);
    if (key.kind() != Kind::kString) continue;
    Count(TextBytes(key) + PlainBytes(item));
    if (!status_) return;
    if (key.text() == "training") {
      training = PlainJson(item);
    } else if (IsPlain(item)) {
      attributes.emplace_back(key.text(), PlainJson(item));
    }
  }
  modules_.push_back(Json::Object{{"path", PathJson(path)},
                                  {"class", value.class_name()},
                                  {"training", std::move(training)},
                                  {"attrs", std::move(attributes)}});
}

// The one that was found; of several all, for the caller to say which.
void Inspector::AddStateDict(Json::Object& document) const {
  auto json = [](const StateDict& one) {
    return Json::Object{{"path", PathJson(one.path)}, {"tensors", one.tensors.size()}};
  };
  auto found = checkpoint_.FindStateDict(options_.key);
  document.emplace_back("state_dict", found ? Json(json(*found)) : Json());
  if (found || found.error().code != ErrorCode::kUsage) return;
  Json::Array candidates;
  for (const StateDict& one : checkpoint_.StateDictCandidates()) candidates.emplace_back(json(one));
  document.emplace_back("state_dicts", std::move(candidates));
}

Json Inspector::MetadataJson() const {
  Json::Object out;
  for (const auto& [key, value] : checkpoint_.metadata()) out.emplace_back(key, value);
  return out;
}

Json Inspector::ShardsJson() const {
  Json::Array out;
  for (const ShardInfo& shard : checkpoint_.shards()) {
    out.push_back(Json::Object{{"file", shard.file}, {"size", shard.size}});
  }
  return out;
}

}  // namespace

Result<Json> InspectJson(const Checkpoint& checkpoint, const InspectOptions& options) {
  return Inspector(checkpoint, options).Run();
}

}  // namespace zoo
