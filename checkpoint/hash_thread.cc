#include "zoo/checkpoint/hash_thread.h"

namespace zoo {

HashThread::HashThread() : thread_([this] { Run(); }) {}

HashThread::~HashThread() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    queue_.clear();
    ended_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void HashThread::Push(ByteView slice) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return queue_.size() < kDepth; });
  queue_.push_back(slice);
  work_.notify_one();
}

Digest HashThread::Finish() {
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
  }
  work_.notify_one();
  thread_.join();
  return hasher_.Finish();
}

void HashThread::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [this] { return ended_ || !queue_.empty(); });
    if (queue_.empty()) return;
    ByteView slice = queue_.front();
    queue_.pop_front();
    room_.notify_one();
    lock.unlock();
    hasher_.Update(slice);
    lock.lock();
  }
}

}  // namespace zoo
