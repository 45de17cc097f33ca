// TorchScript archives made by hand; those that PyTorch wrote are in tests/data/checkpoints.
#include "zoo/checkpoint/torch_script.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/pickle_builder.h"
#include "zoo/checkpoint/zip_builder.h"

namespace zoo {
namespace {

using namespace pickled;

std::string Object(const std::string& module, const std::string& name, const std::string& state) {
  return Global(module, name) + ")\x81" + state + "b";
}
std::string Weights(int64_t offset) { return Tensor("FloatStorage", "0", 6, offset, {2}, {1}); }

// An archive of one module A with slots "w", "s" and "x", and a child of class B.
struct Parts {
  std::string child = Object("__torch__.sub", "B", Dict({{Str("w"), Weights(0)}}));
  std::string code = "class A(Module):\n  __parameters__ = [\"w\", ]\n  __buffers__ = [\"s\", ]\n";
  std::string child_code = "class B(Module):\n  __parameters__ = [\"w\", ]\n  __buffers__ = []\n";
  std::string pickle;  // instead of A

  std::string Build() const {
    std::string a = Object("__torch__", "A",
                           Dict({{Str("training"), "\x88"},
                                 {Str("s"), Weights(2)},
                                 {Str("child"), child},
                                 {Str("x"), Weights(1)},
                                 {Str("w"), Weights(4)}}));
    ZipBuilder zip;
    zip.Add("m/data.pkl", Pickle(pickle.empty() ? a : pickle));
    zip.Add("m/data/0", std::string(24, '\1'));
    if (!code.empty()) zip.Add("m/code/__torch__.py", code);
    if (!child_code.empty()) zip.Add("m/code/__torch__/sub.py", child_code);
    zip.Add("m/constants.pkl", Pickle(")"));
    zip.Add("m/version", "3\n");
    return zip.Build();
  }
};

// The state dict's names, or the error.
std::string Names(const Parts& parts, const OpenOptions& options = {}) {
  auto opened = Checkpoint::OfBytes(AsBytes(parts.Build()), "x.pt", options);
  if (!opened) return opened.error().Text();
  EXPECT_EQ((*opened)->format(), Format::kTorchScript);
  auto found = (*opened)->FindStateDict();
  if (!found) return found.error().Text();
  std::string names;
  for (const StateDict::Item& item : found->tensors) {
    const TensorInfo& tensor = (*opened)->tensors()[item.tensor];
    names += item.name + (tensor.parameter ? "* " : " ");
  }
  return names;
}

TEST(TorchScript, TellsParametersFromBuffersFromOtherTensors) {
  EXPECT_EQ(Names(Parts()), "w* s child.w* ");
}

TEST(TorchScript, WithoutBufferListsOtherTensorsAreBuffers) {
  Parts parts;
  parts.code = "class A(Module):\n  __parameters__ = [\"w\", ]\n";
  EXPECT_EQ(Names(parts), "w* s x child.w* ");
}

TEST(TorchScript, WithoutCodeAllTensorsAreParameters) {
  Parts parts;
  parts.code = parts.child_code = "";
  EXPECT_EQ(Names(parts), "s* x* w* child.w* ");
}

TEST(TorchScript, OtherClassesStayObjects) {
  Parts parts;
  parts.child_code = "class B(NamedTuple):\n  w : Tensor\n";
  EXPECT_EQ(Names(parts), "w* s ");
  parts = Parts();
  parts.child =
      Object("__torch__.torch.classes.quantized", "Packed", Dict({{Str("w"), Weights(0)}}));
  EXPECT_EQ(Names(parts), "w* s ");
  parts.child = Object("__torch__.sub", "B", Tuple({Weights(0), Int(1)}));
  EXPECT_EQ(Names(parts), "w* s ");
}

TEST(TorchScript, AModuleInsideItselfIsListedOnce) {
  Parts parts;
  // The state's dict holds the object that is being built.
  parts.pickle = Global("__torch__", "A") + ")\x81q\5" +
                 Dict({{Str("w"), Weights(0)}, {Str("me"), "h\5"}}) + "b";
  EXPECT_EQ(Names(parts), "w* ");
}

TEST(TorchScript, NamesTheRecordAndLineOfWrongLists) {
  Parts parts;
  parts.child_code = "class B(Module):\n  __parameters__ = open(\"x\")\n";
  EXPECT_EQ(Names(parts),
            "x.pt: record \"m/code/__torch__/sub.py\": line 2: not a list of names as PyTorch "
            "writes it");
}

TEST(TorchScript, CapsTheText) {
  Parts parts;
  OpenOptions options;
  options.limits.script_bytes = parts.code.size() + parts.child_code.size();
  EXPECT_EQ(Names(parts, options), "w* s child.w* ");
  options.limits.script_bytes -= 1;
  EXPECT_EQ(Names(parts, options),
            "x.pt: more than 130 bytes of code that declares its modules; raise the limit "
            "\"script_bytes\" if the file is trusted");
}

// Objects that share one dict of slots are rewritten each: the cap on values holds.
TEST(TorchScript, SharedSlotsDoNotMultiply) {
  std::string slots = "}q\1(", objects = "](";
  for (int i = 0; i < 1000; ++i) slots += Str("n" + std::to_string(i)) + "N";
  for (int i = 0; i < 1000; ++i) objects += Global("__torch__", "A") + ")\x81h\1b";
  Parts parts;
  parts.pickle = Tuple({slots + "u", objects + "e"});
  OpenOptions options;
  options.limits.nodes = 200'000;
  EXPECT_EQ(Names(parts, options),
            "x.pt: more than 200000 values; raise the limit \"nodes\" if the file is trusted");
}

TEST(TorchScript, NeedsDataPickle) {
  ZipBuilder zip;
  zip.Add("m/constants.pkl", Pickle(")"));
  zip.Add("m/version", "3\n");
  auto opened = Checkpoint::OfBytes(AsBytes(zip.Build()), "x.pt");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().Text(), "x.pt: no record \"data.pkl\"");
}

}  // namespace
}  // namespace zoo
