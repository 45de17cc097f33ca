// The generator of tests/data/model_goldens.json: values that depend on nothing but a name and a
// shape, the same in every language. The file's "rule" describes it. Pure; any thread.
#ifndef ZOO_TESTS_SUPPORT_GENERATOR_H_
#define ZOO_TESTS_SUPPORT_GENERATOR_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace zoo {

// Where the stream of a name starts.
uint64_t GeneratorKey(std::string_view name);

// The values of the state-dict entry of that name, row-major. REQUIRES: it holds floating numbers.
std::vector<float> GenerateEntry(std::string_view name, std::span<const int64_t> shape);

// The values of the input image: the stream "input", doubled.
std::vector<float> GenerateInput(size_t count);

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_GENERATOR_H_
