// The classes of torchvision that stand for architectures of models::Names(), and where each keeps
// the options of its constructor. A part of python_models.cc. Pure; any thread.
#ifndef ZOO_LOADER_PYTHON_CLASSES_H_
#define ZOO_LOADER_PYTHON_CLASSES_H_

#include <array>
#include <span>
#include <string_view>

namespace zoo {

// Several rules of one option give several values that it may have.
struct OptionRule {
  enum class From {
    kAttribute,        // `name` of the module at `module`, times `factor`
    kRows,             // the first dimension of the tensor `name`
    kRatio,            // that, divided by the dimension of index `factor` of the tensor `module`
    kStochasticDepth,  // the greatest p of all StochasticDepth, of which the last block has all
    kStochasticShare,  // the same, where the last of n blocks has (n - 1) / n of it
    kWidth,            // rows of the tensor `name` by `factor`, which were rounded to channels
    kReplacedStrides,  // which of ResNet's layer2 to layer4 do not halve the size; none: nothing
    kEither,           // false or true: nothing tells
  };
  std::string_view option;  // of models::Make
  From from;
  std::string_view name = "";
  std::string_view module = "";  // path; empty: the model itself
  int factor = 1;
};

// An attribute that no shape and no option of models::Make shows, of the architectures whose names
// begin with `prefix`.
struct Expectation {
  std::string_view prefix, module, name;
  double value;
};

struct PythonClass {
  std::string_view name;
  std::array<std::string_view, 3> prefixes;  // of the architectures' names
  std::span<const OptionRule> rules;
  std::span<const Expectation> expectations = {};
};

std::span<const PythonClass> PythonClasses();

// Null for a class that is not known.
const PythonClass* FindPythonClass(std::string_view name);

}  // namespace zoo

#endif  // ZOO_LOADER_PYTHON_CLASSES_H_
