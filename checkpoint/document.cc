#include "zoo/checkpoint/document.h"

#include <utility>

#include "zoo/checkpoint/document_reader.h"

namespace zoo {
namespace {

using Kind = DocumentNode::Kind;

template <typename T>
uint32_t Add(std::vector<T>& to, T value) {
  to.push_back(std::move(value));
  return static_cast<uint32_t>(to.size() - 1);
}

}  // namespace

Document::Document() : contents_(std::make_unique<Contents>()) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Document::Id Document::None() { return Add(contents_->nodes, {.kind = Kind::kNone}); }
Document::Id Document::Bool(bool value) {
  return Add(contents_->nodes, {.kind = Kind::kBool, .integer = value ? 1 : 0});
}
Document::Id Document::Int(int64_t value) {
  return Add(contents_->nodes, {.kind = Kind::kInt, .integer = value});
}
Document::Id Document::Float(double value) {
  return Add(contents_->nodes, {.kind = Kind::kFloat, .real = value});
}
Document::Id Document::Complex(double real, double imaginary) {
  return Add(contents_->nodes, {.kind = Kind::kComplex, .real = real, .imaginary = imaginary});
}

Document::Id Document::BigInt(std::string_view decimal) {
  return Add(contents_->nodes,
             {.kind = Kind::kBigInt, .index = Add(contents_->texts, std::string(decimal))});
}
Document::Id Document::String(std::string_view text) {
  return Add(contents_->nodes,
             {.kind = Kind::kString, .index = Add(contents_->texts, std::string(text))});
}
Document::Id Document::Bytes(std::string_view bytes) {
  return Add(contents_->nodes,
             {.kind = Kind::kBytes, .index = Add(contents_->texts, std::string(bytes))});
}
Document::Id Document::ByteArray(std::string_view bytes) {
  return Add(contents_->nodes,
             {.kind = Kind::kByteArray, .index = Add(contents_->texts, std::string(bytes))});
}
Document::Id Document::DTypeValue(std::string_view name) {
  return Add(contents_->nodes,
             {.kind = Kind::kDType, .index = Add(contents_->texts, std::string(name))});
}
Document::Id Document::Device(std::string_view name) {
  return Add(contents_->nodes,
             {.kind = Kind::kDevice, .index = Add(contents_->texts, std::string(name))});
}

Document::Id Document::Size(std::span<const int64_t> sizes) {
  TensorSpec spec{.shape = std::vector<int64_t>(sizes.begin(), sizes.end())};
  return Add(contents_->nodes,
             {.kind = Kind::kSize, .index = Add(contents_->specs, {.tensor = std::move(spec)})});
}

Document::Id Document::Tuple(std::vector<Id> items) {
  return Add(contents_->nodes,
             {.kind = Kind::kTuple, .index = Add(contents_->children, std::move(items))});
}
Document::Id Document::List(std::vector<Id> items) {
  return Add(contents_->nodes,
             {.kind = Kind::kList, .index = Add(contents_->children, std::move(items))});
}
Document::Id Document::Set(std::vector<Id> items) {
  return Add(contents_->nodes,
             {.kind = Kind::kSet, .index = Add(contents_->children, std::move(items))});
}

Document::Id Document::Dict(std::vector<std::pair<Id, Id>> entries, DictOptions options) {
  std::vector<Id> items;
  items.reserve(2 * entries.size());
  for (auto [key, value] : entries) {
    items.push_back(key);
    items.push_back(value);
  }
  return Add(contents_->nodes, {.kind = Kind::kDict,
                                .ordered = options.ordered,
                                .index = Add(contents_->children, std::move(items)),
                                .attributes = options.attributes});
}

Document::Id Document::Counter(std::vector<std::pair<Id, Id>> entries) {
  const Id dict = Dict(std::move(entries));
  contents_->nodes[dict].counter = true;
  return dict;
}

void Document::Append(Id list, Id item) {
  contents_->children[contents_->nodes[list].index].push_back(item);
}

void Document::SetItem(Id dict, Id key, Id value) {
  std::vector<Id>& items = contents_->children[contents_->nodes[dict].index];
  items.push_back(key);
  items.push_back(value);
}

uint32_t Document::AddStorage(Storage storage) {
  return Add(contents_->storages, std::move(storage));
}

Document::Id Document::Tensor(TensorSpec spec) {
  return Add(contents_->nodes,
             {.kind = Kind::kTensor, .index = Add(contents_->specs, {.tensor = std::move(spec)})});
}

Document::Id Document::Quantized(TensorSpec spec, Quantization quantization) {
  return Add(contents_->nodes,
             {.kind = Kind::kTensor,
              .index = Add(contents_->specs,
                           {.tensor = std::move(spec), .quantization = std::move(quantization)})});
}

Document::Id Document::Composite(Layout layout, std::vector<Id> parts, std::vector<int64_t> shape,
                                 bool coalesced, bool requires_grad) {
  TensorSpec spec{.shape = std::move(shape), .requires_grad = requires_grad};
  return Add(contents_->nodes,
             {.kind = Kind::kComposite,
              .coalesced = coalesced,
              .layout = layout,
              .index = Add(contents_->specs, {.tensor = std::move(spec)}),
              .integer = static_cast<int64_t>(Add(contents_->children, std::move(parts)))});
}

Document::Id Document::Meta(DType dtype, std::vector<int64_t> shape, std::vector<int64_t> stride,
                            bool requires_grad) {
  TensorSpec spec{
      .shape = std::move(shape), .stride = std::move(stride), .requires_grad = requires_grad};
  return Add(contents_->nodes, {.kind = Kind::kMeta,
                                .dtype = dtype,
                                .index = Add(contents_->specs, {.tensor = std::move(spec)})});
}

Document::Id Document::StorageValue(uint32_t storage) {
  return Add(contents_->nodes, {.kind = Kind::kStorage, .integer = storage});
}

void Document::SetRoot(Id root) { contents_->root = root; }

}  // namespace zoo
