// Globals: what the names in a pickle mean where it matters: PyTorch's rebuild functions, storage
// types and dtypes, NumPy's arrays, Python's plain values. A closed table; what is not in it
// becomes an object with its class name, arguments and state. Nothing is called. One thread per
// arena.
#ifndef ZOO_CHECKPOINT_GLOBALS_H_
#define ZOO_CHECKPOINT_GLOBALS_H_

#include <string_view>

#include "zoo/base/result.h"
#include "zoo/checkpoint/arena.h"

namespace zoo {

// The node that a global stands for: a dtype, or a class with its Python 3 name.
NodeId NameGlobal(Arena& arena, std::string_view module, std::string_view name);

// What calling `callable` (a class or an object) with these arguments would give, if the table
// knows; else an object. kCorrupt if a tensor would need what the arguments do not hold. Messages
// begin with the function's name.
Result<NodeId> CallGlobal(Arena& arena, NodeId callable, NodeId arguments);

// BUILD: gives `target` its state, in place. kCorrupt if it can have none.
Status SetState(Arena& arena, NodeId target, NodeId state);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_GLOBALS_H_
