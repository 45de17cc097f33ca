// Tensors that the file holds in another order than row by row, each alone in its storage.
#include "zoo/loader/place.h"

#include <ATen/core/Dict.h>
#include <ATen/core/ivalue.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

// 0, 1, 2, ... of that shape, laid out so that the dimensions are `order` from the outermost in.
at::Tensor Laid(const std::vector<int64_t>& shape, const std::vector<int64_t>& order,
                at::ScalarType dtype) {
  int64_t count = 1;
  for (const int64_t side : shape) count *= side;
  const at::Tensor rows = at::arange(count).remainder(1000).to(dtype).view(shape);
  std::vector<int64_t> back(order.size());
  for (size_t i = 0; i < order.size(); ++i) back[order[i]] = static_cast<int64_t>(i);
  return rows.permute(order).contiguous().permute(back);
}

class PlaceTest : public testing::Test {
 protected:
  // Everything is right, however it is placed.
  void ExpectPlaced(const std::vector<at::Tensor>& tensors) {
    Save(tensors);
    for (const bool immutable : {false, true}) {
      const auto checkpoint = Checkpoint::Open(file_, {.immutable = immutable}).value();
      for (const PlaceBy by : {PlaceBy::kCopy, PlaceBy::kMap}) {
        const auto placed = PlaceTensors(checkpoint, Indices(*checkpoint), by).value();
        ASSERT_EQ(placed.size(), tensors.size());
        for (size_t i = 0; i < tensors.size(); ++i) {
          EXPECT_TRUE(at::equal(placed[i].tensor, tensors[i])) << i;
          EXPECT_TRUE(placed[i].tensor.is_contiguous()) << i;
          EXPECT_EQ(placed[i].tensor.scalar_type(), tensors[i].scalar_type());
          EXPECT_EQ(placed[i].mapped,
                    by == PlaceBy::kMap && immutable && tensors[i].is_contiguous())
              << i;
        }
      }
    }
  }
  void Save(const std::vector<at::Tensor>& tensors) {
    c10::Dict<std::string, at::Tensor> state;
    for (size_t i = 0; i < tensors.size(); ++i) state.insert(std::to_string(i), tensors[i]);
    const std::vector<char> bytes = torch::jit::pickle_save(state);
    std::ofstream(file_, std::ios::binary).write(bytes.data(), static_cast<int64_t>(bytes.size()));
  }
  static std::vector<uint32_t> Indices(const Checkpoint& checkpoint) {
    std::vector<uint32_t> indices;
    const StateDict state = checkpoint.FindStateDict().value();
    for (const auto& item : state.tensors) indices.push_back(item.tensor);
    return indices;
  }

  TempDir folder_;
  const std::filesystem::path file_ = folder_.path() / "laid.pth";
};

TEST_F(PlaceTest, ElementsArePutInOrder) {
  const std::vector<int64_t> columns = {3, 2, 1, 0};
  ExpectPlaced({
      Laid({3, 5}, {1, 0}, at::kFloat), Laid({200, 300}, {1, 0}, at::kFloat),
      Laid({2, 3, 4, 5}, columns, at::kFloat), Laid({2, 3, 4, 5}, {2, 3, 1, 0}, at::kDouble),
      Laid({2, 3, 4, 5}, {0, 2, 3, 1}, at::kHalf), Laid({32, 1, 3, 3}, {2, 3, 1, 0}, at::kBFloat16),
      Laid({40, 30, 1, 1}, columns, at::kLong), Laid({6, 7}, {1, 0}, at::kChar),
      Laid({6, 7}, {1, 0}, at::kComplexDouble),
      Laid({6, 7}, {0, 1}, at::kFloat),  // in order already
  });
}

TEST_F(PlaceTest, ManyAreTurnedByTwoThreads) {
  std::vector<at::Tensor> tensors;
  for (int64_t i = 0; i < 60; ++i) {
    tensors.push_back(Laid({100 + i, 70, 1, 1}, {3, 2, 1, 0}, at::kFloat));
  }
  ExpectPlaced(tensors);
}

TEST_F(PlaceTest, ALargeOneIsTurnedToo) { ExpectPlaced({Laid({1500, 2000}, {1, 0}, at::kFloat)}); }

TEST_F(PlaceTest, InferenceModeHoldsInTheThreads) {
  const c10::InferenceMode mode;
  ExpectPlaced({Laid({600, 700}, {1, 0}, at::kFloat), Laid({700, 600}, {1, 0}, at::kFloat)});
}

TEST_F(PlaceTest, AFileThatIsCutIsAnError) {
  ExpectPlaced({Laid({600, 700}, {1, 0}, at::kFloat), Laid({700, 600}, {1, 0}, at::kFloat)});
  const auto checkpoint = Checkpoint::Open(file_).value();
  std::filesystem::resize_file(file_, 2000);
  const auto placed = PlaceTensors(checkpoint, Indices(*checkpoint), PlaceBy::kCopy);
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.error().code, ErrorCode::kCorrupt) << placed.error().Text();
}

TEST_F(PlaceTest, ATensorThatFindsNoMemoryIsAnError) {
  Save({at::zeros({1}).expand({1'000'000, 3, 10'000, 10'000})});
  const auto checkpoint = Checkpoint::Open(file_).value();
  const auto placed = PlaceTensors(checkpoint, Indices(*checkpoint), PlaceBy::kCopy);
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(placed.error().message.starts_with("cannot load " + checkpoint->name() + ": "))
      << placed.error().Text();
}

}  // namespace
}  // namespace zoo
