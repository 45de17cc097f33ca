// The device that a command runs its model on. zoo-run only; any thread.
//
//   ZOO_ASSIGN_OR_RETURN(const at::Device device, FindDevice("cuda:0"));
//   model->to(device);
#ifndef ZOO_CLI_DEVICE_H_
#define ZOO_CLI_DEVICE_H_

#include <c10/core/Device.h>

#include <string>

#include "zoo/base/result.h"

namespace zoo::cli {

// A device by the name that PyTorch gives it: cpu, cuda, cuda:1, mps, xpu. kUsage for any other
// text; kUnsupported, with the devices that are here, for one that this LibTorch or this machine
// lacks.
Result<at::Device> FindDevice(const std::string& name);

}  // namespace zoo::cli

#endif  // ZOO_CLI_DEVICE_H_
