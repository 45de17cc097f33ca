#include "zoo/cache/staging.h"

#include <algorithm>

namespace zoo {
namespace {

constexpr size_t kPiece = 256 << 10;

}  // namespace

Status Staging::Resume(uint64_t bytes, CancelToken cancel) {
  ZOO_RETURN_IF_ERROR(file_.Hash(bytes, hasher_, cancel));
  size_ = bytes;
  return {};
}

int Staging::Append(ByteView bytes) {
  if (failed_ != 0) return failed_;
  hasher_.Update(bytes);
  while (!bytes.empty()) {
    // Pieces end at multiples of their size, whatever offset was resumed at.
    size_t room = kPiece - size_ % kPiece;
    ByteView part = bytes.first(std::min(room, bytes.size()));
    buffer_.insert(buffer_.end(), part.begin(), part.end());
    size_ += part.size();
    bytes = bytes.subspan(part.size());
    if (size_ % kPiece == 0 && Flush() != 0) return failed_;
  }
  return 0;
}

int Staging::Flush() {
  if (failed_ != 0 || buffer_.empty()) return failed_;
  uint64_t offset = size_ - buffer_.size();
  failed_ = file_.Write(buffer_, offset);
  if (failed_ == 0) disk_.StartWriteBack(file_.fd(), offset, buffer_.size());
  buffer_.clear();
  return failed_;
}

Status Staging::Restart() {
  buffer_.clear();
  size_ = 0;
  failed_ = 0;
  (void)hasher_.Finish();
  return file_.Truncate(0);
}

}  // namespace zoo
