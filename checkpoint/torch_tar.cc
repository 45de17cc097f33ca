// Four members, of which the first is not looked at:
//
//   sys_info   a dict about the system that wrote it
//   storages   a pickle: how many. For each a pickle (key, location, type), its number of elements
//              in 64 bits, and the elements, little-endian, unaligned. Then a pickle, the list of
//              those that are parts of others: (key, key of the whole, offset, elements)
//   tensors    a pickle: how many. For each a pickle (key, storage's key, type), the number of
//              dimensions in 32 bits and 4 bytes of nothing, the sizes, the strides and the offset,
//              each in 64 bits
//   pickle     the object; a persistent id is the key of a tensor in digits, or (class, file,
//              source)
//
// Keys are ints.
#include "zoo/checkpoint/torch_tar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "zoo/base/text.h"
#include "zoo/checkpoint/global_table.h"
#include "zoo/checkpoint/limits.h"
#include "zoo/checkpoint/pickle.h"
#include "zoo/checkpoint/tar_reader.h"
#include "zoo/checkpoint/tensor_place.h"

namespace zoo {
namespace {

// A pickle of a few numbers is this long.
constexpr uint64_t kFirstWindow = 256, kWindowGrowth = 8;

// A small pickle in an arena of its own: what is needed of it is copied.
struct SmallPickle {
  explicit SmallPickle(const Limits& limits) : arena(limits) {}
  Arena arena;
  NodeId root = Arena::kNone;

  // The items of a tuple of that many; nothing if it is none.
  std::optional<std::span<const NodeId>> Items(NodeId id, size_t count) const {
    auto items = arena.Sequence(id);
    return items && items->size() == count ? items : std::nullopt;
  }
  std::optional<int64_t> Int(NodeId id) const {
    if (arena.kind(id) != NodeKind::kInt) return std::nullopt;
    return arena.at(id).integer;
  }
};

// A member that is read from its start on: pickles with numbers and bytes between them.
class Stream {
 public:
  Stream(const FileContents& contents, const TarMember& member)
      : file_(*contents.file),
        limits_(contents.options.limits),
        where_(fmt::format("{}: {}", file_.name(), member.name)),
        at_(member.offset),
        end_(member.offset + member.size) {}

  uint64_t at() const { return at_; }
  uint64_t left() const { return end_ - at_; }
  void Skip(uint64_t bytes) { at_ += bytes; }  // REQUIRES: they are left
  Result<SmallPickle> Pickle();
  Result<int64_t> Number();
  Result<uint64_t> Count();  // a pickle of one int
  Error Corrupt(const std::string& what, const std::string& hint = "") const {
    return {ErrorCode::kCorrupt, fmt::format("{}: byte {}: {}", where_, at_, what), hint};
  }

 private:
  const MappedFile& file_;
  const Limits& limits_;
  std::string where_;
  uint64_t at_, end_;
};

Result<SmallPickle> Stream::Pickle() {
  uint64_t most = std::min(left(), limits_.pickle_bytes);
  for (uint64_t size = std::min(kFirstWindow, most);; size = std::min(size * kWindowGrowth, most)) {
    std::string bytes(size, '\0');
    ZOO_RETURN_IF_ERROR(file_.Read(at_, std::as_writable_bytes(std::span(bytes))));
    SmallPickle pickle(limits_);
    Unpickler unpickler(
        pickle.arena,
        {.bytes = AsBytes(pickle.arena.Keep(std::move(bytes))), .offset = at_, .where = where_});
    Result<NodeId> root = unpickler.Read();
    if (root) {
      pickle.root = *root;
      at_ += unpickler.consumed();
      return pickle;
    }
    if (!unpickler.ran_out() || size == most) return root.error();
  }
}

Result<int64_t> Stream::Number() {
  int64_t value = 0;
  if (left() < sizeof value) return Corrupt("the member ends before a number");
  ZOO_RETURN_IF_ERROR(file_.Read(at_, std::as_writable_bytes(std::span(&value, size_t{1}))));
  at_ += sizeof value;
  return value;
}

Result<uint64_t> Stream::Count() {
  ZOO_ASSIGN_OR_RETURN(SmallPickle pickle, Pickle());
  auto count = pickle.Int(pickle.root);
  if (!count || *count < 0) return Corrupt("its count is not a number");
  return static_cast<uint64_t>(*count);
}

class Reader {
 public:
  explicit Reader(FileContents& contents) : contents_(contents), arena_(contents.arena) {}

  Status Read();

 private:
  enum Part { kSystem, kStorages, kTensors, kPickle };
  static constexpr std::array<std::string_view, 4> kNames = {"sys_info", "storages", "tensors",
                                                             "pickle"};

  Error About(const std::string& what, ErrorCode code = ErrorCode::kCorrupt,
              const std::string& hint = "") const {
    return {code, fmt::format("{}: {}", contents_.file->name(), what), hint};
  }
  Status CheckLimit() const;
  Status FindMembers();
  Status AddMember(const TarMember& member);
  Status ReadStorages();
  Status ReadStorage(Stream& in);
  Status ReadViews(Stream& in);
  Status ReadTensors();
  Status ReadTensor(Stream& in);
  Result<NodeId> ReadDims(Stream& in, int64_t rank);
  Status ReadObject();
  Result<NodeId> LoadPersistent(NodeId id);

  FileContents& contents_;
  Arena& arena_;
  std::array<std::optional<TarMember>, 4> members_;
  std::unordered_map<int64_t, NodeId> storages_, tensors_;  // by key
};

Status Reader::Read() {
  ZOO_RETURN_IF_ERROR(FindMembers());
  ZOO_RETURN_IF_ERROR(ReadStorages());
  ZOO_RETURN_IF_ERROR(ReadTensors());
  return ReadObject();
}

Status Reader::FindMembers() {
  TarReader tar(*contents_.file);
  for (bool first = true;; first = false) {
    ZOO_ASSIGN_OR_RETURN(std::optional<TarMember> member, tar.Next());
    if (!member) break;
    if (first && std::ranges::find(kNames, member->name) == kNames.end()) {
      return About(fmt::format("a tar archive that begins with {}, not written by torch.save",
                               Quote(member->name, 80)),
                   ErrorCode::kUnsupported, "if the checkpoint is inside it, unpack it first");
    }
    ZOO_RETURN_IF_ERROR(AddMember(*member));
  }
  for (Part part : {kStorages, kTensors, kPickle}) {
    if (members_[part]) continue;
    return About(fmt::format("no member \"{}\" before the tar archive's end", kNames[part]),
                 ErrorCode::kCorrupt, "if it was cut off, download it again");
  }
  return {};
}

// A name that PyTorch did not write could be one that another reader takes for another file's.
Status Reader::AddMember(const TarMember& member) {
  auto known = std::ranges::find(kNames, member.name);
  if (known == kNames.end()) {
    return About(
        fmt::format("member {}: torch.save writes no such member", Quote(member.name, 80)));
  }
  if (!member.oddity.empty()) {
    return About(fmt::format("member {}: {}, only plain files are read", Quote(member.name, 80),
                             member.oddity));
  }
  std::optional<TarMember>& place = members_[static_cast<size_t>(known - kNames.begin())];
  if (place) return About(fmt::format("two members named {}", Quote(member.name, 80)));
  place = member;
  return {};
}

Status Reader::ReadStorages() {
  Stream in(contents_, *members_[kStorages]);
  ZOO_ASSIGN_OR_RETURN(uint64_t count, in.Count());
  for (uint64_t i = 0; i < count; ++i) {
    ZOO_RETURN_IF_ERROR(ReadStorage(in));
    ZOO_RETURN_IF_ERROR(CheckLimit());
  }
  return ReadViews(in);
}

Status Reader::ReadStorage(Stream& in) {
  ZOO_ASSIGN_OR_RETURN(SmallPickle pickle, in.Pickle());
  auto parts = pickle.Items(pickle.root, 3);
  auto key = parts ? pickle.Int((*parts)[0]) : std::nullopt;
  bool located = parts && (pickle.arena.kind((*parts)[1]) == NodeKind::kString ||
                           pickle.arena.kind((*parts)[1]) == NodeKind::kBytes);
  const GlobalRow* type = parts ? StorageType(pickle.arena, (*parts)[2]) : nullptr;
  if (!key || !located || type == nullptr) {
    return in.Corrupt("a storage is not (int, location, storage type)");
  }
  ZOO_ASSIGN_OR_RETURN(int64_t elements, in.Number());
  uint64_t room = in.left() / ItemSize(type->dtype);
  if (elements < 0 || static_cast<uint64_t>(elements) > room) {
    return in.Corrupt(fmt::format("storage {} is {} elements of {}, the member has room for {}",
                                  *key, elements, DTypeName(type->dtype), room));
  }
  uint32_t index = static_cast<uint32_t>(arena_.storages.size());
  arena_.storages.push_back({.key = arena_.Keep(std::to_string(*key)),
                             .dtype = type->dtype,
                             .elements = static_cast<uint64_t>(elements),
                             .device = arena_.Keep(std::string(pickle.arena.text((*parts)[1])))});
  contents_.places.push_back({.offset = in.at(), .found = true});
  arena_.CountItems(16);
  in.Skip(arena_.storages.back().nbytes());
  if (!storages_.emplace(*key, arena_.AddStorage(index, std::nullopt)).second) {
    return in.Corrupt(fmt::format("two storages have the key {}", *key));
  }
  return {};
}

Status Reader::ReadViews(Stream& in) {
  ZOO_ASSIGN_OR_RETURN(SmallPickle pickle, in.Pickle());
  auto views = pickle.arena.Sequence(pickle.root);
  if (!views) return in.Corrupt("behind the storages stands no list of views");
  for (NodeId id : *views) {
    std::array<int64_t, 4> numbers{};  // key, key of the whole, offset, elements
    auto parts = pickle.Items(id, numbers.size());
    for (size_t i = 0; parts && i < numbers.size(); ++i) {
      auto number = pickle.Int((*parts)[i]);
      if (!number) parts = std::nullopt;
      numbers[i] = number.value_or(0);
    }
    if (!parts) return in.Corrupt("a view is not four ints");
    auto [key, whole, offset, elements] = numbers;
    auto found = storages_.find(whole);
    if (found == storages_.end() || arena_.at(found->second).second != 0) {
      return in.Corrupt(fmt::format("view {} is of storage {}, which is none", key, whole));
    }
    uint32_t index = arena_.at(found->second).first;
    int64_t room = static_cast<int64_t>(arena_.storages[index].elements);
    if (offset < 0 || elements < 0 || offset > room || elements > room - offset) {
      return in.Corrupt(fmt::format("view {} is {} elements from {} of storage {}, which has {}",
                                    key, elements, offset, whole, room));
    }
    StorageView view{static_cast<uint64_t>(offset), static_cast<uint64_t>(elements)};
    if (!storages_.emplace(key, arena_.AddStorage(index, view)).second) {
      return in.Corrupt(fmt::format("two storages have the key {}", key));
    }
  }
  return {};
}

Status Reader::ReadTensors() {
  Stream in(contents_, *members_[kTensors]);
  ZOO_ASSIGN_OR_RETURN(uint64_t count, in.Count());
  for (uint64_t i = 0; i < count; ++i) {
    ZOO_RETURN_IF_ERROR(ReadTensor(in));
    ZOO_RETURN_IF_ERROR(CheckLimit());
  }
  return {};
}

Status Reader::CheckLimit() const {
  if (!arena_.exhausted()) return {};
  return About(fmt::format("more than {} values", arena_.limits().nodes), ErrorCode::kCorrupt,
               "raise the limit \"nodes\" if the file is trusted");
}

Result<NodeId> Reader::ReadDims(Stream& in, int64_t rank) {
  std::vector<NodeId> ids;
  for (int64_t i = 0; i < rank; ++i) {
    ZOO_ASSIGN_OR_RETURN(int64_t value, in.Number());
    ids.push_back(arena_.AddInt(value));
  }
  return arena_.AddTuple(NodeKind::kTuple, ids);
}

Status Reader::ReadTensor(Stream& in) {
  static constexpr GlobalRow kName{"", "tensor"};
  uint64_t start = in.at();
  ZOO_ASSIGN_OR_RETURN(SmallPickle pickle, in.Pickle());
  auto parts = pickle.Items(pickle.root, 3);
  auto key = parts ? pickle.Int((*parts)[0]) : std::nullopt;
  auto storage_key = parts ? pickle.Int((*parts)[1]) : std::nullopt;
  if (!key || !storage_key) return in.Corrupt("a tensor is not (int, int, type)");
  auto storage = storages_.find(*storage_key);
  if (storage == storages_.end()) {
    return in.Corrupt(fmt::format("tensor {} is of storage {}, which is none", *key, *storage_key));
  }
  ZOO_ASSIGN_OR_RETURN(int64_t rank, in.Number());
  rank = static_cast<int32_t>(rank);  // the upper half is nothing
  if (rank < 0 || static_cast<uint64_t>(rank) > arena_.limits().rank) {
    return in.Corrupt(fmt::format("tensor {} has {} dimensions, the limit is {}", *key, rank,
                                  arena_.limits().rank),
                      rank < 0 ? "" : RaiseLimit("rank"));
  }
  ZOO_ASSIGN_OR_RETURN(NodeId size, ReadDims(in, rank));
  ZOO_ASSIGN_OR_RETURN(NodeId stride, ReadDims(in, rank));
  ZOO_ASSIGN_OR_RETURN(int64_t offset, in.Number());
  std::array<NodeId, 4> ids{storage->second, arena_.AddInt(offset), size, stride};
  NodeId tuple = arena_.AddTuple(NodeKind::kTuple, ids);
  Result<TensorRow> row = PlaceTensor(Arguments(arena_, kName, Arena::kNone, tuple), std::nullopt);
  if (!row) {
    const Error& error = row.error();
    return About(fmt::format("tensors: byte {}: {}", start, error.message), error.code, error.hint);
  }
  if (!tensors_.emplace(*key, arena_.AddTensor(*row)).second) {
    return in.Corrupt(fmt::format("two tensors have the key {}", *key));
  }
  return {};
}

Status Reader::ReadObject() {
  const TarMember& member = *members_[kPickle];
  if (member.size > contents_.options.limits.pickle_bytes) {
    return About(fmt::format("member \"pickle\" has {} bytes, the limit is {}", member.size,
                             contents_.options.limits.pickle_bytes),
                 ErrorCode::kCorrupt, RaiseLimit("pickle_bytes"));
  }
  std::string bytes(member.size, '\0');
  ZOO_RETURN_IF_ERROR(
      contents_.file->Read(member.offset, std::as_writable_bytes(std::span(bytes))));
  std::string_view kept = arena_.Keep(std::move(bytes));
  auto load = [this](Arena&, NodeId id) { return LoadPersistent(id); };
  Unpickler unpickler(arena_, {.bytes = AsBytes(kept),
                               .offset = member.offset,
                               .where = fmt::format("{}: pickle", contents_.file->name()),
                               .persistent = load});
  ZOO_ASSIGN_OR_RETURN(contents_.root, unpickler.Read());
  return {};
}

Result<NodeId> Reader::LoadPersistent(NodeId id) {
  // (class, file, source): the class, with the text of the file that defined it.
  auto parts = arena_.Sequence(id);
  if (parts && parts->size() == 3) return (*parts)[0];
  NodeKind kind = arena_.kind(id);
  if (kind != NodeKind::kString && kind != NodeKind::kBytes) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("a persistent id: it is {}, not a string", NodeKindName(kind)), ""};
  }
  std::string_view text = arena_.text(id);
  int64_t key = 0;
  auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), key);
  if (status == std::errc() && end == text.data() + text.size()) {
    if (auto found = tensors_.find(key); found != tensors_.end()) return found->second;
    if (auto found = storages_.find(key); found != storages_.end()) return found->second;
  }
  return Error{ErrorCode::kCorrupt,
               fmt::format("a persistent id: {} is the key of no tensor", Quote(text, 40)), ""};
}

}  // namespace

Status ReadTorchTar(FileContents& contents) {
  contents.format = Format::kTar;
  return Reader(contents).Read();
}

}  // namespace zoo
