// A tensor is in a plain pickle as torch.storage._load_from_bytes(b"...") of a whole legacy file
// with its storage. Those are read where they stand: one level deep, under the limits of the file
// around them. With protocols up to 2 they stand there as text in which each character is a byte,
// and the arena holds the bytes.
#include "zoo/checkpoint/plain_pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/base/sniff.h"
#include "zoo/checkpoint/pickle.h"
#include "zoo/checkpoint/torch_legacy.h"

namespace zoo {
namespace {

class Reader {
 public:
  explicit Reader(FileContents& contents) : contents_(contents), arena_(contents.arena) {}

  Status Read();
  bool whole() const { return consumed_ == bytes_.size(); }

 private:
  Status ReadBytes();
  Result<NodeId> LoadNested(NodeId id);
  bool IsJoblib() const;

  FileContents& contents_;
  Arena& arena_;
  ByteView bytes_;
  uint64_t consumed_ = 0;
  // By the address of their bytes: what one file has many times is read once.
  std::unordered_map<const char*, NodeId> nested_;
};

// The whole file, from its mapping if it has one.
Status Reader::ReadBytes() {
  const MappedFile& file = *contents_.file;
  if (file.size() > contents_.options.limits.pickle_bytes) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{}: a pickle of {} bytes, the limit is {}", file.name(), file.size(),
                             contents_.options.limits.pickle_bytes),
                 "raise the limit \"pickle_bytes\" if the file is trusted"};
  }
  bytes_ = file.mapped();
  if (!bytes_.empty()) return {};
  std::string text(file.size(), '\0');
  ZOO_RETURN_IF_ERROR(file.Read(0, std::as_writable_bytes(std::span(text))));
  bytes_ = AsBytes(arena_.Keep(std::move(text)));
  return {};
}

Status Reader::Read() {
  ZOO_RETURN_IF_ERROR(ReadBytes());
  auto load = [this](Arena&, NodeId id) { return LoadNested(id); };
  Unpickler unpickler(arena_, {.bytes = bytes_, .where = contents_.file->name(), .nested = load});
  Result<NodeId> root = unpickler.Read();
  consumed_ = unpickler.consumed();
  if (root) {
    contents_.root = *root;
    return {};
  }
  if (!IsJoblib()) return root.error();
  return Error{ErrorCode::kUnsupported,
               contents_.file->name() +
                   ": this is a joblib file, whose arrays stand between the "
                   "pickle's opcodes",
               "read it with joblib.load and write it with torch.save"};
}

bool Reader::IsJoblib() const {
  return std::ranges::any_of(arena_.classes,
                             [](const ClassRow& row) { return row.module.starts_with("joblib."); });
}

// What is no legacy file stays an object; a tensor that needs it says so.
Result<NodeId> Reader::LoadNested(NodeId id) {
  NodeKind kind = arena_.kind(id);
  if (kind != NodeKind::kBytes && kind != NodeKind::kString) return kNoNode;
  std::string_view text = arena_.text(id);
  ByteView bytes = AsBytes(text);
  if (Sniff(bytes).kind != FileKind::kTorchLegacy) return kNoNode;
  if (auto found = nested_.find(text.data()); found != nested_.end()) return found->second;
  std::optional<uint64_t> offset;
  const std::byte* start = bytes_.data();
  if (!std::less<>()(bytes.data(), start) && std::less<>()(bytes.data(), start + bytes_.size())) {
    offset = static_cast<uint64_t>(bytes.data() - start);
  }
  ZOO_ASSIGN_OR_RETURN(NodeId made, ReadNestedLegacy(contents_, bytes, "nested file", offset));
  nested_.emplace(text.data(), made);
  return made;
}

bool IsContainer(NodeKind kind) {
  static constexpr NodeKind kScalars[] = {NodeKind::kNone,   NodeKind::kBool,   NodeKind::kInt,
                                          NodeKind::kBigInt, NodeKind::kFloat,  NodeKind::kString,
                                          NodeKind::kBytes,  NodeKind::kStorage};
  return std::ranges::find(kScalars, kind) == std::end(kScalars);
}

}  // namespace

Status ReadPlainPickle(FileContents& contents) {
  contents.format = Format::kPickle;
  return Reader(contents).Read();
}

Result<bool> ReadUnmarkedPickle(FileContents& contents) {
  // MARK, EMPTY_LIST, EMPTY_DICT, EMPTY_TUPLE, GLOBAL; and STOP.
  constexpr std::string_view kFirst = "(]})c";
  char first = 0, last = 0;
  const MappedFile& file = *contents.file;
  if (file.size() == 0 || file.size() > contents.options.limits.pickle_bytes) return false;
  ZOO_RETURN_IF_ERROR(file.Read(0, std::as_writable_bytes(std::span(&first, 1))));
  ZOO_RETURN_IF_ERROR(file.Read(file.size() - 1, std::as_writable_bytes(std::span(&last, 1))));
  if (kFirst.find(first) == std::string_view::npos || last != '.') return false;
  contents.format = Format::kPickle;
  Reader reader(contents);
  if (reader.Read() && reader.whole() && IsContainer(contents.arena.kind(contents.root))) {
    return true;
  }
  contents.arena = Arena(contents.options.limits);
  contents.places.clear();
  contents.root = Arena::kNone;
  return false;
}

}  // namespace zoo
