// Which devices this LibTorch has on this machine. Any thread.
#ifndef ZOO_LOADER_DEVICE_H_
#define ZOO_LOADER_DEVICE_H_

#include <c10/core/Device.h>

#include "zoo/base/result.h"

namespace zoo {

// Good if tensors with values can be put there; else kUnsupported, "device cuda:1 is not
// available", with those that are. A device without an index is the current one of its type.
Status CheckDevice(c10::Device device);

}  // namespace zoo

#endif  // ZOO_LOADER_DEVICE_H_
