// NAME/version        a decimal number; .data/version if there is one; mandatory
// NAME/byteorder      "little" or "big"; little if missing
// NAME/FOLDER/KEY     the bytes of a storage; the pickles' persistent ids name it by key
//
// NAME is one folder for all records. Order and other records do not matter.
#include "zoo/checkpoint/torch_archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <unordered_set>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/least_size.h"
#include "zoo/checkpoint/limits.h"
#include "zoo/checkpoint/pickle.h"
#include "zoo/checkpoint/storage_name.h"

namespace zoo {
namespace {

// Bit 3: sizes follow the data; bit 11: the name is UTF-8. PyTorch sets no others.
constexpr uint16_t kTorchFlags = 0x0808;
// Bits 1 and 2: how hard a packer tried, of a deflated member. Archives that were packed again.
constexpr uint16_t kDeflateFlags = 0x0006;
constexpr int kHighestVersion = 10;
constexpr uint64_t kSmallRecord = 64;

// By what an archive of PyTorch is told from other zip archives, in its folder.
constexpr std::string_view kMarks[] = {"/data.pkl", "/.data/version", "/constants.pkl",
                                       "/archive_format"};

bool IsCapital(char c) { return c >= 'A' && c <= 'Z'; }

}  // namespace

Error TorchArchive::Corrupt(const ZipMember& member, std::string_view what) const {
  return {ErrorCode::kCorrupt, fmt::format("{}: {}", zip().Describe(member), what), ""};
}

Error TorchArchive::About(std::string_view what, ErrorCode code, std::string_view hint) const {
  return {code, fmt::format("{}: {}", contents_.file->name(), what), std::string(hint)};
}

const ZipMember* TorchArchive::Find(std::string_view name) const {
  return zip().Find(prefix_ + std::string(name));
}

std::string_view TorchArchive::NameOf(const ZipMember& member) const {
  bool inside = member.name.starts_with(prefix_);
  return inside ? member.name.substr(prefix_.size()) : member.name;
}

// Without a directory: a file that is shorter than what its front speaks of was cut off.
Error TorchArchive::Explain(const Error& error) const {
  if (error.code != ErrorCode::kCorrupt) return error;
  uint64_t size = contents_.file->size();
  std::optional<uint64_t> least = LeastSize(*contents_.file, contents_.options.limits);
  if (!least || *least <= size) return error;
  return About(fmt::format("zip cut off after {} of at least {} bytes", size, *least),
               ErrorCode::kCorrupt, "download it again");
}

Status TorchArchive::Open() {
  auto opened = ZipDirectory::Open(
      contents_.file, contents_.options.limits,
      contents_.options.immutable ? LocalHeaders::kWhenTaken : LocalHeaders::kAtOpen);
  if (!opened) return Explain(opened.error());
  contents_.zip = *std::move(opened);
  if (zip().members().empty()) return About("an empty zip archive", ErrorCode::kUnsupported);
  storage_of_.assign(zip().members().size(), kNoStorage);
  contents_.places.reserve(zip().members().size());
  contents_.arena.storages.reserve(zip().members().size());
  std::string_view first = zip().members()[0].name;
  prefix_ = std::string(first.substr(0, first.find('/'))) + "/";
  record_name_ = prefix_;
  bool ours = false;
  for (const ZipMember& member : zip().members()) {
    for (std::string_view mark : kMarks) ours = ours || member.name.ends_with(mark);
  }
  if (!ours) return {};
  for (const ZipMember& member : zip().members()) ZOO_RETURN_IF_ERROR(CheckName(member));
  return CheckCase();
}

// Without capitals the names are known to differ.
Status TorchArchive::CheckCase() const {
  auto has_capital = [this](const ZipMember& member) {
    std::string_view name = NameOf(member);
    return std::any_of(name.begin(), name.end(), IsCapital);
  };
  if (std::none_of(zip().members().begin(), zip().members().end(), has_capital)) return {};
  std::unordered_set<std::string> folded;
  for (const ZipMember& member : zip().members()) {
    std::string lower(member.name);
    for (char& c : lower) c = static_cast<char>(IsCapital(c) ? c + 32 : c);
    if (!folded.insert(std::move(lower)).second) {
      return Corrupt(member, "another record's name differs from this only in case");
    }
  }
  return {};
}

Status TorchArchive::CheckName(const ZipMember& member) const {
  std::string_view name = member.name;
  if (!name.starts_with(prefix_)) {
    std::string_view top = std::string_view(prefix_).substr(0, prefix_.size() - 1);
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
  uint16_t allowed = member.deflated ? kTorchFlags | kDeflateFlags : kTorchFlags;
  if ((member.flags & ~allowed) != 0) {
    return Corrupt(member,
                   fmt::format("its flags are 0x{:04x}, PyTorch sets only 0x0808", member.flags));
  }
  return {};
}

Status TorchArchive::CheckVersion(int lowest) const {
  const ZipMember* member = Find(".data/version");
  if (member == nullptr) member = Find("version");
  if (member == nullptr) return About("no record \"version\"", ErrorCode::kCorrupt);
  ZOO_ASSIGN_OR_RETURN(std::string text, zip().ReadMember(*member, kSmallRecord));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  int version = 0;
  auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (status != std::errc() || rest != text.data() + text.size()) {
    return Corrupt(*member, Quote(text, 40) + " is not a number");
  }
  if (version < lowest || version > kHighestVersion) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{}: version {}, versions {} to {} are read", zip().Describe(*member),
                             version, lowest, kHighestVersion),
                 ""};
  }
  return {};
}

Status TorchArchive::ReadByteOrder() {
  const ZipMember* member = Find("byteorder");
  if (member == nullptr) return {};
  ZOO_ASSIGN_OR_RETURN(std::string text, zip().ReadMember(*member, kSmallRecord));
  if (text != "little" && text != "big") {
    return Corrupt(*member, Quote(text, 40) + " is not \"little\" or \"big\"");
  }
  contents_.big_endian = text == "big";
  return {};
}

Result<NodeId> TorchArchive::ReadPickle(std::string_view record, const StorageRecords& storages) {
  const ZipMember* member = Find(record);
  if (member == nullptr) {
    return About(fmt::format("no record {}", Quote(record, 80)), ErrorCode::kCorrupt);
  }
  const uint64_t most = contents_.options.limits.pickle_bytes;
  if (member->size > most) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{}: a pickle of {} bytes, the limit is {}", zip().Describe(*member),
                             member->size, most),
                 RaiseLimit("pickle_bytes")};
  }
  ZOO_ASSIGN_OR_RETURN(std::string bytes, zip().ReadMember(*member, most));
  std::string_view kept = contents_.arena.Keep(std::move(bytes));
  auto load = [&](Arena& arena, NodeId id) { return LoadStorage(arena, id, storages); };
  std::string where = fmt::format("{}: {}", zip().file_name(), Escape(record, 80));
  return Unpickler(contents_.arena,
                   {.bytes = AsBytes(kept), .where = std::move(where), .persistent = load})
      .Read();
}

Result<NodeId> TorchArchive::LoadStorage(Arena& arena, NodeId id, const StorageRecords& storages) {
  // Archives written in C++ hand the storage itself to be looked up again.
  if (arena.kind(id) == NodeKind::kStorage) return id;
  if (!storages.other.empty() && arena.IsTuple(id) && !arena.Tuple(id).empty() &&
      arena.IsText(arena.Tuple(id)[0], storages.other)) {
    return arena.AddObject(arena.AddClass("torch.package", storages.other), id);
  }
  ZOO_ASSIGN_OR_RETURN(StorageName name, ReadStorageName(arena, id));
  if (name.view) {
    return Error{ErrorCode::kCorrupt, "a persistent id: views belong to legacy files", ""};
  }
  ZOO_ASSIGN_OR_RETURN(const ZipMember* member, FindRecord(name.storage.key, storages));
  ZOO_ASSIGN_OR_RETURN(uint32_t storage, AddStorage(name.storage, *member));
  return arena.AddStorage(storage, std::nullopt);
}

Result<uint32_t> TorchArchive::AddStorage(const StorageRow& storage, const ZipMember& member) {
  Arena& arena = contents_.arena;
  uint32_t& known = storage_of_[static_cast<size_t>(&member - zip().members().data())];
  if (known != kNoStorage) return known;
  ZOO_RETURN_IF_ERROR(CheckSize(storage, member));
  known = static_cast<uint32_t>(arena.storages.size());
  arena.storages.push_back(storage);
  contents_.places.push_back({.member = &member, .found = true});
  arena.CountItems(16);
  return known;
}

Result<const ZipMember*> TorchArchive::FindRecord(std::string_view key,
                                                  const StorageRecords& storages) {
  record_name_.resize(prefix_.size());
  record_name_ += storages.folder;
  record_name_ += key;
  record_name_ += storages.suffix;
  // Most archives have them in the order of their use.
  std::span<const ZipMember> members = zip().members();
  if (next_ < members.size() && members[next_].name == record_name_) return &members[next_++];
  if (const ZipMember* member = zip().Find(record_name_)) {
    next_ = static_cast<size_t>(member - members.data()) + 1;
    return member;
  }
  return Error{ErrorCode::kCorrupt,
               fmt::format("storage {} has no record {}", Quote(key, 80),
                           Quote(std::string_view(record_name_).substr(prefix_.size()), 80)),
               ""};
}

Status TorchArchive::CheckSize(const StorageRow& storage, const ZipMember& member) const {
  // A deflated record's size is only a promise, which must not be larger than its use.
  bool fits = member.deflated ? member.size == storage.nbytes() : member.size >= storage.nbytes();
  if (fits) return {};
  return Error{ErrorCode::kCorrupt,
               fmt::format("storage {} is {} elements of {}, {} bytes, its record has {}",
                           Quote(storage.key, 80), storage.elements, DTypeName(storage.dtype),
                           storage.nbytes(), member.size),
               ""};
}

}  // namespace zoo
