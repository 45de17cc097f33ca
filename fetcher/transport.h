// The network seam: one GET of one hop. A Transport follows no redirects, retries nothing, decides
// nothing: it sends the request, hands over the reply's head and then its body as it comes, and
// reports what happened. One of the four interfaces that tests replace.
//
//   Outcome outcome = transport.Get(
//       {.url = "https://host/file", .offset = 4096},
//       {.head = [](const ResponseHead& head) { return head.status == 206; },
//        .body = [&](ByteView bytes) { return Keep(bytes); }});
//
// A Transport belongs to one thread at a time.
#ifndef ZOO_FETCHER_TRANSPORT_H_
#define ZOO_FETCHER_TRANSPORT_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/cancel.h"

namespace zoo {

struct HttpRequest {
  std::string url;          // http or https, without user and password
  uint64_t offset = 0;      // the first byte wanted; above 0 it is sent as a Range
  std::string if_match;     // a strong ETag with its quotes; empty: none
  std::string credentials;  // "user:password" for this hop; empty: none
  std::vector<std::pair<std::string, std::string>> headers;  // more of them, for this hop
  bool private_addresses = false;  // may the host's address be loopback, link-local or private?
  CancelToken cancel;
};

// The head of a final reply (never a 1xx). A header that came twice is its last value.
struct ResponseHead {
  int status = 0;  // 0: no reply came
  std::optional<uint64_t> content_length;
  std::optional<std::string> content_range, content_encoding, content_type, etag, location,
      retry_after;
  bool from_cache = false;  // a cache on the way says that it answered or passed this on
  // The host's address is loopback, link-local or private; false behind a proxy, which hides it.
  bool private_address = false;
};

enum class NetFailure {
  kNone,       // the whole reply came, as far as the server marked its end
  kDns,        // no address for the host
  kConnect,    // nothing answers there
  kTls,        // no trusted connection
  kProxy,      // the proxy does not let the request through
  kTimeout,    // no reply or no bytes in time
  kCut,        // the connection ended inside a reply
  kProtocol,   // what answers does not speak HTTP
  kAddress,    // the host's address is one that this request may not reach
  kRedirect,   // a redirect that is not followed (never by a Transport itself)
  kRefused,    // the receiver did not want the body, or no more of it
  kCancelled,  // the token was cancelled
};

// How one request went.
struct Outcome {
  NetFailure failure = NetFailure::kNone;
  ResponseHead head;
  uint64_t body_bytes = 0;  // handed to the receiver
  // The server marked the end of the body (Content-Length or chunks) and it was reached. Without
  // such a mark a cut body looks like a whole one.
  bool end_marked = false;
  std::string detail;  // what the network library says of a failure; not escaped
};

// What is called while a reply comes in, from inside Get. False ends the request as kRefused.
struct Receiver {
  std::function<bool(const ResponseHead&)> head;  // once; false: the body is not wanted
  std::function<bool(ByteView)> body;
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual Outcome Get(const HttpRequest& request, const Receiver& receiver) = 0;
};

}  // namespace zoo

#endif  // ZOO_FETCHER_TRANSPORT_H_
