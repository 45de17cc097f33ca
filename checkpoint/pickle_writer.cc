#include "zoo/checkpoint/pickle_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/checkpoint/document_check.h"
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
  Status Visit(Id id);
  std::optional<Status> PythonLeaf(const DocumentNode& node);
  Status TorchLeaf(const DocumentNode& node);
  Status Text(const DocumentNode& node);
  Status BigInt(const DocumentNode& node);
  Status DTypeName(const DocumentNode& node);
  void Device(const DocumentNode& node);
  void Remember(Id id) {
    if (marks_[id].shared && memos_[id] == kNoMemo) memos_[id] = out_.Put();
  }
  std::optional<DType> ElementsOf(const DocumentNode& node) const;
  Status Check(const DocumentNode& node) const;
  Status Open(Id id);
  void OpenDict(Id id, const DocumentNode& node);
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
  const std::optional<DType> known = DTypeFromName(name);
  if (!(known && IsPyTorchs(*known)) && !narrow("int") && !narrow("uint")) {
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

// None, numbers, text and bytes; nothing of other kinds.
std::optional<Status> Writer::PythonLeaf(const DocumentNode& node) {
  switch (node.kind) {
    case Kind::kNone:
      return out_.Op(PickleOp::kNone), Status();
    case Kind::kBool:
      return out_.Bool(node.integer != 0), Status();
    case Kind::kInt:
      return out_.Int(node.integer), Status();
    case Kind::kBigInt:
      return BigInt(node);
    case Kind::kFloat:
      return out_.Float(node.real), Status();
    case Kind::kComplex:
      out_.Global("__builtin__", "complex");
      out_.Float(node.real);
      out_.Float(node.imaginary);
      out_.CloseTuple(2);
      return out_.Op(PickleOp::kReduce), Status();
    case Kind::kString:
      return Text(node);
    case Kind::kBytes:
      out_.Global("_codecs", "encode");
      return out_.BytesCall(document_.text(node), "latin1"), Status();
    case Kind::kByteArray:
      out_.Global("__builtin__", "bytearray");
      return out_.BytesCall(document_.text(node), "latin-1"), Status();
    default:
      return std::nullopt;
  }
}

// What PyTorch adds.
Status Writer::TorchLeaf(const DocumentNode& node) {
  switch (node.kind) {
    case Kind::kDType:
      return DTypeName(node);
    case Kind::kDevice:
      return Device(node), Status();
    case Kind::kSize:
      return tensors_.Size(document_.spec(node).shape), Status();
    case Kind::kTensor:
      return tensors_.Tensor(node), Status();
    case Kind::kMeta:
      return tensors_.Meta(node), Status();
    default:
      return tensors_.Storage(static_cast<uint32_t>(node.integer)), Status();
  }
}

bool IsContainer(Kind kind) {
  return kind == Kind::kTuple || kind == Kind::kList || kind == Kind::kSet || kind == Kind::kDict ||
         kind == Kind::kComposite;
}

// Of a tensor or storage.
std::optional<DType> Writer::ElementsOf(const DocumentNode& node) const {
  switch (node.kind) {
    case Kind::kTensor:
      return document_.storages()[document_.spec(node).storage].dtype;
    case Kind::kMeta:
      return node.dtype;
    case Kind::kStorage:
      return document_.storages()[static_cast<size_t>(node.integer)].dtype;
    default:
      return std::nullopt;
  }
}

Status Writer::Check(const DocumentNode& node) const {
  if (Status checked = CheckNode(document_, node); !checked) {
    return Refuse(checked.error().code, checked.error().message);
  }
  if (std::optional<DType> dtype = ElementsOf(node); dtype && !IsPyTorchs(*dtype)) {
    return Unsupported(
        fmt::format("elements of {}, which PyTorch does not know", zoo::DTypeName(*dtype)));
  }
  if (node.kind == Kind::kComposite && node.layout == Layout::kNested &&
      names_ == TensorPickler::Names::kLegacy) {
    // PyTorch looks at its sizes before it has read any storage.
    return Unsupported("a nested tensor, which PyTorch cannot read from a legacy file");
  }
  return {};
}

Status Writer::Visit(Id id) {
  if (memos_[id] != kNoMemo) {
    out_.Get(memos_[id]);
    return {};
  }
  const DocumentNode& node = document_.node(id);
  ZOO_RETURN_IF_ERROR(Check(node));
  if (IsContainer(node.kind)) return Open(id);
  auto python = PythonLeaf(node);
  ZOO_RETURN_IF_ERROR(python ? *python : TorchLeaf(node));
  Remember(id);
  return {};
}

void Writer::OpenDict(Id id, const DocumentNode& node) {
  if (node.counter) out_.Global("collections", "Counter");  // which is made of a dict
  if (node.ordered) {
    out_.Global("collections", "OrderedDict");
    out_.Op(PickleOp::kEmptyTuple);
    out_.Op(PickleOp::kReduce);
  } else {
    out_.Op(PickleOp::kEmptyDict);
  }
  if (!node.counter) Remember(id);
}

Status Writer::Open(Id id) {
  const DocumentNode& node = document_.node(id);
  if (marks_[id].open) {
    return Unsupported(fmt::format("{} that contains itself", KindWords(node.kind)));
  }
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
      OpenDict(id, node);
      break;
    default:
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
  if (node.kind == Kind::kSet || node.counter) {
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
