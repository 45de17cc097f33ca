// Values that depend on nothing but a name and a shape, the same in every language and on every
// machine: weights to fill an architecture with, and inputs for it. The "rule" of
// tests/data/model_goldens.json and docs/registry_format.md (The probe) describe them. Pure; any
// thread.
//
//   std::vector<float> image = GenerateInput(3 * 224 * 224);
//   std::vector<float> weight = GenerateEntry("conv1.weight", {{64, 3, 7, 7}});
#ifndef ZOO_BASE_GENERATOR_H_
#define ZOO_BASE_GENERATOR_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace zoo {

// Whose values are meant if nothing else is said.
inline constexpr std::string_view kPublicSeed = "public";

// Where the stream of a name starts.
uint64_t GeneratorKey(std::string_view name, std::string_view seed = kPublicSeed);

// The values of the state-dict entry of that name, row-major. REQUIRES: it holds floating numbers.
std::vector<float> GenerateEntry(std::string_view name, std::span<const int64_t> shape);

// The values of an input: the stream of its name, doubled.
std::vector<float> GenerateInput(size_t count, std::string_view name = "input",
                                 std::string_view seed = kPublicSeed);

}  // namespace zoo

#endif  // ZOO_BASE_GENERATOR_H_
