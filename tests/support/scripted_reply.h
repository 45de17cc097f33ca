// What a scripted server answers, and what it was asked: shared by ScriptedServer, which sends the
// bytes over a socket, and FakeTransport, which reads them itself.
#ifndef ZOO_TESTS_SUPPORT_SCRIPTED_REPLY_H_
#define ZOO_TESTS_SUPPORT_SCRIPTED_REPLY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zoo {

struct ScriptedReply {
  enum class End {
    kWhole,  // as HTTP has it
    kDrop,   // the connection is closed in an orderly way
    kReset,  // the connection is reset
    kStall,  // nothing more comes, the connection stays open
  };
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // What Content-Length says; the body's own length unless set. Negative: the header is left out,
  // and the end of the connection is the end of the body.
  std::optional<int64_t> content_length;
  End end = End::kWhole;
  uint64_t sent_bytes = UINT64_MAX;  // of the body, before `end` happens
  uint64_t repeat = 1;               // the body is sent that often (for endless ones)
  bool chunked = false;
  std::string raw;  // sent in the place of everything else if it is not empty

  ScriptedReply&& With(std::string name, std::string value) && {
    headers.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }
  ScriptedReply&& CutAfter(uint64_t bytes, End how = End::kDrop) && {
    sent_bytes = bytes;
    end = how;
    return std::move(*this);
  }
};

inline ScriptedReply Reply(int status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

// 206 for the bytes of `file` from `offset` on.
inline ScriptedReply PartReply(const std::string& file, uint64_t offset) {
  return Reply(206, file.substr(offset))
      .With("Content-Range", "bytes " + std::to_string(offset) + "-" +
                                 std::to_string(file.size() - 1) + "/" +
                                 std::to_string(file.size()));
}

struct ReceivedRequest {
  std::string target;                          // path and query
  std::map<std::string, std::string> headers;  // names in lower case

  // Empty if there is no such header.
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

// The lines of a request up to the empty one.
ReceivedRequest ParseRequest(std::string_view head);

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_SCRIPTED_REPLY_H_
