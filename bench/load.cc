// One measurement of load.py, in a process of its own so that memory is fresh and nothing is warm
// but the page cache:
//
//   load make|plain|read|map|populate|copy ARCHITECTURE FILE
//
// prints four numbers: the milliseconds until it is made, read or ready; those until the first
// logits (0 where nothing is computed); the kilobytes of anonymous memory that became resident
// until ready, and the peak of all resident memory over what it was at the start.
//
//   load hold ARCHITECTURE FILE    maps, computes, says "ready" and waits for its input to end
//   load nothing|leave             ends by itself, or by _exit, which spares LibTorch's farewell
#include <ATen/ops/zeros.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <torch/utils.h>
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
#include "zoo/bench/plain_layers.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/loader/load_into.h"
#include "zoo/loader/load_options.h"
#include "zoo/models/architectures.h"
#include "zoo/models/classifier.h"
#include "zoo/models/state_dict.h"

namespace {

using zoo::models::Classifier;

struct Task {
  std::string architecture, file;
};

// What is made is kept until the end: letting go of it is nobody's figure.
struct Kept {
  std::shared_ptr<void> memory;
  std::shared_ptr<Classifier> model;  // if it is ready to compute
};

// The pages of the weights.
void Populate(const Classifier& model) {
  constexpr int kPopulateRead = 22;  // MADV_POPULATE_READ, which older headers lack
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  for (const auto& [name, tensor, buffer] : zoo::models::StateDictOf(model)) {
    const auto data = reinterpret_cast<uintptr_t>(tensor.const_data_ptr());
    const uintptr_t begin = data - data % page, end = data + tensor.nbytes();
    if (end > data && madvise(reinterpret_cast<void*>(begin), end - begin, kPopulateRead) != 0) {
      throw std::runtime_error("the kernel has no MADV_POPULATE_READ");
    }
  }
}

enum class Way { kMap, kPopulate, kCopy };

Kept Ready(const Task& task, Way way) {
  auto model = zoo::models::Make(task.architecture).value();
  const auto checkpoint =
      zoo::Checkpoint::Open(task.file, {.immutable = way != Way::kCopy}).value();
  zoo::LoadInto(*model, checkpoint).value();
  if (way == Way::kPopulate) Populate(*model);
  model->eval();
  return {nullptr, model};
}

Kept ReadAtOnce(const Task& task) {
  const int fd = open(task.file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (fd < 0 || fstat(fd, &status) != 0) throw std::runtime_error("cannot open " + task.file);
  const auto size = static_cast<size_t>(status.st_size);
  std::shared_ptr<void> memory(std::malloc(size), std::free);
  const bool whole = memory && read(fd, memory.get(), size) == status.st_size;
  close(fd);
  if (!whole) throw std::runtime_error("cannot read " + task.file);
  return {memory, nullptr};
}

const std::map<std::string, std::function<Kept(const Task&)>> kMeasured = {
    {"make",
     [](const Task& task) {
       return Kept{zoo::models::Make(task.architecture).value(), nullptr};
     }},
    {"read", ReadAtOnce},
    {"map", [](const Task& task) { return Ready(task, Way::kMap); }},
    {"populate", [](const Task& task) { return Ready(task, Way::kPopulate); }},
    {"copy", [](const Task& task) { return Ready(task, Way::kCopy); }},
};

// A line of /proc/self/FILE, in kilobytes.
int64_t Kilobytes(const std::string& file, const std::string& line) {
  std::ifstream in("/proc/self/" + file);
  std::string word;
  int64_t kilobytes = 0;
  while (in >> word) {
    if (word == line && in >> kilobytes) return kilobytes;
  }
  throw std::runtime_error("the kernel does not tell " + line);
}

double MillisecondsSince(std::chrono::steady_clock::time_point start) {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  return Milliseconds(std::chrono::steady_clock::now() - start).count();
}

void Compute(Classifier& model) {
  torch::NoGradGuard no_grad;
  model.forward(at::zeros({1, 3, 224, 224}));
}

void Measure(const std::function<Kept(const Task&)>& work, const Task& task) {
  const int64_t anonymous = Kilobytes("smaps_rollup", "Anonymous:");
  const int64_t resident = Kilobytes("status", "VmRSS:");
  const auto start = std::chrono::steady_clock::now();
  const Kept kept = work(task);
  const double ready = MillisecondsSince(start);
  const int64_t grown = Kilobytes("smaps_rollup", "Anonymous:") - anonymous;
  const int64_t peak = Kilobytes("status", "VmHWM:") - resident;
  double first = 0;
  if (kept.model) {
    const auto again = std::chrono::steady_clock::now();
    Compute(*kept.model);
    first = ready + MillisecondsSince(again);
  }
  fmt::print("{:.3f} {:.3f} {} {}\n", ready, first, grown, peak);
}

void Hold(const Task& task) {
  const Kept kept = Ready(task, Way::kMap);
  Compute(*kept.model);
  fmt::print("ready\n");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}

std::function<Kept(const Task&)> WorkOf(const std::string& what, const Task& task) {
  if (what == "plain") {  // of a module that is there already
    const std::shared_ptr<Classifier> like = zoo::models::Make(task.architecture).value();
    return [like](const Task&) { return Kept{zoo::MakePlainLayers(*like), nullptr}; };
  }
  const auto found = kMeasured.find(what);
  return found == kMeasured.end() ? nullptr : found->second;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "nothing") return 0;
  if (what == "leave") _exit(0);
  if (argc != 4) return std::fputs("usage: load WHAT ARCHITECTURE FILE\n", stderr), 2;
  const Task task = {argv[2], argv[3]};
  try {
    if (what == "hold") return Hold(task), 0;
    const auto work = WorkOf(what, task);
    if (!work) return fmt::print(stderr, "load: no measurement is named {}\n", what), 2;
    Measure(work, task);
  } catch (const std::exception& error) {
    return fmt::print(stderr, "load: {}\n", error.what()), 1;
  }
}
