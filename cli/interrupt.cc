#include "zoo/cli/interrupt.h"

#include <signal.h>

#include <atomic>

namespace zoo::cli {
namespace {

// A signal handler can reach nothing but globals.
std::atomic<bool> asked_to_stop{false};
std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void OnSignal(int signal_number) {
  if (signal_number == SIGINT) interrupted.store(true, std::memory_order_relaxed);
  asked_to_stop.store(true, std::memory_order_relaxed);
}

}  // namespace

CancelToken CatchInterrupts() {
  for (int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    if (sigaction(number, nullptr, &before) != 0 || before.sa_handler == SIG_IGN) continue;
    struct sigaction ours {};
    ours.sa_handler = OnSignal;
    sigemptyset(&ours.sa_mask);
    // The second one finds the default action; calls that wait for a disk go on.
    ours.sa_flags = SA_RESETHAND | SA_RESTART;
    sigaction(number, &ours, nullptr);
  }
  return CancelToken(&asked_to_stop);
}

bool WasInterrupted() { return interrupted.load(std::memory_order_relaxed); }

}  // namespace zoo::cli
