// The process seam: run a child program and take what it prints. One of the four interfaces that
// tests replace.
//
//   RealProcess process;
//   auto done = process.Run({.argv = {"python3", "--version"}}, cancel);
//
// A child gets its own process group, /dev/null as standard input, and no descriptors of ours; when
// the token is cancelled the whole group gets SIGTERM, and SIGKILL once the child is gone or its
// grace is over. A run ends when the child has ended and nobody holds its output open any more.
// Safe to use from several threads.
#ifndef ZOO_BASE_PROCESS_H_
#define ZOO_BASE_PROCESS_H_

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "zoo/base/cancel.h"
#include "zoo/base/result.h"

namespace zoo {

struct ProcessRequest {
  std::vector<std::string> argv;  // argv[0] is looked for in PATH if it has no '/'
  size_t max_output = 1 << 20;    // bytes kept of each stream: the last ones
  // Between SIGTERM and SIGKILL.
  std::chrono::milliseconds grace = std::chrono::seconds(2);
  std::string folder;  // where the child runs; empty: here
};

struct ProcessOutcome {
  int exit_code = 0;   // 128 + the signal's number if a signal ended it
  std::string output;  // standard output
  std::string errors;  // standard error
};

class Process {
 public:
  virtual ~Process() = default;
  // kNotFound if there is no such program, kCancelled if the token ended it, kUnsupported if the
  // whole program ignores SIGCHLD, so that no exit code can be had; a child's own failure is an
  // outcome.
  virtual Result<ProcessOutcome> Run(const ProcessRequest& request, CancelToken cancel) = 0;
};

class RealProcess final : public Process {
 public:
  Result<ProcessOutcome> Run(const ProcessRequest& request, CancelToken cancel) override;
};

}  // namespace zoo

#endif  // ZOO_BASE_PROCESS_H_
