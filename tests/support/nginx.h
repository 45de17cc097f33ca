// nginx on loopback, with a configuration and a folder of its own.
//
//   Nginx nginx(folder.path(), "location / { root /files; limit_rate 10m; }");
//   nginx.url() + "/file"
#ifndef ZOO_TESTS_SUPPORT_NGINX_H_
#define ZOO_TESTS_SUPPORT_NGINX_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "zoo/tests/support/child.h"

namespace zoo {

class Nginx {
 public:
  // `server` is what stands in its server block, besides `listen`; `listen` may add "ssl".
  Nginx(const std::filesystem::path& folder, const std::string& server,
        const std::string& listen = "");
  ~Nginx();

  int port() const { return port_; }
  std::string url(const std::string& scheme = "http", const std::string& host = "127.0.0.1") const {
    return scheme + "://" + host + ":" + std::to_string(port_);
  }

  struct Served {
    int status = 0;
    uint64_t body_bytes = 0;  // that went out
    std::string range;        // the request's Range, "-" if it had none
  };
  // Ends nginx, so that its log is complete, and reads it.
  std::vector<Served> Stop();

 private:
  const std::filesystem::path folder_;
  int port_ = 0;
  std::unique_ptr<Child> child_;
};

// Whether there is an nginx to be started.
bool HaveNginx();

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_NGINX_H_
