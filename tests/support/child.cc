#include "zoo/tests/support/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "zoo/base/file.h"

extern char** environ;

namespace zoo {
namespace {

constexpr int kInherited = 3;

[[noreturn]] void Die(const std::string& what) {
  std::perror(what.c_str());
  std::abort();
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

void Redirect(const std::filesystem::path& file, int fd) {
  const char* name = file.empty() ? "/dev/null" : file.c_str();
  const int opened = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (opened < 0 || dup2(opened, fd) < 0) _exit(127);
  close(opened);
}

int ExitCodeOf(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Child::Child(const ChildPlan& plan) {
  std::vector<std::string> environment = plan.environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
  const std::vector<char*> argv = Pointers(plan.argv), names = Pointers(environment);
  pid_ = fork();
  if (pid_ < 0) Die("fork");
  if (pid_ > 0) return;
  Redirect(plan.out, STDOUT_FILENO);
  Redirect(plan.err, STDERR_FILENO);
  if (plan.inherited_fd >= 0 && dup2(plan.inherited_fd, kInherited) < 0) _exit(127);
  execvpe(argv[0], argv.data(), names.data());
  _exit(127);
}

Child::~Child() {
  if (exit_code_) return;
  Send(SIGKILL);
  Wait();
}

void Child::Send(int signal_number) {
  if (!exit_code_) kill(pid_, signal_number);
}

std::optional<int> Child::WaitFor(std::chrono::milliseconds limit) {
  if (exit_code_) return exit_code_;
  const UniqueFd watch(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  if (!watch.valid()) Die("pidfd_open");
  pollfd ended{watch.get(), POLLIN, 0};
  if (poll(&ended, 1, static_cast<int>(limit.count())) <= 0) return std::nullopt;
  return Wait();
}

int Child::Wait() {
  int status = 0;
  while (!exit_code_) {
    if (waitpid(pid_, &status, 0) == pid_) exit_code_ = ExitCodeOf(status);
    if (!exit_code_ && errno != EINTR) Die("waitpid");
  }
  return *exit_code_;
}

int RunChild(const ChildPlan& plan) { return Child(plan).Wait(); }

std::string Program(const std::string& path) {
  const char* root = std::getenv("TEST_SRCDIR");
  const char* workspace = std::getenv("TEST_WORKSPACE");
  if (root == nullptr || workspace == nullptr) return "bazel-bin/" + path;
  return std::string(root) + "/" + workspace + "/" + path;
}

}  // namespace zoo
