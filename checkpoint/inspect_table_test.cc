#include "zoo/checkpoint/inspect_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "zoo/checkpoint/pickle_builder.h"
#include "zoo/checkpoint/zip_builder.h"

namespace zoo {
namespace {

using namespace pickled;

TEST(InspectTable, ShowsTensorsValuesAndObjects) {
  ZipBuilder zip;
  zip.Add("m/version", "3\n");
  zip.Add("m/data.pkl", Pickle(Dict({{Str("w"), Tensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1})},
                                     {Str("t"), Tensor("FloatStorage", "0", 6, 0, {3, 2}, {1, 3})},
                                     {Str("n\x1b[31m"), Str("evil\x1b[0m'")},
                                     {Str("epoch"), Int(3)},
                                     {Str("args"), Call(Global("argparse", "Namespace"), {})}})));
  zip.Add("m/data/0", std::string(24, 'x'));
  std::string bytes = zip.Build();
  auto opened = Checkpoint::OfBytes(AsBytes(bytes), "x.pth");
  ASSERT_TRUE(opened) << opened.error().Text();
  InspectText text = InspectAsText(**opened);
  EXPECT_EQ(text.heading, "x.pth: " + std::to_string(bytes.size()) +
                              " B, zip, 2 tensors of 12 elements in 1 storage of 24 B");
  EXPECT_EQ(text.tensors, (std::vector<std::vector<std::string>>{
                              {"Name", "Type", "Shape", "Size", ""},
                              {"w", "float32", "[2, 3]", "24 B", "shared"},
                              {"t", "float32", "[3, 2]", "24 B", "shares w, stride [1, 3]"}}));
  EXPECT_EQ(text.others, (std::vector<std::string>{"n\\x1b[31m = \"evil\\x1b[0m'\"", "epoch = 3",
                                                   "args: an object of argparse.Namespace"}));
  EXPECT_EQ(text.state_dict, "State dict: the file itself, 2 tensors");
  EXPECT_EQ(InspectAsText(**opened, {.max_others = 1}).others.back(), "... and 2 more");
}

}  // namespace
}  // namespace zoo
