// Values as text for people: Python's repr, cut, with nothing in it that a terminal obeys. Pure;
// any thread.
#ifndef ZOO_CHECKPOINT_PRINTABLE_H_
#define ZOO_CHECKPOINT_PRINTABLE_H_

#include <string>

#include "zoo/checkpoint/checkpoint.h"

namespace zoo {

// A repr has escapes of its own: only what it lets through is escaped again.
std::string PrintableRepr(const Value& value, size_t max_bytes);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_PRINTABLE_H_
