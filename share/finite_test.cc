#include "zoo/share/finite.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "zoo/base/cancel.h"
#include "zoo/checkpoint/checkpoint.h"

namespace zoo {
namespace {

struct Tensor {
  std::string dtype;
  std::vector<uint64_t> elements;  // their bits
  size_t bytes;                    // of each
};

// A safetensors file of one-dimensional tensors called t0, t1 ...
std::shared_ptr<const Checkpoint> FileOf(const std::vector<Tensor>& tensors) {
  std::string header = "{", data;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const size_t begin = data.size();
    for (const uint64_t bits : tensors[i].elements) {
      data.append(reinterpret_cast<const char*>(&bits), tensors[i].bytes);
    }
    header += fmt::format(R"({}"t{}":{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                          i == 0 ? "" : ",", i, tensors[i].dtype, tensors[i].elements.size(), begin,
                          data.size());
  }
  header += "}";
  uint64_t size = header.size();
  std::string file(reinterpret_cast<const char*>(&size), sizeof size);
  file += header + data;
  return Checkpoint::OfBytes(AsBytes(file), "x.safetensors").value();
}

std::optional<NotFinite> Find(const std::vector<Tensor>& tensors) {
  const auto file = FileOf(tensors);
  return FindNotFinite(*file, file->FindStateDict().value()).value();
}

TEST(FindNotFinite, NumbersOfEveryTypeThatAreNone) {
  const Tensor kRows[] = {
      {"F32", {0x3f800000, 0x7f7fffff, 0xff800000}, 4},  // 1, the largest, -inf
      {"F32", {0, 0x80000000, 0x7fc00000}, 4},           // nan
      {"F64", {0x3ff0000000000000, 0x7fefffffffffffff, 0x7ff0000000000001}, 8},
      {"F16", {0x3c00, 0x7bff, 0x7c00}, 2},
      {"BF16", {0x3f80, 0x7f7f, 0xff80}, 2},
      {"F8_E5M2", {0x3c, 0x7b, 0x7c}, 1},
      {"F8_E4M3", {0x38, 0x7e, 0x7f}, 1},
  };
  for (Tensor tensor : kRows) {
    const auto wrong = Find({tensor});
    ASSERT_TRUE(wrong) << tensor.dtype;
    EXPECT_EQ(wrong->Text(), "t0[2] is not a finite number") << tensor.dtype;
    tensor.elements.pop_back();
    EXPECT_FALSE(Find({tensor})) << tensor.dtype;
  }
}

TEST(FindNotFinite, EitherPartOfAComplexNumber) {
  EXPECT_FALSE(Find({{"C64", {0x3f8000003f800000, 0}, 8}}));
  EXPECT_EQ(Find({{"C64", {0, 0x7f80000000000000}, 8}})->index, 1u);
  EXPECT_EQ(Find({{"C64", {0, 0x000000007f800000}, 8}})->index, 1u);
}

TEST(FindNotFinite, CountsTheTensors) {
  const Tensor good = {"F32", {0}, 4}, bad = {"F32", {0, 0x7f800000}, 4};
  const Tensor whole = {"I32", {0x7f800000}, 4};
  EXPECT_FALSE(Find({good, whole}));
  EXPECT_EQ(Find({good, bad, bad, bad})->Text(),
            "t1[1] is not a finite number, nor are others in 2 more tensors");
}

TEST(FindNotFinite, StopsWhenAsked) {
  const auto file = FileOf({{"F32", {0}, 4}});
  std::atomic<bool> stop{true};
  const auto found = FindNotFinite(*file, file->FindStateDict().value(), CancelToken(&stop));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace zoo
