// HttpServer: a Site on a socket, by libmicrohttpd: a few threads that wait with epoll for all
// clients at once and hand files to the kernel to send. It ends in two steps: nobody new is let in,
// then what is still under way after a grace is cut.
//
//   ZOO_ASSIGN_OR_RETURN(HttpServer server, HttpServer::Start(std::move(socket), site, {}));
//   server.RunUntil(cancel);
//
// One thread calls it; the log is called from the server's own threads.
#ifndef ZOO_SERVER_HTTP_SERVER_H_
#define ZOO_SERVER_HTTP_SERVER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "zoo/base/cancel.h"
#include "zoo/base/file.h"
#include "zoo/base/result.h"
#include "zoo/server/connections.h"
#include "zoo/server/site.h"

namespace zoo {

// A request that was answered, or was about to be. What the client said is not fit to be printed.
struct Access {
  std::string client;  // its address
  std::string method, target;
  int status = 0;
  uint64_t bytes = 0;    // of the answer's body
  bool complete = true;  // the client took all of it
};

struct HttpOptions {
  unsigned connections = 512;              // at a time; others wait for their turn
  unsigned connections_of_a_client = 256;  // of one address; others are closed
  unsigned threads = 0;                    // 0: as many as there are cores, but no more than 8
  size_t header_bytes = 16 << 10;          // of a request, and of its answer
  std::chrono::seconds silence{30};        // without a byte either way
  Connections::Limits limits;
  std::chrono::milliseconds grace{5000};   // for what is under way when it is to end
  std::function<void(const Access&)> log;  // of each request; from any thread; may be empty
};

class HttpServer {
 public:
  // Answers at once. `listening` is a socket that listens already; `site` must outlive the server.
  // kUnsupported if there is no libmicrohttpd, kNetwork if the server cannot run.
  static Result<HttpServer> Start(UniqueFd listening, Site& site, HttpOptions options);

  HttpServer(HttpServer&&) noexcept;
  HttpServer& operator=(HttpServer&&) noexcept;
  ~HttpServer();  // cuts everything

  // Returns once it was cancelled and all has ended.
  void RunUntil(CancelToken cancel);

 private:
  struct Running;
  explicit HttpServer(std::unique_ptr<Running> running);

  std::unique_ptr<Running> running_;
};

}  // namespace zoo

#endif  // ZOO_SERVER_HTTP_SERVER_H_
