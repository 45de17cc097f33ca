// The life of a request, as libmicrohttpd tells it, on one of its threads:
//
// 1. OnConnection(started): the client has so long to send a request.
// 2. OnTarget: the first line is here; its target as it stands becomes the request's state.
// 3. OnRequest: the header is here. The site answers, and the answer is queued. A body was
// announced
//    or not; none is read.
// 4. OnCompleted: the answer was taken or not. The state goes; the client may send the next
// request.
// 5. OnConnection(closed).
#include "zoo/server/http_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace zoo {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kTick = std::chrono::milliseconds(50);
constexpr unsigned kMostThreads = 8;
// Descriptors that are not a client's: the log, the cache's, libmicrohttpd's own.
constexpr unsigned kOtherDescriptors = 64;

// What is known of a request while it is under way.
struct InFlight {
  Access access;
  bool answered = false;
};

// How many connections the limit on open files allows: each has a socket and a file.
unsigned ConnectionsThatFit(unsigned wanted) {
  rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return wanted;
  const auto all = static_cast<uint64_t>(files.rlim_cur);
  const uint64_t fit = all > kOtherDescriptors ? (all - kOtherDescriptors) / 2 : 0;
  return static_cast<unsigned>(std::clamp<uint64_t>(fit, 1, wanted));
}

unsigned ThreadCount(unsigned wanted) {
  if (wanted > 0) return wanted;
  return std::clamp(std::thread::hardware_concurrency(), 1u, kMostThreads);
}

int SocketOf(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == nullptr ? -1 : info->connect_fd;
}

std::string ClientOf(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (info == nullptr || info->client_addr == nullptr) return "";
  const sockaddr* address = info->client_addr;
  char text[INET6_ADDRSTRLEN] = "";
  const void* bytes =
      address->sa_family == AF_INET6
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr)
          : &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  if (inet_ntop(address->sa_family, bytes, text, sizeof(text)) == nullptr) return "";
  return text;
}

// The header fields that an answer depends on.
struct Fields {
  Conditions conditions;
  std::string host;
  bool has_body = false;
};

void Join(std::optional<std::string>& field, std::string_view value) {
  field = field ? fmt::format("{}, {}", *field, value) : std::string(value);
}

bool SameName(const char* name, const char* other) { return strcasecmp(name, other) == 0; }

MHD_Result TakeField(void* cls, MHD_ValueKind, const char* name, const char* text) {
  Fields& fields = *static_cast<Fields*>(cls);
  const std::string_view value = text == nullptr ? "" : text;
  struct Row {
    const char* name;
    std::optional<std::string> Conditions::*field;
  };
  constexpr Row kRows[] = {{"Range", &Conditions::range},
                           {"If-Range", &Conditions::if_range},
                           {"If-Match", &Conditions::if_match},
                           {"If-None-Match", &Conditions::if_none_match}};
  for (const Row& row : kRows) {
    if (SameName(name, row.name)) Join(fields.conditions.*row.field, value);
  }
  if (SameName(name, "Host")) fields.host = value;
  const bool length = SameName(name, "Content-Length") && value != "0";
  if (length || SameName(name, "Transfer-Encoding")) fields.has_body = true;
  return MHD_YES;
}

struct DestroyResponse {
  void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};
using Response = std::unique_ptr<MHD_Response, DestroyResponse>;

using SharedText = std::shared_ptr<const std::string>;

void DropText(void* text) {
  const std::unique_ptr<SharedText> dropped(static_cast<SharedText*>(text));
}

// The body of the answer, which the response then owns.
Response MakeResponse(Answer& answer) {
  if (answer.length > 0 && answer.file.valid()) {
    Response response(
        MHD_create_response_from_fd_at_offset64(answer.length, answer.file.get(), answer.offset));
    if (response) (void)answer.file.release();
    return response;
  }
  auto text = std::make_unique<SharedText>(answer.text);
  const char* begin = answer.length > 0 ? (*text)->data() + answer.offset : "";
  Response response(MHD_create_response_from_buffer_with_free_callback_cls(
      answer.length, const_cast<char*>(begin), DropText, text.get()));
  if (response) (void)text.release();
  return response;
}

MHD_Result Queue(MHD_Connection* connection, Answer answer) {
  const Response response = MakeResponse(answer);
  if (!response) return MHD_NO;
  for (const auto& [name, value] : answer.headers) {
    if (MHD_add_response_header(response.get(), name.c_str(), value.c_str()) != MHD_YES) {
      return MHD_NO;
    }
  }
  return MHD_queue_response(connection, static_cast<unsigned>(answer.status), response.get());
}

}  // namespace

// What the callbacks are given. It stays where it is while the daemon runs.
struct HttpServer::Running {
  Running(Site& served, HttpOptions chosen)
      : site(served), options(std::move(chosen)), connections(options.limits) {}

  Site& site;
  const HttpOptions options;
  Connections connections;
  MHD_Daemon* daemon = nullptr;

  static Running& Of(void* cls) { return *static_cast<Running*>(cls); }
  static void OnConnection(void* cls, MHD_Connection* connection, void**,
                           MHD_ConnectionNotificationCode code);
  static void* OnTarget(void* cls, const char* target, MHD_Connection* connection);
  static MHD_Result OnRequest(void* cls, MHD_Connection* connection, const char*,
                              const char* method, const char*, const char*, size_t*, void** state);
  static void OnCompleted(void* cls, MHD_Connection* connection, void** state,
                          MHD_RequestTerminationCode code);
  // The escapes of a target are the site's to understand.
  static size_t LeaveEscapes(void*, MHD_Connection*, char* text) {
    return std::string_view(text).size();
  }

  bool Begin(int listening);
  void End();
};

void HttpServer::Running::OnConnection(void* cls, MHD_Connection* connection, void**,
                                       MHD_ConnectionNotificationCode code) {
  Connections& connections = Of(cls).connections;
  const int socket = SocketOf(connection);
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    connections.Opened(socket, Clock::now());
  } else {
    connections.Closed(socket);
  }
}

void* HttpServer::Running::OnTarget(void* cls, const char* target, MHD_Connection* connection) {
  auto request = std::make_unique<InFlight>();
  request->access.target = target;
  if (Of(cls).options.log) request->access.client = ClientOf(connection);
  return request.release();
}

MHD_Result HttpServer::Running::OnRequest(void* cls, MHD_Connection* connection, const char*,
                                          const char* method, const char*, const char*, size_t*,
                                          void** state) {
  Running& running = Of(cls);
  auto* request = static_cast<InFlight*>(*state);
  // It is called once more for each piece of a body: none is wanted.
  if (request == nullptr || std::exchange(request->answered, true)) return MHD_NO;
  Fields fields;
  MHD_get_connection_values(connection, MHD_HEADER_KIND, TakeField, &fields);
  running.connections.Preparing(SocketOf(connection));
  Access& access = request->access;
  access.method = method;
  Answer answer = running.site.Reply({.method = access.method,
                                      .target = access.target,
                                      .host = fields.host,
                                      .has_body = fields.has_body,
                                      .conditions = std::move(fields.conditions)});
  access.status = answer.status;
  access.bytes = access.method == "HEAD" ? 0 : answer.length;
  running.connections.Answering(SocketOf(connection), access.bytes, Clock::now());
  return Queue(connection, std::move(answer));
}

void HttpServer::Running::OnCompleted(void* cls, MHD_Connection* connection, void** state,
                                      MHD_RequestTerminationCode code) {
  const std::unique_ptr<InFlight> request(static_cast<InFlight*>(std::exchange(*state, nullptr)));
  Running& running = Of(cls);
  running.connections.Waiting(SocketOf(connection), Clock::now());
  if (!request || !request->answered || !running.options.log) return;
  request->access.complete = code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
  running.options.log(request->access);
}

bool HttpServer::Running::Begin(int listening) {
  const unsigned most = ConnectionsThatFit(options.connections);
  // Each thread has its share of the connections.
  const unsigned threads = std::min(ThreadCount(options.threads), most);
  daemon = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ITC, 0, nullptr, nullptr,
                            &OnRequest, this, MHD_OPTION_LISTEN_SOCKET, listening,                //
                            MHD_OPTION_THREAD_POOL_SIZE, threads,                                 //
                            MHD_OPTION_CONNECTION_LIMIT, most,                                    //
                            MHD_OPTION_PER_IP_CONNECTION_LIMIT, options.connections_of_a_client,  //
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, options.header_bytes,             //
                            MHD_OPTION_CONNECTION_TIMEOUT,
                            static_cast<unsigned>(options.silence.count()),     //
                            MHD_OPTION_STRICT_FOR_CLIENT, 1,                    //
                            MHD_OPTION_URI_LOG_CALLBACK, &OnTarget, this,       //
                            MHD_OPTION_UNESCAPE_CALLBACK, &LeaveEscapes, this,  //
                            MHD_OPTION_NOTIFY_CONNECTION, &OnConnection, this,  //
                            MHD_OPTION_NOTIFY_COMPLETED, &OnCompleted, this,    //
                            MHD_OPTION_END);
  return daemon != nullptr;
}

void HttpServer::Running::End() {
  UniqueFd(MHD_quiesce_daemon(daemon));  // closed: who comes now is turned away
  const Clock::time_point cut = Clock::now() + options.grace;
  while (connections.ShutDownIdle() > 0 && Clock::now() < cut) std::this_thread::sleep_for(kTick);
  MHD_stop_daemon(std::exchange(daemon, nullptr));
}

Result<HttpServer> HttpServer::Start(UniqueFd listening, Site& site, HttpOptions options) {
  if (MHD_get_version() == nullptr) {
    return Error{ErrorCode::kUnsupported, "libmicrohttpd, which serves HTTP, cannot be loaded",
                 "install it: apt-get install libmicrohttpd12"};
  }
  auto running = std::make_unique<Running>(site, std::move(options));
  if (!running->Begin(listening.get())) {
    return Error{ErrorCode::kNetwork,
                 fmt::format("the server cannot start: {}", std::generic_category().message(errno)),
                 ""};
  }
  (void)listening.release();
  return HttpServer(std::move(running));
}

HttpServer::HttpServer(std::unique_ptr<Running> running) : running_(std::move(running)) {}
HttpServer::HttpServer(HttpServer&&) noexcept = default;
HttpServer& HttpServer::operator=(HttpServer&&) noexcept = default;

HttpServer::~HttpServer() {
  if (running_ != nullptr && running_->daemon != nullptr) MHD_stop_daemon(running_->daemon);
}

void HttpServer::RunUntil(CancelToken cancel) {
  while (!cancel.cancelled()) {
    std::this_thread::sleep_for(kTick);
    running_->connections.ShutDownLate(Clock::now());
  }
  running_->End();
}

}  // namespace zoo
