// torch.export archives made by hand; one that PyTorch wrote is in tests/data/checkpoints.
#include "zoo/checkpoint/pt2.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/zip_builder.h"

namespace zoo {
namespace {

// One weight "w" of 2 x 3 elements, as text that a test changes.
struct Parts {
  std::string path = "\"weight_0\"", pickled = "false", dtype = "7", layout = "7";
  std::string sizes = R"([{"as_int": 2}, {"as_int": 3}])";
  std::string strides = R"([{"as_int": 3}, {"as_int": 1}])";
  std::string offset = R"({"as_int": 0})";
  std::string device = R"({"type": "cuda", "index": 1})";
  std::string config;  // instead of all that
  std::string format = "pt2";
  std::string more;  // entries
  std::string program = "net", ending = "_weights_config.json";

  std::string Entry() const {
    return R"({"path_name": )" + path + R"(, "is_param": true, "use_pickle": )" + pickled +
           R"(, "tensor_meta": {"dtype": )" + dtype + R"(, "sizes": )" + sizes +
           R"(, "requires_grad": true, "device": )" + device + R"(, "strides": )" + strides +
           R"(, "storage_offset": )" + offset + R"(, "layout": )" + layout + "}}";
  }
  std::string Build() const {
    ZipBuilder zip;
    zip.Add("p/archive_format", format);
    zip.Add("p/models/" + program + ".json", "{}");
    zip.Add("p/data/weights/weight_0", std::string(24, '\1'));
    zip.Add("p/data/weights/net" + ending,
            config.empty() ? R"({"config": {"w": )" + Entry() + more + "}}" : config);
    zip.Add("p/.data/version", "6\n");
    return zip.Build();
  }
};

std::string Open(const std::string& bytes) {
  auto opened = Checkpoint::OfBytes(AsBytes(bytes), "x.pt2");
  if (!opened) return opened.error().Text();
  auto found = (*opened)->FindStateDict();
  return found ? FormatPath(found->path) : found.error().Text();
}

struct Case {
  std::string name;
  std::function<void(Parts&)> change;
  std::string text;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Pt2 : public testing::TestWithParam<Case> {};
TEST_P(Pt2, Is) {
  Parts parts;
  GetParam().change(parts);
  const std::string config = "x.pt2: record \"p/data/weights/net_weights_config.json\": ";
  EXPECT_EQ(Open(parts.Build()),
            GetParam().text[0] == ':' ? config + GetParam().text.substr(2) : GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Archives, Pt2,
    testing::Values(
        Case{"nothing_wrong", [](Parts&) {}, "state_dict"},
        Case{"device_without_index", [](Parts& p) { p.device = R"({"type": "cpu"})"; },
             "state_dict"},
        Case{"weights_of_no_program", [](Parts& p) { p.program = "other"; },
             "x.pt2: a torch.export archive (pt2) that keeps no weights by name; an older PyTorch "
             "keeps them in a file data/weights/*.pt: unpack that one"},
        Case{"older_name", [](Parts& p) { p.ending = "_model_param_config.json"; }, "state_dict"},
        Case{"no_json", [](Parts& p) { p.config = "{"; }, ": not valid JSON at byte 2"},
        Case{"no_config", [](Parts& p) { p.config = "{}"; }, ": it has no object \"config\""},
        Case{"twice", [](Parts& p) { p.more = ", \"w\": " + p.Entry(); },
             ": JSON has key \"w\" twice in one object"},
        Case{"no_path", [](Parts& p) { p.path = "1"; }, ": \"w\": it has no path_name"},
        Case{"no_record", [](Parts& p) { p.path = "\"../../models/net.json\""; },
             ": \"w\": there is no record \"data/weights/../../models/net.json\""},
        Case{"dtype_unknown", [](Parts& p) { p.dtype = "99"; },
             ": \"w\": its dtype has the number 99, which is not read"},
        Case{"dtype_no_number", [](Parts& p) { p.dtype = "7.0"; },
             ": \"w\": its dtype is not a whole number"},
        Case{"sparse", [](Parts& p) { p.layout = "1"; }, ": \"w\": its layout is not strided"},
        Case{"size_too_large", [](Parts& p) { p.sizes = R"([{"as_int": 3}, {"as_int": 3}])"; },
             ": \"w\": _rebuild_tensor_v3: size [3, 3] with stride [3, 1] from offset 0 needs 9 "
             "elements, storage \"weight_0\" has 6"},
        Case{"size_negative", [](Parts& p) { p.sizes = R"([{"as_int": -1}, {"as_int": 3}])"; },
             ": \"w\": _rebuild_tensor_v3: its size holds -1, which is negative"},
        Case{"size_symbolic",
             [](Parts& p) { p.sizes = R"([{"as_expr": {"expr_str": "s0"}}, {"as_int": 3}])"; },
             ": \"w\": its sizes is an expression, not a number"},
        Case{"size_no_number", [](Parts& p) { p.sizes = R"([2, 3])"; },
             ": \"w\": its sizes is not {\"as_int\": a whole number}"},
        Case{"strides_missing", [](Parts& p) { p.strides = "null"; },
             ": \"w\": its strides is not an array"},
        Case{"strides_of_another_rank", [](Parts& p) { p.strides = R"([{"as_int": 1}])"; },
             ": \"w\": _rebuild_tensor_v3: its size has 2 dimensions, its stride 1"},
        Case{"offset_too_far", [](Parts& p) { p.offset = R"({"as_int": 1})"; },
             ": \"w\": _rebuild_tensor_v3: size [2, 3] with stride [3, 1] from offset 1 needs 7 "
             "elements, storage \"weight_0\" has 6"},
        Case{"no_device", [](Parts& p) { p.device = "null"; }, ": \"w\": its device has no type"},
        Case{"another_format", [](Parts& p) { p.format = "pt3"; },
             "x.pt2: record \"p/archive_format\": \"pt3\" is not \"pt2\""}),
    [](const auto& info) { return info.param.name; });

TEST(Pt2, KeepsSharingDeviceAndParameter) {
  Parts parts;
  parts.more = ", \"half\": " + parts.Entry();
  auto opened = Checkpoint::OfBytes(AsBytes(parts.Build()), "x.pt2");
  ASSERT_TRUE(opened) << opened.error().Text();
  ASSERT_EQ((*opened)->tensors().size(), 2u);
  EXPECT_EQ((*opened)->storages().size(), 1u);
  EXPECT_EQ((*opened)->storages()[0].device, "cuda:1");
  EXPECT_TRUE((*opened)->tensors()[1].parameter);
  EXPECT_TRUE((*opened)->tensors()[1].requires_grad);
}

// A tensor that only Python can build is an object with its record's name; the others stay.
TEST(Pt2, APickledEntryIsAnObject) {
  Parts parts;
  parts.more = ", \"v\": " + parts.Entry();
  parts.pickled = "true";
  auto opened = Checkpoint::OfBytes(AsBytes(parts.Build()), "x.pt2");
  ASSERT_TRUE(opened) << opened.error().Text();
  EXPECT_EQ((*opened)->tensors().size(), 1u);
  auto entry = (*opened)->root().Find("state_dict")->Find("w");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->class_name(), "torch.export.pickled");
}

TEST(Pt2, SeveralProgramsAndNone) {
  ZipBuilder zip;
  zip.Add("p/archive_format", "pt2");
  zip.Add("p/.data/version", "6\n");
  EXPECT_EQ(Open(zip.Build()),
            "x.pt2: a torch.export archive (pt2) that keeps no weights by name; an older PyTorch "
            "keeps them in a file data/weights/*.pt: unpack that one");
  zip.Add("p/models/a.json", "{}");
  zip.Add("p/models/b.json", "{}");
  zip.Add("p/data/weights/weight_0", std::string(24, '\1'));
  zip.Add("p/data/weights/b_weights_config.json", R"({"config": {"w": )" + Parts().Entry() + "}}");
  EXPECT_EQ(Open(zip.Build()), "b.state_dict");
}

}  // namespace
}  // namespace zoo
