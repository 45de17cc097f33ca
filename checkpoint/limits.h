// Every cap on what an untrusted file may ask of this program, in one table with its reason. All
// can be set; the defaults are far above what real files need. A value; any thread.
//
//   OpenOptions options;
//   ZOO_RETURN_IF_ERROR(SetLimit(options.limits, "nodes", 1000));
#ifndef ZOO_CHECKPOINT_LIMITS_H_
#define ZOO_CHECKPOINT_LIMITS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "zoo/base/result.h"

namespace zoo {

struct Limits {
  uint64_t header_bytes = 100'000'000;
  uint64_t pickle_bytes = uint64_t{256} << 20;
  uint64_t nodes = 20'000'000;
  uint64_t depth = 10'000;
  uint64_t rank = 64;
  uint64_t records = 1'000'000;
  uint64_t shards = 10'000;
  uint64_t paths = 4'000'000;
  uint64_t listing = uint64_t{128} << 20;
  uint64_t integer_digits = 4'300;
  uint64_t script_bytes = uint64_t{64} << 20;
  uint64_t materialise = 0;
};

struct LimitRow {
  std::string_view name;
  uint64_t Limits::*field;
  std::string_view reason;
};

std::span<const LimitRow> LimitTable();
// kUsage, naming the nearest, if there is no limit of that name.
Status SetLimit(Limits& limits, std::string_view name, uint64_t value);
// What to do about an exceeded limit: a hint.
std::string RaiseLimit(std::string_view name);
// `limits.materialise`, or what stands for 0 in a file of this size.
uint64_t MaterialiseLimit(const Limits& limits, uint64_t file_size);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_LIMITS_H_
