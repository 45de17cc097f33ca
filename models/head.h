// The head of a classifier: the layers that compute logits, and so the only ones whose shapes
// follow from the number of classes. A new task gives them new values and keeps all others.
// Pure; any thread.
//
//   models::HeadLayers(models::StateDictOf(*resnet50));   // {"fc"}
//   models::HeadLayers(models::StateDictOf(*googlenet));  // {"aux1.fc2", "aux2.fc2", "fc"}
#ifndef ZOO_MODELS_HEAD_H_
#define ZOO_MODELS_HEAD_H_

#include <string>
#include <string_view>
#include <vector>

#include "zoo/models/state_dict.h"

namespace zoo::models {

// Of the state dict of a classifier, in its order; empty for one without tensors.
std::vector<std::string> HeadLayers(const std::vector<NamedTensor>& state);

// "layer1.0.conv1" of "layer1.0.conv1.weight".
std::string_view LayerOf(std::string_view tensor);

}  // namespace zoo::models

#endif  // ZOO_MODELS_HEAD_H_
