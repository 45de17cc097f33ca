// A module's parameters and buffers to a file and back, as Python's
// torch.save(model.state_dict(), path) and model.load_state_dict(torch.load(path)).
//
//   SaveStateDict(*model, "model.pt").value();
//   LoadStateDict(*model, "model.pt").value();   // from Python or C++
//
// The file is an OrderedDict under Python's names, in Python's order, with the _metadata that says
// which version each layer's entries have. Tied weights stay tied. torch.load reads it with
// weights_only=True.
//
// The module must not be changed by another thread meanwhile.
#ifndef ZOO_LOADER_SAVE_H_
#define ZOO_LOADER_SAVE_H_

#include <torch/nn/module.h>

#include <filesystem>

#include "zoo/base/result.h"
#include "zoo/checkpoint/writer.h"
#include "zoo/loader/load_options.h"
#include "zoo/loader/snapshot.h"

namespace zoo {

// kUnsupported, naming it, for a tensor that files cannot hold or that has no values yet; else the
// errors of WriteCheckpoint. `options.format` may be kSafetensors.
Result<Written> SaveStateDict(const torch::nn::Module& module, const std::filesystem::path& path,
                              const WriteOptions& options = {});

// Opens the file and calls LoadInto: all or nothing, every problem in one message.
Result<LoadReport> LoadStateDict(torch::nn::Module& module, const std::filesystem::path& path,
                                 const LoadOptions& options = {});

// The state dict as a value of a snapshot.
Result<Document::Id> StateDictValue(const torch::nn::Module& module, Snapshot& snapshot);

}  // namespace zoo

#endif  // ZOO_LOADER_SAVE_H_
