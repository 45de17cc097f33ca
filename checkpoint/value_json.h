// One leaf value as `zoo inspect --json` writes it. Pure; any thread.
#ifndef ZOO_CHECKPOINT_VALUE_JSON_H_
#define ZOO_CHECKPOINT_VALUE_JSON_H_

#include <string>
#include <string_view>

#include "zoo/base/json.h"
#include "zoo/checkpoint/checkpoint.h"

namespace zoo {

// As Python's float.hex(), or "nan", "inf", "-inf".
std::string FloatHex(double value);

// A path of `tensors`, a key of `keys`.
Json PathJson(const Path& path);
Json StepJson(const PathStep& step);
// The step that a dict's key makes.
PathStep KeyStep(const Value& key);

struct TypedValue {
  std::string_view type;  // "int", "str", "ndarray" ...
  Json value;
};
// Of anything that is not a tensor, storage, list, tuple, dict, object, module or class.
TypedValue DescribeValue(const Value& value);

// The value alone, where a reader needs no type: numbers as numbers, tuples as arrays.
Json PlainJson(const Value& value);
// Whether PlainJson tells all of it: a scalar, or a short list or tuple of them.
bool IsPlain(const Value& value);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_VALUE_JSON_H_
