#include "zoo/base/generator.h"

#include <cmath>
#include <functional>
#include <numeric>
#include <regex>
#include <string>

namespace zoo {
namespace {

// One of the formulas of the rule: offset + scale * u, or * |u|.
struct Formula {
  double offset = 0, scale = 1;
  bool absolute = false;
};

double Fan(std::span<const int64_t> shape) {
  return static_cast<double>(
      std::accumulate(shape.begin() + 1, shape.end(), int64_t{1}, std::multiplies<>()));
}

Formula FormulaOf(const std::string& name, std::span<const int64_t> shape) {
  const std::string leaf = name.substr(name.rfind('.') + 1);
  if (leaf == "running_mean") return {.scale = 0.125};
  if (leaf == "running_var") return {.offset = 1, .scale = 0.5, .absolute = true};
  if (leaf == "layer_scale") return {.offset = 0.5, .scale = 0.25};
  if (leaf == "logit_scale") return {.offset = 3, .scale = 2};
  if (leaf == "class_token" || leaf == "pos_embedding" || leaf == "relative_position_bias_table") {
    return {.scale = 0.5};
  }
  if (shape.size() == 1 && leaf == "weight") {
    static const std::regex kLaterBlock(R"(\.\d+\.[1-9]\d*\.block\.)");
    const bool damped =
        name.find(".bn3.") != std::string::npos || std::regex_search(name, kLaterBlock);
    return damped ? Formula{.offset = 0.5, .scale = 0.0625} : Formula{.offset = 1, .scale = 0.125};
  }
  if (shape.size() == 1) return {.scale = 0.125};
  double gain = 6;
  if (shape.size() == 4 && shape[1] == 1) {
    static const std::regex kBlock(R"(\.\d+\.\d+\.block\.)");
    gain = std::regex_search(name, kBlock) ? 24 : 12;
  }
  return {.scale = std::sqrt(gain / Fan(shape))};
}

std::vector<float> Generate(uint64_t key, size_t count, const Formula& formula) {
  std::vector<float> values(count);
  uint64_t state = key;
  for (float& value : values) {
    state += 0x9E3779B97F4A7C15;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    z ^= z >> 31;
    const double u = static_cast<double>(z >> 40) * 0x1p-23 - 1;
    value =
        static_cast<float>(formula.offset + formula.scale * (formula.absolute ? std::abs(u) : u));
  }
  return values;
}

}  // namespace

uint64_t GeneratorKey(std::string_view name, std::string_view seed) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const std::string_view part : {seed, std::string_view("/"), name}) {
    for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return hash;
}

std::vector<float> GenerateEntry(std::string_view name, std::span<const int64_t> shape) {
  const auto count = static_cast<size_t>(
      std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>()));
  return Generate(GeneratorKey(name), count, FormulaOf(std::string(name), shape));
}

std::vector<float> GenerateInput(size_t count, std::string_view name, std::string_view seed) {
  return Generate(GeneratorKey(name, seed), count, {.scale = 2});
}

}  // namespace zoo
