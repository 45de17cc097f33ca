#include "zoo/cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <string_view>
#include <utility>

namespace zoo::cli {
namespace {

// A signal handler can reach nothing but globals.
std::atomic<bool> asked_to_stop{false};
std::atomic<bool> interrupted{false};
std::atomic<const LastWords*> last_words{nullptr};
static_assert(std::atomic<bool>::is_always_lock_free);
static_assert(std::atomic<const LastWords*>::is_always_lock_free);

// What cannot be written is not said: the process ends in any case.
void Say(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

extern "C" void OnSignal(int signal_number) {
  if (const LastWords* words = last_words.load()) {
    Say(STDOUT_FILENO, words->out);
    Say(STDERR_FILENO, words->err);
    _exit(signal_number == SIGINT ? words->exit_code : words->other_exit_code);
  }
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

EndAtOnce::EndAtOnce(LastWords words) : words_(std::move(words)) { last_words.store(&words_); }

EndAtOnce::~EndAtOnce() { last_words.store(nullptr); }

}  // namespace zoo::cli
