#include "zoo/tests/support/scripted_reply.h"

namespace zoo {

ReceivedRequest ParseRequest(std::string_view head) {
  ReceivedRequest request;
  bool first = true;
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(line.size() + 2, head.size()));
    if (first) {
      const size_t from = line.find(' ') + 1;
      request.target = line.substr(from, line.find(' ', from) - from);
      first = false;
      continue;
    }
    const size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    std::string name(line.substr(0, colon));
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    request.headers[name] = line.substr(colon + 2);
  }
  return request;
}

}  // namespace zoo
