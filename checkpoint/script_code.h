// What the text of a TorchScript archive declares about its classes: which are modules, and which
// of their attributes are parameters and buffers. Two kinds of lines are compared with what PyTorch
// prints there; everything else is passed over. Nothing of it is run or understood as code.
//
//   ZOO_ASSIGN_OR_RETURN(auto classes, ReadScriptCode(text));
//   classes.at("Linear").parameters;   // {"weight", "bias"}
//
// Pure; any thread.
#ifndef ZOO_CHECKPOINT_SCRIPT_CODE_H_
#define ZOO_CHECKPOINT_SCRIPT_CODE_H_

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "zoo/base/result.h"

namespace zoo {

using NameSet = std::unordered_set<std::string>;

struct ScriptClass {
  bool module = false;
  std::optional<NameSet> parameters, buffers;  // of a module; missing in older files
};

// The classes by name. kCorrupt with the line's number for a list that PyTorch would not print so.
Result<std::unordered_map<std::string, ScriptClass>> ReadScriptCode(std::string_view code);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_SCRIPT_CODE_H_
