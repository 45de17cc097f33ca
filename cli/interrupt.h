// Ctrl-C, kindly: the first one asks the work to stop (so that a download is kept for the next
// run), the second ends the process at once. SIGTERM and SIGHUP are taken the same way.
#ifndef ZOO_CLI_INTERRUPT_H_
#define ZOO_CLI_INTERRUPT_H_

#include "zoo/base/cancel.h"

namespace zoo::cli {

// Takes over the signals that were not ignored, and returns the token that they cancel. Call it
// once, from the program's start.
CancelToken CatchInterrupts();

// Whether a Ctrl-C came (and not only another signal).
bool WasInterrupted();

}  // namespace zoo::cli

#endif  // ZOO_CLI_INTERRUPT_H_
