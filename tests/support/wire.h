// A script of replies behind a Transport of either kind: FakeTransport, or CurlTransport and a
// ScriptedServer on loopback. What is tested on the one is tested on the other.
#ifndef ZOO_TESTS_SUPPORT_WIRE_H_
#define ZOO_TESTS_SUPPORT_WIRE_H_

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "zoo/fetcher/curl_transport.h"
#include "zoo/fetcher/transport.h"
#include "zoo/tests/support/fake_transport.h"
#include "zoo/tests/support/scripted_reply.h"
#include "zoo/tests/support/scripted_server.h"

namespace zoo {

enum class WireKind { kFake, kCurl };

class Wire {
 public:
  Wire(WireKind kind, std::vector<ScriptedReply> script) {
    const bool stalls = std::ranges::any_of(
        script, [](const ScriptedReply& reply) { return reply.end == ScriptedReply::End::kStall; });
    if (kind == WireKind::kFake) {
      fake_ = std::make_unique<FakeTransport>(std::move(script));
      return;
    }
    server_ = std::make_unique<ScriptedServer>(std::move(script));
    NetworkOptions options;
    if (stalls) options.stall_timeout = std::chrono::milliseconds(200);
    curl_ = std::make_unique<CurlTransport>(options);
  }

  Transport& transport() { return fake_ ? static_cast<Transport&>(*fake_) : *curl_; }
  // Of the server, without a slash at the end.
  std::string url() const { return server_ ? server_->url() : "http://127.0.0.1:8080"; }
  // The same server, to a client another host.
  std::string other_url() const {
    return server_ ? server_->url("localhost") : "http://localhost:8080";
  }
  std::vector<ReceivedRequest> requests() const {
    return server_ ? server_->requests() : fake_->requests();
  }

 private:
  std::unique_ptr<FakeTransport> fake_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<CurlTransport> curl_;
};

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_WIRE_H_
