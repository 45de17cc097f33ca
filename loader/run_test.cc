#include "zoo/loader/run.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/writer.h"
#include "zoo/loader/save.h"
#include "zoo/loader/snapshot.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

// A training whose every part matters: dropout draws random numbers, Adam and the scheduler have
// state.
struct Training {
  torch::nn::Sequential model{torch::nn::Linear(4, 8), torch::nn::Dropout(0.5),
                              torch::nn::Linear(8, 2)};
  torch::optim::Adam optimizer{model->parameters(), 0.01};
  StepLR scheduler{optimizer, {.step_size = 2, .gamma = 0.5}};

  TrainingParts parts() { return {model.ptr().get(), &optimizer, &scheduler}; }
  double Epoch() {
    optimizer.zero_grad();
    torch::Tensor loss = model->forward(torch::randn({16, 4})).square().mean();
    loss.backward();
    optimizer.step();
    scheduler.Step();
    return loss.item<double>();
  }
};

RunOptions ByLoss() { return {.file = "run_{epoch:02}.pt", .monitor = "loss"}; }

class Runs : public testing::TestWithParam<Saving> {
 protected:
  zoo::Run OpenRun(RunOptions options = ByLoss()) {
    return zoo::Run::Open(folder_.path() / "a run", std::move(options), GetParam()).value();
  }
  TempDir folder_;
};
INSTANTIATE_TEST_SUITE_P(Savings, Runs, testing::Values(Saving::kInBackground, Saving::kAtOnce));

TEST_P(Runs, GoesOnAsIfNeverInterrupted) {
  torch::manual_seed(7);
  std::vector<double> whole, parts;
  {
    Training training;
    for (int64_t epoch = 0; epoch < 6; ++epoch) whole.push_back(training.Epoch());
  }
  torch::manual_seed(7);
  for (int64_t begun = 0; begun < 6; begun += 2) {
    Training training;
    if (begun > 0) torch::manual_seed(99);  // another process
    zoo::Run run = OpenRun();
    int64_t epoch = run.Resume(training.parts()).value();
    EXPECT_EQ(epoch, begun);
    for (const int64_t end = begun + 2; epoch < end; ++epoch) {
      parts.push_back(training.Epoch());
      run.Save(epoch, training.parts(), {{"loss", parts.back()}}).value();
    }
  }
  EXPECT_EQ(whole, parts);
}

TEST_P(Runs, StopsAndRestoresTheBest) {
  Training training;
  RunOptions options = ByLoss();
  options.patience = 2;
  options.keep_best = 1;
  options.keep_last = 1;
  zoo::Run run = OpenRun(options);
  EXPECT_EQ(run.Resume(*training.model).value(), 0);
  EXPECT_EQ(run.RestoreBest(*training.model).error().code, ErrorCode::kNotFound);
  const double losses[] = {3, 1, 2, 4};
  std::vector<bool> best, stop;
  for (int64_t epoch = 0; epoch < 4; ++epoch) {
    {
      torch::NoGradGuard no_grad;
      for (at::Tensor& parameter : training.model->parameters()) {
        parameter.fill_(static_cast<double>(epoch));
      }
    }
    const SaveOutcome outcome = run.Save(epoch, *training.model, {{"loss", losses[epoch]}}).value();
    best.push_back(outcome.best);
    stop.push_back(outcome.stop);
  }
  EXPECT_EQ(best, (std::vector<bool>{true, true, false, false}));
  EXPECT_EQ(stop, (std::vector<bool>{false, false, false, true}));
  EXPECT_GT(run.RestoreBest(*training.model).value().placed, 0u);
  EXPECT_EQ(training.model->parameters()[0].min().item<float>(), 1.0f);
  EXPECT_EQ(run.folder().history().stopped, std::optional<int64_t>(3));
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path() / "a run")) {
    if (entry.path().extension() == ".pt") files.push_back(entry.path().filename());
  }
  std::sort(files.begin(), files.end());
  EXPECT_EQ(files, (std::vector<std::string>{"run_01.pt", "run_03.pt"}));
}

// Entries that a script put into the run's file stay; the run's own metrics are of one epoch.
TEST_P(Runs, WritesAgainWhatOthersPutThere) {
  Training training;
  std::filesystem::path file;
  {
    zoo::Run run = OpenRun();
    file = run.Save(0, training.parts(), {{"loss", 1.0}, {"acc", 0.5}}).value().file;
  }
  Snapshot snapshot;
  Document& document = snapshot.document();
  snapshot.Finish(
      snapshot.Dict({{"epoch", document.Int(0)},
                     {"model_state_dict", StateDictValue(*training.model, snapshot).value()},
                     {"loss", document.Float(1)},
                     {"acc", document.Float(0.5)},
                     {"seed", document.Int(7)}}));
  WriteCheckpoint(snapshot.document(), file).value();
  zoo::Run run = OpenRun();
  ASSERT_EQ(run.Resume(*training.model).value(), 1);
  file = run.Save(1, *training.model, {{"loss", 2.0}}).value().file;
  ASSERT_TRUE(run.Wait());
  const auto checkpoint = Checkpoint::Open(file).value();
  EXPECT_EQ(checkpoint->root().Find("seed")->AsInt(), 7);
  EXPECT_EQ(checkpoint->root().Find("loss")->AsFloat(), 2);
  EXPECT_FALSE(checkpoint->root().Find("acc"));
}

// What the training changes after Save is not what was saved.
TEST_P(Runs, SavesTheMomentOfTheCall) {
  Training training;
  zoo::Run run = OpenRun();
  at::Tensor weight = training.model->parameters()[0];
  const at::Tensor then = weight.detach().clone();
  run.Save(0, training.parts(), {{"loss", 1.0}}).value();
  {
    torch::NoGradGuard no_grad;
    weight.fill_(5);
  }
  zoo::Run moved = std::move(run);
  ASSERT_TRUE(moved.Wait());
  moved.RestoreBest(*training.model).value();
  EXPECT_TRUE(torch::equal(training.model->parameters()[0], then));
}

TEST_P(Runs, KeepsOthersOut) {
  zoo::Run run = OpenRun();
  auto second = zoo::Run::Open(folder_.path() / "a run", ByLoss(), GetParam());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kDisk);
}

TEST_P(Runs, TellsWhatCouldNotBeSaved) {
  Training training;
  zoo::Run run = OpenRun();
  run.Save(0, training.parts(), {{"loss", 1.0}}).value();
  ASSERT_TRUE(run.Wait());
  std::filesystem::rename(folder_.path() / "a run", folder_.path() / "gone");
  auto saved = run.Save(1, training.parts(), {{"loss", 0.5}});
  const Error error = saved ? run.Wait().error() : saved.error();
  EXPECT_NE(error.message.find("epoch 1 is not saved, all before it are"), std::string::npos)
      << error.message;
  std::filesystem::rename(folder_.path() / "gone", folder_.path() / "a run");
  run.Save(1, training.parts(), {{"loss", 0.5}}).value();
  ASSERT_TRUE(run.Wait());
  EXPECT_EQ(run.folder().history().epochs.size(), 2u);
}

TEST_P(Runs, RefusesMetricsThatAreNotMonitored) {
  Training training;
  zoo::Run run = OpenRun();
  auto saved = run.Save(0, training.parts(), {{"lss", 1.0}});
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, ErrorCode::kUsage);
  EXPECT_EQ(run.Resume(training.parts()).value(), 0);
}

}  // namespace
}  // namespace zoo
