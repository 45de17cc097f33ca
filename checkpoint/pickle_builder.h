// Pickles for tests, opcode by opcode. Each function gives the bytes that leave one value on the
// stack; Pickle() frames them.
//
//   Pickle(Dict({{Str("w"), Tensor("FloatStorage", "0", 4, 0, {4}, {1})}}))
#ifndef ZOO_CHECKPOINT_PICKLE_BUILDER_H_
#define ZOO_CHECKPOINT_PICKLE_BUILDER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/checkpoint/zip_builder.h"

namespace zoo::pickled {

inline std::string Pickle(const std::string& value) { return "\x80\2" + value + "."; }

inline std::string Int(int64_t value) {
  if (value == static_cast<int32_t>(value)) return "J" + Little(static_cast<uint64_t>(value), 4);
  return "\x8a\x08" + Little(static_cast<uint64_t>(value), 8);
}
inline std::string Str(std::string_view text) {
  return "X" + Little(text.size(), 4) + std::string(text);
}
inline std::string Tuple(const std::vector<std::string>& items) {
  std::string out = "(";
  for (const std::string& item : items) out += item;
  return out + "t";
}
inline std::string Ints(const std::vector<int64_t>& values) {
  std::vector<std::string> items;
  for (int64_t value : values) items.push_back(Int(value));
  return Tuple(items);
}
inline std::string List(const std::vector<std::string>& items) {
  std::string out = "](";
  for (const std::string& item : items) out += item;
  return out + "e";
}
inline std::string Dict(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string out = "}(";
  for (const auto& [key, value] : entries) out += key + value;
  return out + "u";
}
inline std::string Global(std::string_view module, std::string_view name) {
  return "c" + std::string(module) + "\n" + std::string(name) + "\n";
}
inline std::string Call(const std::string& callable, const std::vector<std::string>& arguments) {
  return callable + Tuple(arguments) + "R";
}
inline std::string Storage(std::string_view type, std::string_view key, const std::string& numel) {
  return Tuple({Str("storage"), Global("torch", type), Str(key), Str("cpu"), numel}) + "Q";
}
inline std::string TensorOf(const std::string& storage, const std::string& offset,
                            const std::string& size, const std::string& stride) {
  return Call(Global("torch._utils", "_rebuild_tensor_v2"),
              {storage, offset, size, stride, "\x89", "}"});
}
// A tensor of storage `key` with `elements` elements.
inline std::string Tensor(std::string_view type, std::string_view key, int64_t elements,
                          int64_t offset, const std::vector<int64_t>& size,
                          const std::vector<int64_t>& stride) {
  return TensorOf(Storage(type, key, Int(elements)), Int(offset), Ints(size), Ints(stride));
}

}  // namespace zoo::pickled

#endif  // ZOO_CHECKPOINT_PICKLE_BUILDER_H_
