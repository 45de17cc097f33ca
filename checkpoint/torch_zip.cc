// NAME/data.pkl        the pickle; its persistent ids name storages by key
// NAME/data/KEY        the bytes of a storage
// NAME/version         a decimal number, mandatory
// NAME/byteorder       "little" or "big"; little if missing
//
// NAME is one folder for all records. Order and other records do not matter.
#include "zoo/checkpoint/torch_zip.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "zoo/base/text.h"
#include "zoo/checkpoint/pickle.h"
#include "zoo/checkpoint/storage_name.h"

namespace zoo {
namespace {

// Bit 3: sizes follow the data; bit 11: the name is UTF-8. PyTorch sets no others.
constexpr uint16_t kTorchFlags = 0x0808;
constexpr int kLowestVersion = 1, kHighestVersion = 10;
constexpr uint64_t kSmallRecord = 64;

class Reader {
 public:
  explicit Reader(FileContents& contents) : contents_(contents), zip_(*contents.zip) {}

  Status Read();

 private:
  Error Corrupt(const ZipMember& member, std::string_view what) const {
    return {ErrorCode::kCorrupt, fmt::format("{}: {}", zip_.Describe(member), what), ""};
  }
  Error About(std::string_view what, ErrorCode code, std::string_view hint = "") const {
    return {code, fmt::format("{}: {}", zip_.file_name(), what), std::string(hint)};
  }

  Status CheckNames();
  Status CheckCase(size_t top_size) const;
  Status CheckName(const ZipMember& member, std::string_view top) const;
  Status CheckKind() const;
  Status CheckVersion() const;
  Status ReadByteOrder();
  Status ReadPickle();
  Result<NodeId> LoadStorage(Arena& arena, NodeId id);
  Result<const ZipMember*> FindRecord(std::string_view key);
  Status CheckSize(const StorageRow& storage, const ZipMember& member) const;
  // The record of that name in the archive's folder.
  const ZipMember* Find(std::string_view name) const {
    return zip_.Find(prefix_ + std::string(name));
  }

  FileContents& contents_;
  const ZipDirectory& zip_;
  std::string prefix_;  // "NAME/"
  static constexpr uint32_t kNoStorage = UINT32_MAX;
  std::vector<uint32_t> storage_of_;  // of each member, its storage in the arena
  std::string record_name_;           // "NAME/data/KEY", made anew for each lookup
};

Status Reader::Read() {
  ZOO_RETURN_IF_ERROR(CheckNames());
  ZOO_RETURN_IF_ERROR(CheckKind());
  ZOO_RETURN_IF_ERROR(CheckVersion());
  ZOO_RETURN_IF_ERROR(ReadByteOrder());
  return ReadPickle();
}

// Names that another reader could take for each other are refused, as is more than one folder.
Status Reader::CheckNames() {
  if (zip_.members().empty()) return About("an empty zip archive", ErrorCode::kUnsupported);
  std::string_view first = zip_.members()[0].name;
  std::string_view top = first.substr(0, first.find('/'));
  prefix_ = std::string(top) + "/";
  bool ours = false;
  for (const ZipMember& member : zip_.members()) ours = ours || member.name.ends_with("/data.pkl");
  if (!ours) return {};
  for (const ZipMember& member : zip_.members()) ZOO_RETURN_IF_ERROR(CheckName(member, top));
  return CheckCase(top.size());
}

// Without capitals the names are known to differ.
Status Reader::CheckCase(size_t top_size) const {
  auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  auto has_capital = [&](const ZipMember& member) {
    return std::any_of(member.name.begin() + static_cast<ptrdiff_t>(top_size), member.name.end(),
                       is_capital);
  };
  if (std::none_of(zip_.members().begin(), zip_.members().end(), has_capital)) return {};
  std::unordered_set<std::string> folded;
  for (const ZipMember& member : zip_.members()) {
    std::string lower(member.name);
    for (char& c : lower) c = static_cast<char>(is_capital(c) ? c + 32 : c);
    if (!folded.insert(std::move(lower)).second) {
      return Corrupt(member, "another record's name differs from this only in case");
    }
  }
  return {};
}

Status Reader::CheckName(const ZipMember& member, std::string_view top) const {
  std::string_view name = member.name;
  if (name.substr(0, name.find('/')) != top || name.find('/') == std::string_view::npos) {
    return Corrupt(member, fmt::format("it is outside the archive's folder {}", Quote(top, 80)));
  }
  if (name.find('\0') != std::string_view::npos || name.find('\\') != std::string_view::npos) {
    return Corrupt(member, "its name has a NUL or a backslash");
  }
  for (size_t at = 0; at <= name.size();) {
    size_t end = std::min(name.find('/', at), name.size());
    if (name.substr(at, end - at) == ".." || (at == 0 && end == 0)) {
      return Corrupt(member, "its name is a path out of the archive");
    }
    at = end + 1;
  }
  if ((member.flags & ~kTorchFlags) != 0) {
    return Corrupt(member,
                   fmt::format("its flags are 0x{:04x}, PyTorch sets only 0x0808", member.flags));
  }
  return {};
}

struct OtherKind {
  std::string_view record;  // that it has
  std::string_view what, hint;
};
constexpr OtherKind kOthers[] = {
    {"constants.pkl", "a TorchScript archive, which is not read yet",
     "save the module's state_dict() instead"},
    {".data/extern_modules", "a torch.package archive, which is not read yet",
     "save the module's state_dict() instead"},
    {"archive_format", "a torch.export archive (pt2), which is not read yet",
     "save the module's state_dict() instead"},
    {"model.json", "a TorchScript archive of PyTorch 1.0 or 1.1",
     "write it again with a newer PyTorch"},
};

Status Reader::CheckKind() const {
  for (const OtherKind& row : kOthers) {
    if (Find(row.record) != nullptr) return About(row.what, ErrorCode::kUnsupported, row.hint);
  }
  if (Find("data.pkl") != nullptr) return {};
  bool arrays = std::all_of(zip_.members().begin(), zip_.members().end(),
                            [](const ZipMember& m) { return m.name.ends_with(".npy"); });
  if (arrays) return About("a NumPy archive (npz), not a checkpoint", ErrorCode::kUnsupported);
  return About("a zip archive without data.pkl, not written by torch.save", ErrorCode::kUnsupported,
               "if the checkpoint is inside it, unpack it first");
}

Status Reader::CheckVersion() const {
  const ZipMember* member = Find("version");
  if (member == nullptr) member = Find(".data/version");
  if (member == nullptr) return About("no record \"version\"", ErrorCode::kCorrupt);
  ZOO_ASSIGN_OR_RETURN(std::string text, zip_.ReadMember(*member, kSmallRecord));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  int version = 0;
  auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (status != std::errc() || rest != text.data() + text.size()) {
    return Corrupt(*member, Quote(text, 40) + " is not a number");
  }
  if (version < kLowestVersion || version > kHighestVersion) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{}: version {}, versions {} to {} are read", zip_.Describe(*member),
                             version, kLowestVersion, kHighestVersion),
                 ""};
  }
  return {};
}

Status Reader::ReadByteOrder() {
  const ZipMember* member = Find("byteorder");
  if (member == nullptr) return {};
  ZOO_ASSIGN_OR_RETURN(std::string text, zip_.ReadMember(*member, kSmallRecord));
  if (text != "little" && text != "big") {
    return Corrupt(*member, Quote(text, 40) + " is not \"little\" or \"big\"");
  }
  contents_.big_endian = text == "big";
  return {};
}

Status Reader::ReadPickle() {
  const ZipMember* member = Find("data.pkl");
  storage_of_.assign(zip_.members().size(), kNoStorage);
  record_name_ = prefix_;
  ZOO_ASSIGN_OR_RETURN(std::string bytes,
                       zip_.ReadMember(*member, contents_.options.limits.pickle_bytes));
  std::string_view kept = contents_.arena.Keep(std::move(bytes));
  auto load = [this](Arena& arena, NodeId id) { return LoadStorage(arena, id); };
  Unpickler unpickler(contents_.arena, {.bytes = AsBytes(kept),
                                        .where = fmt::format("{}: data.pkl", zip_.file_name()),
                                        .persistent = load});
  ZOO_ASSIGN_OR_RETURN(contents_.root, unpickler.Read());
  return {};
}

Result<NodeId> Reader::LoadStorage(Arena& arena, NodeId id) {
  // Archives written in C++ hand the storage itself to be looked up again.
  if (arena.kind(id) == NodeKind::kStorage) return id;
  ZOO_ASSIGN_OR_RETURN(StorageName name, ReadStorageName(arena, id));
  if (name.view) {
    return Error{ErrorCode::kCorrupt, "a persistent id: views belong to legacy files", ""};
  }
  ZOO_ASSIGN_OR_RETURN(const ZipMember* member, FindRecord(name.storage.key));
  uint32_t& known = storage_of_[static_cast<size_t>(member - zip_.members().data())];
  if (known != kNoStorage) return arena.AddStorage(known, std::nullopt);
  ZOO_RETURN_IF_ERROR(CheckSize(name.storage, *member));
  known = static_cast<uint32_t>(arena.storages.size());
  arena.storages.push_back(name.storage);
  contents_.places.push_back({.offset = member->data_offset, .member = member, .found = true});
  arena.CountItems(16);
  return arena.AddStorage(known, std::nullopt);
}

Result<const ZipMember*> Reader::FindRecord(std::string_view key) {
  record_name_.resize(prefix_.size());
  record_name_ += "data/";
  record_name_ += key;
  if (const ZipMember* member = zip_.Find(record_name_)) return member;
  return Error{ErrorCode::kCorrupt,
               fmt::format("storage {} has no record {}", Quote(key, 80),
                           Quote(fmt::format("data/{}", key), 80)),
               ""};
}

Status Reader::CheckSize(const StorageRow& storage, const ZipMember& member) const {
  // A deflated record's size is only a promise, which must not be larger than its use.
  bool fits = member.deflated ? member.size == storage.nbytes() : member.size >= storage.nbytes();
  if (fits) return {};
  return Error{ErrorCode::kCorrupt,
               fmt::format("storage {} is {} elements of {}, {} bytes, its record has {}",
                           Quote(storage.key, 80), storage.elements, DTypeName(storage.dtype),
                           storage.nbytes(), member.size),
               ""};
}

}  // namespace

Status ReadTorchZip(FileContents& contents) {
  contents.format = Format::kZip;
  ZOO_ASSIGN_OR_RETURN(contents.zip, ZipDirectory::Open(contents.file, contents.options.limits));
  return Reader(contents).Read();
}

}  // namespace zoo
