// Containers are kept open on a stack of frames. Lists and dicts are made before their members, so
// that they may contain themselves; a tuple, a set, and an OrderedDict's attributes come after what
// they hold.
#include "zoo/checkpoint/value_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/checkpoint/pickle_text.h"
#include "zoo/checkpoint/strip_prefix.h"
#include "zoo/checkpoint/value_json.h"

namespace zoo {
namespace {

using Kind = Value::Kind;
using Id = Document::Id;

constexpr std::string_view kMetadata = "_metadata";

struct KindRow {
  Kind kind;
  std::string_view words;
};
constexpr KindRow kWords[] = {
    {Kind::kNone, "None"},
    {Kind::kBool, "a bool"},
    {Kind::kInt, "an int"},
    {Kind::kFloat, "a float"},
    {Kind::kComplex, "a complex"},
    {Kind::kString, "a string"},
    {Kind::kBytes, "bytes"},
    {Kind::kByteArray, "a bytearray"},
    {Kind::kList, "a list"},
    {Kind::kTuple, "a tuple"},
    {Kind::kDict, "a dict"},
    {Kind::kSet, "a set"},
    {Kind::kFrozenSet, "a frozenset"},
    {Kind::kSlice, "a slice"},
    {Kind::kRange, "a range"},
    {Kind::kSize, "a torch.Size"},
    {Kind::kDType, "a dtype"},
    {Kind::kDevice, "a device"},
    {Kind::kTensor, "a tensor"},
    {Kind::kStorage, "a storage"},
    {Kind::kNdarray, "a NumPy array"},
    {Kind::kNumpyScalar, "a NumPy scalar"},
};

bool IsContainer(Kind kind) {
  return kind == Kind::kList || kind == Kind::kTuple || kind == Kind::kDict || kind == Kind::kSet;
}

std::vector<int64_t> Sizes(const Value& size) {
  std::vector<int64_t> sizes;
  for (size_t i = 0; i < size.size(); ++i) sizes.push_back(size.item(i).AsInt().value_or(0));
  return sizes;
}

// _metadata knows modules: "module" is the wrapper itself, "module.conv" what is in it.
std::string_view StripModule(std::string_view name, std::span<const std::string> prefixes) {
  name = StripPrefixes(name, prefixes);
  for (const std::string& prefix : prefixes) {
    if (prefix.ends_with('.') && name == std::string_view(prefix).substr(0, prefix.size() - 1)) {
      return "";
    }
  }
  return name;
}

}  // namespace

std::string ValueWords(const Value& value) {
  for (const KindRow& row : kWords) {
    if (row.kind == value.kind()) return std::string(row.words);
  }
  std::string_view what = value.kind() == Kind::kModule  ? "a module of"
                          : value.kind() == Kind::kClass ? "the name"
                                                         : "an object of";
  return fmt::format("{} {}", what, Escape(value.class_name()));
}

void ValueCopy::StripNames(const Value& weights, std::span<const std::string> prefixes) {
  weights_ = weights.id();
  prefixes_ = prefixes;
}

Result<Id> ValueCopy::Copy(const Value& value, const Path& at) {
  base_ = at;
  ZOO_ASSIGN_OR_RETURN(std::optional<Id> made, Enter(value));
  while (!open_.empty()) {
    Frame& top = open_.back();
    if (std::optional<Value> member = NextMember(top)) {
      ZOO_ASSIGN_OR_RETURN(std::optional<Id> copied, Enter(*member));
      if (copied) Take(open_.back(), *copied);
      continue;
    }
    made = Close(top);
    open_.pop_back();
    if (!open_.empty()) Take(open_.back(), *made);
  }
  return *made;
}

// A container's frame is pushed and nothing returned; all else is made at once.
Result<std::optional<Id>> ValueCopy::Enter(const Value& value) {
  const Kind kind = value.kind();
  if (!IsContainer(kind)) {
    if (std::optional<Id> leaf = Leaf(value)) return leaf;
    return std::optional<Id>(Refuse(value));
  }
  if (auto made = made_.find(value.id()); made != made_.end()) {
    if (made->second != Document::kNoId) return std::optional<Id>(made->second);
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{}: {}: {} that contains itself cannot be written", source_.name(),
                             FormatPath(Here()), ValueWords(value)),
                 ""};
  }
  Frame frame{.value = value};
  if (kind == Kind::kDict) frame.attributes = value.state();
  made_.emplace(value.id(), Document::kNoId);
  open_.push_back(std::move(frame));
  if (kind == Kind::kList) made_[value.id()] = open_.back().id = document_.List({});
  if (kind == Kind::kDict && !open_.back().attributes) MakeDict(open_.back(), Document::kNoId);
  return std::optional<Id>();
}

void ValueCopy::MakeDict(Frame& frame, Id attributes) {
  frame.id = document_.Dict({}, {.ordered = frame.value.ordered(), .attributes = attributes});
  made_[frame.value.id()] = frame.id;
}

std::optional<Value> ValueCopy::NextMember(Frame& frame) {
  if (frame.attributes) {
    frame.in_attributes = true;
    return *std::exchange(frame.attributes, std::nullopt);
  }
  const bool dict = frame.value.kind() == Kind::kDict;
  if (dict && only_tensors_ && HoldsWeights(frame.value)) SkipOthers(frame);
  if (frame.next == frame.value.size() * (dict ? 2 : 1)) return std::nullopt;
  size_t i = frame.next++;
  if (!dict) return frame.value.item(i);
  return i % 2 == 0 ? frame.value.key(i / 2) : frame.value.item(i / 2);
}

// To the next entry that is a tensor under a name.
void ValueCopy::SkipOthers(Frame& frame) {
  for (; frame.next % 2 == 0 && frame.next < 2 * frame.value.size(); frame.next += 2) {
    Value key = frame.value.key(frame.next / 2), item = frame.value.item(frame.next / 2);
    if (key.kind() == Kind::kString && item.kind() == Kind::kTensor) return;
    Path path = base_;
    path.push_back(KeyStep(key));
    refused_.push_back({std::move(path), ValueWords(item)});
  }
}

void ValueCopy::Take(Frame& frame, Id member) {
  if (frame.in_attributes) {
    frame.in_attributes = false;
    return MakeDict(frame, member);
  }
  const bool refused = member == Document::kNoId;
  switch (frame.value.kind()) {
    case Kind::kList:
      return document_.Append(frame.id, refused ? document_.None() : member);
    case Kind::kTuple:
      frame.items.push_back(refused ? document_.None() : member);
      return;
    case Kind::kSet:
      if (!refused) frame.items.push_back(member);
      return;
    default:
      break;
  }
  if (frame.next % 2 == 1) {
    frame.key = member;
  } else if (!refused && frame.key != Document::kNoId) {
    document_.SetItem(frame.id, frame.key, member);
  }
}

Id ValueCopy::Close(Frame& frame) {
  if (frame.value.kind() == Kind::kTuple) frame.id = document_.Tuple(std::move(frame.items));
  if (frame.value.kind() == Kind::kSet) frame.id = document_.Set(std::move(frame.items));
  made_[frame.value.id()] = frame.id;
  return frame.id;
}

std::optional<Id> ValueCopy::Leaf(const Value& value) {
  switch (value.kind()) {
    case Kind::kNone:
      return document_.None();
    case Kind::kBool:
      return document_.Bool(value.AsBool());
    case Kind::kInt:
      return value.AsInt() ? document_.Int(*value.AsInt()) : document_.BigInt(value.IntText());
    case Kind::kFloat:
      return document_.Float(value.AsFloat());
    case Kind::kComplex:
      return document_.Complex(value.AsComplex().first, value.AsComplex().second);
    case Kind::kString:
      if (!IsUtf8(value.text(), true)) return std::nullopt;
      return Name(value.text());
    case Kind::kBytes:
      return document_.Bytes(value.text());
    case Kind::kByteArray:
      return document_.ByteArray(value.text());
    case Kind::kSize:
      return document_.Size(Sizes(value));
    case Kind::kDType:
      return document_.DTypeValue(value.text());
    case Kind::kDevice:
      return document_.Device(value.text());
    case Kind::kTensor:
      return Tensor(value);
    case Kind::kStorage:
      if (!plan_.KnowsStorage(value.storage())) return std::nullopt;
      return document_.StorageValue(plan_.WholeStorage(value.storage()));
    case Kind::kModule:
      return Module(value);
    default:
      return std::nullopt;
  }
}

// A string, which is renamed where it is a key among the names.
Id ValueCopy::Name(std::string_view name) {
  bool key = !open_.empty() && !open_.back().in_attributes && open_.back().next % 2 == 1 &&
             open_.back().value.kind() == Kind::kDict;
  if (key && HoldsWeights(open_.back().value)) name = StripPrefixes(name, prefixes_);
  if (key && IsMetadata()) name = StripModule(name, prefixes_);
  return document_.String(name);
}

// The weights' attributes are {"_metadata": {module: ...}}; whether the innermost open container is
// the inner one of the two.
bool ValueCopy::IsMetadata() const {
  if (open_.size() < 3) return false;
  const Frame &weights = open_[open_.size() - 3], &attributes = open_[open_.size() - 2];
  return weights.in_attributes && HoldsWeights(weights.value) && attributes.next > 0 &&
         attributes.value.kind() == Kind::kDict &&
         attributes.value.key((attributes.next - 1) / 2).text() == kMetadata;
}

// Tensors that stand in a set or a dict's key are not among the source's.
bool ValueCopy::Knows(uint32_t tensor) const {
  if (tensor >= source_.tensors().size()) return false;
  const TensorInfo& info = source_.tensors()[tensor];
  if (info.layout == Layout::kStrided) return plan_.Knows(info);
  return std::ranges::all_of(info.parts,
                             [&](uint32_t part) { return plan_.Knows(source_.tensors()[part]); });
}

Id ValueCopy::Tensor(const Value& value) {
  if (!Knows(value.tensor())) return Refuse(value);
  const TensorInfo& tensor = source_.tensors()[value.tensor()];
  bool fresh = !tensors_.contains(2 * uint64_t{value.tensor()} + 1);
  if (fresh && !tensor.class_name.empty()) {
    changed_.push_back(
        {Here(), fmt::format("a tensor of {}, written as a plain one", Escape(tensor.class_name))});
  }
  if (fresh && value.state()) {
    refused_.push_back({Here(), "the attributes that were set on a tensor"});
  }
  return TensorAt(value.tensor(), Flags::kKept);
}

Id ValueCopy::TensorAt(uint32_t index, Flags flags) {
  const bool kept = flags == Flags::kKept;
  Id& made = tensors_.try_emplace(2 * uint64_t{index} + kept, Document::kNoId).first->second;
  if (made != Document::kNoId) return made;
  const TensorInfo& tensor = source_.tensors()[index];
  if (tensor.layout == Layout::kStrided) {
    Document::TensorSpec spec = plan_.SpecOf(tensor);
    if (!kept) spec.requires_grad = spec.parameter = false;
    made = tensor.quantization == nullptr
               ? document_.Tensor(std::move(spec))
               : document_.Quantized(std::move(spec), *tensor.quantization);
    return made;
  }
  std::vector<int64_t> shape(tensor.shape.begin(), tensor.shape.end());
  const bool grad = kept && tensor.requires_grad;
  if (tensor.layout == Layout::kMeta) {
    made = document_.Meta(plan_.MetaDType(tensor), std::move(shape),
                          {tensor.stride.begin(), tensor.stride.end()}, grad);
    return made;
  }
  // Parts are strided tensors; they are no tensors of the file by themselves.
  std::vector<Id> parts;
  for (uint32_t part : tensor.parts) {
    parts.push_back(document_.Tensor(plan_.SpecOf(source_.tensors()[part])));
  }
  made = document_.Composite(tensor.layout, std::move(parts), std::move(shape), tensor.coalesced,
                             grad);
  return made;
}

// What Python's state_dict() gives: detached tensors, no parameters.
Id ValueCopy::Module(const Value& value) {
  if (auto made = made_.find(value.id()); made != made_.end()) return made->second;
  std::vector<std::pair<Id, Id>> entries;
  if (std::optional<StateDict> weights = source_.StateDictOf(value)) {
    for (const StateDict::Item& item : weights->tensors) {
      if (!Knows(item.tensor)) return Refuse(value);
      std::string_view name = item.name;
      if (HoldsWeights(value)) name = StripPrefixes(name, prefixes_);
      entries.emplace_back(document_.String(name), TensorAt(item.tensor, Flags::kCleared));
    }
  }
  Id id = document_.Dict(std::move(entries), {.ordered = true});
  changed_.push_back({Here(), ValueWords(value) + ", written as its state dict"});
  made_.emplace(value.id(), id);
  return id;
}

Id ValueCopy::Refuse(const Value& value) {
  refused_.push_back({Here(), ValueWords(value)});
  return Document::kNoId;
}

Path ValueCopy::Here() const {
  Path path = base_;
  for (const Frame& frame : open_) {
    if (frame.in_attributes) {
      path.push_back(ReprKey{"its attributes"});
    } else if (frame.next > 0 && frame.value.kind() == Kind::kDict) {
      path.push_back(KeyStep(frame.value.key((frame.next - 1) / 2)));
    } else if (frame.next > 0) {
      path.emplace_back(static_cast<int64_t>(frame.next - 1));
    }
  }
  return path;
}

}  // namespace zoo
