#include "zoo/loader/device.h"

#include <c10/core/Device.h>
#include <gtest/gtest.h>

#include <string>

#include "zoo/base/result.h"

namespace zoo {
namespace {

TEST(DeviceTest, TheProcessorIsAlwaysThere) {
  EXPECT_TRUE(CheckDevice(c10::Device("cpu")));
  EXPECT_TRUE(CheckDevice(c10::Device("cpu:0")));
}

TEST(DeviceTest, WhatIsNotThereIsRefusedWithWhatIs) {
  for (const char* name : {"cuda:99", "xpu:99", "cpu:1", "meta"}) {
    const Status status = CheckDevice(c10::Device(name));
    ASSERT_FALSE(status) << name;
    EXPECT_EQ(status.error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(status.error().message, std::string("device ") + name + " is not available");
    EXPECT_TRUE(status.error().hint.starts_with("this LibTorch has here: cpu"))
        << status.error().hint;
    EXPECT_EQ(status.error().hint.find("meta"), std::string::npos);
  }
}

}  // namespace
}  // namespace zoo
