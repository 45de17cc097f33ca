#include "zoo/checkpoint/inspect_tree.h"

#include <gtest/gtest.h>

#include <string>

#include "zoo/checkpoint/pickle_builder.h"
#include "zoo/checkpoint/zip_builder.h"

namespace zoo {
namespace {

using namespace pickled;

std::string Module(const std::string& name, const std::string& parameters,
                   const std::string& modules,
                   const std::vector<std::pair<std::string, std::string>>& attributes = {}) {
  std::vector<std::pair<std::string, std::string>> state{{Str("training"), "\x88"},
                                                         {Str("_parameters"), parameters},
                                                         {Str("_buffers"), Dict({})},
                                                         {Str("_hooks"), Dict({})},
                                                         {Str("_modules"), modules}};
  state.insert(state.end(), attributes.begin(), attributes.end());
  return Global("torch.nn.modules." + name.substr(0, name.find('.')),
                name.substr(name.find('.') + 1)) +
         ")\x81" + Dict(state) + "b";
}

std::string TreeOf(const std::string& value, const TreeOptions& options = {}) {
  ZipBuilder zip;
  zip.Add("m/version", "3\n");
  zip.Add("m/data.pkl", Pickle(value));
  zip.Add("m/data/0", std::string(24, 'x'));
  std::string bytes = zip.Build();
  auto opened = Checkpoint::OfBytes(AsBytes(bytes), "x.pth");
  if (!opened) return opened.error().Text();
  std::string text;
  for (const std::string& line : InspectAsTree(**opened, options)) text += line + "\n";
  return text;
}

const std::string kTensor = Tensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1});

TEST(InspectTree, ShowsKeysTensorsValuesAndObjects) {
  EXPECT_EQ(TreeOf(Dict({{Str("epoch"), Int(3)},
                         {Str("lr"), List({Int(1), Int(2)})},
                         {Str("evil\x1b[31m"), Str("\x1b[0m")},
                         {Str("none"), Dict({})},
                         {Str("state_dict"), Dict({{Str("w"), kTensor}, {Str("v"), kTensor}})},
                         {Str("state"), Dict({{Int(0), Dict({{Str("step"), Int(1)}})}})},
                         {Str("args"), Call(Global("argparse", "Namespace"), {}) +
                                           Dict({{Str("arch"), Str("tiny")}}) + "b"}})),
            "dict of 7\n"
            "├─ epoch = 3\n"
            "├─ lr = [1, 2]\n"
            "├─ evil\\x1b[31m = '\\x1b[0m'\n"
            "├─ none = {}\n"
            "├─ state_dict: dict of 2  <- the state dict\n"
            "│  ├─ w: float32 [2, 3], shared\n"
            "│  └─ v: float32 [2, 3], shares state_dict.w\n"
            "├─ state: dict of 1\n"
            "│  └─ [0]: dict of 1\n"
            "│     └─ step = 1\n"
            "└─ args: argparse.Namespace object\n"
            "   └─ arch = 'tiny'\n");
}

TEST(InspectTree, ShowsModules) {
  std::string linear =
      Module("linear.Linear", Dict({{Str("weight"), kTensor}, {Str("bias"), "N"}}), Dict({}),
             {{Str("in_features"), Int(3)}, {Str("size"), Ints({1, 2})}});
  std::string block =
      Module("container.Sequential", Dict({}),
             Dict({{Str("0"), linear + "q\1"}, {Str("again"), "h\1"}, {Str("none"), "N"}}));
  EXPECT_EQ(TreeOf(Module("container.Sequential", Dict({}), Dict({{Str("block"), block}}))),
            "Sequential()  <- the state dict\n"
            "└─ block: Sequential()\n"
            "   ├─ 0: Linear(in_features=3, size=(1, 2))\n"
            "   │  └─ weight: float32 [2, 3]\n"
            "   └─ again: Linear(in_features=3, size=(1, 2)), as block.0\n");
}

TEST(InspectTree, CutsLongListsAndCycles) {
  std::vector<std::string> items(20, kTensor);
  EXPECT_EQ(TreeOf(Dict({{Str("l"), List(items)}}), {.most_items = 1}),
            "dict of 1\n"
            "└─ l: list of 20\n"
            "   ├─ [0]: float32 [2, 3], shared\n"
            "   └─ ... 19 more; --all shows them\n");
  EXPECT_EQ(TreeOf("]q\1h\1aK\1a"),
            "list of 2\n"
            "├─ [0]: list of 2, as the file\n"
            "└─ [1] = 1\n");
  EXPECT_EQ(TreeOf(Int(7)), "7\n");
}

TEST(InspectTree, StopsWhereItIsTooDeep) {
  std::string deep = TreeOf(std::string(1000, ']') + std::string(999, 'a'));
  EXPECT_NE(deep.find("[0]: list of 1, 1 inside, too deep to show\n"), std::string::npos);
  EXPECT_LT(deep.size(), 20'000u);
}

}  // namespace
}  // namespace zoo
