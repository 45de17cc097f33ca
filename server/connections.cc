#include "zoo/server/connections.h"

#include <sys/socket.h>

#include <algorithm>

namespace zoo {
namespace {

// Beyond it a time point would not fit.
constexpr uint64_t kLongest = uint64_t{365} * 24 * 3600;

}  // namespace

void Connections::Opened(int socket, Time now) {
  std::lock_guard lock(mutex_);
  states_[socket] = {now + limits_.request};
}

void Connections::Preparing(int socket) {
  std::lock_guard lock(mutex_);
  states_[socket] = {Time::max(), true};
}

void Connections::Answering(int socket, uint64_t bytes, Time now) {
  const uint64_t seconds = std::min(bytes / limits_.least_bytes_a_second, kLongest);
  std::lock_guard lock(mutex_);
  states_[socket] = {now + limits_.answer + std::chrono::seconds(seconds), true};
}

void Connections::Waiting(int socket, Time now) {
  std::lock_guard lock(mutex_);
  // It may be closed already.
  const auto state = states_.find(socket);
  if (state != states_.end()) state->second = {now + limits_.request};
}

void Connections::Closed(int socket) {
  std::lock_guard lock(mutex_);
  states_.erase(socket);
}

void Connections::ShutDown(int socket, State& state) {
  if (!state.shut_down) shutdown(socket, SHUT_RDWR);
  state.shut_down = true;
}

void Connections::ShutDownLate(Time now) {
  std::lock_guard lock(mutex_);
  for (auto& [socket, state] : states_) {
    if (now > state.deadline) ShutDown(socket, state);
  }
}

size_t Connections::ShutDownIdle() {
  std::lock_guard lock(mutex_);
  size_t answering = 0;
  for (auto& [socket, state] : states_) {
    if (state.answering) {
      ++answering;
    } else {
      ShutDown(socket, state);
    }
  }
  return answering;
}

}  // namespace zoo
