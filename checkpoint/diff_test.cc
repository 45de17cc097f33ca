#include "zoo/checkpoint/diff.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/checkpoint/pickle_builder.h"
#include "zoo/checkpoint/zip_builder.h"

namespace zoo {
namespace {

using namespace pickled;

const std::filesystem::path kFolder = "tests/data/checkpoints";

std::shared_ptr<const Checkpoint> File(const std::string& name) {
  auto opened = Checkpoint::Open(kFolder / name);
  EXPECT_TRUE(opened) << opened.error().Text();
  return opened ? *opened : nullptr;
}

template <typename T>
std::string Elements(const std::vector<T>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

// A checkpoint of tensors of one dimension.
struct Toy {
  std::string name, storage_class, bytes;
  int64_t size;
  int64_t stride = 1;
};
std::shared_ptr<const Checkpoint> Made(const std::vector<Toy>& toys, const std::string& name) {
  ZipBuilder zip;
  std::vector<std::pair<std::string, std::string>> entries;
  for (size_t i = 0; i < toys.size(); ++i) {
    const Toy& toy = toys[i];
    std::string key = std::to_string(i);
    auto elements = static_cast<int64_t>(toy.bytes.size());
    for (const auto& [type, bytes] : {std::pair{"FloatStorage", 4},
                                      {"DoubleStorage", 8},
                                      {"HalfStorage", 2},
                                      {"LongStorage", 8},
                                      {"ComplexFloatStorage", 8}}) {
      if (toy.storage_class == type) elements /= bytes;
    }
    entries.emplace_back(Str(toy.name),
                         Tensor(toy.storage_class, key, elements, 0, {toy.size}, {toy.stride}));
    zip.Add("m/data/" + key, toy.bytes);
  }
  zip.Add("m/version", "3\n");
  zip.Add("m/data.pkl", Pickle(Dict(entries)));
  auto opened = Checkpoint::OfBytes(AsBytes(zip.Build()), name);
  EXPECT_TRUE(opened) << opened.error().Text();
  return opened ? *opened : nullptr;
}

std::string Words(const TensorDiff& diff) {
  std::string text = diff.name + (diff.a == nullptr   ? " only in b"
                                  : diff.b == nullptr ? " only in a"
                                                      : "");
  if (!diff.kind.empty()) text += " " + diff.kind;
  if (!diff.part.empty()) text += " in " + diff.part;
  if (diff.differing == 0) return text;
  text += " " + std::to_string(diff.differing) + "/" + std::to_string(diff.elements);
  if (diff.nan > 0) text += " nan " + std::to_string(diff.nan);
  char numbers[80];
  std::snprintf(numbers, sizeof numbers, " abs %g rel %g at", diff.max_abs, diff.max_relative);
  text += numbers;
  for (int64_t index : diff.first) text += " " + std::to_string(index);
  return text;
}

using Lines = std::vector<std::string>;

Lines Diff(const Checkpoint& a, const Checkpoint& b, const DiffOptions& options = {}) {
  auto diff = DiffWeights(a, b, options);
  if (!diff) return {diff.error().Text()};
  Lines lines;
  for (const TensorDiff& one : diff->different) lines.push_back(Words(one));
  return lines;
}

TEST(DiffWeights, TheSameWeightsInWhateverFile) {
  for (auto [a, b, count] : {std::tuple{"state_dict.pth", "state_dict_legacy.pth", 9},
                             {"state_dict.pth", "deflated.pth", 9},
                             {"floats.pth", "big_endian.pth", 2},
                             {"dtypes.pth", "dtypes_legacy.pth", 22},
                             {"views.pth", "views_legacy.pth", 16},
                             {"special.pth", "special_legacy.pth", 8},
                             {"model.pth", "model_inside.pth", 9}}) {
    auto diff = DiffWeights(*File(a), *File(b));
    ASSERT_TRUE(diff) << diff.error().Text();
    EXPECT_EQ(diff->same, static_cast<size_t>(count)) << a;
    EXPECT_EQ(Diff(*File(a), *File(b)), Lines{}) << a;
  }
}

TEST(DiffWeights, SaysWhatDiffers) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  auto floats = [](std::vector<float> v) {
    return Toy{"w", "FloatStorage", Elements(v), static_cast<int64_t>(v.size())};
  };
  auto longs = [](std::vector<int64_t> v) {
    return Toy{"w", "LongStorage", Elements(v), static_cast<int64_t>(v.size())};
  };
  struct Row {
    Toy a, b;
    Lines want;
  };
  const Row kRows[] = {
      {floats({1, 2, 3}), floats({1, 2, 3}), {}},
      {floats({1, 2, 3}), floats({1, 2.5, 4}), {"w 2/3 abs 1 rel 0.25 at 1"}},
      {floats({1, 2}), floats({1, 2, 3}), {"w shape"}},
      {floats({nan, 1}), floats({nan, 1}), {}},
      {floats({nan, 1}), floats({2, 1}), {"w 1/2 nan 1 abs 0 rel 0 at 0"}},
      {floats({nan, 1}), floats({-nan, 3}), {"w 2/2 nan 1 abs 2 rel 0.666667 at 0"}},
      {floats({0.f, 1}), floats({-0.f, 1}), {"w 1/2 abs 0 rel 0 at 0"}},
      {floats({inf, inf}), floats({inf, 1}), {"w 1/2 abs inf rel inf at 1"}},
      {floats({inf}), floats({-inf}), {"w 1/1 abs inf rel inf at 0"}},
      {longs({INT64_MAX, 5}), longs({INT64_MAX - 1, 5}), {"w 1/2 abs 1 rel 1.0842e-19 at 0"}},
      {longs({INT64_MAX}), longs({INT64_MIN}), {"w 1/1 abs 1.84467e+19 rel 2 at 0"}},
      {{"w", "ComplexFloatStorage", Elements<float>({3, 4}), 1},
       {"w", "ComplexFloatStorage", Elements<float>({0, 0}), 1},
       {"w 1/1 abs 5 rel 1 at 0"}},
      {{"w", "DoubleStorage", Elements<double>({1, 0.1}), 2},
       floats({1, 0.1f}),
       {"w dtype 1/2 abs 1.49012e-09 rel 1.49012e-08 at 1"}},
      {longs({1, 2}), floats({1, 2}), {"w dtype"}},
      {{"w", "FloatStorage", Elements<float>({1, 9, 2, 9, 3}), 3, 2}, floats({1, 2, 3}), {}},
      {{"w", "FloatStorage", Elements<float>({1}), 3, 0},
       floats({1, 1, 2}),
       {"w 1/3 abs 1 rel 0.5 at 2"}},
      {floats({}), floats({}), {}},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(Diff(*Made({row.a}, "a.pth"), *Made({row.b}, "b.pth")), row.want);
  }
}

TEST(DiffWeights, Tolerates) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  auto a = Made({{"w", "FloatStorage", Elements<float>({1, 100, nan, 0}), 4}}, "a.pth");
  auto b = Made({{"w", "FloatStorage", Elements<float>({1.25, 101, -nan, -0.f}), 4}}, "b.pth");
  EXPECT_EQ(Diff(*a, *b), Lines{"w 4/4 nan 1 abs 1 rel 0.2 at 0"});
  EXPECT_EQ(Diff(*a, *b, {.tolerance = 0.25}), Lines{"w 1/4 abs 1 rel 0.00990099 at 1"});
  EXPECT_EQ(Diff(*a, *b, {.relative_tolerance = 0.01}), Lines{"w 1/4 abs 0.25 rel 0.2 at 0"});
  EXPECT_EQ(Diff(*a, *b, {.tolerance = 1}), Lines{});
  auto c = Made({{"w", "DoubleStorage", Elements<double>({1, 100, nan, 0}), 4}}, "c.pth");
  EXPECT_EQ(Diff(*a, *c), Lines{"w dtype"});
  EXPECT_EQ(Diff(*a, *c, {.ignore_dtype = true}), Lines{});
}

TEST(DiffWeights, PairsByName) {
  auto one = [](const std::string& name) {
    return Toy{name, "FloatStorage", Elements<float>({1}), 1};
  };
  auto a = Made({one("module.x"), one("module.y"), one("only")}, "a.pth");
  auto b = Made({one("y"), one("x"), one("z"), one("other")}, "b.pth");
  EXPECT_EQ(Diff(*a, *b, {.strip_prefixes = {"module."}}),
            (Lines{"only only in a", "z only in b", "other only in b"}));
  EXPECT_EQ(Diff(*a, *b, {.strip_prefixes = {"modul_"}}),
            Lines{"no name begins with \"modul_\", in a.pth or in b.pth; the first names are "
                  "\"module.x\" and \"y\""});
  EXPECT_EQ(Diff(*a, *b, {.key_a = "no"}),
            Lines{"a.pth: there is no \"no\" in it; `zoo inspect` shows what the file holds"});
}

// Above the length of one run, so that several threads find parts of it.
TEST(DiffWeights, FindsTheFirstOfManyRuns) {
  constexpr size_t kCount = 9'000'000;
  std::string zeros(kCount, '\0'), others = zeros;
  others[8'500'000] = 3;
  others[5'000'001] = 1;
  auto a = Made({{"w", "ByteStorage", zeros, kCount}}, "a.pth");
  auto b = Made({{"w", "ByteStorage", others, kCount}}, "b.pth");
  for (int threads : {1, 2, 5}) {
    EXPECT_EQ(Diff(*a, *b, {.threads = threads}), Lines{"w 2/9000000 abs 3 rel 1 at 5000001"});
  }
  std::atomic<bool> stop{true};
  EXPECT_EQ(Diff(*a, *b, {.cancel = CancelToken(&stop)}), Lines{"cancelled"});
}

TEST(DiffWeights, TakesNoDamageForADifference) {
  std::string bytes = *ReadFile(kFolder / "floats.pth", 1 << 20);
  size_t at = bytes.find(Elements<float>({3, 4, 5}));
  ASSERT_NE(at, std::string::npos);
  bytes[at] ^= 1;
  auto damaged = Checkpoint::OfBytes(AsBytes(bytes), "x.pth");
  ASSERT_TRUE(damaged);
  auto diff = DiffWeights(*File("floats.pth"), **damaged);
  ASSERT_FALSE(diff);
  EXPECT_EQ(diff.error().code, ErrorCode::kCorrupt);
}

// Of floats of six bits no numbers are made: four of them in three bytes differ together.
TEST(DiffWeights, ComparesWhatHasNoNumbersByItsBytes) {
  auto made = [](const std::string& type, const std::string& bytes, const std::string& name) {
    const std::string header =
        "{\"w\":{\"dtype\":\"" + type + "\",\"shape\":[8],\"data_offsets\":[0,6]}}";
    auto opened = Checkpoint::OfBytes(AsBytes(Little(header.size(), 8) + header + bytes), name);
    EXPECT_TRUE(opened) << opened.error().Text();
    return opened ? *opened : nullptr;
  };
  for (const std::string type : {"F6_E2M3", "F6_E3M2"}) {
    auto a = made(type, "abcdef", "a"), b = made(type, "abcdEf", "b");
    EXPECT_EQ(Diff(*a, *a), Lines{});
    EXPECT_EQ(Diff(*a, *b), Lines{"w 4/8 abs 0 rel 0 at 4"});
    EXPECT_EQ(Diff(*a, *b, {.tolerance = 1}), Lines{"w 4/8 abs 0 rel 0 at 4"});
  }
  EXPECT_EQ(Diff(*made("F6_E2M3", "abcdef", "a"), *made("F6_E3M2", "abcdef", "b")),
            Lines{"w dtype"});
}

}  // namespace
}  // namespace zoo
