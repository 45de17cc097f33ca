#include "zoo/fetcher/curl_transport.h"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string_view>

#include "zoo/base/ascii.h"
#include "zoo/fetcher/address.h"
#include "zoo/fetcher/proxy.h"
#include "zoo/fetcher/url.h"

namespace zoo {
namespace {

namespace chrono = std::chrono;
using Steady = chrono::steady_clock;

constexpr long kBufferBytes = 512 * 1024;
constexpr uint64_t kMaxHeadBytes = 256 * 1024;
constexpr int kPollMs = 50;  // how late a cancellation or a stall may be seen

void InitCurlOnce() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

struct FailureRow {
  CURLcode code;
  NetFailure failure;
};

constexpr FailureRow kFailures[] = {
    {CURLE_OK, NetFailure::kNone},
    {CURLE_COULDNT_RESOLVE_HOST, NetFailure::kDns},
    {CURLE_COULDNT_RESOLVE_PROXY, NetFailure::kDns},
    {CURLE_COULDNT_CONNECT, NetFailure::kConnect},
    {CURLE_INTERFACE_FAILED, NetFailure::kConnect},
    {CURLE_PROXY, NetFailure::kConnect},
    {CURLE_SSL_CONNECT_ERROR, NetFailure::kTls},
    {CURLE_SSL_CERTPROBLEM, NetFailure::kTls},
    {CURLE_SSL_CIPHER, NetFailure::kTls},
    {CURLE_PEER_FAILED_VERIFICATION, NetFailure::kTls},
    {CURLE_SSL_ENGINE_INITFAILED, NetFailure::kTls},
    {CURLE_SSL_CACERT_BADFILE, NetFailure::kTls},
    {CURLE_SSL_CRL_BADFILE, NetFailure::kTls},
    {CURLE_SSL_ISSUER_ERROR, NetFailure::kTls},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, NetFailure::kTls},
    {CURLE_SSL_INVALIDCERTSTATUS, NetFailure::kTls},
    {CURLE_UNSUPPORTED_PROTOCOL, NetFailure::kProtocol},
    {CURLE_URL_MALFORMAT, NetFailure::kProtocol},
    {CURLE_WEIRD_SERVER_REPLY, NetFailure::kProtocol},
    {CURLE_BAD_CONTENT_ENCODING, NetFailure::kProtocol},
    {CURLE_TOO_MANY_REDIRECTS, NetFailure::kProtocol},
};

// How far a request got that ran out of time.
NetFailure TimedOut(CURL* easy) {
  double looked_up = 0, connected = 0;
  curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME, &looked_up);
  curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME, &connected);
  if (looked_up == 0) return NetFailure::kDns;
  return connected == 0 ? NetFailure::kConnect : NetFailure::kTimeout;
}

// A handshake that was cut off says nothing of whom to trust.
bool WasCutOff(CURL* easy) {
  long error_number = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error_number);
  return error_number == ECONNRESET || error_number == EPIPE || error_number == ETIMEDOUT;
}

// Whatever is not listed happened on a connection that was up: it was cut.
NetFailure FailureOf(CURL* easy, CURLcode code) {
  long proxy_status = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  if (code != CURLE_OK && proxy_status >= 400) return NetFailure::kProxy;
  if (code == CURLE_OPERATION_TIMEDOUT) return TimedOut(easy);
  if (code == CURLE_SSL_CONNECT_ERROR && WasCutOff(easy)) return NetFailure::kConnect;
  const auto* row = std::ranges::find(kFailures, code, &FailureRow::code);
  return row == std::end(kFailures) ? NetFailure::kCut : row->failure;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::optional<uint64_t> ParseDecimal(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct HeaderRow {
  std::string_view name;
  std::optional<std::string> ResponseHead::*field;
};

constexpr HeaderRow kTextHeaders[] = {
    {"content-range", &ResponseHead::content_range},
    {"content-encoding", &ResponseHead::content_encoding},
    {"content-type", &ResponseHead::content_type},
    {"etag", &ResponseHead::etag},
    {"location", &ResponseHead::location},
    {"retry-after", &ResponseHead::retry_after},
};

// One request under way: what curl's callbacks share.
struct Exchange {
  CURL* easy;
  const HttpRequest& request;
  const Receiver& receiver;
  const std::string proxy;  // empty: none
  Outcome outcome;
  uint64_t head_bytes = 0;
  bool head_done = false;
  bool refused = false;          // the receiver said no
  bool address_refused = false;  // the address rule did
  bool malformed = false;        // what answers does not keep to HTTP, or its head has no end

  // One line of a head. False ends the request.
  bool TakeLine(std::string_view line);

 private:
  void StartHead(std::string_view status_line);
  void TakeHeader(std::string_view name, std::string_view value);
  bool FinishHead();
};

void Exchange::StartHead(std::string_view status_line) {
  outcome.head = {};
  outcome.end_marked = status_line.starts_with("HTTP/2") || status_line.starts_with("HTTP/3");
  const size_t blank = status_line.find(' ');
  if (blank != std::string_view::npos) {
    outcome.head.status =
        static_cast<int>(ParseDecimal(status_line.substr(blank + 1, 3)).value_or(0));
  }
}

void Exchange::TakeHeader(std::string_view name, std::string_view value) {
  for (const HeaderRow& row : kTextHeaders) {
    if (row.name == name) outcome.head.*row.field = std::string(value);
  }
  if (name == "content-length") {
    outcome.head.content_length = ParseDecimal(value);
    outcome.end_marked = true;
  }
  if (name == "transfer-encoding") outcome.end_marked = true;
  if (name == "age" || name == "via" || name == "x-cache") outcome.head.from_cache = true;
}

bool Exchange::FinishHead() {
  malformed = outcome.head.status == 101;  // nobody asked for another protocol
  if (outcome.head.status < 200) return !malformed;
  head_done = true;
  const char* peer = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &peer);
  // Of a proxy the address says nothing of the host behind it.
  outcome.head.private_address =
      proxy.empty() && peer != nullptr && *peer != '\0' && IsPrivateAddress(peer);
  refused = !receiver.head(outcome.head);
  return !refused;
}

bool Exchange::TakeLine(std::string_view line) {
  if (head_done) return true;  // trailers of a chunked body
  head_bytes += line.size();
  malformed = head_bytes > kMaxHeadBytes;
  if (malformed) return false;
  if (line.starts_with("HTTP/")) {
    StartHead(line);
    return true;
  }
  if (Trimmed(line).empty()) return FinishHead();
  const size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    TakeHeader(AsciiLower(Trimmed(line.substr(0, colon))), Trimmed(line.substr(colon + 1)));
  }
  return true;
}

size_t OnHeader(char* data, size_t size, size_t count, void* exchange) {
  const bool go_on = static_cast<Exchange*>(exchange)->TakeLine({data, size * count});
  return go_on ? size * count : 0;
}

size_t OnBody(char* data, size_t size, size_t count, void* pointer) {
  auto& exchange = *static_cast<Exchange*>(pointer);
  const std::string_view bytes(data, size * count);
  exchange.malformed = !exchange.head_done;
  if (exchange.malformed) return 0;
  exchange.refused = !exchange.receiver.body(AsBytes(bytes));
  if (exchange.refused) return 0;
  exchange.outcome.body_bytes += bytes.size();
  return bytes.size();
}

curl_socket_t OpenSocket(void* pointer, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(pointer);
  if (!exchange.request.private_addresses && exchange.proxy.empty() &&
      IsPrivateAddress(&address->addr)) {
    exchange.address_refused = true;
    return CURL_SOCKET_BAD;
  }
  exchange.address_refused = false;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

bool IsClean(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

bool IsClean(const HttpRequest& request) {
  return IsClean(request.url) && IsClean(request.if_match) && IsClean(request.credentials) &&
         std::ranges::all_of(request.headers, [](const auto& header) {
           return IsClean(header.first) && IsClean(header.second);
         });
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

HeaderList HeadersOf(const HttpRequest& request) {
  HeaderList list;
  const auto add = [&](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) std::abort();
    (void)list.release();
    list.reset(longer);
  };
  add("Accept-Encoding: identity");
  if (request.offset > 0) add("Range: bytes=" + std::to_string(request.offset) + "-");
  if (!request.if_match.empty()) add("If-Match: " + request.if_match);
  for (const auto& [name, value] : request.headers) add(name + ": " + value);
  return list;
}

void SetProtocols(CURL* easy) {
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

void SetNetwork(CURL* easy, const NetworkOptions& options) {
  SetProtocols(easy);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
  // A cancelled request does not wait for a name that is still being looked up.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kBufferBytes);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "zoo");
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
  if (!options.ca_folder.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAPATH, options.ca_folder.c_str());
  }
}

void SetExchange(Exchange& exchange, curl_slist* headers) {
  CURL* easy = exchange.easy;
  curl_easy_setopt(easy, CURLOPT_URL, exchange.request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  // Chosen by us, not by curl: whether there is a proxy decides whose addresses are looked at.
  curl_easy_setopt(easy, CURLOPT_PROXY, exchange.proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  if (!exchange.request.credentials.empty()) {
    curl_easy_setopt(easy, CURLOPT_USERPWD, exchange.request.credentials.c_str());
  }
  // A connection that another request was allowed to make is not this one's to use.
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, exchange.request.private_addresses ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &OpenSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
}

// Whether bytes come in fast enough, seen in windows of the stall timeout.
class StallWatch {
 public:
  StallWatch(chrono::milliseconds window, uint64_t rate)
      : window_(window), least_(std::max<uint64_t>(1, rate * window.count() / 1000)) {}

  bool Stalled(uint64_t bytes) {
    const auto now = Steady::now();
    if (now - since_ < window_) return false;
    if (bytes - bytes_ < least_) return true;
    since_ = now;
    bytes_ = bytes;
    return false;
  }

 private:
  chrono::milliseconds window_;
  uint64_t least_;
  Steady::time_point since_ = Steady::now();
  uint64_t bytes_ = 0;
};

}  // namespace

NetworkOptions NetworkOptions::FromEnvironment() {
  const auto get = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr ? value : "");
  };
  NetworkOptions options;
  options.ca_file = get("CURL_CA_BUNDLE");
  if (options.ca_file.empty()) options.ca_file = get("SSL_CERT_FILE");
  options.ca_folder = get("SSL_CERT_DIR");
  return options;
}

struct CurlTransport::Handles {
  CURLM* multi = curl_multi_init();
  CURL* easy = curl_easy_init();

  Handles() = default;
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;
  ~Handles() {
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
  }

  // Runs the request that `easy` is set up for; what ended it.
  NetFailure Drive(const Exchange& exchange, const NetworkOptions& options, std::string& detail);
};

NetFailure CurlTransport::Handles::Drive(const Exchange& exchange, const NetworkOptions& options,
                                         std::string& detail) {
  StallWatch watch(options.stall_timeout, options.stall_rate);
  for (;;) {
    int running = 0;
    curl_multi_perform(multi, &running);
    int left = 0;
    if (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      const CURLcode code = message->data.result;
      if (code != CURLE_OK && detail.empty()) detail = curl_easy_strerror(code);
      return FailureOf(easy, code);
    }
    if (exchange.request.cancel.cancelled()) return NetFailure::kCancelled;
    if (watch.Stalled(exchange.outcome.body_bytes)) {
      detail = "too slow";
      return NetFailure::kTimeout;
    }
    curl_multi_poll(multi, nullptr, 0, kPollMs, nullptr);
  }
}

CurlTransport::CurlTransport(NetworkOptions options) : options_(std::move(options)) {}

CurlTransport::~CurlTransport() = default;

Outcome CurlTransport::Get(const HttpRequest& request, const Receiver& receiver) {
  const Result<Url> url = ParseUrl(request.url);
  if (!url || !IsClean(request)) {
    return {.failure = NetFailure::kProtocol, .detail = "the request holds what HTTP forbids"};
  }
  if (!handles_) {
    InitCurlOnce();
    handles_ = std::make_unique<Handles>();
  }
  CURL* easy = handles_->easy;
  Exchange exchange{
      .easy = easy, .request = request, .receiver = receiver, .proxy = ProxyFor(*url, &getenv)};
  char words[CURL_ERROR_SIZE] = "";
  const HeaderList headers = HeadersOf(request);
  curl_easy_reset(easy);
  SetNetwork(easy, options_);
  SetExchange(exchange, headers.get());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words);
  curl_multi_add_handle(handles_->multi, easy);
  std::string detail;
  NetFailure failure = handles_->Drive(exchange, options_, detail);
  curl_multi_remove_handle(handles_->multi, easy);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);

  if (failure == NetFailure::kCut && exchange.malformed) failure = NetFailure::kProtocol;
  if (exchange.refused) failure = NetFailure::kRefused;
  if (exchange.address_refused && !exchange.head_done) failure = NetFailure::kAddress;
  if (failure != NetFailure::kNone) {
    exchange.outcome.detail = words[0] != '\0' ? std::string(words) : detail;
  }
  exchange.outcome.failure = failure;
  return std::move(exchange.outcome);
}

}  // namespace zoo
