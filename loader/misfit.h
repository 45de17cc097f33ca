// Misfit: everything that stands against putting a file's tensors into a module, and the one
// sentence that says it. Values; any thread.
#ifndef ZOO_LOADER_MISFIT_H_
#define ZOO_LOADER_MISFIT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "zoo/base/result.h"

namespace zoo {

struct Misfit {
  // A tensor that is in both, and what each says of it.
  struct Difference {
    std::string name, file, module;
  };
  std::vector<std::string> missing;     // names of the module
  std::vector<std::string> unexpected;  // names as the file spells them
  std::vector<Difference> wrong_shape;
  std::vector<Difference> wrong_dtype;
  std::vector<Difference> unsupported;  // `module` is empty
  std::string hint;                     // a sentence, if one thing would put everything right

  size_t count() const;  // of everything that is wrong
};

// "fc.bias (file [5], module [3])"
std::string DifferenceText(const Misfit::Difference& difference);

// kMismatch: "FILE does not fit MODULE: missing a, b, c and 57 more; wrong shape d (file [1],
// module [2]). HINT"
Error MisfitError(const Misfit& misfit, const std::string& file, const std::string& module);

}  // namespace zoo

#endif  // ZOO_LOADER_MISFIT_H_
