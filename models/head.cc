#include "zoo/models/head.h"

#include <algorithm>
#include <iterator>

namespace zoo::models {
namespace {

// What computes logits beside the last layer of all: googlenet's and inception_v3's auxiliary
// classifiers end with these.
constexpr std::string_view kAuxiliary[] = {"aux1.fc2", "aux2.fc2", "AuxLogits.fc"};

bool IsAuxiliary(std::string_view layer) {
  return std::find(std::begin(kAuxiliary), std::end(kAuxiliary), layer) != std::end(kAuxiliary);
}

}  // namespace

std::vector<std::string> HeadLayers(const std::vector<NamedTensor>& state) {
  std::vector<std::string> layers;
  for (const NamedTensor& slot : state) {
    const std::string_view layer = LayerOf(slot.name);
    const bool last = layer == LayerOf(state.back().name);
    const bool known = !layers.empty() && layers.back() == layer;
    if ((last || IsAuxiliary(layer)) && !known) layers.emplace_back(layer);
  }
  return layers;
}

std::string_view LayerOf(std::string_view tensor) { return tensor.substr(0, tensor.rfind('.')); }

}  // namespace zoo::models
