// Zip checkpoints made by hand: one hostile file for each way of attack, with its whole message.
#include "zoo/checkpoint/torch_zip.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/pickle_builder.h"
#include "zoo/checkpoint/zip_builder.h"

namespace zoo {
namespace {

using namespace pickled;

const std::string kWeights = Tensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1});

// What a test starts from: an archive with one storage of 24 bytes.
struct Parts {
  std::string pickle = Pickle(Dict({{Str("w"), kWeights}}));
  std::string key = "0";
  std::string version = "3\n";
  std::string byteorder = "little";
  std::string storage = std::string(24, '\1');
  std::string top = "m/";
  std::function<void(ZipBuilder&)> more = [](ZipBuilder&) {};
  std::function<void(ZipRecord&)> change_storage = [](ZipRecord&) {};
  std::function<void(ZipRecord&)> change_pickle = [](ZipRecord&) {};

  std::string Build() const {
    ZipBuilder zip;
    if (!pickle.empty()) change_pickle(zip.Add(top + "data.pkl", pickle));
    if (!byteorder.empty()) zip.Add(top + "byteorder", byteorder);
    change_storage(zip.Add(top + "data/" + key, storage));
    if (!version.empty()) zip.Add(top + "version", version);
    more(zip);
    return zip.Build();
  }
};

// "ok", or the text of the first error of opening and reading everything.
std::string OpenAll(const std::string& bytes, const OpenOptions& options = {}) {
  auto opened = Checkpoint::OfBytes(AsBytes(bytes), "x.pth", options);
  if (!opened) return opened.error().Text();
  Status verified = (*opened)->Verify();
  return verified ? "ok" : verified.error().Text();
}

struct Case {
  std::string name;
  std::function<void(Parts&)> change;
  std::string text;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Attack : public testing::TestWithParam<Case> {};
TEST_P(Attack, HasItsMessage) {
  Parts parts;
  GetParam().change(parts);
  EXPECT_EQ(OpenAll(parts.Build()), GetParam().text);
}

// Nested tuples: each TUPLE1 wraps what is on the stack.
std::string Nested(int depth) { return "N" + std::string(static_cast<size_t>(depth), '\x85'); }

INSTANTIATE_TEST_SUITE_P(
    Zips, Attack,
    testing::Values(
        Case{"nothing_wrong", [](Parts&) {}, "ok"},
        Case{"no_byteorder", [](Parts& p) { p.byteorder = ""; }, "ok"},
        Case{"unaligned_storage", [](Parts& p) { p.top = "abc/"; }, "ok"},
        Case{"storage_longer_than_used", [](Parts& p) { p.storage += "12345678"; }, "ok"},
        Case{"key_that_is_no_number",
             [](Parts& p) {
               p.pickle = Pickle(Tensor("FloatStorage", "layer.weight", 6, 0, {6}, {1}));
               p.key = "layer.weight";
             },
             "ok"},
        Case{"deflated_storage",
             [](Parts& p) {
               p.storage = Deflated(p.storage);
               p.change_storage = [](ZipRecord& r) {
                 r.method = 8;
                 r.size = 24;
                 r.crc = 0;
               };
             },
             "ok"},
        Case{"no_version", [](Parts& p) { p.version = ""; }, "x.pth: no record \"version\""},
        Case{"version_11", [](Parts& p) { p.version = "11\n"; },
             "x.pth: record \"m/version\": version 11, versions 1 to 10 are read"},
        Case{"version_of_text", [](Parts& p) { p.version = "three"; },
             "x.pth: record \"m/version\": \"three\" is not a number"},
        Case{"byteorder_of_text", [](Parts& p) { p.byteorder = "middle"; },
             "x.pth: record \"m/byteorder\": \"middle\" is not \"little\" or \"big\""},
        Case{"no_pickle", [](Parts& p) { p.pickle = ""; },
             "x.pth: a zip archive without data.pkl, not written by torch.save; if the checkpoint "
             "is "
             "inside it, unpack it first"},
        Case{"second_folder", [](Parts& p) { p.more = [](ZipBuilder& z) { z.Add("n/x", ""); }; },
             "x.pth: record \"n/x\": it is outside the archive's folder \"m\""},
        Case{"record_without_folder",
             [](Parts& p) { p.more = [](ZipBuilder& z) { z.Add("version", "3"); }; },
             "x.pth: record \"version\": it is outside the archive's folder \"m\""},
        Case{"path_upwards", [](Parts& p) { p.more = [](ZipBuilder& z) { z.Add("m/../x", ""); }; },
             "x.pth: record \"m/../x\": its name is a path out of the archive"},
        Case{"absolute_path", [](Parts& p) { p.top = "/"; },
             "x.pth: record \"/data.pkl\": its name is a path out of the archive"},
        Case{"backslash", [](Parts& p) { p.more = [](ZipBuilder& z) { z.Add("m/a\\b", ""); }; },
             "x.pth: record \"m/a\\\\b\": its name has a NUL or a backslash"},
        Case{"nul",
             [](Parts& p) { p.more = [](ZipBuilder& z) { z.Add(std::string("m/a\0b", 5), ""); }; },
             "x.pth: record \"m/a\\x00b\": its name has a NUL or a backslash"},
        Case{"names_that_differ_in_case",
             [](Parts& p) { p.more = [](ZipBuilder& z) { z.Add("m/DATA.pkl", "N."); }; },
             "x.pth: record \"m/DATA.pkl\": another record's name differs from this only in case"},
        Case{"flags", [](Parts& p) { p.change_storage = [](ZipRecord& r) { r.flags = 2; }; },
             "x.pth: record \"m/data/0\": its flags are 0x0002, PyTorch sets only 0x0808"},
        Case{"torchscript",
             [](Parts& p) { p.more = [](ZipBuilder& z) { z.Add("m/constants.pkl", "N."); }; },
             "x.pth: a TorchScript archive, which is not read yet; save the module's state_dict() "
             "instead"},
        Case{
            "torch_package",
            [](Parts& p) { p.more = [](ZipBuilder& z) { z.Add("m/.data/extern_modules", ""); }; },
            "x.pth: a torch.package archive, which is not read yet; save the module's state_dict() "
            "instead"},
        Case{"pt2",
             [](Parts& p) { p.more = [](ZipBuilder& z) { z.Add("m/archive_format", "pt2"); }; },
             "x.pth: a torch.export archive (pt2), which is not read yet; save the module's "
             "state_dict() instead"},
        Case{
            "numel_beyond_the_record", [](Parts& p) { p.storage.resize(20); },
            "x.pth: data.pkl: byte 97 (BINPERSID) at w: storage \"0\" is 6 elements of float32, 24 "
            "bytes, its record has 20"},
        Case{"numel_of_2_to_62",
             [](Parts& p) {
               p.pickle = Pickle(TensorOf(Storage("FloatStorage", "0", Int(int64_t{1} << 62)),
                                          Int(0), Ints({1}), Ints({1})));
             },
             "x.pth: data.pkl: byte 94 (BINPERSID): a persistent id: storage \"0\" of "
             "4611686018427387904 elements"},
        Case{"numel_negative",
             [](Parts& p) { p.pickle = Pickle(Storage("FloatStorage", "0", Int(-1))); },
             "x.pth: data.pkl: byte 55 (BINPERSID): a persistent id: its number of elements is -1"},
        Case{"numel_of_a_float",
             [](Parts& p) {
               p.pickle = Pickle(Storage("FloatStorage", "0", "G" + std::string(8, '\0')));
             },
             "x.pth: data.pkl: byte 59 (BINPERSID): a persistent id: its number of elements is a "
             "float, not an int of 64 bits"},
        Case{"key_without_record",
             [](Parts& p) { p.pickle = Pickle(Storage("FloatStorage", "../0", Int(6))); },
             "x.pth: data.pkl: byte 58 (BINPERSID): storage \"../0\" has no record \"data/../0\""},
        Case{"key_is_a_call",
             [](Parts& p) {
               p.pickle =
                   Pickle(Tuple({Str("storage"), Global("torch", "FloatStorage"),
                                 Call(Global("os", "system"), {Str("id")}), Str("cpu"), Int(6)}) +
                          "Q");
             },
             "x.pth: data.pkl: byte 70 (BINPERSID): a persistent id: its key is an object, not a "
             "string"},
        Case{"type_is_no_storage",
             [](Parts& p) { p.pickle = Pickle(Storage("float32", "0", Int(6))); },
             "x.pth: data.pkl: byte 50 (BINPERSID): a persistent id: its storage type is a dtype"},
        Case{"type_that_is_not_known",
             [](Parts& p) { p.pickle = Pickle(Storage("NoStorage", "0", Int(6))); },
             "x.pth: data.pkl: byte 52 (BINPERSID): a persistent id: \"torch.NoStorage\" is not a "
             "storage type that is read"},
        Case{"persistent_id_is_an_int", [](Parts& p) { p.pickle = Pickle("K\1Q"); },
             "x.pth: data.pkl: byte 4 (BINPERSID): a persistent id: it is not a tuple of five or "
             "six"},
        Case{"one_key_of_two_types",
             [](Parts& p) {
               p.pickle = Pickle(Tuple(
                   {Storage("FloatStorage", "0", Int(6)), Storage("LongStorage", "0", Int(3))}));
             },
             "x.pth: data.pkl: byte 109 (BINPERSID): a persistent id: storage \"0\" is 3 elements "
             "of "
             "int64 and, before, 6 of float32"},
        Case{
            "deflated_storage_of_another_size",
            [](Parts& p) {
              p.storage = Deflated(std::string(1000, '\0'));
              p.change_storage = [](ZipRecord& r) {
                r.method = 8;
                r.size = 1000;
              };
            },
            "x.pth: data.pkl: byte 97 (BINPERSID) at w: storage \"0\" is 6 elements of float32, 24 "
            "bytes, its record has 1000"},
        Case{"wrong_crc_of_the_pickle",
             [](Parts& p) { p.change_pickle = [](ZipRecord& r) { r.crc = 1; }; },
             "x.pth: record \"m/data.pkl\": its CRC-32 is c3062e75, the directory says 00000001; "
             "the "
             "file is damaged: download it again"},
        Case{"wrong_crc_of_a_storage",
             [](Parts& p) { p.change_storage = [](ZipRecord& r) { r.crc = 1; }; },
             "x.pth: record \"m/data/0\": its CRC-32 is 550f07d3, the directory says 00000001; the "
             "file is damaged: download it again"},
        Case{
            "tuples_too_deep", [](Parts& p) { p.pickle = Pickle(Nested(1'000'000)); },
            "x.pth: containers are nested deeper than 10000; raise the limit \"depth\" if the file "
            "is trusted"},
        Case{
            "dicts_too_deep",
            [](Parts& p) {
              std::string open, close;
              for (int i = 0; i < 200'000; ++i) {
                open += "}K\1";
                close += "s";
              }
              p.pickle = Pickle(open + "N" + close);
            },
            "x.pth: containers are nested deeper than 10000; raise the limit \"depth\" if the file "
            "is trusted"},
        Case{"tuples_deep_enough", [](Parts& p) { p.pickle = Pickle(Nested(9'999)); }, "ok"},
        Case{"contains_itself", [](Parts& p) { p.pickle = Pickle("]q\1h\1a"); }, "ok"},
        Case{"nothing_is_called",
             [](Parts& p) {
               p.pickle = Pickle(
                   Dict({{Str("w"), kWeights},
                         {Str("a"), Call(Global("os", "system"), {Str("id")})},
                         {Str("b"), Call(Global("torch.storage", "_load_from_bytes"), {Str("x")})},
                         {Str("c"), Global("builtins", "eval")}}));
             },
             "ok"}),
    [](const auto& info) { return info.param.name; });

TEST(TorchZip, MemoBombIsOneOfSixtyNodes) {
  std::string bomb = "]";
  for (int i = 0; i < 60; ++i) {
    std::string id(1, static_cast<char>(i));
    bomb += "q" + id + "h" + id + "\x86";
  }
  Parts parts;
  parts.pickle = Pickle(bomb);
  auto opened = Checkpoint::OfBytes(AsBytes(parts.Build()), "x.pth");
  ASSERT_TRUE(opened) << opened.error().Text();
  uint64_t places = 0;
  (*opened)->Walk([&](const Path&, const Value&, bool) { ++places; });
  EXPECT_GT(places, 100'000u);
  EXPECT_LT(places, 300'000u);
}

TEST(TorchZip, AViewMayBeHugeButIsNotMaterialised) {
  Parts parts;
  parts.pickle = Pickle(Tensor("FloatStorage", "0", 6, 0, {1 << 20, 1 << 20}, {0, 0}));
  auto opened = Checkpoint::OfBytes(AsBytes(parts.Build()), "x.pth");
  ASSERT_TRUE(opened) << opened.error().Text();
  auto values = (*opened)->Values((*opened)->tensors()[0]);
  ASSERT_FALSE(values);
  EXPECT_EQ(values.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(values.error().Text(),
            "x.pth: 4.0 TiB of values, the limit \"materialise\" is 64.0 MiB");
}

TEST(TorchZip, RefusesEveryPrefix) {
  std::string bytes = Parts().Build();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_NE(OpenAll(bytes.substr(0, size)), "ok") << size;
  }
}

TEST(TorchZip, SurvivesEveryChangedByte) {
  const std::string good = Parts().Build();
  for (size_t at = 0; at < good.size(); ++at) {
    for (int value = 0; value < 256; value += 5) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(value);
      EXPECT_FALSE(OpenAll(bytes).empty());
    }
  }
}

}  // namespace
}  // namespace zoo
