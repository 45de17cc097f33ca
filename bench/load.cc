// One measurement of load.py, in a process of its own so that memory is fresh and nothing is warm
// but the page cache:
//
//   load make|plain|map|copy|read|nothing FILE
//
// prints the milliseconds and the kilobytes of anonymous memory that became resident meanwhile.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <torch/nn.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/loader/load_into.h"
#include "zoo/loader/load_options.h"
#include "zoo/models/architectures.h"

namespace {

namespace nn = torch::nn;

struct PlainBottleneck : nn::Module {
  PlainBottleneck(int64_t in, int64_t planes, int64_t stride) {
    Add("1", in, planes, 1, 1);
    Add("2", planes, planes, 3, stride);
    Add("3", planes, planes * 4, 1, 1);
    if (stride == 1 && in == planes * 4) return;
    register_module("downsample",
                    nn::Sequential(Conv(in, planes * 4, 1, stride), nn::BatchNorm2d(planes * 4)));
  }
  static nn::Conv2d Conv(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
    return nn::Conv2d(
        nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
  }
  void Add(const std::string& number, int64_t in, int64_t out, int64_t kernel, int64_t stride) {
    register_module("conv" + number, Conv(in, out, kernel, stride));
    register_module("bn" + number, nn::BatchNorm2d(out));
  }
};

// resnet50 as a program without zoo would build it, without torchvision's own initial values.
struct PlainResNet50 : nn::Module {
  PlainResNet50() {
    register_module("conv1", PlainBottleneck::Conv(3, 64, 7, 2));
    register_module("bn1", nn::BatchNorm2d(64));
    int64_t in = 64;
    int64_t planes = 64;
    int index = 1;
    for (const int depth : {3, 4, 6, 3}) {
      nn::ModuleList stage;
      for (int i = 0; i < depth; ++i) {
        const int64_t stride = i == 0 && index > 1 ? 2 : 1;
        stage->push_back(std::make_shared<PlainBottleneck>(in, planes, stride));
        in = planes * 4;
      }
      register_module("layer" + std::to_string(index++), stage);
      planes *= 2;
    }
    register_module("fc", nn::Linear(2048, 1000));
  }
};

// What is made is kept until the end: letting go of it is nobody's figure.
using Kept = std::shared_ptr<void>;

Kept Ready(const std::string& file, bool immutable) {
  auto model = zoo::models::Make("resnet50").value();
  zoo::OpenOptions open;
  open.immutable = immutable;
  const auto checkpoint = zoo::Checkpoint::Open(file, open).value();
  const zoo::LoadReport report = zoo::LoadInto(*model, checkpoint).value();
  if (report.mapped != (immutable ? report.placed : 0)) {
    throw std::runtime_error(fmt::format("{} of {} tensors mapped", report.mapped, report.placed));
  }
  model->eval();
  return model;
}

Kept ReadAtOnce(const std::string& file) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (fd < 0 || fstat(fd, &status) != 0) throw std::runtime_error("cannot open " + file);
  const auto size = static_cast<size_t>(status.st_size);
  Kept memory(std::malloc(size), std::free);
  const bool whole = memory && read(fd, memory.get(), size) == status.st_size;
  close(fd);
  if (!whole) throw std::runtime_error("cannot read " + file);
  return memory;
}

const std::map<std::string, std::function<Kept(const std::string&)>> kMeasured = {
    {"make", [](const std::string&) { return zoo::models::Make("resnet50").value(); }},
    {"plain", [](const std::string&) { return std::make_shared<PlainResNet50>(); }},
    {"map", [](const std::string& file) { return Ready(file, /*immutable=*/true); }},
    {"copy", [](const std::string& file) { return Ready(file, /*immutable=*/false); }},
    {"read", ReadAtOnce},
};

int64_t AnonymousKilobytes() {
  std::ifstream rollup("/proc/self/smaps_rollup");
  std::string word;
  int64_t kilobytes = 0;
  while (rollup >> word) {
    if (word == "Anonymous:" && rollup >> kilobytes) return kilobytes;
  }
  throw std::runtime_error("the kernel does not tell the anonymous memory");
}

void Measure(const std::function<Kept(const std::string&)>& work, const std::string& file) {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const int64_t before = AnonymousKilobytes();
  const auto start = std::chrono::steady_clock::now();
  const Kept kept = work(file);
  const Milliseconds taken = std::chrono::steady_clock::now() - start;
  fmt::print("{:.3f} {}\n", taken.count(), AnonymousKilobytes() - before);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "nothing") return 0;
  const auto found = kMeasured.find(what);
  if (argc != 3 || found == kMeasured.end()) {
    return std::fputs("usage: load make|plain|map|copy|read|nothing FILE\n", stderr), 2;
  }
  try {
    Measure(found->second, argv[2]);
  } catch (const std::exception& error) {
    return fmt::print(stderr, "load: {}\n", error.what()), 1;
  }
}
