#include "zoo/checkpoint/output.h"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "zoo/base/text.h"

namespace zoo {
namespace {

// Below this a copy into the buffer costs less than a call of the kernel.
constexpr size_t kWorthACall = 64 << 10;

}  // namespace

uint32_t Crc32(ByteView bytes) { return libdeflate_crc32(0, bytes.data(), bytes.size()); }

Error CannotWrite(const std::filesystem::path& path, Error error) {
  error.message = fmt::format("cannot write {}: {}", Escape(path.native(), 1000), error.message);
  return error;
}

Output::Output(NewFile file, std::filesystem::path path, const WriteOptions& options)
    : file_(std::move(file)),
      path_(std::move(path)),
      sync_(options.sync),
      cancel_(options.cancel),
      hash_(options.sha256 ? std::make_unique<HashThread>() : nullptr) {}

Result<std::unique_ptr<Output>> Output::Create(const std::filesystem::path& path, uint64_t size,
                                               const WriteOptions& options) {
  ZOO_ASSIGN_OR_RETURN(NewFile file, NewFile::Create(path, size));
  return std::unique_ptr<Output>(new Output(std::move(file), path, options));
}

std::span<std::byte> Output::Buffer() {
  std::vector<std::byte>& buffer = buffers_[buffer_];
  if (buffer.empty()) buffer.resize(kSlice);
  return buffer;
}

// Goes on to the next buffer whether the slice is a buffer or not: so a buffer comes round again
// only after kBuffers slices.
Status Output::Write(ByteView slice) {
  if (cancel_.cancelled()) return CannotWrite(path_, {ErrorCode::kCancelled, "cancelled", ""});
  if (hash_) {
    hash_->Push(slice);
    buffer_ = (buffer_ + 1) % kBuffers;
  }
  return file_.Append(slice);
}

Status Output::Flush() {
  if (gathered_ == 0) return {};
  ByteView slice = Buffer().first(std::exchange(gathered_, 0));
  return Write(slice);
}

Status Output::Append(std::string_view bytes) {
  offset_ += bytes.size();
  while (!bytes.empty()) {
    std::span<std::byte> room = Buffer().subspan(gathered_);
    const size_t count = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), count);
    bytes.remove_prefix(count);
    gathered_ += count;
    if (gathered_ == kSlice) ZOO_RETURN_IF_ERROR(Flush());
  }
  return {};
}

Status Output::AppendZeros(uint64_t count) {
  constexpr std::string_view kZeros("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
  for (; count > 0; count -= std::min<uint64_t>(count, kZeros.size())) {
    ZOO_RETURN_IF_ERROR(Append(kZeros.substr(0, std::min<uint64_t>(count, kZeros.size()))));
  }
  return {};
}

Status Output::AppendMemory(ByteView bytes, uint32_t* crc) {
  if (bytes.size() < kWorthACall) {
    if (crc != nullptr) *crc = libdeflate_crc32(*crc, bytes.data(), bytes.size());
    return Append(AsText(bytes));
  }
  ZOO_RETURN_IF_ERROR(Flush());
  while (!bytes.empty()) {
    ByteView slice = bytes.first(std::min(kSlice, bytes.size()));
    if (crc != nullptr) *crc = libdeflate_crc32(*crc, slice.data(), slice.size());
    ZOO_RETURN_IF_ERROR(Write(slice));
    offset_ += slice.size();
    bytes = bytes.subspan(slice.size());
  }
  return {};
}

Status Output::AppendRead(const Document::Storage& storage, uint32_t* crc) {
  for (uint64_t at = 0; at < storage.nbytes;) {
    if (kSlice - gathered_ < kWorthACall) ZOO_RETURN_IF_ERROR(Flush());
    std::span<std::byte> room = Buffer().subspan(gathered_);
    room = room.first(std::min<uint64_t>(room.size(), storage.nbytes - at));
    ZOO_RETURN_IF_ERROR(storage.read(at, room));
    if (crc != nullptr) *crc = libdeflate_crc32(*crc, room.data(), room.size());
    gathered_ += room.size();
    at += room.size();
    offset_ += room.size();
    if (gathered_ == kSlice) ZOO_RETURN_IF_ERROR(Flush());
  }
  return {};
}

Status Output::AppendStorage(const Document::Storage& storage, uint32_t* crc) {
  return storage.read ? AppendRead(storage, crc) : AppendMemory(storage.bytes, crc);
}

Result<Written> Output::Finish() {
  ZOO_RETURN_IF_ERROR(Flush());
  Written written{.size = offset_};
  if (hash_) written.sha256 = hash_->Finish();
  ZOO_RETURN_IF_ERROR(file_.Commit(sync_ ? NewFile::Sync::kDisk : NewFile::Sync::kNone));
  return written;
}

}  // namespace zoo
