#include "zoo/loader/load_into.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "zoo/loader/match.h"
#include "zoo/loader/misfit.h"
#include "zoo/loader/place.h"
#include "zoo/loader/torch_error.h"
#include "zoo/models/classifier.h"
#include "zoo/models/state_dict.h"

namespace zoo {
namespace {

PlaceBy ChoosePlacement(Placement placement, const Checkpoint& checkpoint) {
  if (placement == Placement::kAuto) {
    return checkpoint.immutable() ? PlaceBy::kMap : PlaceBy::kCopy;
  }
  return placement == Placement::kMap ? PlaceBy::kMap : PlaceBy::kCopy;
}

std::string HintFor(const Match& match, const std::vector<models::NamedTensor>& state,
                    const torch::nn::Module& module, const Checkpoint& checkpoint) {
  const auto classes = OtherClassCount(match, state, checkpoint);
  if (classes && dynamic_cast<const models::Classifier*>(&module) != nullptr) {
    return fmt::format("For another class count pass num_classes = {}", *classes);
  }
  if (match.castable > 0 && match.castable == match.misfit.count()) {
    return "To convert floating types pass cast_floating = true";
  }
  return "";
}

// Phase two. Nothing is put into the module before every tensor is there.
Status Place(std::vector<models::NamedTensor>& state, const Match& match,
             const std::shared_ptr<const Checkpoint>& checkpoint, PlaceBy by, LoadReport& report) {
  std::vector<uint32_t> wanted;
  for (const Match::Pair& pair : match.pairs) wanted.push_back(pair.tensor);
  ZOO_ASSIGN_OR_RETURN(std::vector<PlacedTensor> placed, PlaceTensors(checkpoint, wanted, by));
  for (size_t i = 0; i < placed.size(); ++i) {
    const at::Tensor& slot = state[match.pairs[i].slot].tensor;
    at::Tensor& tensor = placed[i].tensor;
    if (tensor.scalar_type() == slot.scalar_type() && tensor.device() == slot.device()) continue;
    tensor = tensor.to(slot.device(), slot.scalar_type());
    placed[i].mapped = false;
  }
  for (size_t i = 0; i < placed.size(); ++i) {
    state[match.pairs[i].slot].tensor.set_data(placed[i].tensor);
    report.mapped += placed[i].mapped ? 1 : 0;
  }
  report.placed = placed.size();
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
  LoadReport report = std::move(match.report);
  ZOO_RETURN_IF_ERROR(
      Place(state, match, checkpoint, ChoosePlacement(options.placement, *checkpoint), report));
  report.form = form.Keep();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace

Result<LoadReport> LoadInto(torch::nn::Module& module,
                            const std::shared_ptr<const Checkpoint>& checkpoint,
                            const LoadOptions& options) {
  Result<LoadReport> report = LoadReport();
  ZOO_RETURN_IF_ERROR(CatchTorch("cannot load " + checkpoint->name(),
                                 [&] { report = Load(module, checkpoint, options); }));
  return report;
}

}  // namespace zoo
