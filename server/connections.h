// Connections: by when each client must have done what it is at. A request has to come whole within
// a time, and an answer has to be taken at a least rate: who sends a byte now and then, or takes
// one, keeps a connection open for ever otherwise. A socket past its time is shut down, which
// whoever reads from it or writes to it notices. Any thread.
//
//   connections.Opened(socket, now);
//   connections.Preparing(socket);               // the request is here
//   connections.Answering(socket, bytes, now);   // so is what it gets
//   connections.Waiting(socket, now);            // for the next one
//   connections.ShutDownLate(now);               // now and then
//   connections.Closed(socket);                  // before its number is given back
#ifndef ZOO_SERVER_CONNECTIONS_H_
#define ZOO_SERVER_CONNECTIONS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

namespace zoo {

class Connections {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Limits {
    std::chrono::seconds request{20};      // from its beginning to its end
    std::chrono::seconds answer{60};       // and one second more
    uint64_t least_bytes_a_second = 4096;  // for each so many
  };

  explicit Connections(Limits limits) : limits_(limits) {}

  void Opened(int socket, Time now);
  // The client waits for us, however long that takes: a file may have to be hashed.
  void Preparing(int socket);
  void Answering(int socket, uint64_t bytes, Time now);
  void Waiting(int socket, Time now);
  void Closed(int socket);

  void ShutDownLate(Time now);
  // Shuts down those that are not being answered; says how many are.
  size_t ShutDownIdle();

 private:
  struct State {
    Time deadline;
    bool answering = false;
    bool shut_down = false;
  };
  static void ShutDown(int socket, State& state);

  const Limits limits_;
  std::mutex mutex_;
  std::map<int, State> states_;
};

}  // namespace zoo

#endif  // ZOO_SERVER_CONNECTIONS_H_
