// The keys of dicts, as Python compares them. For the arena of one file while it is opened.
#ifndef ZOO_CHECKPOINT_DICT_KEYS_H_
#define ZOO_CHECKPOINT_DICT_KEYS_H_

#include "zoo/checkpoint/arena.h"

namespace zoo {

// Of entries with equal keys the last value stays, where the first stood, as in Python.
void ResolveDuplicateKeys(Arena& arena);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_DICT_KEYS_H_
