#include "zoo/checkpoint/convert.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/checkpoint/fingerprint.h"
#include "zoo/checkpoint/pickle_builder.h"
#include "zoo/checkpoint/zip_builder.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

using namespace pickled;

const std::filesystem::path kFolder = "tests/data/checkpoints";

std::shared_ptr<const Checkpoint> File(const std::filesystem::path& path) {
  auto opened = Checkpoint::Open(path);
  EXPECT_TRUE(opened) << opened.error().Text();
  return opened ? *opened : nullptr;
}

std::shared_ptr<const Checkpoint> Made(const std::string& value, const std::string& storage) {
  ZipBuilder zip;
  zip.Add("m/version", "3\n");
  zip.Add("m/data.pkl", Pickle(value));
  zip.Add("m/data/0", storage);
  auto opened = Checkpoint::OfBytes(AsBytes(zip.Build()), "x.pth");
  EXPECT_TRUE(opened) << opened.error().Text();
  return opened ? *opened : nullptr;
}

std::string Two() { return Tensor("FloatStorage", "0", 4, 1, {2}, {1}); }
const std::string kFour(16, '\1');

std::string FingerprintText(const Checkpoint& checkpoint, const std::string& key = "") {
  auto weights = checkpoint.FindStateDict(key);
  EXPECT_TRUE(weights) << weights.error().Text();
  auto found = FingerprintOf(checkpoint, *weights);
  return found ? found->ToString() : found.error().Text();
}

TEST(ConvertCheckpoint, KeepsTheFingerprint) {
  TempDir folder;
  for (const char* name : {"state_dict.pth", "state_dict_legacy.pth", "deflated.pth",
                           "big_endian.pth", "training.pth", "model.pth", "model_inside.pth"}) {
    auto source = File(kFolder / name);
    for (WriteFormat format :
         {WriteFormat::kZip, WriteFormat::kLegacy, WriteFormat::kSafetensors}) {
      auto out = folder.path() / "out";
      auto done = ConvertCheckpoint(source, out, {.format = format, .only_weights = true});
      ASSERT_TRUE(done) << done.error().Text();
      EXPECT_EQ(done->written.size, std::filesystem::file_size(out));
      if (format == WriteFormat::kSafetensors) continue;
      EXPECT_EQ(FingerprintText(*File(out)), FingerprintText(*source)) << name;
    }
  }
}

TEST(ConvertCheckpoint, ReplacesItsOwnSource) {
  TempDir folder;
  auto path = folder.Write("a b.pth", *ReadFile(kFolder / "views.pth", 1 << 20));
  std::string before = FingerprintText(*File(path));
  ASSERT_TRUE(ConvertCheckpoint(File(path), path, {.format = WriteFormat::kLegacy}));
  EXPECT_EQ(File(path)->format(), Format::kLegacy);
  EXPECT_EQ(FingerprintText(*File(path)), before);
}

TEST(ConvertCheckpoint, WritesOnlyWhatTensorsReach) {
  TempDir folder;
  auto source = Made(Dict({{Str("w"), Two()}}), kFour);
  auto done = ConvertCheckpoint(source, folder.path() / "o.pth");
  ASSERT_TRUE(done) << done.error().Text();
  EXPECT_EQ(done->trimmed, 8u);
  EXPECT_EQ(done->tensors, 1u);
  auto made = File(folder.path() / "o.pth");
  EXPECT_EQ(made->storages()[0].nbytes, 8u);
  EXPECT_EQ(made->tensors()[0].storage_offset, 0);
}

std::string Words(const std::vector<ValueNote>& notes) {
  std::string text;
  for (const ValueNote& note : notes) {
    text += (text.empty() ? "" : "; ") + FormatPath(note.path) + ": " + note.what;
  }
  return text;
}

TEST(ConvertCheckpoint, TellsWhatItLeavesOutAndChanges) {
  TempDir folder;
  auto out = folder.path() / "o.pth";
  auto training = ConvertCheckpoint(File(kFolder / "training.pth"), out, {.only_weights = true});
  ASSERT_TRUE(training) << training.error().Text();
  EXPECT_EQ(Words(training->left_out),
            "epoch: an int; best_acc1: a tensor; optimizer: a dict; scheduler: a dict; "
            "args: an object of argparse.Namespace");
  auto model = ConvertCheckpoint(File(kFolder / "model_inside.pth"), out);
  ASSERT_TRUE(model) << model.error().Text();
  EXPECT_EQ(Words(model->changed),
            "model: a module of torch.nn.modules.container.Sequential, written as its state dict");
  auto half =
      ConvertCheckpoint(Made(Dict({{Str("w"), Two()}}),
                             std::string(4, '\0') + "\xff\xff\x7f\x7f" + std::string(8, '\0')),
                        out, {.dtype = DType::kFloat16});
  ASSERT_TRUE(half) << half.error().Text();
  EXPECT_EQ(Words(half->changed), "w: float32, written as float16");
  EXPECT_EQ(half->overflowed, 1u);
  auto shared = ConvertCheckpoint(Made(Dict({{Str("a"), Two()}, {Str("b"), Two()}}), kFour), out,
                                  {.format = WriteFormat::kSafetensors});
  ASSERT_TRUE(shared) << shared.error().Text();
  EXPECT_EQ(Words(shared->changed), "b: shared its storage, written as a copy");
}

TEST(ConvertCheckpoint, RefusesWhatItCannotKeep) {
  TempDir folder;
  auto out = folder.path() / "o.pth";
  const std::string object = Call(Global("argparse", "Namespace"), {});
  struct Row {
    std::string value;
    ConvertOptions options;
    ErrorCode code;
    std::string text;
  };
  const std::string hint =
      "; --only-weights writes the state dict alone, --drop-objects leaves these out";
  const std::string only =
      ", and safetensors files hold tensors by name and nothing else; "
      "--only-weights writes the state dict alone";
  const Row kRows[] = {
      {Dict({{Str("a"), object}, {Str("b"), List({Int(1), object})}}),
       {},
       ErrorCode::kUnsupported,
       "x.pth: not all of it is plain data: a (an object of argparse.Namespace), "
       "b[1] (an object of argparse.Namespace)" +
           hint},
      {object,
       {.drop_objects = true},
       ErrorCode::kUnsupported,
       "x.pth: not all of it is plain data: the file (an object of argparse.Namespace)" + hint},
      {Dict({{Str("w"), Two()}, {Str("n"), Int(1)}}),
       {.format = WriteFormat::kSafetensors},
       ErrorCode::kUnsupported,
       "x.pth: n is an int" + only},
      {List({Two()}),
       {.format = WriteFormat::kSafetensors},
       ErrorCode::kUnsupported,
       "x.pth: the file holds a list" + only},
      {Dict({{Str("w"), Two()}}),
       {.strip_prefixes = {"modul."}},
       ErrorCode::kUsage,
       "x.pth: no name begins with \"modul.\"; the first name is \"w\""},
      {Dict({{Str("w"), Two()}, {Str("m.w"), Two()}}),
       {.strip_prefixes = {"m."}},
       ErrorCode::kUsage,
       "x.pth: \"w\" and \"m.w\" would both be \"w\" without their prefixes"},
      {Dict({{Str("w"), Two()}}),
       {.dtype = DType::kInt8},
       ErrorCode::kUsage,
       "nothing is cast to int8; float32, float16, bfloat16 and float64 are"},
      {Dict({{Str("w"), Two()}}),
       {.key = "no"},
       ErrorCode::kNotFound,
       "x.pth: there is no \"no\" in it; `zoo inspect` shows what the file holds"},
  };
  for (const Row& row : kRows) {
    auto done = ConvertCheckpoint(Made(row.value, kFour), out, row.options);
    ASSERT_FALSE(done) << row.text;
    EXPECT_EQ(done.error().Text(), row.text);
    EXPECT_EQ(done.error().code, row.code) << row.text;
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  }
}

TEST(ConvertCheckpoint, LeavesNothingBehindWhenItFails) {
  TempDir folder;
  std::atomic<bool> stop{true};
  auto cancelled = ConvertCheckpoint(File(kFolder / "state_dict.pth"), folder.path() / "o.pth",
                                     {.cancel = CancelToken(&stop)});
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);
  std::string bytes = *ReadFile(kFolder / "floats.pth", 1 << 20);
  const float four = 4;
  size_t at = bytes.find(std::string(reinterpret_cast<const char*>(&four), sizeof four));
  ASSERT_NE(at, std::string::npos);
  bytes[at] ^= 1;
  auto damaged = Checkpoint::OfBytes(AsBytes(bytes), "x.pth");
  ASSERT_TRUE(damaged);
  auto done = ConvertCheckpoint(*damaged, folder.path() / "o.pth");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kCorrupt);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(ConvertCheckpoint, CarriesTheTextOfSafetensorsFiles) {
  TempDir folder;
  auto out = folder.path() / "o.safetensors";
  auto source = File(kFolder / "metadata.safetensors");
  ASSERT_FALSE(source->metadata().empty());
  auto done = ConvertCheckpoint(source, out);
  ASSERT_TRUE(done) << done.error().Text();
  EXPECT_EQ(Words(done->left_out), "");
  std::map<std::string, std::string> want(source->metadata().begin(), source->metadata().end());
  want.emplace("format", "pt");
  auto made = File(out);
  EXPECT_EQ((std::map<std::string, std::string>(made->metadata().begin(), made->metadata().end())),
            want);
  auto zip = ConvertCheckpoint(source, folder.path() / "o.pth");
  ASSERT_TRUE(zip) << zip.error().Text();
  want.erase("format");
  EXPECT_EQ(zip->left_out.size(), want.size());
  for (const ValueNote& note : zip->left_out) {
    EXPECT_EQ(note.what, "text beside the tensors");
    EXPECT_TRUE(want.contains(std::get<std::string>(note.path[1]))) << FormatPath(note.path);
  }
}

TEST(ConvertCheckpoint, CastsMetaTensorsToo) {
  TempDir folder;
  auto out = folder.path() / "o.pth";
  auto done = ConvertCheckpoint(File(kFolder / "special.pth"), out, {.dtype = DType::kBFloat16});
  ASSERT_TRUE(done) << done.error().Text();
  EXPECT_NE(Words(done->changed).find("meta: float16, written as bfloat16"), std::string::npos)
      << Words(done->changed);
  const auto written = File(out);
  for (const TensorInfo& tensor : written->tensors()) {
    EXPECT_FALSE(IsFloating(tensor.dtype) && tensor.dtype != DType::kBFloat16)
        << FormatPath(tensor.path);
  }
}

TEST(ConvertCheckpoint, RefusesFloatsThatPyTorchLacks) {
  TempDir folder;
  auto source = File(kFolder / "float6.safetensors");
  for (auto [format, text] :
       {std::pair(WriteFormat::kZip,
                  "e3m2: elements of float6_e3m2fn, which PyTorch does not know"),
        {WriteFormat::kSafetensors,
         "e2m3: a tensor of float6_e2m3fn, which is read but not written"}}) {
    auto out = folder.path() / "o";
    auto done = ConvertCheckpoint(source, out, {.format = format});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error(),
              (Error{ErrorCode::kUnsupported, "cannot write " + out.string() + ": " + text, ""}));
    EXPECT_FALSE(std::filesystem::exists(out));
  }
}

TEST(ConvertCheckpoint, MakesNoEndlessCopiesOfOneElement) {
  TempDir folder;
  auto source = [](int64_t count) {
    return Made(Dict({{Str("w"), Tensor("FloatStorage", "0", 4, 0, {count}, {0})}}), kFour);
  };
  for (bool only_weights : {false, true}) {
    ConvertOptions options;
    options.format = WriteFormat::kSafetensors;
    options.only_weights = only_weights;
    auto few = ConvertCheckpoint(source(1000), folder.path() / "few", options);
    ASSERT_TRUE(few) << few.error().Text();
    auto many = ConvertCheckpoint(source(int64_t{1} << 31), folder.path() / "many", options);
    ASSERT_FALSE(many);
    EXPECT_EQ(many.error(),
              (Error{ErrorCode::kUnsupported,
                     "x.pth: w: 8.0 GiB of values, the limit \"materialise\" is 64.0 MiB", ""}));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "many"));
  }
  // Where strides are written there is one element.
  auto kept = ConvertCheckpoint(source(int64_t{1} << 31), folder.path() / "kept");
  ASSERT_TRUE(kept) << kept.error().Text();
  EXPECT_LT(kept->written.size, 10'000u);
}

TEST(ConvertCheckpoint, HoldsAnInflatedStorageUpToALimit) {
  TempDir folder;
  const std::string storage(100'000, '\0');
  ZipBuilder zip;
  zip.Add("m/version", "3\n");
  zip.Add("m/data.pkl",
          Pickle(Dict({{Str("w"), Tensor("ByteStorage", "0", 100'000, 0, {100'000}, {1})}})));
  ZipRecord& record = zip.Add("m/data/0", Deflated(storage));
  record.method = 8;
  record.size = 100'000;
  record.crc = 0xd411957d;  // of so many zeros
  for (uint64_t limit : {99'999, 100'000}) {
    OpenOptions open;
    open.limits.materialise = limit;
    auto opened = Checkpoint::OfBytes(AsBytes(zip.Build()), "x.pth", open);
    ASSERT_TRUE(opened) << opened.error().Text();
    auto done = ConvertCheckpoint(*opened, folder.path() / "o.pth");
    if (limit == 100'000) {
      EXPECT_TRUE(done) << done.error().Text();
      continue;
    }
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(done.error().Text(),
              "x.pth: a compressed storage of 97.7 KiB, the limit \"materialise\" is 97.7 KiB");
  }
}

}  // namespace
}  // namespace zoo
