// A server on loopback, of raw bytes: each request is answered with the next reply of a script, and
// kept, so that a test can assert on what was asked. It runs on a thread of its own.
//
//   ScriptedServer server({Reply(200, "body"), Reply(404, "")});
//   ... GET server.url() + "/file" twice ...
//   server.requests()[0].header("range");
#ifndef ZOO_TESTS_SUPPORT_SCRIPTED_SERVER_H_
#define ZOO_TESTS_SUPPORT_SCRIPTED_SERVER_H_

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/tests/support/scripted_reply.h"

namespace zoo {

class ScriptedServer {
 public:
  // Requests beyond the script get its last reply again.
  explicit ScriptedServer(std::vector<ScriptedReply> script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  int port() const { return port_; }
  std::string url(const std::string& host = "127.0.0.1") const {  // without a slash at the end
    return "http://" + host + ":" + std::to_string(port_);
  }
  std::vector<ReceivedRequest> requests() const;
  int connections() const { return connections_; }

 private:
  void Serve();
  void Answer(int connection);
  bool ReadRequest(int connection, std::string& pending, ReceivedRequest& request);
  bool Send(int connection, const ScriptedReply& reply);

  const std::vector<ScriptedReply> script_;
  UniqueFd listener_;
  int port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  std::vector<ReceivedRequest> requests_;
  std::thread thread_;
};

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_SCRIPTED_SERVER_H_
