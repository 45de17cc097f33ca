// torch.package archives made by hand; those that PyTorch wrote are in tests/data/checkpoints.
#include "zoo/checkpoint/torch_package.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/pickle_builder.h"
#include "zoo/checkpoint/zip_builder.h"

namespace zoo {
namespace {

using namespace pickled;

std::string Stored(const std::string& key, int64_t offset) {
  std::string id =
      Tuple({Str("storage"), Global("torch", "FloatStorage"), key, Str("cpu"), Int(6)}) + "Q";
  return TensorOf(id, Int(offset), Ints({2}), Ints({1}));
}
std::string Pickle3(const std::string& value) { return "\x80\3" + value + "."; }

std::string Build(const std::vector<std::pair<std::string, std::string>>& records) {
  ZipBuilder zip;
  zip.Add("p/.data/0.storage", std::string(24, '\1'));
  for (const auto& [name, data] : records) zip.Add("p/" + name, data);
  zip.Add("p/.data/extern_modules", "torch\n");
  zip.Add("p/.data/version", "6\n");
  return zip.Build();
}

// The root as Python prints it and the number of storages, or the error.
std::string Open(const std::vector<std::pair<std::string, std::string>>& records) {
  auto opened = Checkpoint::OfBytes(AsBytes(Build(records)), "x.pt");
  if (!opened) return opened.error().Text();
  EXPECT_EQ((*opened)->format(), Format::kTorchPackage);
  return (*opened)->root().Repr() + " " + std::to_string((*opened)->storages().size());
}

TEST(TorchPackage, OnePickleIsTheRoot) {
  EXPECT_EQ(Open({{"a/x.pkl", Pickle3(List({Int(7)}))}, {"a/m.py", "import os\n"}}), "[7] 0");
}

TEST(TorchPackage, SeveralAreADictAndShareStorages) {
  auto opened = Checkpoint::OfBytes(AsBytes(Build({{"a/x.pkl", Pickle3(Stored(Int(0), 0))},
                                                   {"b/y.pkl", Pickle3(Stored(Int(0), 4))}})),
                                    "x.pt");
  ASSERT_TRUE(opened) << opened.error().Text();
  ASSERT_EQ((*opened)->tensors().size(), 2u);
  EXPECT_EQ((*opened)->storages().size(), 1u);
  EXPECT_EQ(FormatPath((*opened)->tensors()[1].path), "b/y.pkl");
  EXPECT_EQ((*opened)->tensors()[1].storage_offset, 4);
}

TEST(TorchPackage, FindsPicklesThatAreNotNamedSo) {
  EXPECT_EQ(Open({{"a/weights", Pickle3(Int(7))}, {"a/notes", "hello"}}), "7 0");
}

TEST(TorchPackage, AScriptedModuleInsideIsAnObject) {
  std::string id = Tuple({Str("reduce_package"), Int(0), Global("torch.jit", "load"), ")"}) + "Q";
  auto opened = Checkpoint::OfBytes(AsBytes(Build({{"a/x.pkl", Pickle3(List({id}))}})), "x.pt");
  ASSERT_TRUE(opened) << opened.error().Text();
  EXPECT_EQ((*opened)->root().item(0).class_name(), "torch.package.reduce_package");
}

TEST(TorchPackage, Refuses) {
  EXPECT_EQ(Open({{"a/m.py", "pass\n"}}),
            "x.pt: a torch.package archive without a pickle: it holds code only");
  EXPECT_EQ(Open({{"a/x.pkl", Pickle3(Stored(Int(5), 0))}}),
            "x.pt: a/x.pkl: byte 88 (BINPERSID): storage \"5\" has no record \".data/5.storage\"");
  EXPECT_EQ(Open({{"a/x.pkl", "\x80\3"}}),
            "x.pt: a/x.pkl: byte 2 (end): the pickle ends without STOP");
}

}  // namespace
}  // namespace zoo
