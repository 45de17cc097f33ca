#include "zoo/base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/base/text.h"

extern char** environ;

namespace zoo {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kPollMs = 50;
constexpr auto kReapEvery = std::chrono::milliseconds(2);

struct Pipe {
  UniqueFd read, write;
};

// Above the standard streams, so that no stream of the child can take the place of another pipe.
UniqueFd AboveStandard(UniqueFd fd) {
  if (fd.get() > STDERR_FILENO) return fd;
  return UniqueFd(fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

Result<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return FileError("open", "a pipe", errno);
  Pipe made{AboveStandard(UniqueFd(ends[0])), AboveStandard(UniqueFd(ends[1]))};
  if (!made.read.valid() || !made.write.valid()) return FileError("open", "a pipe", errno);
  return made;
}

// One stream of the child; its last bytes are kept.
class Stream {
 public:
  Stream(UniqueFd fd, size_t keep) : fd_(std::move(fd)), keep_(keep) {}

  bool open() const { return fd_.valid(); }
  pollfd Wanted() const { return {fd_.get(), POLLIN, 0}; }
  void Drain() {
    char buffer[16384];
    ssize_t got = read(fd_.get(), buffer, sizeof buffer);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got <= 0) {
      fd_ = UniqueFd();
      return;
    }
    bytes_.append(buffer, static_cast<size_t>(got));
    if (bytes_.size() / 2 > keep_) KeepLast();
  }
  std::string Take() {
    KeepLast();
    return std::move(bytes_);
  }

 private:
  void KeepLast() {
    if (bytes_.size() > keep_) bytes_.erase(0, bytes_.size() - keep_);
  }

  UniqueFd fd_;
  size_t keep_;
  std::string bytes_;
};

// A running child, the leader of its process group.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}

  // Asks the group to end; from `grace` later on it is made to.
  void End(std::chrono::milliseconds grace) {
    if (ended_by_us_) return;
    kill(-pid_, SIGTERM);
    ended_by_us_ = true;
    deadline_ = Clock::now() + grace;
  }
  bool ended_by_us() const { return ended_by_us_; }
  // True once the child is gone; never waits. If we ended it, what is left of its group goes too:
  // while the leader has not been reaped, the group's number cannot mean anybody else.
  bool Gone() {
    siginfo_t info{};
    int failed = waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    const bool gone = failed != 0 ? errno != EINTR : info.si_pid == pid_;
    if (ended_by_us_ && (gone || Clock::now() > deadline_)) kill(-pid_, SIGKILL);
    return gone;
  }
  // The exit code, or nothing if the kernel keeps none. REQUIRES: Gone().
  std::optional<int> Reap() {
    int status = 0;
    pid_t got;
    do {
      got = waitpid(pid_, &status, 0);
    } while (got < 0 && errno == EINTR);
    if (got != pid_) return std::nullopt;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_;
  bool ended_by_us_ = false;
  Clock::time_point deadline_{};  // of the grace, once we ended it
};

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
  if (!request.folder.empty() && access(request.folder.c_str(), X_OK) != 0) {
    return FileError("run " + Escape(request.argv[0], 1000) + " in", request.folder, errno);
  }
  Error error = FileError("start", request.argv[0], failed);
  if (failed == EACCES) error.code = ErrorCode::kNotFound;
  return error;
}

}  // namespace

Result<ProcessOutcome> RealProcess::Run(const ProcessRequest& request, CancelToken cancel) {
  if (request.argv.empty()) return Error{ErrorCode::kUsage, "no program was named", ""};
  ZOO_ASSIGN_OR_RETURN(Pipe out, MakePipe());
  ZOO_ASSIGN_OR_RETURN(Pipe err, MakePipe());
  ZOO_ASSIGN_OR_RETURN(const pid_t pid, Spawn(request, out, err));
  out.write = UniqueFd();
  err.write = UniqueFd();

  Child child(pid);
  Stream output(std::move(out.read), request.max_output);
  Stream errors(std::move(err.read), request.max_output);
  while (!child.ended_by_us() && (output.open() || errors.open())) {
    pollfd fds[] = {output.Wanted(), errors.Wanted()};
    poll(fds, 2, kPollMs);
    if (fds[0].revents != 0) output.Drain();
    if (fds[1].revents != 0) errors.Drain();
    if (cancel.cancelled()) child.End(request.grace);
  }
  while (!child.Gone()) {
    if (cancel.cancelled()) child.End(request.grace);
    std::this_thread::sleep_for(kReapEvery);
  }
  const std::optional<int> exit_code = child.Reap();
  const std::string name = Escape(request.argv[0], 1000);
  if (child.ended_by_us()) return Error{ErrorCode::kCancelled, name + " was ended", ""};
  if (!exit_code) {
    return Error{ErrorCode::kUnsupported,
                 "cannot learn how " + name + " ended: this program ignores SIGCHLD", ""};
  }
  return ProcessOutcome{*exit_code, output.Take(), errors.Take()};
}

}  // namespace zoo
