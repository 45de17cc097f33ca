#include "zoo/cli/progress_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/text.h"
#include "zoo/cli/layout.h"

namespace zoo::cli {
namespace {

using Phase = Progress::Phase;

// A rate follows a change to 63 % within this time.
constexpr double kSmoothingSeconds = 3;
// Samples closer than this say more about buffers than about the network.
constexpr double kShortestSample = 0.05;
constexpr double kLongestDuration = 99 * 3600.0;
constexpr size_t kNarrowestName = 12;
// Of a file whose size is not known, a plain line is written for each of these.
constexpr uint64_t kPlainStep = 32 << 20;
constexpr std::string_view kGap = "  ";

// The size that may be divided by.
uint64_t TotalOf(const Progress& progress) { return progress.total.value_or(0); }

int PercentOf(const Progress& progress) {
  uint64_t total = TotalOf(progress), bytes = std::min(progress.bytes, total);
  // Rounded down: 100 % is shown when all is there.
  return static_cast<int>(
      std::floor(100.0 * static_cast<double>(bytes) / static_cast<double>(total)));
}

std::string Amount(const Progress& progress) {
  if (TotalOf(progress) == 0) return FormatSize(progress.bytes);
  return fmt::format("{} of {}", FormatSize(progress.bytes), FormatSize(TotalOf(progress)));
}

std::string TimeLeft(const Progress& progress, std::optional<double> rate) {
  if (!rate || *rate < 1 || TotalOf(progress) <= progress.bytes) return "";
  return FormatDuration(static_cast<double>(TotalOf(progress) - progress.bytes) / *rate) + " left";
}

std::string Join(const std::vector<std::string>& fields) {
  std::string out;
  for (const std::string& field : fields) {
    if (!field.empty()) out.append(out.empty() ? "" : kGap).append(field);
  }
  return out;
}

// The name and what is told of it; the name gives way, down to a few columns.
std::optional<std::string> Beside(const std::string& name, const std::string& told, int columns) {
  size_t room = static_cast<size_t>(columns), taken = DisplayWidth(told) + kGap.size();
  size_t least = std::min(DisplayWidth(name), kNarrowestName);
  if (taken + least > room) return std::nullopt;
  return CutToWidth(name, static_cast<int>(room - taken)).append(kGap).append(told);
}

std::string Receiving(const Progress& progress, std::optional<double> rate, int columns) {
  bool known = TotalOf(progress) > 0;
  std::string done = known ? fmt::format("{:3} %", PercentOf(progress)) : Amount(progress);
  std::string amount = known ? Amount(progress) : "";
  std::string speed = rate ? FormatSize(static_cast<uint64_t>(*rate)) + "/s" : "";
  std::string left = TimeLeft(progress, rate);
  // From all that is known to the one figure that matters most.
  const std::vector<std::string> choices[] = {
      {done, amount, speed, left}, {done, speed, left}, {done, left}, {done}};
  for (const auto& fields : choices) {
    if (auto line = Beside(progress.name, Join(fields), columns)) return *line;
  }
  return CutToWidth(done, columns);
}

std::string Waiting(const Progress& progress) {
  double seconds = std::chrono::duration<double>(progress.wait).count();
  return fmt::format("{}{}again in {}", progress.reason, progress.reason.empty() ? "" : "; ",
                     FormatDuration(std::ceil(seconds)));
}

}  // namespace

std::string FormatDuration(double seconds) {
  if (!(seconds > 0)) seconds = 0;  // NaN too
  auto whole = static_cast<int64_t>(std::min(seconds, kLongestDuration) + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

void Rate::Add(uint64_t bytes, SteadyTime now) {
  if (!last_ || bytes < last_->bytes) {
    last_ = {bytes, now};
    rate_.reset();
    return;
  }
  double seconds = std::chrono::duration<double>(now - last_->time).count();
  if (seconds < kShortestSample) return;
  double sample = static_cast<double>(bytes - last_->bytes) / seconds;
  double weight = 1 - std::exp(-seconds / kSmoothingSeconds);
  rate_ = rate_ ? *rate_ + weight * (sample - *rate_) : sample;
  last_ = {bytes, now};
}

std::string FormatStatus(const Progress& progress, std::optional<double> bytes_per_second,
                         int columns) {
  if (progress.phase == Phase::kReceiving) return Receiving(progress, bytes_per_second, columns);
  std::string told;
  if (progress.phase == Phase::kConnecting) told = "connecting to " + progress.source;
  if (progress.phase == Phase::kWaiting) told = Waiting(progress);
  if (progress.phase == Phase::kVerifying) told = "verifying what is here already";
  if (told.empty()) return "";
  return CutToWidth(fmt::format("{}{}{}", progress.name, kGap, told), columns);
}

std::optional<std::string> PlainProgress::Next(const Progress& progress) {
  if (progress.name != name_) *this = PlainProgress();
  name_ = progress.name;
  switch (progress.phase) {
    case Phase::kConnecting:
      if (progress.source == source_) return std::nullopt;
      source_ = progress.source;
      return fmt::format("{}: from {}", name_, source_);
    case Phase::kWaiting:
      return fmt::format("{}: {}", name_, Waiting(progress));
    case Phase::kVerifying:
      return std::nullopt;
    case Phase::kDone:
      if (!step_) return std::nullopt;
      break;
    case Phase::kReceiving:
      break;
  }
  uint64_t total = TotalOf(progress);
  uint64_t step =
      total > 0 ? static_cast<uint64_t>(PercentOf(progress)) / 10 : progress.bytes / kPlainStep;
  // The first event tells where an earlier run stopped; its tenth is not news.
  bool news = step_ && step > *step_;
  step_ = step;
  if (!news) return std::nullopt;
  return total > 0 ? fmt::format("{}: {} %, {}", name_, step * 10, Amount(progress))
                   : fmt::format("{}: {}", name_, Amount(progress));
}

void ProgressView::Show(const Progress& progress, SteadyTime now) {
  if (!terminal_.err_is_terminal()) {
    if (auto line = plain_.Next(progress)) terminal_.ErrLine(*line);
    return;
  }
  if (progress.name != name_) rate_ = Rate();
  name_ = progress.name;
  if (progress.phase == Phase::kReceiving) rate_.Add(progress.bytes, now);
  if (progress.phase == Phase::kWaiting) rate_ = Rate();
  std::string status = FormatStatus(progress, rate_.bytes_per_second(), terminal_.columns() - 1);
  if (status.empty()) {
    terminal_.ClearStatus();
  } else {
    terminal_.StatusLine(status);
  }
}

}  // namespace zoo::cli
