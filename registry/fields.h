// Fields: one object of a registry file, read member by member. The first problem is kept and
// everything after it is answered as absent, so that a parser is straight-line code that asks once,
// at its end, whether all was well.
//
//   Problem problem;
//   Fields artifact(*json, "artifact", problem);
//   const std::string* file = artifact.String("file", Need::kRequired);
//   ...
//   if (problem.found()) return problem.error(...);
//
// The objects and what they return point into the Json, which must outlive them. One thread.
#ifndef ZOO_REGISTRY_FIELDS_H_
#define ZOO_REGISTRY_FIELDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "zoo/base/json.h"
#include "zoo/base/result.h"

namespace zoo {

// The first thing that was wrong, as "artifact.size is missing".
class Problem {
 public:
  void Note(std::string text, ErrorCode code = ErrorCode::kCorrupt) {
    if (error_) return;
    error_ = Error{code, std::move(text), ""};
  }
  bool found() const { return error_.has_value(); }
  // REQUIRES: found().
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

enum class Need { kOptional, kRequired };

// Sizes and counts of a registry file stay below this, so that they are exact in every JSON reader.
inline constexpr uint64_t kLargestWhole = uint64_t{1} << 53;

class Fields {
 public:
  // `path` is what messages call the object: "artifact", "artifact.sources[0]".
  Fields(const Json& object, std::string path, Problem& problem);

  // Each answers null or nothing, and notes a problem, if the member is of another type, or is
  // absent although it is required.
  const Json* Any(std::string_view key, Need need = Need::kOptional);
  const std::string* String(std::string_view key, Need need = Need::kOptional);
  const Json::Array* Array(std::string_view key, Need need = Need::kOptional);
  const Json* Object(std::string_view key, Need need = Need::kOptional);
  std::optional<bool> Bool(std::string_view key);
  // A whole number up to kLargestWhole.
  std::optional<uint64_t> Whole(std::string_view key, Need need = Need::kOptional);
  // A finite number.
  std::optional<double> Number(std::string_view key, Need need = Need::kOptional);

  // Notes "PATH.KEY WHAT".
  void Fail(std::string_view key, std::string_view what, ErrorCode code = ErrorCode::kCorrupt);
  // "artifact.size", for messages about what lies below it.
  std::string PathOf(std::string_view key) const;
  Problem& problem() { return problem_; }

 private:
  const Json* Typed(std::string_view key, Need need, std::string_view wanted,
                    bool (*fits)(const Json&));

  const Json& object_;
  std::string path_;
  Problem& problem_;
};

}  // namespace zoo

#endif  // ZOO_REGISTRY_FIELDS_H_
