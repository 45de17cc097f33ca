#include "zoo/checkpoint/limits.h"

#include <algorithm>
#include <string>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/suggest.h"
#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr LimitRow kTable[] = {
    {"header_bytes", &Limits::header_bytes,
     "bytes of the JSON that a safetensors file begins with or that a sharded index is, which is "
     "held in memory; the cap of the format itself, 66,000 tensors take 6 MB"},
    {"pickle_bytes", &Limits::pickle_bytes,
     "bytes of one pickle, which is held in memory; 66,000 tensors take 7 MiB"},
    {"nodes", &Limits::nodes,
     "values that a pickle may make, 16 bytes each: a few bytes of file can ask for many"},
    {"depth", &Limits::depth, "containers inside containers; whoever walks them needs a stack"},
    {"rank", &Limits::rank, "dimensions of a tensor; PyTorch's own kernels stop at 64"},
    {"records", &Limits::records, "members of a zip archive; a model has one for each storage"},
    {"shards", &Limits::shards,
     "files that a sharded index may name, each of which is opened; the largest models have a few "
     "hundred"},
    {"paths", &Limits::paths,
     "places listed when modules or containers are shared: sharing can double at each level"},
    {"listing", &Limits::listing,
     "bytes of paths, names and texts that are listed: a long key or text may stand in many "
     "places"},
    {"integer_digits", &Limits::integer_digits,
     "digits of one integer, as Python's own limit: converting takes the square of them"},
    {"script_bytes", &Limits::script_bytes,
     "bytes of TorchScript text that is searched for lists of parameters; real models have a few "
     "MB"},
    {"materialise", &Limits::materialise,
     "bytes of one tensor's values made from strides, which may repeat one element without end; "
     "0 stands for 16 times the file's size, at least 64 MiB"},
};

}  // namespace

std::span<const LimitRow> LimitTable() { return kTable; }

Status SetLimit(Limits& limits, std::string_view name, uint64_t value) {
  std::vector<std::string> names;
  for (const LimitRow& row : kTable) {
    if (row.name == name) {
      limits.*row.field = value;
      return {};
    }
    names.emplace_back(row.name);
  }
  auto nearest = Nearest(name, names);
  return Error{ErrorCode::kUsage, "no limit is named " + Quote(name),
               nearest ? "did you mean " + Quote(*nearest) + "?" : ""};
}

std::string RaiseLimit(std::string_view name) {
  return "raise the limit " + Quote(name) + " if the file is trusted";
}

uint64_t MaterialiseLimit(const Limits& limits, uint64_t file_size) {
  if (limits.materialise != 0) return limits.materialise;
  constexpr uint64_t kLeast = uint64_t{64} << 20;
  return std::max(kLeast, CheckedMultiply(file_size, 16).value_or(UINT64_MAX));
}

}  // namespace zoo
