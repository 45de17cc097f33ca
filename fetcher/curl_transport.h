// The real Transport, by libcurl; nothing else of this program sees curl. http and https only, TLS
// 1.2 or newer with the certificate checked, bodies as they are stored (no encodings), no cookies,
// no .netrc. Proxies are those of the environment, by curl's rules. Connections stay open between
// the requests of one CurlTransport.
#ifndef ZOO_FETCHER_CURL_TRANSPORT_H_
#define ZOO_FETCHER_CURL_TRANSPORT_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "zoo/fetcher/transport.h"

namespace zoo {

struct NetworkOptions {
  std::chrono::milliseconds connect_timeout{20'000};  // name, connection and TLS together
  std::chrono::milliseconds stall_timeout{30'000};    // fewer than `stall_rate` bytes a second
  uint64_t stall_rate = 1024;                         // for that long end a request
  std::string ca_file, ca_folder;                     // trusted certificates; empty: the system's

  // The certificates that CURL_CA_BUNDLE, SSL_CERT_FILE and SSL_CERT_DIR name.
  static NetworkOptions FromEnvironment();
};

class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(NetworkOptions options = {});
  ~CurlTransport() override;

  Outcome Get(const HttpRequest& request, const Receiver& receiver) override;

 private:
  struct Handles;
  NetworkOptions options_;
  std::unique_ptr<Handles> handles_;  // made for the first request: a cached blob needs none
};

}  // namespace zoo

#endif  // ZOO_FETCHER_CURL_TRANSPORT_H_
