#include "zoo/fetcher/download.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/fetcher/redirect.h"
#include "zoo/fetcher/retry.h"

namespace zoo {
namespace {

// Fewer new bytes than this do not make a failed attempt a success: a server that lets a few
// through each time must not keep us for ever.
constexpr uint64_t kProgressBytes = 64 * 1024;

bool IsStrongTag(std::string_view tag) {
  return tag.size() >= 2 && tag.size() <= 256 && tag.front() == '"' && tag.back() == '"' &&
         std::ranges::all_of(tag.substr(1, tag.size() - 2), [](char c) {
           return static_cast<unsigned char>(c) > 0x20 && c != '"' && c != 0x7f;
         });
}

// The note of an ingest: the source, a line break, the strong ETag.
std::string NoteOf(const std::string& source, std::string_view tag) {
  return source + "\n" + std::string(tag);
}

class DownloadRun {
 public:
  DownloadRun(const DownloadRequest& request, Ingest& ingest, const DownloadContext& context)
      : request_(request),
        ingest_(ingest),
        context_(context),
        source_(MaskUrl(request.url.ToString())),
        furthest_(ingest.size()) {}

  Result<Downloaded> Run();

 private:
  Verdict Attempt();
  HttpRequest NextRequest() const;
  std::string NotedTag() const;
  bool TakeHead(const ResponseHead& head);
  bool TakeBody(ByteView bytes);
  Status StageFrom(const Verdict& verdict, const ResponseHead& head);
  bool Complete() const { return request_.size && ingest_.size() == *request_.size; }
  Status Recover(const Verdict& verdict);
  Status Pause(const Verdict& verdict);
  Error Failed(const Verdict& verdict) const;
  Error Cancelled() const { return {ErrorCode::kCancelled, source_ + ": cancelled", ""}; }
  bool Stop(Error error);

  const DownloadRequest& request_;
  Ingest& ingest_;
  const DownloadContext& context_;
  const std::string source_;
  std::minstd_rand random_{std::random_device{}()};

  Asked asked_;                   // of the request under way
  std::optional<Verdict> head_;   // of its reply's head
  std::optional<Error> stopped_;  // why its body was not taken further
  Downloaded downloaded_;
  uint64_t furthest_;  // the most bytes that were ever staged in this run
  int failures_ = 0;   // in a row, without progress
  int restarts_ = 0;
};

Result<Downloaded> DownloadRun::Run() {
  downloaded_.pieced = ingest_.size() > 0;
  while (!Complete()) {
    const Verdict verdict = Attempt();
    if (stopped_) return *stopped_;
    if (verdict.action == Action::kAccept || verdict.action == Action::kAcceptFromStart) break;
    if (Complete()) break;
    ZOO_RETURN_IF_ERROR(Recover(verdict));
    downloaded_.pieced = ingest_.size() > 0;
  }
  return downloaded_;
}

Verdict DownloadRun::Attempt() {
  asked_ = {.offset = ingest_.size(),
            .size = request_.size,
            .min_size = request_.min_size,
            .max_size = request_.max_size,
            .tag = NotedTag(),
            .date = context_.clock.Date()};
  head_.reset();
  context_.reporter.Enter(Progress::Phase::kConnecting, ingest_.size());
  const Hops hops =
      GetFollowing(context_.transport, request_.url, NextRequest(),
                   {.head = [this](const ResponseHead& head) { return TakeHead(head); },
                    .body = [this](ByteView bytes) { return TakeBody(bytes); }});
  context_.tally.requests += hops.requests;
  if (hops.outcome.failure == NetFailure::kRefused && head_) return *head_;
  return Judge(asked_, hops.outcome);
}

HttpRequest DownloadRun::NextRequest() const {
  HttpRequest request{.offset = asked_.offset,
                      .if_match = asked_.tag,
                      .private_addresses = request_.private_addresses,
                      .cancel = context_.cancel};
  if (request_.past_caches) request.headers.emplace_back("Cache-Control", "no-cache");
  return request;
}

std::string DownloadRun::NotedTag() const {
  const std::string prefix = NoteOf(source_, "");
  const std::string& note = ingest_.note();
  if (ingest_.size() == 0 || !note.starts_with(prefix)) return "";
  std::string tag = note.substr(prefix.size());
  return IsStrongTag(tag) ? tag : "";
}

bool DownloadRun::TakeHead(const ResponseHead& head) {
  head_ = JudgeHead(asked_, head);
  const bool wanted = head_->action == Action::kAccept || head_->action == Action::kAcceptFromStart;
  if (!wanted || (head.status != 200 && head.status != 206)) return false;
  downloaded_.from_cache |= head.from_cache;
  if (Status staged = StageFrom(*head_, head); !staged) return Stop(std::move(staged).error());
  context_.reporter.Enter(Progress::Phase::kReceiving, ingest_.size());
  return true;
}

Status DownloadRun::StageFrom(const Verdict& verdict, const ResponseHead& head) {
  if (verdict.action == Action::kAcceptFromStart) {
    ZOO_RETURN_IF_ERROR(ingest_.Restart());
    downloaded_.pieced = false;
  }
  const std::string tag = head.etag && IsStrongTag(*head.etag) ? *head.etag : "";
  std::string note = NoteOf(source_, tag);
  return note == ingest_.note() ? Status() : ingest_.SetNote(std::move(note));
}

bool DownloadRun::TakeBody(ByteView bytes) {
  context_.tally.bytes_received += bytes.size();
  if (bytes.size() > request_.max_size - ingest_.size()) {
    Error error{ErrorCode::kCorrupt,
                fmt::format("{}: it sends more than the {} bytes that the registry {}", source_,
                            request_.max_size, request_.size ? "says" : "allows"),
                ""};
    if (Status cleared = ingest_.Restart(); !cleared) error = std::move(cleared).error();
    return Stop(std::move(error));
  }
  if (Status added = ingest_.Append(bytes); !added) return Stop(std::move(added).error());
  context_.reporter.Bytes(ingest_.size());
  return !context_.cancel.cancelled() || Stop(Cancelled());
}

bool DownloadRun::Stop(Error error) {
  stopped_ = std::move(error);
  return false;
}

// Prepares for another attempt after one that failed, or says why there is none.
Status DownloadRun::Recover(const Verdict& verdict) {
  if (verdict.action == Action::kRestart && restarts_ == 0) {
    ++restarts_;
    return ingest_.Restart();
  }
  if (verdict.action != Action::kResume) return Failed(verdict);
  if (ingest_.size() >= furthest_ + kProgressBytes) failures_ = 0;
  furthest_ = std::max(furthest_, ingest_.size());
  if (++failures_ >= verdict.attempts) return Failed(verdict);
  return Pause(verdict);
}

Status DownloadRun::Pause(const Verdict& verdict) {
  const double random = std::uniform_real_distribution<>(0, 1)(random_);
  std::chrono::milliseconds wait = Backoff(failures_, random);
  if (verdict.after) wait = std::max<std::chrono::milliseconds>(wait, *verdict.after);
  context_.reporter.Wait(wait, verdict.reason, ingest_.size());
  if (context_.clock.Sleep(wait, context_.cancel)) return {};
  return Cancelled();
}

Error DownloadRun::Failed(const Verdict& verdict) const {
  const bool counted = verdict.action == Action::kResume && failures_ > 1;
  const std::string attempts = counted ? fmt::format(" ({} attempts)", failures_) : "";
  return {verdict.code, fmt::format("{}: {}{}", source_, verdict.reason, attempts), ""};
}

}  // namespace

Result<Downloaded> Download(const DownloadRequest& request, Ingest& ingest,
                            const DownloadContext& context) {
  return DownloadRun(request, ingest, context).Run();
}

}  // namespace zoo
