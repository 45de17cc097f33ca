#include "zoo/loader/training_layout.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace zoo {
namespace {

using Kind = Value::Kind;

// In the order of Part; the first name of a row that the file has counts. Ours and most tutorials'
// first, then Lightning, timm, the ImageNet example, and torchvision's references.
constexpr size_t kNames = 4;
constexpr std::array<std::string_view, kNames> kKeys[] = {
    {"model_state_dict", "state_dict", "model", "net"},
    {"optimizer_state_dict", "optimizer_states", "optimizer", ""},
    {"scheduler_state_dict", "lr_schedulers", "scheduler", "lr_scheduler"},
};

}  // namespace

std::string_view PartKey(Part part) { return kKeys[static_cast<size_t>(part)][0]; }

Result<std::optional<FoundPart>> FindPart(const Checkpoint& checkpoint, Part part) {
  const Value root = checkpoint.root();
  for (const std::string_view key : kKeys[static_cast<size_t>(part)]) {
    const auto found = root.Find(key);
    if (!found || found->kind() == Kind::kNone) continue;
    if (found->kind() != Kind::kList) return std::optional(FoundPart{std::string(key), *found});
    if (found->size() == 0) continue;
    if (found->size() == 1) return std::optional(FoundPart{std::string(key), found->item(0)});
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{}: {} holds {} states, and one can be loaded", checkpoint.name(),
                             key, found->size()),
                 ""};
  }
  return std::optional<FoundPart>();
}

}  // namespace zoo
