#include "zoo/loader/device.h"

#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

namespace zoo {
namespace {

// How many there are of a type. Tensors on the meta device have no values.
int CountOf(c10::DeviceType type) {
  if (type == c10::kMeta || !c10::impl::hasDeviceGuardImpl(type)) return 0;
  return c10::impl::getDeviceGuardImpl(type)->deviceCount();
}

std::vector<std::string> Available() {
  std::vector<std::string> names;
  for (int i = 0; i < c10::COMPILE_TIME_MAX_DEVICE_TYPES; ++i) {
    const auto type = static_cast<c10::DeviceType>(i);
    for (int index = 0; index < CountOf(type); ++index) {
      const auto number = static_cast<c10::DeviceIndex>(type == c10::kCPU ? -1 : index);
      names.push_back(c10::Device(type, number).str());
    }
  }
  return names;
}

}  // namespace

Status CheckDevice(c10::Device device) {
  const int index = device.has_index() ? device.index() : 0;
  if (index < CountOf(device.type())) return {};
  return Error{ErrorCode::kUnsupported, fmt::format("device {} is not available", device.str()),
               fmt::format("this LibTorch has here: {}", fmt::join(Available(), ", "))};
}

}  // namespace zoo
