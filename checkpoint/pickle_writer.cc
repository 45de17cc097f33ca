#include "zoo/checkpoint/pickle_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/checkpoint/document_reader.h"
#include "zoo/checkpoint/pickle_emitter.h"
#include "zoo/checkpoint/pickle_text.h"

namespace zoo {
namespace {

using Id = Document::Id;
using Kind = DocumentNode::Kind;

constexpr size_t kBatch = 1000;  // items in one APPENDS or SETITEMS, as Python's pickle has them
constexpr uint32_t kNoMemo = UINT32_MAX;
constexpr uint64_t kMaxText = UINT32_MAX;

class Writer {
 public:
  Writer(const DocumentReader& document, TensorPickler::Names names)
      : document_(document),
        names_(names),
        tensors_(document, names, out_),
        marks_(document.size()),
        memos_(document.size(), kNoMemo) {}

  Result<PickledDocument> Run();

 private:
  struct Marks {
    bool reached = false, shared = false;  // used at all, in several places
    bool open = false;                     // being written
  };
  struct Frame {
    Id id;
    std::span<const Id> children;
    size_t next = 0;
    bool attributes = false;  // being written
  };
  // How a container takes its children.
  struct Batches {
    size_t unit = 0;  // children that make one item; 0: it takes all at its end
    PickleOp one = PickleOp::kAppend, many = PickleOp::kAppends;
  };

  Error Refuse(ErrorCode code, std::string what) const;
  Error Unsupported(std::string what) const {
    return Refuse(ErrorCode::kUnsupported, std::move(what));
  }
  Status FindShared();
  Status CheckKeys(const DocumentNode& container);
  bool Hashable(Id id) const;
  Status Visit(Id id);
  Status Leaf(const DocumentNode& node);
  Status Text(const DocumentNode& node);
  Status BigInt(const DocumentNode& node);
  Status DTypeName(const DocumentNode& node);
  void Device(const DocumentNode& node);
  Status Storage(const DocumentNode& node);
  Status CheckTensor(const DocumentNode& node) const;
  Status CheckParts(const DocumentNode& node) const;
  void Remember(Id id) {
    if (marks_[id].shared && memos_[id] == kNoMemo) memos_[id] = out_.Put();
  }
  Status Open(Id id);
  Status Step();
  void Close(const Frame& frame);
  static Batches BatchesOf(const DocumentNode& node);
  void Between(const Frame& frame);

  const DocumentReader& document_;
  TensorPickler::Names names_;
  PickleEmitter out_;
  TensorPickler tensors_;
  std::vector<Marks> marks_;
  std::vector<uint32_t> memos_;
  std::vector<Frame> frames_;
};

Error Writer::Refuse(ErrorCode code, std::string what) const {
  Path path;
  for (const Frame& frame : frames_) {
    if (frame.attributes) {
      path.push_back(ReprKey{"its attributes"});
    } else if (frame.next > 0) {
      if (auto step = StepTo(document_, frame.id, frame.next - 1)) path.push_back(*step);
    }
  }
  std::string place = FormatPath(path);
  return {code, place.empty() ? what : place + ": " + what, ""};
}

// Marks what is used, and what is used more than once.
Status Writer::FindShared() {
  std::vector<Id> todo{document_.root()};
  while (!todo.empty()) {
    const Id id = todo.back();
    todo.pop_back();
    if (id >= document_.size()) {
      return Error{ErrorCode::kUsage, "a value that the document does not have", ""};
    }
    if (marks_[id].reached) {
      marks_[id].shared = true;
      continue;
    }
    marks_[id].reached = true;
    const DocumentNode& node = document_.node(id);
    auto children = document_.children(node);
    todo.insert(todo.end(), children.begin(), children.end());
    if (node.attributes != Document::kNoId) todo.push_back(node.attributes);
  }
  return {};
}

bool Writer::Hashable(Id id) const {
  std::vector<Id> todo{id};
  std::unordered_set<Id> seen;
  while (!todo.empty()) {
    const Id at = todo.back();
    todo.pop_back();
    if (!seen.insert(at).second) continue;
    const DocumentNode& node = document_.node(at);
    constexpr Kind kUnhashable[] = {Kind::kList, Kind::kDict, Kind::kSet, Kind::kByteArray};
    if (std::ranges::find(kUnhashable, node.kind) != std::end(kUnhashable)) return false;
    if (node.kind != Kind::kTuple) continue;
    auto items = document_.children(node);
    todo.insert(todo.end(), items.begin(), items.end());
  }
  return true;
}

Status Writer::CheckKeys(const DocumentNode& container) {
  const bool dict = container.kind == Kind::kDict;
  if (!dict && container.kind != Kind::kSet) return {};
  auto children = document_.children(container);
  for (size_t i = 0; i < children.size(); i += dict ? 2 : 1) {
    if (Hashable(children[i])) continue;
    return Unsupported(fmt::format("{} in {}, which Python cannot hash",
                                   KindWords(document_.node(children[i]).kind),
                                   dict ? "a dict's key" : "a set"));
  }
  return {};
}

Status Writer::Text(const DocumentNode& node) {
  const std::string& text = document_.text(node);
  if (text.size() > kMaxText) {
    return Unsupported(fmt::format("{} of {} bytes, pickles hold up to {}", KindWords(node.kind),
                                   text.size(), kMaxText));
  }
  if (!IsUtf8(text, true)) return Refuse(ErrorCode::kUsage, "a string that is not UTF-8");
  out_.Text(text);
  return {};
}

Status Writer::BigInt(const DocumentNode& node) {
  std::string_view text = document_.text(node);
  std::optional<std::string> digits = ParseDigits(text);
  if (!digits) return Refuse(ErrorCode::kUsage, "an int that is written " + Quote(text, 80));
  if (auto small = ToInt64(*digits)) {
    out_.Int(*small);
    return {};
  }
  std::string bytes = TwosComplement(*digits);
  if (bytes.empty()) {
    return Unsupported(fmt::format(
        "an int of {} digits, and torch.load(weights_only=True) reads up to {} bytes",
        digits->size() - (digits->starts_with('-') ? 1 : 0), PickleEmitter::kMaxIntBytes));
  }
  out_.LongInt(bytes);
  return {};
}

Status Writer::DTypeName(const DocumentNode& node) {
  const std::string& name = document_.text(node);
  auto narrow = [&](std::string_view prefix) {
    return name.size() == prefix.size() + 1 && name.starts_with(prefix) && name.back() >= '1' &&
           name.back() <= '7';
  };
  if (!DTypeFromName(name) && !narrow("int") && !narrow("uint")) {
    return Unsupported("the dtype " + Quote(name, 80) +
                       ", which torch.load(weights_only=True) does not take");
  }
  out_.Global("torch", name);
  return {};
}

// torch.device("cuda", 1)
void Writer::Device(const DocumentNode& node) {
  std::string_view name = document_.text(node);
  std::string_view type = name.substr(0, name.find(':'));
  int64_t index = 0;
  const char* digits = type.data() + std::min(type.size() + 1, name.size());
  auto [end, error] = std::from_chars(digits, name.data() + name.size(), index);
  const bool indexed = error == std::errc() && end == name.data() + name.size();
  out_.Global("torch", "device");
  out_.Word(indexed ? type : name);
  if (indexed) out_.Int(index);
  out_.CloseTuple(indexed ? 2 : 1);
  out_.Op(PickleOp::kReduce);
}

Status Writer::CheckTensor(const DocumentNode& node) const {
  if (std::string problem = document_.Problem(node); !problem.empty()) {
    return Refuse(ErrorCode::kUsage, problem);
  }
  if (node.kind == Kind::kMeta) return {};
  const auto& quantization = document_.quantization(node);
  const Document::TensorSpec& spec = document_.spec(node);
  const zoo::DType dtype = document_.storages()[spec.storage].dtype;
  const bool quantized = !IsUntyped(dtype) && zoo::DTypeName(dtype).starts_with('q');
  if (quantized != quantization.has_value()) {
    return Refuse(ErrorCode::kUsage,
                  fmt::format("a tensor of {} {} quantization", zoo::DTypeName(dtype),
                              quantized ? "without" : "with"));
  }
  if (!quantization || quantization->scheme == "per_tensor_affine") return {};
  if (!quantization->scheme.starts_with("per_channel_affine")) {
    return Unsupported("the quantization scheme " + Quote(quantization->scheme, 80));
  }
  const auto axis = static_cast<size_t>(quantization->axis);
  if (quantization->axis < 0 || axis >= spec.shape.size() ||
      quantization->scales.size() != static_cast<size_t>(spec.shape[axis]) ||
      quantization->zero_points.size() != quantization->scales.size()) {
    return Refuse(
        ErrorCode::kUsage,
        fmt::format("{} scales and {} zero points along dimension {}", quantization->scales.size(),
                    quantization->zero_points.size(), quantization->axis));
  }
  return {};
}

Status Writer::CheckParts(const DocumentNode& node) const {
  auto parts = document_.children(node);
  if (PartsOf(node.layout) == 0 || parts.size() != PartsOf(node.layout)) {
    return Refuse(ErrorCode::kUsage,
                  fmt::format("a {} tensor of {} parts", LayoutName(node.layout), parts.size()));
  }
  if (node.layout == Layout::kNested && names_ == TensorPickler::Names::kLegacy) {
    // PyTorch looks at its sizes before it has read any storage.
    return Unsupported("a nested tensor, which PyTorch cannot read from a legacy file");
  }
  for (Id part : parts) {
    if (document_.node(part).kind == Kind::kTensor) continue;
    return Refuse(ErrorCode::kUsage,
                  fmt::format("a part of a {} tensor is {}", LayoutName(node.layout),
                              KindWords(document_.node(part).kind)));
  }
  return {};
}

Status Writer::Storage(const DocumentNode& node) {
  const auto storages = document_.storages();
  const auto storage = static_cast<uint64_t>(node.integer);
  if (storage >= storages.size()) {
    return Refuse(ErrorCode::kUsage,
                  fmt::format("storage {}, and there are {}", storage, storages.size()));
  }
  if (std::string problem = StorageProblem(storages[storage]); !problem.empty()) {
    return Refuse(ErrorCode::kUsage, problem);
  }
  tensors_.Storage(static_cast<uint32_t>(storage));
  return {};
}

Status Writer::Leaf(const DocumentNode& node) {
  switch (node.kind) {
    case Kind::kNone:
      out_.Op(PickleOp::kNone);
      return {};
    case Kind::kBool:
      out_.Bool(node.integer != 0);
      return {};
    case Kind::kInt:
      out_.Int(node.integer);
      return {};
    case Kind::kBigInt:
      return BigInt(node);
    case Kind::kFloat:
      out_.Float(node.real);
      return {};
    case Kind::kComplex:
      out_.Global("__builtin__", "complex");
      out_.Float(node.real);
      out_.Float(node.imaginary);
      out_.Op(PickleOp::kTuple2);
      out_.Op(PickleOp::kReduce);
      return {};
    case Kind::kString:
      return Text(node);
    case Kind::kBytes:
      out_.Global("_codecs", "encode");
      out_.BytesCall(document_.text(node), "latin1");
      return {};
    case Kind::kByteArray:
      out_.Global("__builtin__", "bytearray");
      out_.BytesCall(document_.text(node), "latin-1");
      return {};
    case Kind::kDType:
      return DTypeName(node);
    case Kind::kDevice:
      Device(node);
      return {};
    case Kind::kSize:
      out_.Global("torch", "Size");
      out_.IntTuple(document_.spec(node).shape);
      out_.Op(PickleOp::kTuple1);
      out_.Op(PickleOp::kReduce);
      return {};
    case Kind::kTensor:
      ZOO_RETURN_IF_ERROR(CheckTensor(node));
      tensors_.Tensor(node);
      return {};
    case Kind::kMeta:
      ZOO_RETURN_IF_ERROR(CheckTensor(node));
      tensors_.Meta(node);
      return {};
    default:
      return Storage(node);
  }
}

bool IsContainer(Kind kind) {
  return kind == Kind::kTuple || kind == Kind::kList || kind == Kind::kSet || kind == Kind::kDict ||
         kind == Kind::kComposite;
}

Status Writer::Visit(Id id) {
  if (memos_[id] != kNoMemo) {
    out_.Get(memos_[id]);
    return {};
  }
  const DocumentNode& node = document_.node(id);
  if (IsContainer(node.kind)) return Open(id);
  ZOO_RETURN_IF_ERROR(Leaf(node));
  Remember(id);
  return {};
}

Status Writer::Open(Id id) {
  const DocumentNode& node = document_.node(id);
  if (marks_[id].open) {
    return Unsupported(fmt::format("{} that contains itself", KindWords(node.kind)));
  }
  if (node.attributes != Document::kNoId &&
      (!node.ordered || document_.node(node.attributes).kind != Kind::kDict)) {
    return Refuse(ErrorCode::kUsage, "attributes of a plain dict, or that are no dict");
  }
  ZOO_RETURN_IF_ERROR(CheckKeys(node));
  marks_[id].open = true;
  auto children = document_.children(node);
  switch (node.kind) {
    case Kind::kTuple:
      if (PickleEmitter::TupleNeedsMark(children.size())) out_.Op(PickleOp::kMark);
      break;
    case Kind::kList:
      out_.Op(PickleOp::kEmptyList);
      Remember(id);
      break;
    case Kind::kSet:
      out_.Global("__builtin__", "set");
      out_.Op(PickleOp::kEmptyList);
      break;
    case Kind::kDict:
      if (node.ordered) {
        out_.Global("collections", "OrderedDict");
        out_.Op(PickleOp::kEmptyTuple);
        out_.Op(PickleOp::kReduce);
      } else {
        out_.Op(PickleOp::kEmptyDict);
      }
      Remember(id);
      break;
    default:
      ZOO_RETURN_IF_ERROR(CheckParts(node));
      tensors_.OpenComposite(node);
  }
  frames_.push_back({.id = id, .children = children});
  return {};
}

Writer::Batches Writer::BatchesOf(const DocumentNode& node) {
  if (node.kind == Kind::kDict) return {2, PickleOp::kSetItem, PickleOp::kSetItems};
  if (node.kind == Kind::kList || node.kind == Kind::kSet) return {1};
  return {};
}

// Ends a batch of items before the next child, and begins another.
void Writer::Between(const Frame& frame) {
  const Batches batches = BatchesOf(document_.node(frame.id));
  if (batches.unit == 0 || frame.next % batches.unit != 0) return;
  const size_t item = frame.next / batches.unit, items = frame.children.size() / batches.unit;
  if (item != 0 && (item == items || item % kBatch == 0)) {
    const size_t size = (item - 1) % kBatch + 1;
    out_.Op(size == 1 ? batches.one : batches.many);
  }
  if (item % kBatch == 0 && items - item > 1) out_.Op(PickleOp::kMark);
}

Status Writer::Step() {
  Frame& frame = frames_.back();
  const DocumentNode& node = document_.node(frame.id);
  if (!frame.attributes && frame.next <= frame.children.size()) Between(frame);
  if (frame.next < frame.children.size()) return Visit(frame.children[frame.next++]);
  if (node.attributes != Document::kNoId && !frame.attributes) {
    frame.attributes = true;
    return Visit(node.attributes);
  }
  Close(frame);
  frames_.pop_back();
  return {};
}

void Writer::Close(const Frame& frame) {
  const DocumentNode& node = document_.node(frame.id);
  if (frame.attributes) out_.Op(PickleOp::kBuild);
  if (node.kind == Kind::kTuple) out_.CloseTuple(frame.children.size());
  if (node.kind == Kind::kComposite) tensors_.CloseComposite(node);
  if (node.kind == Kind::kSet) {
    out_.Op(PickleOp::kTuple1);
    out_.Op(PickleOp::kReduce);
  }
  marks_[frame.id].open = false;
  Remember(frame.id);
}

Result<PickledDocument> Writer::Run() {
  if (document_.root() == Document::kNoId) {
    return Error{ErrorCode::kUsage, "a document without a root", ""};
  }
  ZOO_RETURN_IF_ERROR(FindShared());
  ZOO_RETURN_IF_ERROR(Visit(document_.root()));
  while (!frames_.empty()) ZOO_RETURN_IF_ERROR(Step());
  return PickledDocument{out_.Finish(), tensors_.storages()};
}

}  // namespace

Result<PickledDocument> PickleDocument(const Document& document, TensorPickler::Names names) {
  const DocumentReader reader(document);
  return Writer(reader, names).Run();
}

}  // namespace zoo
