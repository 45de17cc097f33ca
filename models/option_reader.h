// The options of an architecture out of JSON, read strictly: whatever is not understood is an error
// that lists what is.
//
//   OptionReader reader("resnet18", json);
//   reader.Read("num_classes", options.num_classes, 1, kMaxClasses);
//   ZOO_RETURN_IF_ERROR(reader.Finish());
#ifndef ZOO_MODELS_OPTION_READER_H_
#define ZOO_MODELS_OPTION_READER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"

namespace zoo::models {

// The most that num_classes can be.
inline constexpr int64_t kMaxClasses = 1'000'000;

class OptionReader {
 public:
  // `options` must outlive the reader.
  OptionReader(std::string_view architecture, const Json::Object& options);

  // Each puts the option's value, if it is given, into `into`.
  void Read(std::string_view name, int64_t& into, int64_t min, int64_t max);
  void Read(std::string_view name, double& into, double min, double max);
  void Read(std::string_view name, bool& into);
  // An error found by the caller; the first one of all stands.
  void Fail(std::string message);

  // kUsage for the first wrong value, or for an option that was never read.
  Status Finish() const;

 private:
  const Json* Take(std::string_view name);

  std::string architecture_;
  const Json::Object& options_;
  std::vector<std::string> names_;  // that were read: the right ones
  std::string failure_;
};

}  // namespace zoo::models

#endif  // ZOO_MODELS_OPTION_READER_H_
