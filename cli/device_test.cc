#include "zoo/cli/device.h"

#include <ATen/Context.h>
#include <gtest/gtest.h>

#include <string>

namespace zoo::cli {
namespace {

TEST(FindDevice, TheProcessorIsAlwaysThere) {
  EXPECT_EQ(FindDevice("cpu").value(), at::Device(at::kCPU));
  EXPECT_EQ(FindDevice("cpu:0").value().type(), at::kCPU);
}

TEST(FindDevice, RefusesWhatIsNoDevice) {
  for (const std::string name : {"gpu", "", "cuda:", "cuda:x", "cpu:0:1", "cuda:-1", "CPU"}) {
    const auto device = FindDevice(name);
    ASSERT_FALSE(device) << name;
    EXPECT_EQ(device.error().Text(), "\"" + name +
                                         "\" is not the name of a device; names are cpu, cuda, "
                                         "cuda:0, mps ...");
    EXPECT_EQ(device.error().code, ErrorCode::kUsage);
  }
}

TEST(FindDevice, NamesWhatIsHereInsteadOfWhatIsNot) {
  // No machine has all of them, and none has a device of numbers alone.
  for (const std::string name : {"cpu:1", "meta", "cuda:99", "mps:9", "xpu:99"}) {
    const auto device = FindDevice(name);
    ASSERT_FALSE(device) << name;
    EXPECT_EQ(device.error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(device.error().message, "there is no device " + name + " here");
    EXPECT_TRUE(device.error().hint.starts_with("this LibTorch has cpu")) << device.error().hint;
  }
  if (at::hasCUDA() || at::hasMPS() || at::hasXPU()) return;
  EXPECT_EQ(FindDevice("cuda").error().Text(),
            "there is no device cuda here; this LibTorch has cpu on this machine");
}

}  // namespace
}  // namespace zoo::cli
