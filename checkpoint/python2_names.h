// Python 2's names of the standard library, which pickles of protocol 2 and below are written with
// even by Python 3, and Python 3's names for them. Pure; any thread.
#ifndef ZOO_CHECKPOINT_PYTHON2_NAMES_H_
#define ZOO_CHECKPOINT_PYTHON2_NAMES_H_

#include <string_view>

namespace zoo {

struct GlobalName {
  std::string_view module, name;
  bool operator==(const GlobalName&) const = default;
};

// {"__builtin__", "xrange"} -> {"builtins", "range"}; what was not renamed comes back as it is.
GlobalName Python3Name(GlobalName name);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_PYTHON2_NAMES_H_
