// The keys of dicts, as Python compares them. For the arena of one file while it is opened.
#ifndef ZOO_CHECKPOINT_DICT_KEYS_H_
#define ZOO_CHECKPOINT_DICT_KEYS_H_

#include "zoo/base/result.h"
#include "zoo/checkpoint/arena.h"

namespace zoo {

// Of entries with equal keys the last value stays, where the first stood, as in Python. kCorrupt,
// without the file's name, if the keys are longer than the limit "listing".
Status ResolveDuplicateKeys(Arena& arena);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_DICT_KEYS_H_
