#include "zoo/cli/classified.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <utility>

#include "zoo/base/text.h"

namespace zoo::cli {
namespace {

std::string FileName(const PhotoFile& photo) {
  return std::filesystem::path(photo.path).filename().native();
}

// The `count` most probable classes, the best first; of equals the one with the smaller index.
std::vector<size_t> MostProbable(const std::vector<float>& logits, size_t count) {
  std::vector<size_t> order(logits.size());
  std::iota(order.begin(), order.end(), size_t{0});
  count = std::min(count, order.size());
  const auto better = [&](size_t a, size_t b) {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  };
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(count), order.end(),
                    better);
  order.resize(count);
  return order;
}

Status CheckNumbers(const Classified& classified, const std::string& model,
                    const PhotoFile& photo) {
  const auto& logits = classified.logits;
  const auto wrong = std::ranges::find_if(logits, [](float logit) { return std::isnan(logit); });
  if (wrong == logits.end()) return {};
  return Error{ErrorCode::kUnsupported,
               fmt::format("{}: {} gives class {} no number", Escape(photo.path, 1000), model,
                           wrong - logits.begin()),
               "weights that were trained without their last layer do so"};
}

}  // namespace

ClassifiedReport::ClassifiedReport(Context& context, std::span<const PhotoFile> photos,
                                   ClassifiedOptions options)
    : context_(context), photos_(photos), options_(std::move(options)) {
  for (const PhotoFile& photo : photos_) ++uses_[FileName(photo)];
  for (const PhotoFile& photo : photos_) width_ = std::max(width_, DisplayWidth(Label(photo)));
}

void ClassifiedReport::Add(const Result<Classified>& classified) {
  const PhotoFile& photo = photos_[next_++];
  if (!classified) return AddFailure(photo, classified.error());
  if (Status numbers = CheckNumbers(*classified, options_.model, photo); !numbers) {
    return AddFailure(photo, numbers.error());
  }
  if (context_.json()) {
    results_.push_back(JsonOf(photo, *classified));
  } else {
    context_.Print(Text(photo, *classified));
  }
}

void ClassifiedReport::AddFailure(const PhotoFile& photo, const Error& error) {
  if (exit_code_ == 0) exit_code_ = static_cast<int>(error.code);
  context_.terminal().ErrLine("zoo: " + error.Text());
  failed_.push_back(Json::Object{
      {"file", photo.path}, {"code", ErrorCodeName(error.code)}, {"message", error.Text()}});
}

int ClassifiedReport::Finish(const ClassifiedTime& time) {
  if (photos_.size() > 1) {
    const size_t done = photos_.size() - failed_.size();
    const double rate = time.seconds > 0 ? static_cast<double>(done) / time.seconds : 0;
    context_.Note(fmt::format("{}{} in {:.1f} s, {:.{}f} photos/s (waited {:.1f} s for photos)",
                              failed_.empty() ? "" : fmt::format("{} of ", done),
                              Count(photos_.size(), "photo"), time.seconds, rate,
                              rate < 100 ? 1 : 0, time.waited_seconds));
  }
  if (!context_.json()) return exit_code_;
  Json::Object document{{"schema", "zoo/classify/1"}, {"results", std::move(results_)}};
  if (!failed_.empty()) document.emplace_back("failed", std::move(failed_));
  document.emplace_back("seconds", time.seconds);
  document.emplace_back("waited_seconds", time.waited_seconds);
  context_.PrintJson(document);
  return exit_code_;
}

// A photo goes by its file's name where that says enough.
std::string ClassifiedReport::Label(const PhotoFile& photo) const {
  const std::string name = FileName(photo);
  return Escape(uses_.at(name) == 1 ? name : photo.path);
}

std::string ClassifiedReport::Text(const PhotoFile& photo, const Classified& classified) const {
  const auto& names = options_.categories;
  const bool named = names.size() == classified.logits.size();
  std::string text, label = Label(photo);
  for (const size_t index : MostProbable(classified.logits, options_.top)) {
    text += fmt::format("{}{:{}}  {:5.1f} %  {}\n", label, "", width_ - DisplayWidth(label),
                        100 * classified.probabilities[index],
                        named ? names[index] : fmt::format("class {}", index));
    label.clear();
  }
  if (options_.logits) {
    for (const float logit : classified.logits) text += fmt::format("{:.9g}\n", logit);
  }
  return text;
}

Json ClassifiedReport::JsonOf(const PhotoFile& photo, const Classified& classified) const {
  const auto& names = options_.categories;
  const bool named = names.size() == classified.logits.size();
  Json::Array top;
  for (const size_t index : MostProbable(classified.logits, options_.top)) {
    top.push_back(Json::Object{{"index", index},
                               {"category", named ? Json(names[index]) : Json()},
                               {"probability", classified.probabilities[index]}});
  }
  Json::Object result{{"file", photo.path}, {"model", options_.model}, {"top", std::move(top)}};
  if (options_.logits) {
    result.emplace_back("logits", Json::Array(classified.logits.begin(), classified.logits.end()));
  }
  return result;
}

}  // namespace zoo::cli
