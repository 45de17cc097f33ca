#include "zoo/cli/device.h"

#include <ATen/Context.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <vector>

#include "zoo/base/text.h"
#include "zoo/loader/torch_error.h"

namespace zoo::cli {
namespace {

// Kinds that a model can run on, and how many there are of each.
struct Kind {
  at::DeviceType type;
  int (*count)();
};
constexpr Kind kKinds[] = {
    {at::kCPU, [] { return 1; }},
    {at::kCUDA, [] { return at::hasCUDA() ? static_cast<int>(at::getNumGPUs()) : 0; }},
    {at::kMPS, [] { return at::hasMPS() ? 1 : 0; }},
    {at::kXPU,
     [] { return at::hasXPU() ? static_cast<int>(at::detail::getXPUHooks().getNumGPUs()) : 0; }},
};

std::string NameOf(at::DeviceType type) { return at::DeviceTypeName(type, /*lower_case=*/true); }

// "cpu", "cuda:0", "cuda:1": what FindDevice takes here.
std::vector<std::string> Here() {
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) {
    const int count = kind.count();
    if (count == 1) names.push_back(NameOf(kind.type));
    for (int i = 0; count > 1 && i < count; ++i) {
      names.push_back(fmt::format("{}:{}", NameOf(kind.type), i));
    }
  }
  return names;
}

bool IsHere(const at::Device& device) {
  for (const Kind& kind : kKinds) {
    // Without a number it is the current one: number -1.
    if (kind.type == device.type()) return device.index() < kind.count() && kind.count() > 0;
  }
  return false;
}

}  // namespace

Result<at::Device> FindDevice(const std::string& name) {
  std::optional<at::Device> device;
  if (!CatchTorch("", [&] { device.emplace(name); })) {
    return Error{ErrorCode::kUsage, fmt::format("{} is not the name of a device", Quote(name)),
                 "names are cpu, cuda, cuda:0, mps ..."};
  }
  if (!IsHere(*device)) {
    return Error{ErrorCode::kUnsupported, fmt::format("there is no device {} here", Escape(name)),
                 fmt::format("this LibTorch has {} on this machine", fmt::join(Here(), ", "))};
  }
  return *device;
}

}  // namespace zoo::cli
