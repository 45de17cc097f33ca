// Asking work to stop. A CancelToken points at a flag that somebody else sets, from any thread or
// from a signal handler; long operations look at it between steps and return kCancelled. The flag
// must outlive the work.
#ifndef ZOO_BASE_CANCEL_H_
#define ZOO_BASE_CANCEL_H_

#include <atomic>

namespace zoo {

class CancelToken {
 public:
  CancelToken() = default;  // never cancelled
  explicit CancelToken(const std::atomic<bool>* flag) : flag_(flag) {}
  bool cancelled() const { return flag_ != nullptr && flag_->load(std::memory_order_relaxed); }

 private:
  const std::atomic<bool>* flag_ = nullptr;
};

}  // namespace zoo

#endif  // ZOO_BASE_CANCEL_H_
