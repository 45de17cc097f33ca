#include "zoo/tests/support/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace zoo {
namespace {

constexpr int kPollMs = 5;

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::abort();
}

bool SendAll(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

std::string HeadOf(const ScriptedReply& reply) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " Scripted\r\n";
  for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
  const int64_t length =
      reply.content_length.value_or(static_cast<int64_t>(reply.body.size() * reply.repeat));
  if (reply.chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (length >= 0) {
    head += "Content-Length: " + std::to_string(length) + "\r\n";
  }
  return head + "\r\n";
}

std::string Chunk(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

void Reset(int connection) {
  const linger now{1, 0};
  setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace

ScriptedServer::ScriptedServer(std::vector<ScriptedReply> script)
    : script_(std::move(script)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_.get(), generic, size) != 0) Die("bind");
  if (listen(listener_.get(), 16) != 0) Die("listen");
  if (getsockname(listener_.get(), generic, &size) != 0) Die("getsockname");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

ScriptedServer::~ScriptedServer() {
  stop_ = true;
  thread_.join();
}

std::vector<ReceivedRequest> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ScriptedServer::Serve() {
  while (!stop_) {
    pollfd listening{listener_.get(), POLLIN, 0};
    if (poll(&listening, 1, kPollMs) <= 0) continue;
    const UniqueFd connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection.valid()) continue;
    ++connections_;
    Answer(connection.get());
  }
}

// Requests of one connection, until a reply ends it.
void ScriptedServer::Answer(int connection) {
  std::string pending;
  for (;;) {
    ReceivedRequest request;
    if (!ReadRequest(connection, pending, request)) return;
    size_t turn = 0;
    {
      const std::lock_guard lock(mutex_);
      turn = requests_.size();
      requests_.push_back(std::move(request));
    }
    if (!Send(connection, script_[std::min(turn, script_.size() - 1)])) return;
  }
}

bool ScriptedServer::ReadRequest(int connection, std::string& pending, ReceivedRequest& request) {
  size_t end = 0;
  while ((end = pending.find("\r\n\r\n")) == std::string::npos) {
    pollfd ready[] = {{connection, POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    if (stop_) return false;
    if (poll(ready, 2, kPollMs) <= 0) continue;
    if (ready[0].revents == 0) {
      // An idle connection makes room for the next.
      if (pending.empty()) return false;
      continue;
    }
    char buffer[4096];
    const ssize_t got = recv(connection, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    pending.append(buffer, static_cast<size_t>(got));
  }
  request = ParseRequest(pending.substr(0, end + 2));
  pending.erase(0, end + 4);
  return true;
}

// False if the connection is to be closed.
bool ScriptedServer::Send(int connection, const ScriptedReply& reply) {
  if (!reply.raw.empty()) return SendAll(connection, reply.raw), false;
  if (!SendAll(connection, HeadOf(reply))) return false;
  uint64_t left = reply.sent_bytes;
  for (uint64_t i = 0; i < reply.repeat && left > 0 && !stop_; ++i) {
    const std::string part = reply.body.substr(0, std::min<uint64_t>(left, reply.body.size()));
    left -= part.size();
    if (!SendAll(connection, reply.chunked && !part.empty() ? Chunk(part) : part)) return false;
  }
  if (reply.end == ScriptedReply::End::kReset) Reset(connection);
  if (reply.end == ScriptedReply::End::kStall) {
    // Until the other side has had enough.
    pollfd closed{connection, POLLIN, 0};
    while (!stop_ && poll(&closed, 1, kPollMs) <= 0) continue;
  }
  if (reply.end != ScriptedReply::End::kWhole) return false;
  if (reply.chunked) return SendAll(connection, "0\r\n\r\n");
  return reply.content_length.value_or(0) >= 0;
}

}  // namespace zoo
