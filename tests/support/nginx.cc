#include "zoo/tests/support/nginx.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "zoo/base/file.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPlaces[] = {"/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx",
                                   "/usr/local/bin/nginx", "/opt/homebrew/bin/nginx"};

// Only a master process takes inherited sockets over without a crash (nginx 1.22).
constexpr const char* kConfiguration = R"(
daemon off;
{4}
worker_processes 1;
pid {0}/nginx.pid;
error_log {0}/error.log;
events {{ worker_connections 64; }}
http {{
  log_format served '$status $body_bytes_sent $http_range';
  access_log {0}/access.log served;
  client_body_temp_path {0}/temp;
  proxy_temp_path {0}/temp;
  fastcgi_temp_path {0}/temp;
  uwsgi_temp_path {0}/temp;
  scgi_temp_path {0}/temp;
  sendfile on;
  server {{
    listen 127.0.0.1:{1} {2};
    {3}
  }}
}}
)";

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::abort();
}

const char* FindNginx() {
  for (const char* place : kPlaces) {
    if (access(place, X_OK) == 0) return place;
  }
  return nullptr;
}

UniqueFd Listen(int& port) {
  UniqueFd listener(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener.get(), generic, size) != 0) Die("bind");
  if (listen(listener.get(), 64) != 0) Die("listen");
  if (getsockname(listener.get(), generic, &size) != 0) Die("getsockname");
  port = ntohs(address.sin_port);
  return listener;
}

}  // namespace

bool HaveNginx() { return FindNginx() != nullptr; }

// The socket is ours before nginx starts and listens already: no port is lost to somebody else, and
// nobody waits until it is up. nginx takes sockets over that the variable NGINX lists.
Nginx::Nginx(const fs::path& folder, const std::string& server, const std::string& listen)
    : folder_(folder / "nginx") {
  fs::create_directories(folder_);
  const UniqueFd listener = Listen(port_);
  const fs::path configuration = folder_ / "nginx.conf";
  // The files are this user's: a worker of root's must not become somebody else.
  std::ofstream(configuration) << fmt::format(fmt::runtime(kConfiguration), folder_.string(), port_,
                                              listen, server, geteuid() == 0 ? "user root;" : "");
  child_ = std::make_unique<Child>(
      ChildPlan{.argv = {FindNginx(), "-p", folder_.string(), "-c", configuration.string(), "-e",
                         (folder_ / "error.log").string()},
                .environment = {"NGINX=3;"},
                .err = folder_ / "stderr",
                .inherited_fd = listener.get()});
}

Nginx::~Nginx() {
  child_->Send(SIGTERM);
  child_->Wait();
}

std::vector<Nginx::Served> Nginx::Stop() {
  child_->Send(SIGQUIT);
  child_->Wait();
  std::ifstream log(folder_ / "access.log");
  std::vector<Served> served;
  for (Served one; log >> one.status >> one.body_bytes >> one.range;) served.push_back(one);
  return served;
}

}  // namespace zoo
