#include "zoo/runs/file_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

#include "zoo/base/suggest.h"
#include "zoo/base/text.h"
#include "zoo/runs/history.h"

namespace zoo {
namespace {

constexpr std::string_view kEpoch = "epoch";
constexpr int kWidest = 20;  // of a field: more digits than numbers have
// Places to look at while a name is matched; names that people give take a handful.
constexpr int kMostSteps = 10'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

Error Wrong(std::string_view pattern, const std::string& what, std::string hint = "") {
  return {ErrorCode::kUsage, fmt::format("the file pattern {}: {}", Quote(pattern), what),
          std::move(hint)};
}

// Takes the digits at the front of `spec`. Nothing if there are none, or too many.
std::optional<int> TakeNumber(std::string_view& spec) {
  int number = 0;
  auto [end, error] = std::from_chars(spec.data(), spec.data() + spec.size(), number);
  if (error != std::errc() || spec[0] == '-' || number > kWidest) return std::nullopt;
  spec.remove_prefix(static_cast<size_t>(end - spec.data()));
  return number;
}

// The number that the whole text is.
template <typename Number>
std::optional<Number> ParseAll(std::string_view text) {
  Number number;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string NamesOf(const Metrics& metrics) {
  std::string names;
  for (const auto& [name, value] : metrics) {
    names += (names.empty() ? "" : ", ") + Escape(name, 80);
  }
  return names.empty() ? "none" : names;
}

Error NoMetric(std::string_view pattern, const std::string& field, int64_t epoch,
               const Metrics& metrics) {
  std::vector<std::string> names;
  for (const auto& [name, value] : metrics) names.push_back(name);
  auto nearest = Nearest(field, names);
  return Wrong(pattern,
               fmt::format("epoch {} has no metric {}; it has {}", epoch, Quote(field, 80),
                           NamesOf(metrics)),
               nearest ? fmt::format("did you mean {{{}}}?", Escape(*nearest, 80)) : "");
}

}  // namespace

std::string FilePattern::Part::Format(double value) const {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::string spec = "{:";
  if (width > 0) spec += fmt::format("0{}", width);
  if (precision >= 0) spec += fmt::format(".{}", precision);
  if (type != 0) spec += type;
  return fmt::format(fmt::runtime(spec + '}'), value);
}

Result<FilePattern::Part> FilePattern::ParseField(std::string_view pattern,
                                                  std::string_view field) {
  const size_t colon = std::min(field.find(':'), field.size());
  Part part{.field = std::string(field.substr(0, colon))};
  std::string_view spec = field.substr(std::min(colon + 1, field.size()));
  const std::string shown = fmt::format("the field {{{}}}", Escape(field, 80));
  if (part.field.empty()) return Wrong(pattern, shown + " has no name");
  const bool epoch = part.field == kEpoch;
  const std::string_view types = epoch ? "d" : "feg";
  bool right = true;
  if (spec.starts_with('0')) {
    auto width = TakeNumber(spec);
    right = width && *width > 0;
    part.width = width.value_or(0);
  }
  if (right && !epoch && spec.starts_with('.')) {
    spec.remove_prefix(1);
    auto precision = TakeNumber(spec);
    right = precision.has_value();
    part.precision = precision.value_or(-1);
  }
  if (right && !spec.empty() && types.find(spec[0]) != std::string_view::npos) {
    part.type = spec[0];
    spec.remove_prefix(1);
  }
  if (right && spec.empty()) return part;
  return Wrong(pattern, shown + " has no format that is known",
               epoch ? "write {epoch} or, for leading zeros, {epoch:03}"
                     : fmt::format("write as in {{{0}}}, {{{0}:.4f}}, {{{0}:.2e}} or {{{0}:07.4f}}",
                                   Escape(part.field, 80)));
}

Result<FilePattern> FilePattern::Parse(std::string_view text) {
  FilePattern pattern;
  pattern.text_ = text;
  std::string literal;
  auto finish_literal = [&] {
    if (!literal.empty()) pattern.parts_.push_back({.text = std::move(literal)});
    literal.clear();
  };
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c != '{' && c != '}') {
      literal += c;
    } else if (text.substr(at + 1).starts_with(c)) {
      literal += c;
      ++at;
    } else {
      const size_t end = text.find_first_of("{}", at + 1);
      if (c == '}' || end == std::string_view::npos || text[end] == '{') {
        return Wrong(text, fmt::format("the {} at byte {} has no partner", c, at),
                     "write {{ and }} for braces that mean themselves");
      }
      finish_literal();
      ZOO_ASSIGN_OR_RETURN(Part part, ParseField(text, text.substr(at + 1, end - at - 1)));
      pattern.parts_.push_back(std::move(part));
      at = end;
    }
  }
  finish_literal();
  ZOO_RETURN_IF_ERROR(pattern.Check());
  return pattern;
}

Status FilePattern::Check() const {
  Metrics sample;
  bool has_epoch = false;
  for (size_t i = 0; i < parts_.size(); ++i) {
    const Part& part = parts_[i];
    const bool between = i > 0 && i + 1 < parts_.size();
    if (part.field.empty() && between &&
        (IsDigit(part.text.front()) || IsDigit(part.text.back()))) {
      return Wrong(text_, fmt::format("the {} between two fields reads as part of a number",
                                      Quote(part.text, 80)));
    }
    if (part.field.empty()) continue;
    if (i > 0 && !parts_[i - 1].field.empty()) {
      return Wrong(text_, fmt::format("nothing parts the fields {{{}}} and {{{}}}",
                                      Escape(parts_[i - 1].field, 80), Escape(part.field, 80)));
    }
    const bool epoch = part.field == kEpoch;
    if (epoch ? has_epoch : FindMetric(sample, part.field) != nullptr) {
      return Wrong(text_, fmt::format("the field {{{}}} is there twice", Escape(part.field, 80)));
    }
    has_epoch |= epoch;
    if (!epoch) sample.emplace_back(part.field, 0.5);
  }
  if (!has_epoch) {
    return Wrong(text_, "the field {epoch} is missing, and two epochs would share a file",
                 "write it as in checkpoint_{epoch:03}.pt");
  }
  auto name = NameOf(0, sample);
  return name ? Status() : Status(std::move(name).error());
}

Result<std::string> FilePattern::NameOf(int64_t epoch, const Metrics& metrics) const {
  std::string name;
  for (const Part& part : parts_) {
    if (part.field.empty()) {
      name += part.text;
    } else if (part.field == kEpoch) {
      name += fmt::format("{:0{}}", epoch, part.width);
    } else if (const double* value = FindMetric(metrics, part.field)) {
      name += part.Format(*value);
    } else {
      return NoMetric(text_, part.field, epoch, metrics);
    }
  }
  if (IsCheckpointName(name)) return name;
  return Wrong(text_,
               fmt::format("it makes the name {}, which no checkpoint can have", Quote(name)),
               "a name without / and control characters, not hidden, of at most 255 bytes, that is "
               "not run.json");
}

bool FilePattern::Part::Take(std::string_view taken, Matched& matched) const {
  if (field == kEpoch) {
    auto epoch = ParseAll<int64_t>(taken);
    if (!epoch || *epoch < 0 || fmt::format("{:0{}}", *epoch, width) != taken) return false;
    matched.epoch = *epoch;
    return true;
  }
  auto value = ParseAll<double>(taken);
  if (!value || Format(*value) != taken) return false;
  matched.metrics.emplace_back(field, *value);
  return true;
}

// A field ends where the text after it stands; if what follows does not fit then, where that text
// stands next.
bool FilePattern::MatchFrom(size_t index, std::string_view rest, int& steps,
                            Matched& matched) const {
  if (index == parts_.size()) return rest.empty();
  const Part& part = parts_[index];
  if (part.field.empty()) {
    return rest.starts_with(part.text) &&
           MatchFrom(index + 1, rest.substr(part.text.size()), steps, matched);
  }
  const bool last = index + 1 == parts_.size();
  size_t end = last ? rest.size() : rest.find(parts_[index + 1].text);
  const size_t metrics = matched.metrics.size();
  while (end != std::string_view::npos && ++steps <= kMostSteps) {
    if (part.Take(rest.substr(0, end), matched) &&
        MatchFrom(index + 1, rest.substr(end), steps, matched)) {
      return true;
    }
    matched.metrics.resize(metrics);
    end = last ? std::string_view::npos : rest.find(parts_[index + 1].text, end + 1);
  }
  return false;
}

std::optional<FilePattern::Matched> FilePattern::Match(std::string_view name) const {
  Matched matched;
  int steps = 0;
  if (!IsCheckpointName(name) || !MatchFrom(0, name, steps, matched)) return std::nullopt;
  return matched;
}

}  // namespace zoo
