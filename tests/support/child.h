// A program that a test starts, watches and ends: by its own id, and never left behind.
#ifndef ZOO_TESTS_SUPPORT_CHILD_H_
#define ZOO_TESTS_SUPPORT_CHILD_H_

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace zoo {

struct ChildPlan {
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // "NAME=value", besides that of the test
  std::filesystem::path out, err;        // files that take its output; empty: nowhere
  int inherited_fd = -1;                 // becomes its descriptor 3
};

class Child {
 public:
  explicit Child(const ChildPlan& plan);
  ~Child();  // kills it
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void Send(int signal_number);
  // Its exit code, 128 + the signal's number if one ended it; nothing if it is still running then.
  std::optional<int> WaitFor(std::chrono::milliseconds limit);
  int Wait();

 private:
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

// Runs it to its end.
int RunChild(const ChildPlan& plan);

// A program built by this tree, by its path from the root: "cli/zoo".
std::string Program(const std::string& path);

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_CHILD_H_
