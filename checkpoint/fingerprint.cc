#include "zoo/checkpoint/fingerprint.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "zoo/base/text.h"

namespace zoo {
namespace {

Error Unsupported(const Checkpoint& checkpoint, std::string_view name, std::string_view what) {
  return {ErrorCode::kUnsupported,
          fmt::format("{}: {} {}, which has no fingerprint", checkpoint.name(), Quote(name), what),
          ""};
}

}  // namespace

Result<Fingerprint> FingerprintOf(const Checkpoint& checkpoint, const StateDict& weights) {
  std::vector<const StateDict::Item*> order;
  for (const StateDict::Item& item : weights.tensors) order.push_back(&item);
  std::sort(order.begin(), order.end(),
            [](const auto* a, const auto* b) { return a->name < b->name; });
  Sha256 hasher;
  for (const StateDict::Item* item : order) {
    const TensorInfo& tensor = checkpoint.tensors()[item->tensor];
    if (item->name.find_first_of(std::string_view("\0\n", 2)) != std::string::npos) {
      return Unsupported(checkpoint, item->name, "has NUL or LF in its name");
    }
    if (tensor.layout != Layout::kStrided) {
      return Unsupported(checkpoint, item->name,
                         fmt::format("is a {} tensor", LayoutName(tensor.layout)));
    }
    if (tensor.quantization != nullptr) {
      return Unsupported(checkpoint, item->name, "is a quantized tensor");
    }
    ZOO_ASSIGN_OR_RETURN(std::vector<std::byte> values, checkpoint.Values(tensor));
    if (tensor.dtype == DType::kBool) {
      for (std::byte& value : values) value = value == std::byte{0} ? value : std::byte{1};
    }
    std::string line = item->name;
    line += '\0';
    line += DTypeName(tensor.dtype);
    line += '\0';
    line += fmt::format("{}\n", fmt::join(tensor.shape, ","));
    hasher.Update(AsBytes(line));
    hasher.Update(values);
  }
  return Fingerprint{hasher.Finish(), order.size(), weights.others};
}

}  // namespace zoo
