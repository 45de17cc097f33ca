// One measurement of open.py, in a process of its own so that nothing is warm but the page cache:
//
//   open map|read FILE
//
// opens a checkpoint, with its file mapped as a verified blob's is, or read by position as any
// other file, and prints the milliseconds, the kilobytes of memory that became resident meanwhile
// and the number of tensors.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string_view>

#include "zoo/checkpoint/checkpoint.h"

namespace {

int64_t ResidentKilobytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t pages = 0, resident = 0;
  statm >> pages >> resident;
  return resident * sysconf(_SC_PAGESIZE) / 1024;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: open map|read FILE\n");
    return 2;
  }
  zoo::OpenOptions options;
  options.immutable = std::string_view(argv[1]) == "map";
  const int64_t before = ResidentKilobytes();
  const auto start = std::chrono::steady_clock::now();
  auto opened = zoo::Checkpoint::Open(argv[2], options);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  if (!opened) {
    fmt::print(stderr, "open: {}\n", opened.error().Text());
    return 1;
  }
  fmt::print("{} {} {}\n", took.count(), ResidentKilobytes() - before, (*opened)->tensors().size());
  return 0;
}
