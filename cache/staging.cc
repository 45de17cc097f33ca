#include "zoo/cache/staging.h"

#include <algorithm>
#include <chrono>
#include <system_error>

namespace zoo {
namespace {

constexpr size_t kBatch = 256 << 10;             // worth a write
constexpr size_t kMostWaiting = 2 << 20;         // then the caller waits for the disk
constexpr uint64_t kWriteBack = 4 << 20;         // worth starting the device for
constexpr std::chrono::milliseconds kLinger{5};  // for a batch to become larger

}  // namespace

Staging::~Staging() {
  if (!writer_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
  }
  to_writer_.notify_one();
  writer_.join();
}

Status Staging::Resume(uint64_t bytes, CancelToken cancel) {
  ZOO_RETURN_IF_ERROR(file_.Hash(bytes, hasher_, cancel));
  size_ = written_ = written_back_ = bytes;
  return {};
}

int Staging::Append(ByteView bytes) {
  if (!writer_.joinable()) StartWriter();
  while (!bytes.empty()) {
    ByteView part = bytes.first(std::min(kBatch, bytes.size()));
    bytes = bytes.subspan(part.size());
    hasher_.Update(part);
    size_ += part.size();
    if (int failed = HandOver(part); failed != 0) return failed;
  }
  return 0;
}

int Staging::HandOver(ByteView part) {
  if (!writer_.joinable()) {
    if (failed_ == 0) WriteBatch(part);
    return failed_;
  }
  std::unique_lock lock(mutex_);
  to_caller_.wait(lock, [&] { return waiting_.size() < kMostWaiting || failed_ != 0; });
  if (failed_ != 0) return failed_;
  size_t before = waiting_.size();
  waiting_.insert(waiting_.end(), part.begin(), part.end());
  bool wake = before == 0 || (before < kBatch && waiting_.size() >= kBatch);
  lock.unlock();
  if (wake) to_writer_.notify_one();
  return 0;
}

int Staging::Flush() {
  std::unique_lock lock(mutex_);
  in_a_hurry_ = true;
  to_writer_.notify_one();
  to_caller_.wait(lock, [&] { return (waiting_.empty() && !busy_) || failed_ != 0; });
  in_a_hurry_ = false;
  return failed_;
}

Status Staging::Restart() {
  (void)Flush();
  std::lock_guard lock(mutex_);
  waiting_.clear();
  size_ = written_ = written_back_ = 0;
  failed_ = 0;
  (void)hasher_.Finish();
  return file_.Truncate(0);
}

void Staging::StartWriter() {
  try {
    writer_ = std::thread([this] { WriteAsTheyCome(); });
  } catch (const std::system_error&) {
    // No more threads to be had: the caller writes.
  }
}

void Staging::WriteAsTheyCome() {
  std::unique_lock lock(mutex_);
  for (;;) {
    to_writer_.wait(lock, [&] { return !waiting_.empty() || ended_; });
    if (waiting_.empty()) return;
    to_writer_.wait_for(lock, kLinger,
                        [&] { return waiting_.size() >= kBatch || in_a_hurry_ || ended_; });
    std::swap(waiting_, batch_);
    waiting_.clear();
    busy_ = true;
    bool write = failed_ == 0;
    lock.unlock();
    to_caller_.notify_one();
    if (write) WriteBatch(batch_);
    lock.lock();
    busy_ = false;
    to_caller_.notify_one();
  }
}

void Staging::WriteBatch(ByteView batch) {
  int failed = file_.Write(batch, written_);
  if (failed != 0) {
    std::lock_guard lock(mutex_);
    failed_ = failed;
    return;
  }
  written_ += batch.size();
  // Whole megabytes only: a page that is not full yet would go to the device twice.
  uint64_t whole = written_ - written_ % kBatch;
  if (whole < written_back_ + kWriteBack) return;
  disk_.StartWriteBack(file_.fd(), written_back_, whole - written_back_);
  written_back_ = whole;
}

}  // namespace zoo
