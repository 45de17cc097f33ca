// The options of an architecture out of JSON, read strictly: whatever is not understood is an error
// that lists what is.
//
//   OptionReader reader("resnet18", json);
//   reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
//   ZOO_RETURN_IF_ERROR(reader.Finish());
#ifndef ZOO_MODELS_OPTION_READER_H_
#define ZOO_MODELS_OPTION_READER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"

namespace zoo::models {

// The most that num_classes can be.
inline constexpr int64_t kMaxClasses = 1'000'000;
// The most rows that a table can have.
inline constexpr size_t kMaxRows = 100;

// A column of an option that is a table of whole numbers.
struct Column {
  std::string_view name;
  int64_t min, max;
};

class OptionReader {
 public:
  // `options` must outlive the reader.
  OptionReader(std::string_view architecture, const Json::Object& options);

  // Each puts the option's value, if it is given, into `into`.
  void Read(std::string_view name, int64_t& into, int64_t min, int64_t max);
  void Read(std::string_view name, double& into, double min, double max);
  void Read(std::string_view name, bool& into);
  // One true or false for each of `into`.
  void Read(std::string_view name, std::span<bool> into);
  // A list, not empty, of rows with a number for each column. Empties `into` after an error.
  void Read(std::string_view name, std::vector<std::vector<int64_t>>& into,
            std::span<const Column> columns);
  // The sides of a square image: a whole number, or height and width, which must be equal.
  void ReadSquare(std::string_view name, int64_t& into, int64_t min, int64_t max);
  // An error found by the caller; the first one of all stands.
  void Fail(std::string message);

  // kUsage for the first wrong value, or for an option that is given twice or was never read.
  Status Finish() const;

 private:
  const Json* Take(std::string_view name);
  void ReadNumber(std::string_view what, const Json& value, int64_t& into, int64_t min,
                  int64_t max);
  void ReadRow(std::string_view name, const Json& row, std::span<const Column> columns,
               std::vector<int64_t>& into);

  std::string architecture_;
  const Json::Object& options_;
  std::vector<std::string> names_;  // that were read: the right ones
  std::string failure_;
};

}  // namespace zoo::models

#endif  // ZOO_MODELS_OPTION_READER_H_
