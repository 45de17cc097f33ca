// What every architecture must compute: the records of tests/data/model_goldens.json as a table
// that is part of the program, made by embed.cc. Data only.
#ifndef ZOO_MODELS_GOLDENS_TABLE_H_
#define ZOO_MODELS_GOLDENS_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "zoo/models/expected_logits.h"

namespace zoo::models {

// One net: an architecture with options, filled by the generator (base/generator.h).
struct Golden {
  std::string_view net;           // "vit_b_16@image_size=160"
  std::string_view architecture;  // "vit_b_16"
  std::string_view options;       // a JSON object
  std::array<int64_t, 4> input;   // [N, 3, H, W]
  size_t entries;                 // of its state dict
  std::string_view keys_sha256;   // of their names, types and shapes, in order
  std::string_view fill_sha256;   // of the generated values
  double float32_tolerance, float64_tolerance;
  std::span<const ExpectedLogits> rows;  // one an image
};

extern const std::span<const Golden> kGoldens;

}  // namespace zoo::models

#endif  // ZOO_MODELS_GOLDENS_TABLE_H_
