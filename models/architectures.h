// The table of architectures: names -> modules. Pure; any thread.
//
//   auto model = zoo::models::Make("resnet18", {{"num_classes", 10}}).value();
//
// A module made here costs nothing: its parameters have shapes but no memory ("ghosts", see
// layers.h) until weights are loaded into it or InitializeForTraining gives it Python's initial
// values. Forward of a module without weights gives NaN.
#ifndef ZOO_MODELS_ARCHITECTURES_H_
#define ZOO_MODELS_ARCHITECTURES_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/models/classifier.h"

namespace zoo::models {

// kNotFound (with the nearest name) for an unknown architecture; kUsage, with the list of right
// ones, for a wrong option or value.
Result<std::shared_ptr<Classifier>> Make(std::string_view name, const Json::Object& options = {});
// All names, sorted.
std::vector<std::string> Names();

}  // namespace zoo::models

#endif  // ZOO_MODELS_ARCHITECTURES_H_
