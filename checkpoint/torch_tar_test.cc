// Tar checkpoints made by hand: what is wrong with them, with the whole message.
#include "zoo/checkpoint/torch_tar.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/pickle_builder.h"
#include "zoo/checkpoint/tar_builder.h"

namespace zoo {
namespace {

using namespace pickled;

std::string Numbers(const std::vector<int64_t>& values) {
  std::string out;
  for (int64_t value : values) out += Little(static_cast<uint64_t>(value), 8);
  return out;
}

struct Parts {
  std::string storage_count = Pickle(Int(1));
  std::string storage = Pickle(Tuple({Int(7), Str("cpu"), Global("torch", "FloatStorage")}));
  std::string elements = Numbers({2}) + "abcdefgh";
  std::string views = Pickle("]");
  std::string tensor_count = Pickle(Int(1));
  std::string tensor = Pickle(Tuple({Int(9), Int(7), Global("torch", "FloatTensor")}));
  std::string dims = Numbers({1, 2, 1, 0});
  std::string pickle = Pickle(Dict({{Str("w"), Str("9") + "Q"}}));
  std::function<void(TarEntry&)> change = [](TarEntry&) {};  // of the member "pickle"
  std::string more;

  std::string Build() const {
    TarEntry last{.name = "pickle", .data = pickle};
    change(last);
    return TarMemberText({.name = "sys_info", .data = Pickle("}")}) +
           TarMemberText({.name = "storages", .data = storage_count + storage + elements + views}) +
           TarMemberText({.name = "tensors", .data = tensor_count + tensor + dims}) +
           TarMemberText(last) + more + TarEnd();
  }
};

std::string OpenAll(const std::string& bytes) {
  auto opened = Checkpoint::OfBytes(AsBytes(bytes), "x.pth");
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

class Tar : public testing::TestWithParam<Case> {};
TEST_P(Tar, HasItsMessage) {
  Parts parts;
  GetParam().change(parts);
  EXPECT_EQ(OpenAll(parts.Build()), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Files, Tar,
    testing::Values(
        Case{"nothing_wrong", [](Parts&) {}, "ok"},
        Case{"upper_half_of_the_rank", [](Parts& p) { p.dims[5] = '\1'; }, "ok"},
        Case{"link", [](Parts& p) { p.change = [](TarEntry& e) { e.type = '2'; }; },
             "x.pth: member \"pickle\": it is a symbolic link, only plain files are read"},
        Case{"traversal", [](Parts& p) { p.change = [](TarEntry& e) { e.name = "../pickle"; }; },
             "x.pth: member \"../pickle\": torch.save writes no such member"},
        Case{"in_a_folder", [](Parts& p) { p.change = [](TarEntry& e) { e.prefix = "a"; }; },
             "x.pth: member \"a/pickle\": torch.save writes no such member"},
        Case{"missing", [](Parts& p) { p.change = [](TarEntry& e) { e.name = "sys_info2"; }; },
             "x.pth: member \"sys_info2\": torch.save writes no such member"},
        Case{"twice",
             [](Parts& p) { p.more = TarMemberText({.name = "pickle", .data = p.pickle}); },
             "x.pth: two members named \"pickle\""},
        Case{"count_is_text", [](Parts& p) { p.storage_count = Pickle(Str("1")); },
             "x.pth: storages: byte 1545: its count is not a number"},
        Case{"count_is_negative", [](Parts& p) { p.storage_count = Pickle(Int(-1)); },
             "x.pth: storages: byte 1544: its count is not a number"},
        Case{"count_too_high", [](Parts& p) { p.storage_count = Pickle(Int(2)); },
             "x.pth: storages: byte 1602: a storage is not (int, location, storage type)"},
        Case{"storage_key_is_text",
             [](Parts& p) {
               p.storage = Pickle(Tuple({Str("7"), Str("cpu"), Global("torch", "FloatStorage")}));
             },
             "x.pth: storages: byte 1583: a storage is not (int, location, storage type)"},
        Case{"storage_of_no_type",
             [](Parts& p) {
               p.storage = Pickle(Tuple({Int(7), Str("cpu"), Global("os", "system")}));
             },
             "x.pth: storages: byte 1573: a storage is not (int, location, storage type)"},
        Case{"storage_without_its_bytes", [](Parts& p) { p.elements = Numbers({4}) + "abcdefgh"; },
             "x.pth: storages: byte 1590: storage 7 is 4 elements of float32, the member has room "
             "for 3"},
        Case{"storage_of_negative_size", [](Parts& p) { p.elements = Numbers({-1}) + "abcdefgh"; },
             "x.pth: storages: byte 1590: storage 7 is -1 elements of float32, the member has "
             "room for 3"},
        Case{"storage_of_huge_size",
             [](Parts& p) { p.elements = Numbers({INT64_MAX}) + "abcdefgh"; },
             "x.pth: storages: byte 1590: storage 7 is 9223372036854775807 elements of float32, "
             "the member has room for 3"},
        Case{"storage_twice",
             [](Parts& p) {
               p.storage_count = Pickle(Int(2));
               p.elements += p.storage + p.elements;
             },
             "x.pth: storages: byte 1652: two storages have the key 7"},
        Case{"views_missing", [](Parts& p) { p.views = ""; },
             "x.pth: storages: byte 1598 (end): the pickle ends without STOP"},
        Case{"views_are_none", [](Parts& p) { p.views = Pickle("N"); },
             "x.pth: storages: byte 1602: behind the storages stands no list of views"},
        Case{"view_of_text",
             [](Parts& p) {
               p.views = Pickle(List({Tuple({Int(8), Int(7), Int(0), Str("1")})}));
             },
             "x.pth: storages: byte 1627: a view is not four ints"},
        Case{"view_of_nothing",
             [](Parts& p) {
               p.views = Pickle(List({Ints({8, 6, 0, 1})}));
             },
             "x.pth: storages: byte 1626: view 8 is of storage 6, which is none"},
        Case{"view_of_a_view",
             [](Parts& p) {
               p.views = Pickle(List({Ints({8, 7, 0, 1}), Ints({5, 8, 0, 1})}));
             },
             "x.pth: storages: byte 1648: view 5 is of storage 8, which is none"},
        Case{"view_beyond_its_storage",
             [](Parts& p) {
               p.views = Pickle(List({Ints({8, 7, 1, 2})}));
             },
             "x.pth: storages: byte 1626: view 8 is 2 elements from 1 of storage 7, which has 2"},
        Case{"view_before_its_storage",
             [](Parts& p) {
               p.views = Pickle(List({Ints({8, 7, -1, 2})}));
             },
             "x.pth: storages: byte 1626: view 8 is 2 elements from -1 of storage 7, which has 2"},
        Case{"view_twice",
             [](Parts& p) {
               p.views = Pickle(List({Ints({7, 7, 0, 1})}));
             },
             "x.pth: storages: byte 1626: two storages have the key 7"},
        Case{"tensor_of_nothing",
             [](Parts& p) {
               p.tensor = Pickle(Tuple({Int(9), Int(6), Global("torch", "FloatTensor")}));
             },
             "x.pth: tensors: byte 2602: tensor 9 is of storage 6, which is none"},
        Case{"tensor_without_storage",
             [](Parts& p) {
               p.tensor = Pickle(Tuple({Int(9), "N", Global("torch", "FloatTensor")}));
             },
             "x.pth: tensors: byte 2598: a tensor is not (int, int, type)"},
        Case{"negative_rank", [](Parts& p) { p.dims = Numbers({0xffffffff}); },
             "x.pth: tensors: byte 2610: tensor 9 has -1 dimensions, the limit is 64"},
        Case{"rank_65", [](Parts& p) { p.dims = Numbers({65}); },
             "x.pth: tensors: byte 2610: tensor 9 has 65 dimensions, the limit is 64; raise the "
             "limit "
             "\"rank\" if the file is trusted"},
        Case{"dims_cut_off", [](Parts& p) { p.dims.resize(28); },
             "x.pth: tensors: byte 2626: the member ends before a number"},
        Case{"tensor_beyond_its_storage",
             [](Parts& p) {
               p.dims = Numbers({1, 3, 1, 0});
             },
             "x.pth: tensors: byte 2568: tensor: size [3] with stride [1] from offset 0 needs 3 "
             "elements, storage \"7\" has 2"},
        Case{"negative_offset",
             [](Parts& p) {
               p.dims = Numbers({1, 1, 1, -1});
             },
             "x.pth: tensors: byte 2568: tensor: its storage offset is -1, which is negative"},
        Case{"negative_stride",
             [](Parts& p) {
               p.dims = Numbers({1, 2, -1, 1});
             },
             "x.pth: tensors: byte 2568: tensor: its stride holds -1, which is negative"},
        Case{"tensor_twice",
             [](Parts& p) {
               p.tensor_count = Pickle(Int(2));
               p.dims += p.tensor + p.dims;
             },
             "x.pth: tensors: byte 2700: two tensors have the key 9"},
        Case{
            "object_names_nothing", [](Parts& p) { p.pickle = Pickle(Str("8") + "Q"); },
            "x.pth: pickle: byte 3592 (BINPERSID): a persistent id: \"8\" is the key of no tensor"},
        Case{"object_names_no_number", [](Parts& p) { p.pickle = Pickle(Str("9 ") + "Q"); },
             "x.pth: pickle: byte 3593 (BINPERSID): a persistent id: \"9 \" is the key of no "
             "tensor"},
        Case{"object_names_an_int", [](Parts& p) { p.pickle = Pickle(Int(9) + "Q"); },
             "x.pth: pickle: byte 3591 (BINPERSID): a persistent id: it is an int, not a string"},
        Case{"persistent_id_in_storages", [](Parts& p) { p.views = Pickle(Str("9") + "Q"); },
             "x.pth: storages: byte 1606 (BINPERSID): a persistent id, which this file cannot "
             "have"}),
    [](const auto& info) { return info.param.name; });

TEST(TorchTar, NamesAnotherTarFile) {
  EXPECT_EQ(OpenAll(TarMemberText({.name = "model/", .type = '5'}) + TarEnd()),
            "x.pth: a tar archive that begins with \"model/\", not written by torch.save; if the "
            "checkpoint is inside it, unpack it first");
}

TEST(TorchTar, NeedsThreeMembers) {
  Parts parts;
  std::string bytes = parts.Build();
  EXPECT_EQ(OpenAll(bytes.substr(0, 3072)),
            "x.pth: no member \"pickle\" before the tar archive's end; if it was cut off, download "
            "it again");
  // sys_info is not one of them.
  EXPECT_EQ(OpenAll(bytes.substr(1024)), "ok");
}

TEST(TorchTar, ReadsViewsAndSharesStorages) {
  Parts parts;
  parts.views = Pickle(List({Ints({8, 7, 1, 1})}));
  parts.tensor_count = Pickle(Int(2));
  parts.dims +=
      Pickle(Tuple({Int(5), Int(8), Global("torch", "FloatTensor")})) + Numbers({1, 1, 1, 0});
  parts.pickle = Pickle(List({Str("9") + "Q", "P5\n", Str("5") + "Q"}));
  auto opened = Checkpoint::OfBytes(AsBytes(parts.Build()), "x.pth");
  ASSERT_TRUE(opened) << opened.error().Text();
  const Checkpoint& checkpoint = **opened;
  EXPECT_EQ(FormatName(checkpoint.format()), "tar");
  ASSERT_EQ(checkpoint.tensors().size(), 2u);
  EXPECT_EQ(checkpoint.tensors()[1].storage, checkpoint.tensors()[0].storage);
  EXPECT_EQ(checkpoint.tensors()[1].storage_offset, 1);
  EXPECT_EQ(AsText(*checkpoint.Values(checkpoint.tensors()[1])), "efgh");
  EXPECT_EQ(AsText(checkpoint.StorageView(0)), "abcdefgh");
}

TEST(TorchTar, RefusesEveryPrefixThatLacksMoreThanTheEnd) {
  Parts parts;
  std::string bytes = parts.Build();
  size_t needed = bytes.size() - TarEnd().size() - 512 + parts.pickle.size();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(OpenAll(bytes.substr(0, size)) == "ok", size >= needed) << size;
  }
}

TEST(TorchTar, SurvivesEveryChangedByte) {
  const std::string good = Parts().Build();
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << at % 8));
    EXPECT_FALSE(OpenAll(bytes).empty());
  }
}

}  // namespace
}  // namespace zoo
