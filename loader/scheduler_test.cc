// The learning rates of tests/data/scheduler_goldens.json, to the bit.
#include "zoo/loader/scheduler.h"

#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <torch/optim/sgd.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/writer.h"
#include "zoo/tests/support/golden_file.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

using torch::optim::Optimizer;
using MadeScheduler = std::unique_ptr<Scheduler>;

std::unique_ptr<Optimizer> MakeOptimizer(const std::vector<double>& lrs) {
  std::vector<torch::optim::OptimizerParamGroup> groups;
  for (const double lr : lrs) {
    groups.emplace_back(std::vector<at::Tensor>{at::zeros({1}).set_requires_grad(true)},
                        std::make_unique<torch::optim::SGDOptions>(lr));
  }
  return std::make_unique<torch::optim::SGD>(groups, torch::optim::SGDOptions(1.0));
}

std::vector<double> Lrs(const Optimizer& optimizer) {
  std::vector<double> lrs;
  for (const auto& group : optimizer.param_groups()) lrs.push_back(group.options().get_lr());
  return lrs;
}

// Puts the option, if the record has it, into `into`.
void Set(const Json& options, std::string_view name, int64_t& into) {
  if (const Json* value = options.Find(name)) into = *value->AsInt64();
}
void Set(const Json& options, std::string_view name, double& into) {
  if (const Json* value = options.Find(name)) into = *value->AsDouble();
}
void Set(const Json& options, std::string_view name, std::string& into) {
  if (const Json* value = options.Find(name)) into = Text(*value);
}

MadeScheduler MakeStep(Optimizer& optimizer, const Json& json) {
  StepLROptions options;
  Set(json, "step_size", options.step_size);
  Set(json, "gamma", options.gamma);
  return std::make_unique<StepLR>(optimizer, options);
}

MadeScheduler MakeMultiStep(Optimizer& optimizer, const Json& json) {
  MultiStepLROptions options{.milestones = Ints(*json.Find("milestones"))};
  Set(json, "gamma", options.gamma);
  return std::make_unique<MultiStepLR>(optimizer, options);
}

MadeScheduler MakeCosine(Optimizer& optimizer, const Json& json) {
  CosineAnnealingLROptions options;
  Set(json, "T_max", options.T_max);
  Set(json, "eta_min", options.eta_min);
  return std::make_unique<CosineAnnealingLR>(optimizer, options);
}

MadeScheduler MakePlateau(Optimizer& optimizer, const Json& json) {
  ReduceLROnPlateauOptions options;
  Set(json, "mode", options.mode);
  Set(json, "factor", options.factor);
  Set(json, "patience", options.patience);
  Set(json, "threshold", options.threshold);
  Set(json, "threshold_mode", options.threshold_mode);
  Set(json, "cooldown", options.cooldown);
  Set(json, "eps", options.eps);
  if (const Json* min_lr = json.Find("min_lr")) {
    options.min_lrs =
        min_lr->AsArray() != nullptr ? Doubles(*min_lr) : std::vector<double>{*min_lr->AsDouble()};
  }
  return std::make_unique<ReduceLROnPlateau>(optimizer, options);
}

MadeScheduler Make(const Json& record, Optimizer& optimizer) {
  static const std::map<std::string, MadeScheduler (*)(Optimizer&, const Json&)> kMakers = {
      {"StepLR", MakeStep},
      {"MultiStepLR", MakeMultiStep},
      {"CosineAnnealingLR", MakeCosine},
      {"ReduceLROnPlateau", MakePlateau}};
  return kMakers.at(Text(At(record, {"scheduler"})))(optimizer, At(record, {"options"}));
}

void Step(const Json& record, size_t epoch, Scheduler& scheduler) {
  if (const Json* metrics = record.Find("metrics")) {
    scheduler.Step(Doubles(*metrics)[epoch]);
  } else {
    scheduler.Step();
  }
}

const Json& Goldens() {
  static const Json* goldens = new Json(ReadGoldenFile("tests/data/scheduler_goldens.json"));
  return *goldens;
}

void SaveState(const Scheduler& scheduler, const std::filesystem::path& path,
               const KeptValues* kept = nullptr) {
  Snapshot snapshot;
  snapshot.Finish(scheduler.ToState(snapshot, kept).value());
  WriteCheckpoint(snapshot.document(), path).value();
}

Result<KeptValues> LoadState(Scheduler& scheduler, const std::filesystem::path& path) {
  const auto checkpoint = Checkpoint::Open(path).value();
  return scheduler.FromState(checkpoint, checkpoint->root());
}

TEST(SchedulerTest, SetsTheLearningRatesOfPython) {
  for (const Json& record : *At(Goldens(), {"records"}).AsArray()) {
    SCOPED_TRACE(record.Dump(-1).substr(0, 150));
    const auto optimizer = MakeOptimizer(Doubles(At(Goldens(), {"lrs"})));
    const MadeScheduler scheduler = Make(record, *optimizer);
    const Json::Array& rates = *At(record, {"rates"}).AsArray();
    EXPECT_EQ(scheduler->name(), Text(At(record, {"scheduler"})));
    ASSERT_GT(rates.size(), 1u);
    for (size_t i = 0; i < rates.size(); ++i) {
      if (i > 0) Step(record, i - 1, *scheduler);
      ASSERT_EQ(Lrs(*optimizer), Doubles(rates[i])) << "epoch " << i;
      ASSERT_EQ(scheduler->LastLr(), Doubles(rates[i])) << "epoch " << i;
    }
  }
}

// The options of the one that goes on come from the file.
TEST(SchedulerTest, GoesOnFromItsState) {
  const TempDir folder;
  const Json::Object defaults = {{"milestones", Json::Array{}}};
  for (const Json& record : *At(Goldens(), {"records"}).AsArray()) {
    SCOPED_TRACE(record.Dump(-1).substr(0, 150));
    const Json::Array& rates = *At(record, {"rates"}).AsArray();
    const size_t middle = rates.size() / 2;
    const auto optimizer = MakeOptimizer(Doubles(At(Goldens(), {"lrs"})));
    const MadeScheduler scheduler = Make(record, *optimizer);
    for (size_t i = 0; i < middle; ++i) Step(record, i, *scheduler);
    SaveState(*scheduler, folder.path() / "state.pt");

    const auto other = MakeOptimizer(Doubles(rates[middle]));
    const Json plain =
        Json::Object{{"scheduler", At(record, {"scheduler"})}, {"options", defaults}};
    const MadeScheduler next = Make(plain, *other);
    EXPECT_TRUE(LoadState(*next, folder.path() / "state.pt").value().values.empty());
    EXPECT_EQ(next->LastLr(), Doubles(rates[middle]));
    EXPECT_EQ(next->BaseLrs(), scheduler->BaseLrs());
    for (size_t i = middle; i + 1 < rates.size(); ++i) {
      Step(record, i, *next);
      ASSERT_EQ(Lrs(*other), Doubles(rates[i + 1])) << "epoch " << i;
    }
  }
}

TEST(SchedulerTest, RefusesTheStateOfAnotherClassAndOfOtherGroups) {
  const TempDir folder;
  const std::filesystem::path path = folder.path() / "state.pt";
  const auto two = MakeOptimizer({0.1, 0.2}), one = MakeOptimizer({0.1});
  StepLR step(*two, {.step_size = 3});
  SaveState(step, path);
  CosineAnnealingLR cosine(*two, {.T_max = 4});
  EXPECT_EQ(LoadState(cosine, path).error().message,
            path.string() +
                " does not fit CosineAnnealingLR: the state lacks T_max; the state "
                "lacks eta_min");
  StepLR single(*one, {.step_size = 5});
  EXPECT_EQ(LoadState(single, path).error(),
            (Error{ErrorCode::kMismatch,
                   path.string() + " does not fit StepLR: base_lrs has 2 in the file, the "
                                   "optimizer has 1",
                   ""}));
  for (int i = 0; i < 5; ++i) single.Step();
  EXPECT_EQ(Lrs(*one), std::vector<double>{0.1 * 0.1});  // its own options are as they were
}

TEST(SchedulerTest, RefusesWrongValues) {
  const TempDir folder;
  const std::filesystem::path path = folder.path() / "state.pt";
  Document document;
  auto list = [&] { return document.List({document.Float(0.1)}); };
  std::vector<std::pair<Document::Id, Document::Id>> entries = {
      {document.String("step_size"), document.Int(0)},
      {document.String("gamma"), document.Float(0.5)},
      {document.String("base_lrs"), list()},
      {document.String("last_epoch"), document.Int(2)},
      {document.String("_step_count"), document.Int(3)}};
  document.SetRoot(document.Dict(entries));
  WriteCheckpoint(document, path).value();
  const auto optimizer = MakeOptimizer({0.1});
  StepLR scheduler(*optimizer, {.step_size = 2});
  EXPECT_EQ(LoadState(scheduler, path).error().message,
            path.string() + " does not fit StepLR: step_size is 0");
  entries[0].second = document.String("two");
  entries[1].second = document.None();
  document.SetRoot(document.Dict(entries));
  WriteCheckpoint(document, path).value();
  EXPECT_EQ(LoadState(scheduler, path).error().message,
            path.string() +
                " does not fit StepLR: the state.step_size is a string, not a whole "
                "number; the state.gamma is None, not a number");
}

TEST(SchedulerTest, KeepsWhatItDoesNotKnow) {
  const TempDir folder;
  const auto optimizer = MakeOptimizer({0.1});
  StepLR scheduler(*optimizer, {.step_size = 2});
  SaveState(scheduler, folder.path() / "plain.pt");
  {
    Snapshot snapshot;
    const Document::Id state = scheduler.ToState(snapshot).value();
    Document& document = snapshot.document();
    document.SetItem(state, document.String("verbose"), document.Bool(true));
    snapshot.Finish(state);
    WriteCheckpoint(snapshot.document(), folder.path() / "verbose.pt").value();
  }
  const KeptValues kept = LoadState(scheduler, folder.path() / "verbose.pt").value();
  ASSERT_EQ(kept.values.size(), 1u);
  SaveState(scheduler, folder.path() / "again.pt", &kept);
  const auto again = Checkpoint::Open(folder.path() / "again.pt").value();
  EXPECT_TRUE(again->root().Find("verbose")->AsBool());
}

TEST(SchedulerTest, ThrowsForOptionsThatMeanNothing) {
  const auto optimizer = MakeOptimizer({0.1, 0.2});
  auto message = [](const std::function<void()>& make) -> std::string {
    try {
      make();
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().code, ErrorCode::kUsage);
      return failure.error().message;
    }
    return "";
  };
  using Plateau = ReduceLROnPlateau;
  EXPECT_EQ(message([&] { StepLR(*optimizer, {.step_size = 0}); }),
            "StepLR: step_size is 0, it must be at least 1");
  EXPECT_EQ(message([&] { CosineAnnealingLR(*optimizer, {.T_max = -1}); }),
            "CosineAnnealingLR: T_max is -1, it must be at least 1");
  EXPECT_EQ(message([&] { Plateau(*optimizer, {.factor = 1}); }),
            "ReduceLROnPlateau: factor is 1, it must be below 1");
  EXPECT_EQ(message([&] { Plateau(*optimizer, {.mode = "least"}); }),
            "ReduceLROnPlateau: mode is \"least\", it must be min or max");
  EXPECT_EQ(message([&] { Plateau(*optimizer, {.threshold_mode = "none"}); }),
            "ReduceLROnPlateau: threshold_mode is \"none\", it must be rel or abs");
  EXPECT_EQ(message([&] {
              Plateau(*optimizer, {.min_lrs = {1, 2, 3}});
            }),
            "ReduceLROnPlateau: there are 3 min_lrs and 2 param_groups");
  EXPECT_EQ(message([&] { Plateau(*optimizer).Step(); }),
            "ReduceLROnPlateau: Step needs the metric that is watched");
}

}  // namespace
}  // namespace zoo
