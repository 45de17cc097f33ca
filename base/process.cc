#include "zoo/base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "zoo/base/file.h"
#include "zoo/base/text.h"

extern char** environ;

namespace zoo {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kGrace = std::chrono::seconds(2);
constexpr int kPollMs = 50;

struct Pipe {
  UniqueFd read, write;
};

Result<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return FileError("open", "a pipe", errno);
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// Adds what is there to read; false at the end of the stream.
bool Drain(const UniqueFd& fd, size_t keep, std::string& into) {
  char buffer[16384];
  ssize_t got = read(fd.get(), buffer, sizeof buffer);
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  if (got == 0) return false;
  into.append(buffer, static_cast<size_t>(got));
  if (into.size() > keep) into.erase(0, into.size() - keep);
  return true;
}

// Waits for the child, ending its whole group if it does not go by itself after SIGTERM.
int Reap(pid_t child, bool ended_by_us) {
  auto deadline = Clock::now() + kGrace;
  int status = 0;
  for (;;) {
    pid_t got = waitpid(child, &status, ended_by_us ? WNOHANG : 0);
    if (got == child) break;
    if (got < 0 && errno != EINTR) break;
    if (ended_by_us && Clock::now() > deadline) {
      kill(-child, SIGKILL);
      ended_by_us = false;
    }
    if (got == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// posix_spawn's own two structures, freed on every way out.
struct SpawnPlan {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
};

Result<pid_t> Spawn(const ProcessRequest& request, const Pipe& out, const Pipe& err) {
  SpawnPlan plan;
  posix_spawn_file_actions_addopen(&plan.actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&plan.actions, out.write.get(), 1);
  posix_spawn_file_actions_adddup2(&plan.actions, err.write.get(), 2);
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, 3);
  if (!request.folder.empty()) {
    posix_spawn_file_actions_addchdir_np(&plan.actions, request.folder.c_str());
  }
  // Signals that the caller handles or blocks (Ctrl-C) are the child's defaults again.
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&plan.attributes, &none);
  posix_spawnattr_setsigdefault(&plan.attributes, &all);
  posix_spawnattr_setpgroup(&plan.attributes, 0);
  posix_spawnattr_setflags(&plan.attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> argv;
  for (const std::string& arg : request.argv) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  int failed = posix_spawnp(&child, argv[0], &plan.actions, &plan.attributes, argv.data(), environ);
  if (failed == 0) return child;
  Error error = FileError("start", request.argv[0], failed);
  if (failed == EACCES) error.code = ErrorCode::kNotFound;
  return error;
}

}  // namespace

Result<ProcessOutcome> RealProcess::Run(const ProcessRequest& request, CancelToken cancel) {
  if (request.argv.empty()) return Error{ErrorCode::kUsage, "no program was named", ""};
  ZOO_ASSIGN_OR_RETURN(Pipe out, MakePipe());
  ZOO_ASSIGN_OR_RETURN(Pipe err, MakePipe());
  ZOO_ASSIGN_OR_RETURN(pid_t child, Spawn(request, out, err));
  out.write = UniqueFd();
  err.write = UniqueFd();

  ProcessOutcome outcome;
  bool out_open = true, err_open = true, ended = false;
  while ((out_open || err_open) && !ended) {
    pollfd fds[] = {{out_open ? out.read.get() : -1, POLLIN, 0},
                    {err_open ? err.read.get() : -1, POLLIN, 0}};
    poll(fds, 2, kPollMs);
    if (fds[0].revents != 0) out_open = Drain(out.read, request.max_output, outcome.output);
    if (fds[1].revents != 0) err_open = Drain(err.read, request.max_output, outcome.errors);
    if (cancel.cancelled()) {
      kill(-child, SIGTERM);
      ended = true;
    }
  }
  outcome.exit_code = Reap(child, ended);
  if (ended) return Error{ErrorCode::kCancelled, request.argv[0] + " was ended", ""};
  return outcome;
}

}  // namespace zoo
