// A Process whose children are functions of the test. Records what it was asked to run.
#ifndef ZOO_TESTS_SUPPORT_FAKE_PROCESS_H_
#define ZOO_TESTS_SUPPORT_FAKE_PROCESS_H_

#include <functional>
#include <utility>
#include <vector>

#include "zoo/base/process.h"

namespace zoo {

class FakeProcess final : public Process {
 public:
  using Child = std::function<Result<ProcessOutcome>(const ProcessRequest&)>;

  explicit FakeProcess(Child child) : child_(std::move(child)) {}
  // Without a child no process may be run: that fails as if there were no such program.
  FakeProcess()
      : FakeProcess([](const ProcessRequest&) {
          return Error{ErrorCode::kNotFound, "no process may be run here", ""};
        }) {}

  Result<ProcessOutcome> Run(const ProcessRequest& request, CancelToken) override {
    requests_.push_back(request);
    return child_(request);
  }

  const std::vector<ProcessRequest>& requests() const { return requests_; }

 private:
  Child child_;
  std::vector<ProcessRequest> requests_;
};

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_FAKE_PROCESS_H_
