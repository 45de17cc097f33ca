#include "zoo/loader/save.h"

#include <fmt/format.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/instancenorm.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/loader/load_into.h"
#include "zoo/loader/torch_error.h"
#include "zoo/models/mnasnet.h"
#include "zoo/models/state_dict.h"

namespace zoo {
namespace {

using Id = Document::Id;
using Entries = std::vector<std::pair<Id, Id>>;

template <typename... Layers>
bool IsOneOf(const torch::nn::Module& module) {
  return ((dynamic_cast<const Layers*>(&module) != nullptr) || ...);
}

// How often Python's class has changed what it saves. A loader takes a lower number for an older
// file and renames, adds or builds anew what changed since.
int64_t VersionOf(const torch::nn::Module& module) {
  namespace nn = torch::nn;
  if (const auto* net = dynamic_cast<const models::MnasNet*>(&module)) return net->version();
  const bool second =
      IsOneOf<nn::BatchNorm1dImpl, nn::BatchNorm2dImpl, nn::BatchNorm3dImpl, nn::InstanceNorm1dImpl,
              nn::InstanceNorm2dImpl, nn::InstanceNorm3dImpl>(module);
  return second ? 2 : 1;
}

// {"": {"version": 1}, "bn1": {"version": 2}, ...}
Id Metadata(const torch::nn::Module& module, Snapshot& snapshot) {
  Document& document = snapshot.document();
  Entries entries;
  for (const auto& item : module.named_modules(/*name_prefix=*/"", /*include_self=*/false)) {
    const Id version = document.Int(VersionOf(*item.value()));
    entries.emplace_back(document.String(item.key()), snapshot.Dict({{"version", version}}));
  }
  const Id own = snapshot.Dict({{"version", document.Int(VersionOf(module))}});
  entries.insert(entries.begin(), {document.String(""), own});
  return document.Dict(std::move(entries), {.ordered = true});
}

}  // namespace

Result<Id> StateDictValue(const torch::nn::Module& module, Snapshot& snapshot) {
  Document& document = snapshot.document();
  Entries entries;
  for (const models::NamedTensor& slot : models::StateDictOf(module)) {
    ZOO_ASSIGN_OR_RETURN(const Id tensor, snapshot.Tensor(slot.name, slot.tensor));
    entries.emplace_back(document.String(slot.name), tensor);
  }
  const Id attributes = snapshot.Dict({{"_metadata", Metadata(module, snapshot)}});
  return document.Dict(std::move(entries), {.ordered = true, .attributes = attributes});
}

Result<Written> SaveStateDict(const torch::nn::Module& module, const std::filesystem::path& path,
                              const WriteOptions& options) {
  Snapshot snapshot;
  Result<Id> state = Document::kNoId;
  ZOO_RETURN_IF_ERROR(CatchTorch("cannot save " + module.name(),
                                 [&] { state = StateDictValue(module, snapshot); }));
  if (!state) {
    return Error{state.error().code,
                 fmt::format("cannot save {}: {}", module.name(), state.error().message),
                 state.error().hint};
  }
  snapshot.Finish(*state);
  return WriteCheckpoint(snapshot.document(), path, options);
}

Result<LoadReport> LoadStateDict(torch::nn::Module& module, const std::filesystem::path& path,
                                 const LoadOptions& options) {
  ZOO_ASSIGN_OR_RETURN(const auto checkpoint, Checkpoint::Open(path));
  return LoadInto(module, checkpoint, options);
}

}  // namespace zoo
