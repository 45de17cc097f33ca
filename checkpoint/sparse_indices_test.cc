#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/pickle_builder.h"
#include "zoo/checkpoint/zip_builder.h"

namespace zoo {
namespace {

using namespace pickled;

struct Sparse {
  std::string name, layout;
  std::vector<int64_t> compressed;  // of COO: the first row of indices
  std::vector<int64_t> plain;       // of COO: the second row
  std::string text;
};
void PrintTo(const Sparse& c, std::ostream* out) { *out << c.name; }

std::string Words(const std::vector<int64_t>& values) {
  std::string out;
  for (int64_t value : values) out += Little(static_cast<uint64_t>(value), 8);
  return out;
}

// A 2 x 3 tensor with as many values as there are plain indices.
std::string Build(const Sparse& c) {
  int64_t count = std::ssize(c.plain), lines = std::ssize(c.compressed);
  bool coo = c.layout == "sparse_coo";
  std::string values = Tensor("FloatStorage", "2", count, 0, {count}, {1});
  std::vector<std::string> parts{values, Ints({2, 3})};
  if (coo) {
    parts.insert(parts.begin(), Tensor("LongStorage", "0", 2 * count, 0, {2, count}, {count, 1}));
  } else {
    parts.insert(parts.begin(), Tensor("LongStorage", "1", count, 0, {count}, {1}));
    parts.insert(parts.begin(), Tensor("LongStorage", "0", lines, 0, {lines}, {1}));
  }
  std::string layout =
      Call(Global("torch.serialization", "_get_layout"), {Str("torch." + c.layout)});
  ZipBuilder zip;
  zip.Add("m/version", "3\n");
  zip.Add("m/data.pkl",
          Pickle(Dict({{Str("s"), Call(Global("torch._utils", "_rebuild_sparse_tensor"),
                                       {layout, Tuple(parts)})}})));
  zip.Add("m/data/0", Words(c.compressed) + (coo ? Words(c.plain) : ""));
  if (!coo) zip.Add("m/data/1", Words(c.plain));
  zip.Add("m/data/2", std::string(static_cast<size_t>(4 * count), '\0'));
  return zip.Build();
}

class SparseIndices : public testing::TestWithParam<Sparse> {};

TEST_P(SparseIndices, AreInTheirShape) {
  std::string bytes = Build(GetParam());
  auto opened = Checkpoint::OfBytes(AsBytes(bytes), "x.pth");
  if (!opened) {
    EXPECT_EQ(opened.error().Text(), GetParam().text);
    return;
  }
  Status verified = (*opened)->Verify();
  EXPECT_EQ(verified ? "" : verified.error().Text(), GetParam().text);
}

const std::string kMisfit =
    "_rebuild_sparse_tensor: its indices, values and size do not fit each other";

INSTANTIATE_TEST_SUITE_P(
    Table, SparseIndices,
    testing::Values(
        Sparse{"coo", "sparse_coo", {0, 1}, {2, 0}, ""},
        Sparse{"coo_none", "sparse_coo", {}, {}, ""},
        Sparse{"coo_beyond",
               "sparse_coo",
               {0, 1},
               {3, 0},
               "x.pth: s: a sparse_coo tensor: index 3 in a dimension of 3"},
        Sparse{"coo_negative",
               "sparse_coo",
               {-1, 1},
               {2, 0},
               "x.pth: s: a sparse_coo tensor: index -1 in a dimension of 2"},
        Sparse{"csr", "sparse_csr", {0, 1, 2}, {2, 0}, ""},
        Sparse{"csr_beyond",
               "sparse_csr",
               {0, 1, 2},
               {3, 0},
               "x.pth: s: a sparse_csr tensor: index 3 in a dimension of 3"},
        Sparse{"csr_falls",
               "sparse_csr",
               {0, 3, 2},
               {2, 0},
               "x.pth: s: a sparse_csr tensor: compressed index 1 is 3, between 0 and 2"},
        Sparse{"csr_starts_late",
               "sparse_csr",
               {1, 1, 2},
               {2, 0},
               "x.pth: s: a sparse_csr tensor: compressed index 0 is 1, between 0 and 0"},
        Sparse{"csr_ends_early",
               "sparse_csr",
               {0, 1, 1},
               {2, 0},
               "x.pth: s: a sparse_csr tensor: compressed index 2 is 1, between 2 and 2"},
        Sparse{"csc", "sparse_csc", {0, 1, 1, 2}, {1, 0}, ""},
        Sparse{"csc_beyond",
               "sparse_csc",
               {0, 1, 1, 2},
               {2, 0},
               "x.pth: s: a sparse_csc tensor: index 2 in a dimension of 2"},
        Sparse{"csc_misfit",
               "sparse_csc",
               {0, 1, 2},
               {1, 0},
               "x.pth: data.pkl: byte 451 (REDUCE) at s: " + kMisfit}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace zoo
