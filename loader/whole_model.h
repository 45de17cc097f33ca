// A classifier with its architecture: what it takes to build it again is in the file.
//
//   SaveModel(*model, "whole.pt").value();
//   auto model = LoadModel("whole.pt").value();   // std::shared_ptr<models::Classifier>
//
// The file is {'schema': 'zoo/model/1', 'architecture': 'resnet18', 'options': {'num_classes': 10},
// 'training': False, 'state_dict': OrderedDict}, which Python reads with weights_only=True.
// LoadModel also takes torch.save(model) of Python's classes for the architectures of
// models::Names(): class name and attributes say which one, and shapes, strides, paddings and the
// like are compared with what is built. Nothing of the file is run.
//
// Any thread; no other thread may change a model that is saved.
#ifndef ZOO_LOADER_WHOLE_MODEL_H_
#define ZOO_LOADER_WHOLE_MODEL_H_

#include <filesystem>
#include <memory>

#include "zoo/base/result.h"
#include "zoo/checkpoint/writer.h"
#include "zoo/loader/load_options.h"
#include "zoo/models/classifier.h"

namespace zoo {

// kUnsupported for a module that models::Make did not make; kMismatch for one whose layers were
// replaced by others (save its state dict instead); else as SaveStateDict.
Result<Written> SaveModel(const models::Classifier& model, const std::filesystem::path& path,
                          const WriteOptions& options = {});

// The model in the mode, training or evaluation, in which it was saved. kNotFound for an
// architecture that models::Make does not know; kUnsupported for a file that holds another class,
// naming it; kMismatch if what it holds does not fit the architecture.
Result<std::shared_ptr<models::Classifier>> LoadModel(const std::filesystem::path& path,
                                                      const LoadOptions& options = {});

}  // namespace zoo

#endif  // ZOO_LOADER_WHOLE_MODEL_H_
