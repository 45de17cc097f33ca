// HashThread: the SHA-256 of bytes, computed beside the thread that makes them. Slices wait in a
// bounded queue; Push() blocks while it is full. One caller.
#ifndef ZOO_CHECKPOINT_HASH_THREAD_H_
#define ZOO_CHECKPOINT_HASH_THREAD_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"

namespace zoo {

class HashThread {
 public:
  static constexpr size_t kDepth = 8;  // slices that wait

  HashThread();
  ~HashThread();  // what was not hashed is dropped
  HashThread(const HashThread&) = delete;
  HashThread& operator=(const HashThread&) = delete;

  // The bytes must stay as they are until Finish(), or until kDepth + 1 slices more were pushed.
  void Push(ByteView slice);
  // Of everything that was pushed; ends the thread.
  Digest Finish();

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable room_, work_;
  std::deque<ByteView> queue_;
  bool ended_ = false;
  Sha256 hasher_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_HASH_THREAD_H_
