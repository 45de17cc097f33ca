// Values as Python prints them. Pure; any thread.
#ifndef ZOO_CHECKPOINT_PYTHON_REPR_H_
#define ZOO_CHECKPOINT_PYTHON_REPR_H_

#include <string>
#include <string_view>

#include "zoo/checkpoint/arena.h"

namespace zoo {

// "1.0", "1e-05", "nan".
std::string FloatRepr(double value);
// 'text', with what cannot be printed escaped.
std::string StringRepr(std::string_view utf8);
// The node, cut with "..." after `max_bytes`. Containers that hold themselves end there too.
std::string Repr(const Arena& arena, NodeId node, size_t max_bytes);
// The int's decimal digits.
std::string IntDigits(const Arena& arena, NodeId node);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_PYTHON_REPR_H_
