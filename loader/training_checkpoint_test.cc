#include "zoo/loader/training_checkpoint.h"

#include <ATen/Context.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/loader/optimizer_state.h"
#include "zoo/loader/rng_state.h"
#include "zoo/loader/save.h"
#include "zoo/models/state_dict.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

using Id = Document::Id;

// A net that is trained on random numbers.
struct Training {
  explicit Training(int64_t features = 4, double lr = 0.1)
      : net(features, 3),
        optimizer(net->parameters(), torch::optim::SGDOptions(lr).momentum(0.9)),
        scheduler(optimizer, {.step_size = 2}) {}

  double Step() {
    optimizer.zero_grad();
    const at::Tensor loss = net(at::rand({5, net->options.in_features()})).square().mean();
    loss.backward();
    optimizer.step();
    scheduler.Step();
    return loss.item<double>();
  }
  std::vector<double> Steps(int count) {
    std::vector<double> losses;
    for (int i = 0; i < count; ++i) losses.push_back(Step());
    return losses;
  }
  TrainingParts parts() { return {net.get(), &optimizer, &scheduler}; }

  torch::nn::Linear net;
  torch::optim::SGD optimizer;
  StepLR scheduler;
};

std::vector<std::string> Keys(const std::filesystem::path& path) {
  const auto checkpoint = Checkpoint::Open(path).value();
  const Value root = checkpoint->root();
  std::vector<std::string> keys;
  for (size_t i = 0; i < root.size(); ++i) keys.emplace_back(root.key(i).text());
  return keys;
}

TEST(TrainingCheckpointTest, GoesOnToTheBit) {
  const TempDir folder;
  const auto path = folder.path() / "epoch3.pt";
  at::manual_seed(1);
  Training training;
  training.Steps(3);
  SaveCheckpoint(path, training.parts(), {.epoch = 3, .metrics = {{"loss", 0.25}, {"acc", 0.5}}})
      .value();
  const std::vector<double> expected = training.Steps(4);

  at::manual_seed(2);
  Training other(4, 0.7);
  other.Steps(1);
  const LoadedCheckpoint loaded = LoadCheckpoint(path, other.parts()).value();
  EXPECT_EQ(loaded.epoch, 3);
  EXPECT_EQ(loaded.metrics, (Metrics{{"loss", 0.25}, {"acc", 0.5}}));
  EXPECT_TRUE(loaded.model_loaded && loaded.optimizer_loaded && loaded.scheduler_loaded);
  EXPECT_TRUE(loaded.rng_restored);
  EXPECT_EQ(loaded.kept.file.values.size(), 2u);  // the metrics
  EXPECT_EQ(other.Steps(4), expected);
  EXPECT_EQ(other.scheduler.LastLr(), training.scheduler.LastLr());
}

TEST(TrainingCheckpointTest, HasPythonsKeys) {
  const TempDir folder;
  const auto path = folder.path() / "it.pt";
  Training training;
  SaveCheckpoint(path, training.parts(), {.metrics = {{"loss", 0}, {"acc", 1}}}).value();
  EXPECT_EQ(Keys(path),
            (std::vector<std::string>{"epoch", "model_state_dict", "optimizer_state_dict",
                                      "scheduler_state_dict", "loss", "acc", "rng_state"}));
  SaveCheckpoint(path, {.model = training.net.get()}, {.rng_state = false}).value();
  EXPECT_EQ(Keys(path), (std::vector<std::string>{"epoch", "model_state_dict"}));
}

TEST(TrainingCheckpointTest, IsWrittenWhileTheTrainingGoesOn) {
  const TempDir folder;
  const auto path = folder.path() / "it.pt";
  at::manual_seed(1);
  Training training, other;
  training.Steps(2);
  Snapshot snapshot =
      SnapshotTraining(training.parts(), {.epoch = 2}, Snapshot::Memory::kCopied).value();
  const std::vector<double> expected = training.Steps(3);
  std::thread([&path, snapshot = std::move(snapshot)] {
    WriteCheckpoint(snapshot.document(), path).value();
  }).join();
  LoadCheckpoint(path, other.parts()).value();
  EXPECT_EQ(other.Steps(3), expected);
}

TEST(TrainingCheckpointTest, RefusesMetricsUnderOtherNames) {
  const TempDir folder;
  Training training;
  for (const std::string name : {"epoch", "model_state_dict", "rng_state", "loss"}) {
    EXPECT_EQ(SaveCheckpoint(folder.path() / "it.pt", training.parts(),
                             {.metrics = {{"loss", 0}, {name, 1}}})
                  .error(),
              (Error{ErrorCode::kUsage,
                     "a metric cannot be named \"" + name +
                         "\": the checkpoint has another entry of that name",
                     ""}));
  }
}

// Weights, optimizer, scheduler and random numbers.
struct Untouched {
  explicit Untouched(Training& of)
      : training(of), weight(of.net->weight.detach().clone()), rng(RngState()) {}
  ~Untouched() {
    EXPECT_TRUE(at::equal(training.net->weight, weight));
    EXPECT_EQ(training.optimizer.param_groups()[0].options().get_lr(), lr);
    EXPECT_EQ(training.optimizer.state().size(), states);
    EXPECT_EQ(training.scheduler.LastLr(), last_lr);
    EXPECT_TRUE(at::equal(RngState(), rng));
  }
  Training& training;
  at::Tensor weight, rng;
  double lr = training.optimizer.param_groups()[0].options().get_lr();
  size_t states = training.optimizer.state().size();
  std::vector<double> last_lr = training.scheduler.LastLr();
};

TEST(TrainingCheckpointTest, ChangesNothingIfSomethingDoesNotFit) {
  const TempDir folder;
  const auto path = folder.path() / "it.pt";
  const std::string name = path.string();
  Training training;
  training.Steps(1);
  SaveCheckpoint(path, training.parts(), {.epoch = 1}).value();
  {
    Training other(5, 0.3);
    const Untouched untouched(other);
    const Error error = LoadCheckpoint(path, other.parts()).error();
    EXPECT_EQ(error.code, ErrorCode::kMismatch);
    EXPECT_EQ(error.message,
              name +
                  " does not fit torch::nn::LinearImpl: wrong shape weight (file [3, 4], module "
                  "[3, 5]); " +
                  name + " does not fit SGD: state[0].momentum_buffer is [3, 4], not [3, 5]");
  }
  {
    // Only the model does not fit.
    Training other(4, 0.3);
    torch::nn::Linear wide(5, 3);
    const Untouched untouched(other);
    const Error error =
        LoadCheckpoint(path, {wide.get(), &other.optimizer, &other.scheduler}).error();
    EXPECT_EQ(error.code, ErrorCode::kMismatch);
    EXPECT_NE(error.message.find("wrong shape weight (file [3, 4], module [3, 5])"),
              std::string::npos)
        << error.message;
  }
  {
    // Neither optimizer nor scheduler does.
    Training other(4, 0.3);
    torch::optim::Adam adam(other.net->parameters());
    CosineAnnealingLR cosine(adam, {.T_max = 3});
    const Untouched untouched(other);
    EXPECT_EQ(LoadCheckpoint(path, {other.net.get(), &adam, &cosine}).error(),
              (Error{ErrorCode::kMismatch,
                     name +
                         " does not fit Adam: param_groups[0] lacks betas; param_groups[0] "
                         "lacks eps; " +
                         name +
                         " does not fit CosineAnnealingLR: the state lacks T_max; the "
                         "state lacks eta_min",
                     ""}));
  }
}

TEST(TrainingCheckpointTest, SaysWhichPartIsMissing) {
  const TempDir folder;
  const auto path = folder.path() / "it.pt";
  Training training;
  SaveCheckpoint(path, {.model = training.net.get()}, {.epoch = 1}).value();
  EXPECT_EQ(LoadCheckpoint(path, training.parts()).error(),
            (Error{ErrorCode::kNotFound,
                   path.string() + ": it holds no state of an optimizer; " + path.string() +
                       ": it holds no state of a scheduler",
                   "ignore_missing_parts loads what is there"}));
  const LoadedCheckpoint loaded =
      LoadCheckpoint(path, training.parts(), {.ignore_missing_parts = true}).value();
  EXPECT_TRUE(loaded.model_loaded);
  EXPECT_FALSE(loaded.optimizer_loaded || loaded.scheduler_loaded);
}

TEST(TrainingCheckpointTest, LoadsPartsAlone) {
  const TempDir folder;
  const auto path = folder.path() / "it.pt";
  Training training, other;
  training.Steps(3);
  SaveCheckpoint(path, training.parts(), {.epoch = 3}).value();
  const at::Tensor before = other.net->weight.detach().clone();
  LoadCheckpoint(path, {.optimizer = &other.optimizer}).value();
  EXPECT_TRUE(at::equal(other.net->weight, before));
  EXPECT_EQ(other.optimizer.param_groups()[0].options().get_lr(),
            training.optimizer.param_groups()[0].options().get_lr());
  // A file of a model alone is a checkpoint without the rest.
  SaveStateDict(*training.net, path).value();
  EXPECT_TRUE(LoadCheckpoint(path, {.model = other.net.get()}).value().model_loaded);
  EXPECT_TRUE(at::equal(other.net->weight, training.net->weight));
}

// A checkpoint with more entries than a training's parts.
void WriteWithMore(Training& training, const std::filesystem::path& path,
                   const std::vector<std::pair<std::string_view, std::string_view>>& texts,
                   const at::Tensor& tensor) {
  Snapshot snapshot = SnapshotTraining(training.parts(), {.epoch = 1}).value();
  Document& document = snapshot.document();
  std::vector<std::pair<std::string_view, Id>> entries = {
      {"state_dict", StateDictValue(*training.net, snapshot).value()},
      {"optimizer", OptimizerState(training.optimizer, snapshot).value()},
      {"epoch", document.Int(9)},
      {"best_acc1", document.Float(0.5)},
      {"seed", document.Int(7)},
      {"flag", document.Bool(true)}};
  for (const auto& [key, text] : texts) entries.emplace_back(key, document.String(text));
  if (tensor.defined()) entries.emplace_back("mine", snapshot.Tensor("mine", tensor).value());
  snapshot.Finish(snapshot.Dict(entries));
  WriteCheckpoint(snapshot.document(), path).value();
}

TEST(TrainingCheckpointTest, WritesAgainWhatOthersPutThere) {
  const TempDir folder;
  const auto path = folder.path() / "theirs.pt", again = folder.path() / "again.pt";
  Training training;
  training.Steps(1);
  WriteWithMore(training, path, {{"arch", "resnet18"}, {"note", "hello"}}, at::arange(5));
  const TrainingParts parts{.model = training.net.get(), .optimizer = &training.optimizer};
  const LoadedCheckpoint loaded = LoadCheckpoint(path, parts).value();
  EXPECT_EQ(loaded.epoch, 9);
  EXPECT_EQ(loaded.architecture, "resnet18");
  EXPECT_EQ(loaded.metrics, (Metrics{{"best_acc1", 0.5}, {"seed", 7}}));
  EXPECT_FALSE(loaded.rng_restored);
  const TrainingProgress progress{.epoch = 10, .metrics = {{"note", 1}}, .kept = &loaded.kept};
  SaveCheckpoint(again, parts, progress).value();
  const auto checkpoint = Checkpoint::Open(again).value();
  EXPECT_EQ(Keys(again),
            (std::vector<std::string>{"epoch", "model_state_dict", "optimizer_state_dict", "note",
                                      "rng_state", "best_acc1", "seed", "flag", "arch", "mine"}));
  EXPECT_EQ(checkpoint->root().Find("best_acc1")->AsFloat(), 0.5);
  EXPECT_EQ(checkpoint->root().Find("seed")->AsInt(), 7);
  EXPECT_EQ(checkpoint->root().Find("arch")->text(), "resnet18");
  EXPECT_EQ(checkpoint->root().Find("note")->AsFloat(), 1);  // the training's own goes before
  const TensorInfo& mine = checkpoint->tensors()[checkpoint->root().Find("mine")->tensor()];
  const auto bytes = checkpoint->Values(mine).value();
  ASSERT_EQ(bytes.size(), 5 * sizeof(int64_t));
  EXPECT_EQ(reinterpret_cast<const int64_t*>(bytes.data())[4], 4);
}

TEST(TrainingCheckpointTest, TheMetricsOfASaveGoBeforeThoseOfTheFile) {
  const TempDir folder;
  const auto path = folder.path() / "theirs.pt", again = folder.path() / "again.pt";
  Training training;
  WriteWithMore(training, path, {}, {});
  const TrainingParts parts{.model = training.net.get(), .optimizer = &training.optimizer};
  const LoadedCheckpoint loaded = LoadCheckpoint(path, parts).value();
  SaveCheckpoint(again, parts,
                 {.epoch = 10, .metrics = {{"best_acc1", 0.75}}, .kept = &loaded.kept})
      .value();
  EXPECT_EQ(LoadCheckpoint(again, parts).value().metrics,
            (Metrics{{"best_acc1", 0.75}, {"seed", 7}}));
}

TEST(TrainingCheckpointTest, TheOptimizersStateGoesWhereItsParametersGo) {
  const TempDir folder;
  const auto path = folder.path() / "it.pt";
  torch::nn::Linear net(4, 3), other(4, 3);
  torch::optim::Adam adam(net->parameters());
  net(at::rand({5, 4})).square().mean().backward();
  adam.step();
  SaveCheckpoint(path, {.model = net.get(), .optimizer = &adam}, {.epoch = 1}).value();
  // One parameter is not the model's, and stays what it is.
  const at::Tensor extra = at::zeros({3}).set_requires_grad(true);
  torch::optim::Adam others({other->weight, extra});
  LoadCheckpoint(path, {.model = other.get(), .optimizer = &others},
                 {.load = {.dtype = at::kDouble}})
      .value();
  const auto state_of = [&](const at::Tensor& parameter) {
    return static_cast<torch::optim::AdamParamState&>(
        *others.state().at(parameter.unsafeGetTensorImpl()));
  };
  EXPECT_EQ(other->weight.scalar_type(), at::kDouble);
  EXPECT_EQ(state_of(other->weight).exp_avg().scalar_type(), at::kDouble);
  EXPECT_EQ(state_of(other->weight).exp_avg_sq().scalar_type(), at::kDouble);
  EXPECT_EQ(state_of(extra).exp_avg().scalar_type(), at::kFloat);
  other(at::rand({5, 4}, at::kDouble)).square().mean().backward();
  others.step();
  EXPECT_EQ(state_of(other->weight).step(), 2);
}

// What the loading of a checkpoint with that as its random state says.
using MakeValue = std::function<Id(Snapshot&)>;
Error ErrorOfRngState(const std::filesystem::path& path, Training& training,
                      const MakeValue& state) {
  Snapshot snapshot;
  snapshot.Finish(
      snapshot.Dict({{"model_state_dict", StateDictValue(*training.net, snapshot).value()},
                     {"rng_state", state(snapshot)}}));
  WriteCheckpoint(snapshot.document(), path).value();
  const Untouched untouched(training);
  return LoadCheckpoint(path, {.model = training.net.get()}).error();
}

TEST(TrainingCheckpointTest, TakesNoTensorForARandomStateThatCannotBeOne) {
  const TempDir folder;
  const auto path = folder.path() / "it.pt";
  const auto tensor = [](const at::Tensor& it) {
    return [it](Snapshot& snapshot) { return snapshot.Tensor("rng_state", it).value(); };
  };
  const MakeValue sparse = [](Snapshot& snapshot) {
    const Id indices = snapshot.Tensor("indices", at::zeros({1, 1}, at::kLong)).value();
    const Id values = snapshot.Tensor("values", at::zeros({1}, at::kByte)).value();
    return snapshot.document().Composite(Layout::kSparseCoo, {indices, values}, {5056},
                                         /*coalesced=*/false, /*requires_grad=*/false);
  };
  const MakeValue quantized = [](Snapshot& snapshot) {
    static const std::byte bytes[4] = {};
    Document& document = snapshot.document();
    const uint32_t storage = document.AddStorage({.dtype = DType::kQUInt8, .bytes = bytes});
    return document.Quantized({.storage = storage, .shape = {4}, .stride = {1}},
                              {.scheme = "per_tensor_affine"});
  };
  const at::Tensor byte = at::zeros({1}, at::kByte);
  const std::pair<MakeValue, std::string> rows[] = {
      {sparse, "sparse_coo tensor of uint8, shape [5056] and stride []"},
      {quantized, "quantized strided tensor of quint8, shape [4] and stride [1]"},
      {tensor(byte.expand({int64_t{1} << 40})),
       "strided tensor of uint8, shape [1099511627776] and stride [0]"},
      {tensor(byte.expand({5056})), "strided tensor of uint8, shape [5056] and stride [0]"},
      {tensor(at::zeros({(1 << 20) + 1}, at::kByte)),
       "strided tensor of uint8, shape [1048577] and stride [1]"},
      {tensor(at::zeros({5056})), "strided tensor of float32, shape [5056] and stride [1]"},
      {tensor(at::zeros({2, 8}, at::kByte)),
       "strided tensor of uint8, shape [2, 8] and stride [8, 1]"},
  };
  Training training;
  for (const auto& [state, words] : rows) {
    EXPECT_EQ(
        ErrorOfRngState(path, training, state),
        (Error{ErrorCode::kCorrupt,
               path.string() + ": rng_state is a " + words + ", not a row of at most 1048576 bytes",
               ""}));
  }
}

TEST(TrainingCheckpointTest, RefusesARandomStateThatIsNone) {
  const TempDir folder;
  const auto path = folder.path() / "it.pt";
  Training training;
  const Error error = ErrorOfRngState(path, training, [](Snapshot& snapshot) {
    return snapshot.Tensor("rng_state", at::zeros({7}, at::kByte)).value();
  });
  EXPECT_EQ(error.code, ErrorCode::kCorrupt);
  EXPECT_EQ(error.message.substr(0, path.string().size() + 12), path.string() + ": rng_state:");
  EXPECT_TRUE(LoadCheckpoint(path, {.model = training.net.get()}, {.rng_state = false})
                  .value()
                  .model_loaded);
}

}  // namespace
}  // namespace zoo
