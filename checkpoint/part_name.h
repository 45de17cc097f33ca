// What the parts of a composite tensor are called, by their position: "indices" and "values" of a
// sparse one. Pure; any thread.
#ifndef ZOO_CHECKPOINT_PART_NAME_H_
#define ZOO_CHECKPOINT_PART_NAME_H_

#include <cstddef>
#include <string_view>

#include "zoo/checkpoint/tensor_info.h"

namespace zoo {

// Of part `i` of a tensor with so many parts as its layout has.
std::string_view PartName(Layout layout, size_t i);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_PART_NAME_H_
