// FilePattern: how a run calls its checkpoints, after the epoch and the metrics, so that the name
// alone tells how good one is.
//
//   ZOO_ASSIGN_OR_RETURN(FilePattern pattern,
//                        FilePattern::Parse("checkpoint_{epoch:03}_{loss:.4f}_{acc:.4f}.pt"));
//   pattern.NameOf(7, {{"loss", 0.25}, {"acc", 0.9}}).value();  // checkpoint_007_0.2500_0.9000.pt
//   pattern.Match("checkpoint_007_0.2500_0.9000.pt")->epoch;    // 7
//
// A field is {NAME} or {NAME:SPEC}: `epoch`, which must be there exactly once, or a metric. SPEC is
// 0WIDTH (padded with zeros), .DIGITS and one of f e g, each of which may be left out; of the epoch
// it is 0WIDTH alone. Braces are written {{ and }}. Immutable; any thread.
#ifndef ZOO_RUNS_FILE_PATTERN_H_
#define ZOO_RUNS_FILE_PATTERN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/runs/metrics.h"

namespace zoo {

class FilePattern {
 public:
  // kUsage, naming the field, for what is no pattern or makes no plain file name.
  static Result<FilePattern> Parse(std::string_view text);

  const std::string& text() const { return text_; }

  // The name of an epoch's checkpoint. NaN and infinities are nan, inf and -inf. kUsage if the
  // pattern has a metric that is not among these, or the name is too long.
  Result<std::string> NameOf(int64_t epoch, const Metrics& metrics) const;

  // What a name tells: the metrics as far as it has their digits. Nothing if NameOf would not make
  // this name of them.
  struct Matched {
    int64_t epoch = 0;
    Metrics metrics;
  };
  std::optional<Matched> Match(std::string_view name) const;

 private:
  // Text, or a field if it has a name.
  struct Part {
    std::string text;
    std::string field;
    int width = 0;       // padded with zeros
    int precision = -1;  // digits; -1: as many as tell the number from its neighbours
    char type = 0;       // f, e or g; 0: what suits the number

    std::string Format(double value) const;
    // Whether a field may have printed this; then the value is put in its place.
    bool Take(std::string_view taken, Matched& matched) const;
  };
  FilePattern() = default;
  static Result<Part> ParseField(std::string_view pattern, std::string_view field);
  Status Check() const;
  bool MatchFrom(size_t index, std::string_view rest, int& steps, Matched& matched) const;

  std::string text_;
  std::vector<Part> parts_;
};

}  // namespace zoo

#endif  // ZOO_RUNS_FILE_PATTERN_H_
