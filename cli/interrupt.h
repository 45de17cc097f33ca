// Ctrl-C, kindly: the first one asks the work to stop (so that a download is kept for the next
// run), the second ends the process at once. SIGTERM and SIGHUP are taken the same way.
#ifndef ZOO_CLI_INTERRUPT_H_
#define ZOO_CLI_INTERRUPT_H_

#include <string>

#include "zoo/base/cancel.h"

namespace zoo::cli {

// Takes over the signals that were not ignored, and returns the token that they cancel. Call it
// once, from the program's start.
CancelToken CatchInterrupts();

// Whether a Ctrl-C came (and not only another signal).
bool WasInterrupted();

// What is said by a process that a signal ends at once.
struct LastWords {
  std::string out, err;     // on standard output and error
  int exit_code = 0;        // after a Ctrl-C
  int other_exit_code = 0;  // after another signal
};

// While it lives, the first Ctrl-C ends the process: for work that leaves nothing behind and that
// cannot be stopped between steps, as a forward pass of a minute. A signal that came before is seen
// in the token only. One at a time.
class EndAtOnce {
 public:
  explicit EndAtOnce(LastWords words);
  ~EndAtOnce();
  EndAtOnce(const EndAtOnce&) = delete;
  EndAtOnce& operator=(const EndAtOnce&) = delete;

 private:
  const LastWords words_;
};

}  // namespace zoo::cli

#endif  // ZOO_CLI_INTERRUPT_H_
