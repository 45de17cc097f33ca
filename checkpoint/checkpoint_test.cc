#include "zoo/checkpoint/checkpoint.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "zoo/checkpoint/pickle_builder.h"
#include "zoo/checkpoint/zip_builder.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

using namespace pickled;

std::string Archive(const std::string& pickle, const std::vector<std::string>& storages) {
  ZipBuilder zip;
  zip.Add("m/version", "3\n");
  zip.Add("m/data.pkl", Pickle(pickle));
  for (size_t i = 0; i < storages.size(); ++i) {
    zip.Add("m/data/" + std::to_string(i), storages[i]);
  }
  return zip.Build();
}

std::shared_ptr<const Checkpoint> Opened(const std::string& bytes) {
  auto opened = Checkpoint::OfBytes(AsBytes(bytes), "x.pth");
  EXPECT_TRUE(opened) << opened.error().Text();
  return opened ? *opened : nullptr;
}

const std::string kFour(16, '\2');
std::string Four(const std::string& key = "0") {
  return Tensor("FloatStorage", key, 4, 0, {4}, {1});
}

TEST(Checkpoint, ViewsOnlyWhatCannotChange) {
  TempDir folder;
  auto path = folder.Write("a.pth", Archive(Dict({{Str("w"), Four()}}), {kFour}));
  auto plain = Checkpoint::Open(path);
  auto immutable = Checkpoint::Open(path, {.immutable = true});
  ASSERT_TRUE(plain && immutable);
  EXPECT_TRUE((*plain)->storages()[0].mapped);
  EXPECT_TRUE((*plain)->StorageView(0).empty());
  EXPECT_EQ(AsText((*immutable)->StorageView(0)), kFour);
  EXPECT_FALSE((*plain)->immutable());
  EXPECT_TRUE((*immutable)->immutable());
}

// Nothing of a file that is not immutable is touched through a mapping, which would be SIGBUS here.
TEST(Checkpoint, ATruncationAfterOpeningIsAnError) {
  TempDir folder;
  auto path = folder.Write("a.pth", Archive(Dict({{Str("w"), Four()}}), {kFour}));
  auto opened = Checkpoint::Open(path);
  ASSERT_TRUE(opened);
  std::filesystem::resize_file(path, 10);
  std::vector<std::byte> bytes(16);
  StorageCopy copy{0, 0, bytes};
  Status copied = (*opened)->Copy(std::span(&copy, 1));
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().code, ErrorCode::kCorrupt);
  EXPECT_FALSE((*opened)->Values((*opened)->tensors()[0]));
  EXPECT_FALSE((*opened)->Verify());
}

TEST(Checkpoint, CopiesPartsAndManyStoragesByThreads) {
  std::string large(20 << 20, '\0');
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 7 + i / 4096);
  int64_t elements = static_cast<int64_t>(large.size());
  auto checkpoint = Opened(Archive(
      List({Tensor("ByteStorage", "0", elements, 0, {elements}, {1}), Four("1")}), {large, kFour}));
  ASSERT_NE(checkpoint, nullptr);
  std::vector<std::byte> whole(large.size()), part(100), small(16);
  std::vector<StorageCopy> copies{{0, 0, whole}, {0, 9'000'000, part}, {1, 0, small}};
  ASSERT_TRUE(checkpoint->Copy(copies, 3));
  EXPECT_TRUE(AsText(whole) == large);
  EXPECT_EQ(AsText(part), large.substr(9'000'000, 100));
  EXPECT_EQ(AsText(small), kFour);
}

TEST(Checkpoint, RefusesCopiesBeyondAStorage) {
  auto checkpoint = Opened(Archive(Four(), {kFour}));
  std::vector<std::byte> bytes(10);
  StorageCopy copy{0, 8, bytes};
  EXPECT_EQ(checkpoint->Copy(std::span(&copy, 1)).error().Text(),
            "x.pth: 10 bytes from 8 of storage \"0\", which has 16");
}

TEST(Checkpoint, ComparesTheCrcOfEachPiece) {
  std::string large(20 << 20, 'x');
  int64_t elements = static_cast<int64_t>(large.size());
  std::string bytes = Archive(Tensor("ByteStorage", "0", elements, 0, {elements}, {1}), {large});
  bytes[bytes.size() / 2] = 'y';
  auto checkpoint = Opened(bytes);
  std::vector<std::byte> whole(large.size());
  StorageCopy copy{0, 0, whole};
  Status copied = checkpoint->Copy(std::span(&copy, 1));
  ASSERT_FALSE(copied);
  EXPECT_TRUE(copied.error().message.starts_with("x.pth: record \"m/data/0\": its CRC-32 is "))
      << copied.error().message;
}

TEST(Checkpoint, SwapsBigEndianNumbers) {
  ZipBuilder zip;
  zip.Add("m/version", "3");
  zip.Add("m/byteorder", "big");
  zip.Add("m/data.pkl", Pickle(Tensor("ComplexFloatStorage", "0", 1, 0, {1}, {1})));
  zip.Add("m/data/0", "abcdefgh");
  auto checkpoint = Opened(zip.Build());
  EXPECT_FALSE(checkpoint->storages()[0].mapped);
  EXPECT_EQ(AsText(*checkpoint->Values(checkpoint->tensors()[0])), "dcbahgfe");
  std::vector<std::byte> half(2);
  StorageCopy copy{0, 0, half};
  EXPECT_EQ(checkpoint->Copy(std::span(&copy, 1)).error().Text(),
            "x.pth: a part of storage \"0\" that cuts through elements");
}

struct Found {
  std::string name, pickle, text;
};
void PrintTo(const Found& c, std::ostream* out) { *out << c.name; }

std::string Describe(const Result<StateDict>& found) {
  if (!found) return found.error().Text();
  return FormatPath(found->path) + ": " + std::to_string(found->tensors.size()) + " and " +
         std::to_string(found->others);
}

class FindsStateDict : public testing::TestWithParam<Found> {};
TEST_P(FindsStateDict, OrSaysWhyNot) {
  auto checkpoint = Opened(Archive(GetParam().pickle, {kFour}));
  ASSERT_NE(checkpoint, nullptr);
  EXPECT_EQ(Describe(checkpoint->FindStateDict()), GetParam().text);
}

const std::string kFlat = Dict({{Str("a.w"), Four()}, {Str("a.b"), Four()}});
const std::string kOptimizer =
    Dict({{Str("state"), Dict({{Int(0), Dict({{Str("exp_avg"), Four()}})}})}});

// An object as torch.save(model) leaves it.
std::string Module(const std::string& parameters, const std::string& buffers,
                   const std::string& modules) {
  return Global("lab", "Net") + ")\x81" +
         Dict({{Str("_parameters"), parameters},
               {Str("_buffers"), buffers},
               {Str("_non_persistent_buffers_set"),
                Call(Global("builtins", "set"), {List({Str("scratch")})})},
               {Str("_modules"), modules}}) +
         "b";
}

INSTANTIATE_TEST_SUITE_P(
    Checkpoints, FindsStateDict,
    testing::Values(
        Found{"the_file_itself", kFlat, ": 2 and 0"},
        Found{"with_a_counter", Dict({{Str("w"), Four()}, {Str("version"), Int(1)}}), ": 1 and 1"},
        Found{"usual_key",
              Dict({{Str("epoch"), Int(1)},
                    {Str("state_dict"), kFlat},
                    {Str("optimizer"), kOptimizer}}),
              "state_dict: 2 and 0"},
        Found{"beside_a_tensor",
              Dict({{Str("best"), Four()},
                    {Str("e"), Int(1)},
                    {Str("f"), Int(1)},
                    {Str("model"), kFlat}}),
              "model: 2 and 0"},
        Found{"only_candidate", Dict({{Str("mine"), kFlat}, {Str("optimizer"), kOptimizer}}),
              "mine: 2 and 0"},
        Found{
            "several", Dict({{Str("model"), kFlat}, {Str("ema"), kFlat}}),
            "x.pth: several state dicts: model (2 tensors), ema (2 tensors); say which with --key"},
        Found{
            "none", Dict({{Str("epoch"), Int(1)}}),
            "x.pth: no mapping of names to tensors in it; `zoo inspect` shows what the file holds"},
        Found{
            "module",
            Module(Dict({{Str("w"), Four()}, {Str("none"), "N"}}), Dict({{Str("scratch"), Four()}}),
                   Dict({{Str("0"), Module(kFlat, "}", "}")}, {Str("1"), "N"}})),
            ": 3 and 0"},
        Found{"module_under_a_key",
              Dict({{Str("epoch"), Int(1)}, {Str("model"), Module(kFlat, "}", "}")}}),
              "model: 2 and 0"}),
    [](const auto& info) { return info.param.name; });

TEST(FindStateDict, TakesAKey) {
  auto checkpoint = Opened(Archive(
      Dict({{Str("a"), Dict({{Str("b.c"), kFlat}, {Str("n"), Int(1)}})}, {Str("model"), kFlat}}),
      {kFour}));
  EXPECT_EQ(Describe(checkpoint->FindStateDict("a.b.c")), "a.b.c: 2 and 0");
  EXPECT_EQ(Describe(checkpoint->FindStateDict("model")), "model: 2 and 0");
  EXPECT_EQ(Describe(checkpoint->FindStateDict("a.n")),
            "x.pth: \"a.n\" is an int, not a mapping of names to tensors; `zoo inspect` shows what "
            "the file holds");
  EXPECT_EQ(Describe(checkpoint->FindStateDict("x")),
            "x.pth: there is no \"x\" in it; `zoo inspect` shows what the file holds");
  ASSERT_EQ(checkpoint->StateDictCandidates().size(), 1u);
}

TEST(FindStateDict, TakesAKeyIntoListsAndModules) {
  std::string inner =
      Module("}", "}", Dict({{Str("1"), Module(Dict({{Str("w"), Four()}}), "}", "}")}}));
  auto checkpoint =
      Opened(Archive(Dict({{Str("all"), List({Int(0), Dict({{Str("m"), inner}})})}}), {kFour}));
  EXPECT_EQ(Describe(checkpoint->FindStateDict("all[1].m")), "all[1].m: 1 and 0");
  EXPECT_EQ(Describe(checkpoint->FindStateDict("all[1].m.1")), "all[1].m.1: 1 and 0");
  EXPECT_EQ(Describe(checkpoint->FindStateDict("all[2]")),
            "x.pth: there is no \"all[2]\" in it; `zoo inspect` shows what the file holds");
  EXPECT_EQ(Describe(checkpoint->FindStateDict("all[1")),
            "x.pth: there is no \"all[1\" in it; `zoo inspect` shows what the file holds");
}

TEST(FindStateDict, NamesAreThoseOfTheModules) {
  auto checkpoint = Opened(Archive(
      Module("}", "}", Dict({{Str("0"), Module(Dict({{Str("w"), Four()}}), "}", "}")}})), {kFour}));
  auto found = checkpoint->FindStateDict();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tensors[0].name, "0.w");
  EXPECT_EQ(FormatPath(checkpoint->tensors()[0].path), "0.w");
}

struct NotOne {
  std::string name, bytes, text;
};
void PrintTo(const NotOne& c, std::ostream* out) { *out << c.name; }

class NotACheckpoint : public testing::TestWithParam<NotOne> {};
TEST_P(NotACheckpoint, IsNamed) {
  auto opened = Checkpoint::OfBytes(AsBytes(GetParam().bytes), "x.pth");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().Text(), GetParam().text);
  EXPECT_EQ(opened.error().code, ErrorCode::kUnsupported);
}

INSTANTIATE_TEST_SUITE_P(
    Files, NotACheckpoint,
    testing::Values(
        NotOne{"empty", "", "x.pth: the file is empty; download it again"},
        NotOne{
            "html", "<!DOCTYPE html><html>",
            "x.pth: this is an HTML page (21 bytes), not a checkpoint; the server answered with a "
            "page instead of the file: look at the address in a browser"},
        NotOne{
            "git_lfs", "version https://git-lfs.github.com/spec/v1\n",
            "x.pth: this is a Git LFS pointer (43 bytes), not the file it points to; fetch it with "
            "`git lfs pull`"},
        NotOne{"gzip", "\x1f\x8b\x08",
               "x.pth: this is a gzip file (3 bytes), not a checkpoint; unpack it first"},
        NotOne{"png", "\x89PNG\r\n\x1a\n",
               "x.pth: this is a PNG picture (8 bytes), not a checkpoint; this is the wrong file: "
               "weights are .pth or .safetensors"},
        NotOne{"json", "{\"a\": 1}", "x.pth: this is a JSON document (8 bytes), not a checkpoint"},
        NotOne{"text", "hello",
               "x.pth: not a checkpoint: its first bytes are of no format known here"}),
    [](const auto& info) { return info.param.name; });

TEST(Open, RefusesWhatIsNoFile) {
  TempDir folder;
  EXPECT_EQ(Checkpoint::Open(folder.path() / "none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Checkpoint::Open(folder.path()).error(),
            (Error{ErrorCode::kUsage, folder.path().string() + ": a folder, not a file", ""}));
  auto part = folder.Write("__0_0.distcp", "x");
  EXPECT_EQ(Checkpoint::Open(part).error().code, ErrorCode::kUnsupported);
  std::ofstream(folder.path() / ".metadata") << "x";
  EXPECT_EQ(Checkpoint::Open(part).error().Text(),
            part.string() +
                ": a part of a distributed checkpoint, not a whole one; make one file of its "
                "folder with `python3 -m torch.distributed.checkpoint.format_utils dcp_to_torch "
                "FOLDER FILE`");
  EXPECT_EQ(Checkpoint::Open(folder.path()).error().Text(),
            folder.path().string() +
                ": a folder with a distributed checkpoint, not one file; make one file of its "
                "folder with `python3 -m torch.distributed.checkpoint.format_utils dcp_to_torch "
                "FOLDER FILE`");
  auto pipe = folder.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(Checkpoint::Open(pipe).error().Text(), pipe.string() + ": not a regular file");
}

// Two elements share a byte, and the offset counts bytes.
TEST(Checkpoint, PackedElementsStayInTheirStorage) {
  struct Row {
    int64_t offset, size, stride;
    std::string text;
  };
  auto beyond = [](int64_t offset, int64_t size, int64_t stride, int64_t needed) {
    auto text = [](int64_t value) { return std::to_string(value); };
    return "_rebuild_qtensor: size [" + text(size) + "] with stride [" + text(stride) +
           "] from offset " + text(offset) + " needs " + text(needed) +
           " items, storage \"0\" has 4";
  };
  const Row kRows[] = {
      {0, 8, 1, ""},
      {3, 2, 1, ""},
      {4, 0, 1, ""},
      {1, 8, 1, beyond(1, 8, 1, 5)},
      {4, 2, 1, beyond(4, 2, 1, 5)},
      {7, 1, 1, beyond(7, 1, 1, 8)},
      {0, 100, 0, beyond(0, 100, 0, 50)},
      {0, 2, 8, beyond(0, 2, 8, 5)},
  };
  for (const Row& row : kRows) {
    const std::string tensor =
        Call(Global("torch._utils", "_rebuild_qtensor"),
             {Storage("QUInt4x2Storage", "0", Int(4)), Int(row.offset), Ints({row.size}),
              Ints({row.stride}), Tuple({Global("torch", "per_tensor_affine"), Int(1), Int(0)}),
              "\x89", "}"});
    auto opened = Checkpoint::OfBytes(AsBytes(Archive(tensor, {"abcd"})), "x.pth");
    if (!row.text.empty()) {
      ASSERT_FALSE(opened) << row.text;
      EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
      EXPECT_TRUE(opened.error().message.ends_with(row.text)) << opened.error().message;
      continue;
    }
    ASSERT_TRUE(opened) << opened.error().Text();
    auto values = (*opened)->Values((*opened)->tensors()[0]);
    ASSERT_TRUE(values) << values.error().Text();
    EXPECT_EQ(AsText(*values), row.size == 0 ? "" : std::string("abcd").substr(row.offset));
  }
}

}  // namespace
}  // namespace zoo
