// A module whose tensors are views of a file, and what happens to the one when the other changes:
// docs/loading.md.
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/loader/load_into.h"
#include "zoo/loader/load_options.h"
#include "zoo/models/layers.h"
#include "zoo/models/state_dict.h"
#include "zoo/tests/support/saved_module.h"
#include "zoo/tests/support/small_net.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

fs::path CopyIn(const TempDir& folder) {
  const fs::path file = folder.path() / "small.pth";
  fs::copy_file(LoaderFile("small.pth"), file);
  return file;
}

std::string Slurp(const fs::path& file) { return ReadFile(file, 1 << 20).value(); }

TEST(MappingTest, TrainingInPlaceNeverReachesTheFile) {
  const TempDir folder;
  const fs::path file = CopyIn(folder);
  const std::string before = Slurp(file);
  SmallNet net, again;
  const auto checkpoint = OpenFile(file, /*immutable=*/true);
  ASSERT_EQ(LoadInto(net, checkpoint).value().mapped, 8u);
  {
    torch::NoGradGuard no_grad;
    for (at::Tensor& parameter : net.parameters()) parameter.add_(1);
    net.train();
  }
  net.forward(at::ones({4, 1, 2, 2})).sum().backward();
  EXPECT_EQ(net.bn->num_batches_tracked.item<int64_t>(), 8);
  EXPECT_EQ(Slurp(file), before);
  SmallNet fresh;
  LoadInto(fresh, OpenFile(file, /*immutable=*/true)).value();
  EXPECT_EQ(fresh.bn->num_batches_tracked.item<int64_t>(), 7);
}

TEST(MappingTest, MappedTensorsOutliveTheCheckpointAndTheName) {
  const TempDir folder;
  const fs::path file = CopyIn(folder);
  at::Tensor weight, expected;
  {
    SmallNet net;
    LoadInto(net, OpenFile(file, /*immutable=*/true)).value();
    weight = net.fc->weight.detach();
    expected = weight.clone();
  }
  fs::remove(file);
  EXPECT_TRUE(at::equal(weight, expected));
}

TEST(MappingTest, AFileThatIsCutWhileItIsReadIsAnError) {
  const TempDir folder;
  const fs::path file = CopyIn(folder);
  const auto checkpoint = OpenFile(file);
  fs::resize_file(file, 200);
  SmallNet net;
  const auto report = LoadInto(net, checkpoint);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kCorrupt) << report.error().Text();
  EXPECT_TRUE(models::IsGhost(net.fc->weight));
}

TEST(MappingTest, EveryTensorCanBeWrittenAndTheFileStaysAsItIs) {
  const TempDir folder;
  const fs::path file = CopyIn(folder);
  const std::string before = Slurp(file);
  SmallNet net;
  ASSERT_EQ(LoadInto(net, OpenFile(file, /*immutable=*/true)).value().mapped, 8u);
  for (const auto& slot : models::StateDictOf(net)) {
    torch::NoGradGuard no_grad;
    slot.tensor.fill_(9);
  }
  EXPECT_EQ(net.fc->weight[2][1].item<float>(), 9);
  EXPECT_EQ(Slurp(file), before);
}

TEST(MappingTest, TwoModulesOfOneFileDoNotSeeEachOthersChanges) {
  SmallNet one, other;
  const auto checkpoint = OpenFile(LoaderFile("small.pth"), /*immutable=*/true);
  LoadInto(one, checkpoint).value();
  LoadInto(other, OpenFile(LoaderFile("small.pth"), /*immutable=*/true)).value();
  const at::Tensor before = other.fc->weight.detach().clone();
  torch::NoGradGuard no_grad;
  one.fc->weight.fill_(9);
  EXPECT_TRUE(at::equal(other.fc->weight, before));
}

TEST(MappingTest, ModulesOfOneCheckpointDoNotSeeEachOthersChangesNorDoesItsReader) {
  const auto checkpoint = OpenFile(LoaderFile("small.pth"), /*immutable=*/true);
  const StateDict file = checkpoint->FindStateDict().value();
  const auto values = [&] {
    std::vector<std::vector<std::byte>> all;
    for (const auto& item : file.tensors) {
      const TensorInfo& tensor = checkpoint->tensors()[item.tensor];
      all.push_back(checkpoint->Values(tensor).value());
      const ByteView view = checkpoint->StorageView(tensor.storage);
      all.emplace_back(view.begin(), view.end());
    }
    return all;
  };
  const auto before = values();
  SmallNet one, other, later;
  EXPECT_EQ(LoadInto(one, checkpoint).value().mapped, 8u);
  EXPECT_EQ(LoadInto(other, checkpoint).value().mapped, 8u);
  const at::Tensor weight = one.fc->weight.detach().clone();
  torch::NoGradGuard no_grad;
  for (const auto& slot : models::StateDictOf(one)) slot.tensor.fill_(9);
  EXPECT_TRUE(at::equal(other.fc->weight, weight));
  EXPECT_EQ(other.bn->num_batches_tracked.item<int64_t>(), 7);
  EXPECT_EQ(LoadInto(later, checkpoint).value().mapped, 8u);
  EXPECT_TRUE(at::equal(later.fc->weight, weight));
  EXPECT_EQ(values(), before);
}

TEST(MappingTest, AFileThatIsReplacedByRenamingIsStillTheOldOneToWhoMappedIt) {
  const TempDir folder;
  const fs::path file = CopyIn(folder);
  SmallNet net, other;
  LoadInto(net, OpenFile(file, /*immutable=*/true)).value();
  const at::Tensor before = net.fc->weight.detach().clone();
  std::ofstream(folder.path() / "new") << std::string(fs::file_size(file), 'x');
  fs::rename(folder.path() / "new", file);
  EXPECT_TRUE(at::equal(net.fc->weight, before));
}

// A file of more than one page, loaded and then cut to nothing.
void CutUnder(Placement placement) {
  const TempDir folder;
  const fs::path file = folder.path() / "large.pth";
  SmallNet source(5000), net(5000);
  FillWithNumbers(source);
  SaveWeights(source, file);
  LoadInto(net, OpenFile(file, /*immutable=*/true), {.placement = placement}).value();
  fs::resize_file(file, 0);
  std::exit(net.fc->weight.sum().item<float>() == 2500 ? 0 : 1);
}

TEST(MappingDeathTest, AFileThatIsCutWhileItIsMappedEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(CutUnder(Placement::kMap), testing::KilledBySignal(SIGBUS), "");
}

TEST(MappingDeathTest, AFileThatWasCopiedIsNotNeededAnyMore) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(CutUnder(Placement::kCopy), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace zoo
