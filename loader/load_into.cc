#include "zoo/loader/load_into.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "zoo/loader/device.h"
#include "zoo/loader/dtypes.h"
#include "zoo/loader/match.h"
#include "zoo/loader/misfit.h"
#include "zoo/loader/place.h"
#include "zoo/loader/torch_error.h"
#include "zoo/models/classifier.h"
#include "zoo/models/initialize.h"
#include "zoo/models/layers.h"
#include "zoo/models/state_dict.h"

namespace zoo {
namespace {

PlaceBy ChoosePlacement(Placement placement, const Checkpoint& checkpoint) {
  if (placement == Placement::kAuto) {
    return checkpoint.immutable() ? PlaceBy::kMap : PlaceBy::kCopy;
  }
  return placement == Placement::kMap ? PlaceBy::kMap : PlaceBy::kCopy;
}

bool IsClassifier(const torch::nn::Module& module) {
  return dynamic_cast<const models::Classifier*>(&module) != nullptr;
}

std::string HintFor(const Match& match, const std::vector<models::NamedTensor>& state,
                    const torch::nn::Module& module, const Checkpoint& checkpoint) {
  const auto classes = OtherClassCount(match, state, checkpoint);
  if (classes && IsClassifier(module)) {
    return fmt::format(
        "For another class count pass num_classes = {}, for a new last layer head = Head::kFresh",
        *classes);
  }
  if (match.castable > 0 && match.castable == match.misfit.count()) {
    return "To convert floating types pass cast_floating = true";
  }
  return "";
}

void Initialize(torch::nn::Module& module, const std::vector<std::string>& layers) {
  const auto modules = module.named_modules(/*name_prefix=*/"", /*include_self=*/false);
  for (const std::string& layer : layers) models::InitializeForTraining(*modules[layer]);
}

// A tensor that the file does not fill goes where the others do.
void Keep(at::Tensor& tensor, const LoadOptions& options) {
  const at::ScalarType dtype = DTypeInModule(tensor, options);
  const at::Device device = options.device.value_or(tensor.device());
  if (dtype == tensor.scalar_type() && device == tensor.device()) return;
  const bool ghost = device.is_cpu() && models::IsGhost(tensor);
  tensor.set_data(ghost ? models::Ghost(tensor.sizes(), dtype) : tensor.detach().to(device, dtype));
}

// Phase two. Nothing is put into the module before every tensor of the file is there.
Status Place(torch::nn::Module& module, std::vector<models::NamedTensor>& state, Match& match,
             const std::shared_ptr<const Checkpoint>& checkpoint, const LoadOptions& options) {
  std::vector<uint32_t> wanted;
  for (const Match::Pair& pair : match.pairs) wanted.push_back(pair.tensor);
  const PlaceBy by = ChoosePlacement(options.placement, *checkpoint);
  ZOO_ASSIGN_OR_RETURN(const std::vector<PlacedTensor> placed,
                       PlaceTensors(checkpoint, wanted, by));
  std::vector<at::Tensor> values(state.size());
  for (size_t i = 0; i < placed.size(); ++i) {
    const at::Tensor& slot = state[match.pairs[i].slot].tensor;
    at::Tensor& value = values[match.pairs[i].slot];
    value =
        placed[i].tensor.to(options.device.value_or(slot.device()), DTypeInModule(slot, options));
    match.report.mapped += placed[i].mapped && value.is_same(placed[i].tensor) ? 1 : 0;
  }
  match.report.placed = placed.size();
  Initialize(module, match.report.fresh);
  // The file's last: where two names share a tensor, it may have but one of them.
  for (size_t i = 0; i < state.size(); ++i) {
    if (!values[i].defined()) Keep(state[i].tensor, options);
  }
  for (size_t i = 0; i < state.size(); ++i) {
    if (values[i].defined()) state[i].tensor.set_data(values[i]);
  }
  return {};
}

// Shapes, in the file, of what has another in the module.
models::Shapes ShapesOf(const Match& match, const std::vector<models::NamedTensor>& state,
                        const Checkpoint& checkpoint) {
  models::Shapes shapes;
  for (const auto& [slot, tensor] : match.misshapen) {
    const auto shape = checkpoint.tensors()[tensor].shape;
    shapes.emplace(state[slot].name, std::vector<int64_t>(shape.begin(), shape.end()));
  }
  return shapes;
}

// A form that the module took for a file. Undone unless kept.
class TakenForm {
 public:
  TakenForm(torch::nn::Module& module, const models::Shapes& file) {
    auto* classifier = dynamic_cast<models::Classifier*>(&module);
    if (classifier != nullptr && !file.empty()) form_ = classifier->TakeFormOf(file);
  }
  ~TakenForm() {
    if (form_.undo) form_.undo();
  }
  TakenForm(const TakenForm&) = delete;
  TakenForm& operator=(const TakenForm&) = delete;

  bool taken() const { return form_.undo != nullptr; }
  // Returns its name.
  std::string Keep() {
    form_.undo = nullptr;
    return form_.name;
  }

 private:
  models::Form form_;
};

Result<LoadReport> Load(torch::nn::Module& module,
                        const std::shared_ptr<const Checkpoint>& checkpoint,
                        const LoadOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  ZOO_RETURN_IF_ERROR(CheckOptions(module, options));
  ZOO_ASSIGN_OR_RETURN(const StateDict file, checkpoint->FindStateDict(options.key));
  std::vector<models::NamedTensor> state = models::StateDictOf(module);
  Match match = MatchTensors(state, *checkpoint, file, options);
  TakenForm form(module, ShapesOf(match, state, *checkpoint));
  if (form.taken()) {
    state = models::StateDictOf(module);
    match = MatchTensors(state, *checkpoint, file, options);
  }
  if (match.misfit.count() > 0) {
    match.misfit.hint = HintFor(match, state, module, *checkpoint);
    return MisfitError(match.misfit, checkpoint->name(), module.name());
  }
  ZOO_RETURN_IF_ERROR(Place(module, state, match, checkpoint, options));
  LoadReport report = std::move(match.report);
  report.form = form.Keep();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace

Status CheckOptions(const torch::nn::Module& module, const LoadOptions& options) {
  if (options.dtype && !IsUsualFloat(*options.dtype)) {
    return Error{ErrorCode::kUsage, fmt::format("weights cannot be {}", DTypeText(*options.dtype)),
                 "dtype is float16, bfloat16, float32 or float64"};
  }
  if (options.head == Head::kFresh && !IsClassifier(module)) {
    return Error{ErrorCode::kUsage,
                 fmt::format("which layers are the head of {} is not known", module.name()),
                 "name their tensors in ignore_missing and ignore_unexpected"};
  }
  return options.device ? CheckDevice(*options.device) : Status();
}

Result<LoadReport> LoadInto(torch::nn::Module& module,
                            const std::shared_ptr<const Checkpoint>& checkpoint,
                            const LoadOptions& options) {
  Result<LoadReport> report = LoadReport();
  ZOO_RETURN_IF_ERROR(CatchTorch("cannot load " + checkpoint->name(),
                                 [&] { report = Load(module, checkpoint, options); }));
  return report;
}

}  // namespace zoo
