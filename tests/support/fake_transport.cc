#include "zoo/tests/support/fake_transport.h"

#include <algorithm>

namespace zoo {
namespace {

constexpr size_t kPiece = 1000;

ReceivedRequest AsSeenByServer(const HttpRequest& request) {
  ReceivedRequest seen;
  seen.target = request.url.substr(request.url.find('/', request.url.find("//") + 2));
  seen.headers["accept-encoding"] = "identity";
  if (request.offset > 0) seen.headers["range"] = "bytes=" + std::to_string(request.offset) + "-";
  if (!request.if_match.empty()) seen.headers["if-match"] = request.if_match;
  if (!request.credentials.empty()) seen.headers["authorization"] = request.credentials;
  for (const auto& [name, value] : request.headers) {
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    seen.headers[lower] = value;
  }
  return seen;
}

ResponseHead HeadOf(const ScriptedReply& reply) {
  ResponseHead head{.status = reply.status, .private_address = true};
  const int64_t length =
      reply.content_length.value_or(static_cast<int64_t>(reply.body.size() * reply.repeat));
  if (!reply.chunked && length >= 0) head.content_length = static_cast<uint64_t>(length);
  for (const auto& [name, value] : reply.headers) {
    if (name == "Content-Range") head.content_range = value;
    if (name == "Content-Encoding") head.content_encoding = value;
    if (name == "Content-Type") head.content_type = value;
    if (name == "ETag") head.etag = value;
    if (name == "Location") head.location = value;
    if (name == "Retry-After") head.retry_after = value;
    if (name == "Age" || name == "Via") head.from_cache = true;
  }
  return head;
}

// False if the receiver has had enough.
bool SendBody(const ScriptedReply& reply, const Receiver& receiver, Outcome& outcome) {
  uint64_t left = std::min(reply.sent_bytes, outcome.head.content_length.value_or(UINT64_MAX));
  for (uint64_t i = 0; i < reply.repeat; ++i) {
    for (size_t at = 0; at < reply.body.size() && left > 0; at += kPiece) {
      const size_t bytes = std::min<uint64_t>({kPiece, reply.body.size() - at, left});
      if (!receiver.body(AsBytes(reply.body).subspan(at, bytes))) return false;
      outcome.body_bytes += bytes;
      left -= bytes;
    }
  }
  return true;
}

NetFailure FailureOf(const ScriptedReply& reply, const Outcome& outcome) {
  if (reply.end == ScriptedReply::End::kReset) return NetFailure::kCut;
  const auto length = outcome.head.content_length;
  if (length && outcome.body_bytes == *length) return NetFailure::kNone;
  if (reply.end == ScriptedReply::End::kStall) return NetFailure::kTimeout;
  if (length) return NetFailure::kCut;
  const bool cut_chunks = reply.chunked && reply.end != ScriptedReply::End::kWhole;
  return cut_chunks ? NetFailure::kCut : NetFailure::kNone;
}

}  // namespace

Outcome FakeTransport::Get(const HttpRequest& request, const Receiver& receiver) {
  requests_.push_back(AsSeenByServer(request));
  urls_.push_back(request.url);
  if (request.cancel.cancelled()) return {.failure = NetFailure::kCancelled};
  if (!failures_.empty()) {
    const NetFailure failure = failures_.front();
    failures_.erase(failures_.begin());
    return {.failure = failure};
  }
  const ScriptedReply& reply = script_.at(std::min(turn_++, script_.size() - 1));
  if (!reply.raw.empty()) return {.failure = NetFailure::kProtocol};
  Outcome outcome{.head = HeadOf(reply)};
  outcome.end_marked = reply.chunked || outcome.head.content_length.has_value();
  if (!receiver.head(outcome.head) || !SendBody(reply, receiver, outcome)) {
    outcome.failure = NetFailure::kRefused;
    return outcome;
  }
  outcome.failure = FailureOf(reply, outcome);
  if (request.cancel.cancelled()) outcome.failure = NetFailure::kCancelled;
  return outcome;
}

}  // namespace zoo
