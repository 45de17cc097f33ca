// What a load did. Values.
//
//   LoadReport report = LoadInto(*model, checkpoint, {.head = Head::kFresh}).value();
//   std::cerr << LeftOutText(report) << '\n';
//   // left out: fc.weight (file [1000, 2048], module [10, 2048]), fc.bias (file [1000], module
//   [10])
#ifndef ZOO_LOADER_LOAD_REPORT_H_
#define ZOO_LOADER_LOAD_REPORT_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace zoo {

struct LoadReport {
  size_t placed = 0;  // tensors put into the module
  size_t mapped = 0;  // of these: views of the file, no bytes copied
  // Name in the file, in the module.
  std::vector<std::pair<std::string, std::string>> renamed;
  std::vector<std::string> cast;    // "conv1.weight: float16 -> float32"
  std::vector<std::string> absent;  // older files lack them; kept (num_batches_tracked)
  // In both, the file's not used: of a fresh head, or of another shape and named by both patterns.
  std::vector<std::string> left_out;    // "fc.bias (file [1000], module [10])"
  std::vector<std::string> missing;     // of ignore_missing; kept
  std::vector<std::string> unexpected;  // of ignore_unexpected; not used
  std::vector<std::string> fresh;       // layers of the head that got new initial values
  // The form of its architecture that the file is of and that the module took for it; empty: that
  // which it had ("MNASNet's first version").
  std::string form;
  double seconds = 0;
};

// "left out: " and what is in left_out, missing and unexpected; empty if nothing was left out. Of
// more than five the first three and their number.
std::string LeftOutText(const LoadReport& report);

}  // namespace zoo

#endif  // ZOO_LOADER_LOAD_REPORT_H_
