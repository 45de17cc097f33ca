// What can be asked of a load, and what it reports. Values.
#ifndef ZOO_LOADER_LOAD_OPTIONS_H_
#define ZOO_LOADER_LOAD_OPTIONS_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace zoo {

enum class Placement {
  kAuto,  // kMap for an immutable checkpoint (a blob of the cache), kCopy for any other file
  kMap,   // parameters are views of the mapped file where it is aligned (copy-on-write: training in
          // place never reaches the file)
  kCopy,  // into memory of their own, by two threads
};

struct LoadOptions {
  Placement placement = Placement::kAuto;
  // Where in the file the state dict stands ("model.state_dict"); empty: found by itself.
  std::string key;
  // Taken off the file's names, repeatedly: "backbone."
  std::vector<std::string> strip_prefixes;
  // Shell patterns (*, ?, [abc]) of the module's names that the file may lack.
  std::vector<std::string> ignore_missing;
  // Shell patterns of the file's names that need have no place in the module.
  std::vector<std::string> ignore_unexpected;
  // float16, bfloat16, float32 and float64 are converted into each other, and an int64 scalar into
  // any of them.
  bool cast_floating = false;
};

struct LoadReport {
  size_t placed = 0;  // tensors put into the module
  size_t mapped = 0;  // of these: views of the file, no bytes copied
  // Name in the file, in the module.
  std::vector<std::pair<std::string, std::string>> renamed;
  std::vector<std::string> cast;        // "conv1.weight: float16 -> float32"
  std::vector<std::string> absent;      // older files lack them; kept (num_batches_tracked)
  std::vector<std::string> missing;     // of ignore_missing; kept
  std::vector<std::string> unexpected;  // of ignore_unexpected; not used
  // The form of its architecture that the file is of and that the module took for it; empty: that
  // which it had ("MNASNet's first version").
  std::string form;
  double seconds = 0;
};

}  // namespace zoo

#endif  // ZOO_LOADER_LOAD_OPTIONS_H_
