// A copy is cut into pieces of 8 MiB, which threads take from one list. Each is read in steps that
// stay in the second-level cache while their CRC is computed; the CRCs of a storage's pieces are
// combined at the end.
#include "zoo/checkpoint/copy.h"

#include <fmt/format.h>
#include <libdeflate.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>

#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr uint64_t kPiece = 8 << 20;
constexpr uint64_t kStep = 64 << 10;

struct Piece {
  size_t copy = 0;
  uint64_t offset = 0;  // in the file
  std::span<std::byte> into;
  uint64_t unused = 0;  // bytes of the record behind the storage, read for the CRC alone
  bool inflate = false;
  uint32_t crc = 0;
  uint64_t size() const { return into.size() + unused; }
};

class Copier {
 public:
  Copier(const FileContents& contents, std::span<const StorageCopy> copies)
      : contents_(contents), copies_(copies), checked_(copies.size(), false) {}

  Status Run(int threads);

 private:
  Status Plan();
  Status PlanOne(size_t copy);
  void Work();
  Status Carry(Piece& piece) const;
  Status Inflate(const Piece& piece) const;
  Status ReadPlain(Piece& piece) const;
  Status CheckCrcs() const;
  const StoragePlace& Place(size_t copy) const { return contents_.places[copies_[copy].storage]; }

  const FileContents& contents_;
  std::span<const StorageCopy> copies_;
  std::vector<Piece> pieces_;
  std::vector<bool> checked_;  // of each copy: its CRC is to be compared
  std::atomic<size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::optional<Error> error_;  // the first, guarded by mutex_
};

Status Copier::PlanOne(size_t copy) {
  const StorageCopy& asked = copies_[copy];
  const StorageInfo& storage = contents_.storages.at(asked.storage);
  if (asked.offset > storage.nbytes || asked.into.size() > storage.nbytes - asked.offset) {
    return Error{
        ErrorCode::kUsage,
        fmt::format("{}: {} bytes from {} of storage {}, which has {}", contents_.file->name(),
                    asked.into.size(), asked.offset, Quote(storage.key, 80), storage.nbytes),
        ""};
  }
  uint64_t width = SwapWidth(contents_, asked.storage);
  if (asked.offset % width != 0 || asked.into.size() % width != 0) {
    return Error{ErrorCode::kUsage,
                 fmt::format("{}: a part of storage {} that cuts through elements",
                             contents_.file->name(), Quote(storage.key, 80)),
                 ""};
  }
  const StoragePlace& place = Place(copy);
  if (place.member != nullptr && place.member->deflated) {
    pieces_.push_back({.copy = copy, .into = asked.into, .inflate = true});
    return {};
  }
  ZOO_ASSIGN_OR_RETURN(const uint64_t from, contents_.OffsetOf(place));
  bool whole = asked.into.size() == storage.nbytes;
  checked_[copy] =
      whole && !contents_.options.immutable && place.member != nullptr && place.member->crc != 0;
  for (uint64_t at = 0; at < asked.into.size(); at += kPiece) {
    uint64_t size = std::min<uint64_t>(kPiece, asked.into.size() - at);
    pieces_.push_back(
        {.copy = copy, .offset = from + asked.offset + at, .into = asked.into.subspan(at, size)});
  }
  if (checked_[copy] && place.member->size > storage.nbytes) {
    pieces_.push_back({.copy = copy,
                       .offset = from + storage.nbytes,
                       .unused = place.member->size - storage.nbytes});
  }
  return {};
}

Status Copier::Plan() {
  for (size_t i = 0; i < copies_.size(); ++i) ZOO_RETURN_IF_ERROR(PlanOne(i));
  return {};
}

Status Copier::Run(int threads) {
  ZOO_RETURN_IF_ERROR(Plan());
  uint64_t bytes = 0;
  for (const Piece& piece : pieces_) bytes += piece.size();
  size_t useful = std::min<size_t>(1 + bytes / kPiece, static_cast<size_t>(std::max(threads, 1)));
  {
    std::vector<std::jthread> others;
    for (size_t i = 1; i < useful; ++i) others.emplace_back([this] { Work(); });
    Work();
  }
  if (error_) return *error_;
  return CheckCrcs();
}

void Copier::Work() {
  for (size_t i = next_++; i < pieces_.size() && !failed_; i = next_++) {
    Status done = Carry(pieces_[i]);
    if (done) continue;
    std::lock_guard lock(mutex_);
    if (!error_) error_ = done.error();
    failed_ = true;
  }
}

// Elements of `width` bytes, their bytes reversed.
void SwapBytes(std::span<std::byte> bytes, uint64_t width) {
  if (width == 1) return;
  for (size_t at = 0; at + width <= bytes.size(); at += width) {
    std::reverse(bytes.begin() + static_cast<ptrdiff_t>(at),
                 bytes.begin() + static_cast<ptrdiff_t>(at + width));
  }
}

Status Copier::Carry(Piece& piece) const {
  ZOO_RETURN_IF_ERROR(piece.inflate ? Inflate(piece) : ReadPlain(piece));
  SwapBytes(piece.into, SwapWidth(contents_, copies_[piece.copy].storage));
  return {};
}

// Has the pages made that the memory lacks, all at once: to stop at each, as the kernel does when
// it is written to, is a fifth of the time of loading (bench/load.py). Changes nothing; a kernel
// before 5.14 refuses, and makes them later.
void Populate(std::span<std::byte> memory) {
  constexpr int kPopulateWrite = 23;  // MADV_POPULATE_WRITE, which older headers lack
  static const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<uintptr_t>(memory.data());
  const uintptr_t first = (begin + page - 1) / page * page;
  const uintptr_t end = (begin + memory.size()) / page * page;
  if (first < end) (void)madvise(reinterpret_cast<void*>(first), end - first, kPopulateWrite);
}

Status Copier::ReadPlain(Piece& piece) const {
  const std::byte* kept = Place(piece.copy).kept;
  std::vector<std::byte> scratch(piece.unused > 0 ? kStep : 0);
  for (uint64_t at = 0; at < piece.size(); at += kStep) {
    uint64_t size = std::min(kStep, piece.size() - at);
    std::span<std::byte> step =
        piece.unused > 0 ? std::span(scratch).first(size) : piece.into.subspan(at, size);
    Populate(step);
    if (kept != nullptr) {
      std::memcpy(step.data(), kept + piece.offset + at, size);
    } else {
      ZOO_RETURN_IF_ERROR(contents_.file->Read(piece.offset + at, step));
    }
    if (checked_[piece.copy]) piece.crc = libdeflate_crc32(piece.crc, step.data(), step.size());
  }
  return {};
}

Status Copier::Inflate(const Piece& piece) const {
  uint64_t from = copies_[piece.copy].offset, at = 0;
  uint64_t to = from + piece.into.size();
  return contents_.zip->ReadMember(*Place(piece.copy).member, [&](ByteView part) -> Status {
    uint64_t start = std::max(at, from), stop = std::min(at + part.size(), to);
    if (start < stop) {
      std::memcpy(piece.into.data() + (start - from), part.data() + (start - at), stop - start);
    }
    at += part.size();
    return {};
  });
}

Status Copier::CheckCrcs() const {
  std::vector<uint32_t> crcs(copies_.size(), 0);
  for (const Piece& piece : pieces_) {
    crcs[piece.copy] = static_cast<uint32_t>(
        crc32_combine(crcs[piece.copy], piece.crc, static_cast<z_off_t>(piece.size())));
  }
  for (size_t i = 0; i < copies_.size(); ++i) {
    if (!checked_[i] || crcs[i] == Place(i).member->crc) continue;
    return Error{
        ErrorCode::kCorrupt,
        fmt::format("{}: its CRC-32 is {:08x}, the directory says {:08x}",
                    contents_.zip->Describe(*Place(i).member), crcs[i], Place(i).member->crc),
        "the file is damaged: download it again"};
  }
  return {};
}

Status CopyShards(const FileContents& contents, std::span<const StorageCopy> copies, int threads) {
  std::vector<std::vector<StorageCopy>> of_shard(contents.shards.size());
  for (const StorageCopy& copy : copies) {
    const StoragePlace& place = contents.places.at(copy.storage);
    of_shard[place.shard].push_back({place.storage, copy.offset, copy.into});
  }
  for (size_t i = 0; i < of_shard.size(); ++i) {
    if (of_shard[i].empty()) continue;
    ZOO_RETURN_IF_ERROR(Copier(*contents.shards[i], of_shard[i]).Run(threads));
  }
  return {};
}

}  // namespace

uint64_t SwapWidth(const FileContents& contents, size_t storage) {
  return contents.big_endian ? contents.swap_widths[storage] : 1;
}

Status CopyStorages(const FileContents& contents, std::span<const StorageCopy> copies,
                    int threads) {
  if (!contents.shards.empty()) return CopyShards(contents, copies, threads);
  return Copier(contents, copies).Run(threads);
}

}  // namespace zoo
