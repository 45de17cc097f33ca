#include "zoo/checkpoint/inspect_json.h"

#include <gtest/gtest.h>

#include <string>

#include "zoo/checkpoint/pickle_builder.h"
#include "zoo/checkpoint/zip_builder.h"

namespace zoo {
namespace {

using namespace pickled;

// The indices of a sparse tensor are an item of a list too, under whose path they are known.
TEST(InspectJson, NamesAPartThatIsAlsoAValueOfTheFile) {
  const std::string layout =
      Call(Global("torch.serialization", "_get_layout"), {Str("torch.sparse_coo")});
  const std::string values = Tensor("FloatStorage", "1", 2, 0, {2}, {1});
  const std::string sparse = Call(Global("torch._utils", "_rebuild_sparse_tensor"),
                                  {layout, Tuple({"h\1", values, Ints({5}), "\x89"})});
  ZipBuilder zip;
  zip.Add("m/version", "3\n");
  zip.Add("m/data.pkl",
          Pickle(List({Tensor("LongStorage", "0", 2, 0, {1, 2}, {2, 1}) + "q\1", sparse})));
  zip.Add("m/data/0", Little(1, 8) + Little(3, 8));
  zip.Add("m/data/1", std::string(8, '\0'));
  auto opened = Checkpoint::OfBytes(AsBytes(zip.Build()), "x.pth");
  ASSERT_TRUE(opened) << opened.error().Text();
  auto shown = InspectJson(**opened, {.hash = true});
  ASSERT_TRUE(shown) << shown.error().Text();
  const Json::Array* tensors = shown->Find("tensors")->AsArray();
  ASSERT_TRUE(tensors != nullptr && tensors->size() == 2);
  const Json& shown_sparse = (*tensors)[1];
  ASSERT_NE(shown_sparse.Find("indices"), nullptr) << shown_sparse.Dump(1);
  EXPECT_EQ(shown_sparse.Find("indices")->Find("dtype")->Dump(-1), "\"int64\"");
  ASSERT_NE(shown_sparse.Find("values"), nullptr);
  EXPECT_EQ(shown_sparse.Find("values")->Find("dtype")->Dump(-1), "\"float32\"");
}

}  // namespace
}  // namespace zoo
