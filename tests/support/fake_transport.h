// A Transport without a network: it plays a script of replies and keeps what it was asked, as a
// server would have seen it. The last reply answers all further requests.
#ifndef ZOO_TESTS_SUPPORT_FAKE_TRANSPORT_H_
#define ZOO_TESTS_SUPPORT_FAKE_TRANSPORT_H_

#include <string>
#include <utility>
#include <vector>

#include "zoo/fetcher/transport.h"
#include "zoo/tests/support/scripted_reply.h"

namespace zoo {

class FakeTransport final : public Transport {
 public:
  explicit FakeTransport(std::vector<ScriptedReply> script = {}) : script_(std::move(script)) {}

  Outcome Get(const HttpRequest& request, const Receiver& receiver) override;

  // Each failure happens, once, instead of the next reply.
  void FailNext(NetFailure failure) { failures_.push_back(failure); }

  const std::vector<ReceivedRequest>& requests() const { return requests_; }
  const std::vector<std::string>& urls() const { return urls_; }

 private:
  std::vector<ScriptedReply> script_;
  std::vector<NetFailure> failures_;
  std::vector<ReceivedRequest> requests_;
  std::vector<std::string> urls_;
  size_t turn_ = 0;
};

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_FAKE_TRANSPORT_H_
