// Files beyond 32 bits and beyond 65,535 records. The large one is made of holes.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/json.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/inspect_json.h"
#include "zoo/checkpoint/pickle_builder.h"
#include "zoo/checkpoint/zip_builder.h"
#include "zoo/tests/support/heap_peak.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

using namespace pickled;

constexpr uint64_t kGiB = uint64_t{1} << 30;

// Bytes at an offset of an otherwise empty record.
using Part = std::pair<uint64_t, std::string>;

// A zip archive as PyTorch writes it without CRCs: sizes behind the data and in the directory, data
// on 64-byte boundaries, zip64 fields where a number asks for them, the zip64 end record always.
// What a record's parts do not say stays a hole of the file.
class SparseZip {
 public:
  explicit SparseZip(const std::filesystem::path& path) : out_(path, std::ios::binary) {}

  void Add(const std::string& name, uint64_t size, const std::vector<Part>& parts);
  void Add(const std::string& name, const std::string& data) {
    Add(name, data.size(), {{0, data}});
  }
  bool Finish();

 private:
  static constexpr uint64_t kSaturated = 0xffffffff;
  static std::string Small(uint64_t value) { return Little(std::min(value, kSaturated), 4); }
  static std::string Zip64(const std::string& values) {
    return values.empty() ? "" : Little(1, 2) + Little(values.size(), 2) + values;
  }
  void Write(uint64_t at, const std::string& bytes) {
    out_.seekp(static_cast<std::streamoff>(at));
    out_ << bytes;
  }

  std::ofstream out_;
  uint64_t at_ = 0, records_ = 0;
  std::string directory_;
};

void SparseZip::Add(const std::string& name, uint64_t size, const std::vector<Part>& parts) {
  const std::string common = Little(0x0808, 2) + Little(0, 6) + Little(0, 4);
  bool large = size >= kSaturated, far = at_ >= kSaturated;
  std::string local = large ? Little(size, 8) + Little(size, 8) : far ? Little(at_, 8) : "";
  local = Zip64(local);
  uint64_t padding = (64 - (at_ + 30 + name.size() + local.size() + 4) % 64) % 64;
  local += "FB" + Little(padding, 2) + std::string(padding, 'Z');
  Write(at_, "PK\3\4" + Little(0, 2) + common + Little(0, 8) + Little(name.size(), 2) +
                 Little(local.size(), 2) + name + local);
  std::string central = large ? Little(size, 8) + Little(size, 8) : "";
  if (far) central += Little(at_, 8);
  central = Zip64(central);
  directory_ += "PK\1\2" + Little(0, 4) + common + Small(size) + Small(size) +
                Little(name.size(), 2) + Little(central.size(), 2) + std::string(10, '\0') +
                Small(at_) + name + central;
  uint64_t data = at_ + 30 + name.size() + local.size();
  for (const auto& [offset, bytes] : parts) Write(data + offset, bytes);
  int width = large || far ? 8 : 4;
  std::string descriptor = "PK\7\10" + Little(0, 4) + Little(size, width) + Little(size, width);
  Write(data + size, descriptor);
  at_ = data + size + descriptor.size();
  ++records_;
}

bool SparseZip::Finish() {
  uint64_t end = at_ + directory_.size();
  Write(at_, directory_);
  Write(end, "PK\6\6" + Little(44, 8) + std::string(12, '\0') + Little(records_, 8) +
                 Little(records_, 8) + Little(directory_.size(), 8) + Little(at_, 8) + "PK\6\7" +
                 Little(0, 4) + Little(end, 8) + Little(1, 4) + "PK\5\6" + Little(0, 4) +
                 Little(records_, 2) + Little(records_, 2) + Small(directory_.size()) + Small(at_) +
                 Little(0, 2));
  out_.close();
  return out_.good();
}

std::string Floats(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

std::vector<float> ValuesOf(const Checkpoint& checkpoint, size_t tensor) {
  auto bytes = checkpoint.Values(checkpoint.tensors()[tensor]);
  EXPECT_TRUE(bytes) << bytes.error().Text();
  std::vector<float> values(bytes ? bytes->size() / sizeof(float) : 0);
  if (!values.empty()) std::memcpy(values.data(), bytes->data(), bytes->size());
  return values;
}

// 9 rows of 2^27 floats are 4.5 GiB; between them and the end lies another storage.
constexpr int64_t kRow = int64_t{1} << 27, kElements = 9 * kRow;
const std::string kAcross = "across 2^32";

bool WriteLarge(const std::filesystem::path& path) {
  auto big = [](int64_t offset, const std::vector<int64_t>& size,
                const std::vector<int64_t>& stride) {
    return Tensor("FloatStorage", "1", kElements, offset, size, stride);
  };
  std::string pickle = Pickle(Dict({{Str("small"), Tensor("FloatStorage", "0", 4, 0, {4}, {1})},
                                    {Str("big"), big(0, {9, kRow}, {kRow, 1})},
                                    {Str("last"), big(kElements - 2, {2}, {1})},
                                    {Str("after"), Tensor("FloatStorage", "2", 2, 0, {2}, {1})}}));
  uint64_t size = static_cast<uint64_t>(kElements) * sizeof(float);
  SparseZip zip(path);
  zip.Add("large/data.pkl", pickle);
  zip.Add("large/byteorder", "little");
  zip.Add("large/data/0", Floats({1, 2, 3, 4}));
  zip.Add("large/data/1", size,
          {{0, Floats({5})}, {4 * kGiB - 6, kAcross}, {size - 8, Floats({6, 7})}});
  zip.Add("large/data/2", Floats({8, 9}));
  zip.Add("large/version", "3\n");
  zip.Add("large/.data/serialization_id", std::string(40, '7'));
  return zip.Finish();
}

TEST(Scale, FilesOverFourGiB) {
  TempDir folder;
  auto path = folder.path() / "large.pth";
  ASSERT_TRUE(WriteLarge(path));
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  ASSERT_GT(status.st_size, static_cast<off_t>(4 * kGiB + kGiB / 2));
  ASSERT_LT(status.st_blocks * 512, 1 << 20) << "this file system keeps no holes in files";
  for (bool immutable : {false, true}) {
    HeapPeak peak;
    auto opened = Checkpoint::Open(path, {.immutable = immutable});
    ASSERT_TRUE(opened) << opened.error().Text();
    const Checkpoint& checkpoint = **opened;
    EXPECT_EQ(ValuesOf(checkpoint, 0), (std::vector<float>{1, 2, 3, 4}));
    EXPECT_EQ(ValuesOf(checkpoint, 2), (std::vector<float>{6, 7}));
    EXPECT_EQ(ValuesOf(checkpoint, 3), (std::vector<float>{8, 9}));
    const TensorInfo& big = checkpoint.tensors()[1];
    EXPECT_EQ(big.nbytes(), static_cast<uint64_t>(kElements) * 4);
    EXPECT_EQ(checkpoint.storages()[1].nbytes, big.nbytes());
    std::string across(kAcross.size(), '\0');
    StorageCopy copy{1, 4 * kGiB - 6, std::as_writable_bytes(std::span(across))};
    Status copied = checkpoint.Copy(std::span(&copy, 1));
    ASSERT_TRUE(copied) << copied.error().Text();
    EXPECT_EQ(across, kAcross);
    if (immutable) {
      const std::byte* first = checkpoint.StorageView(0).data();
      EXPECT_GT(checkpoint.StorageView(2).data() - first, static_cast<ptrdiff_t>(4 * kGiB));
      EXPECT_EQ(reinterpret_cast<uintptr_t>(checkpoint.StorageView(1).data()) % 64, 0u);
      EXPECT_EQ(AsText(checkpoint.StorageView(1).subspan(4 * kGiB - 6, across.size())), kAcross);
    }
    auto shown = InspectJson(checkpoint, {});
    ASSERT_TRUE(shown) << shown.error().Text();
    EXPECT_EQ(shown->Find("tensors")->AsArray()->size(), 4u);
    EXPECT_LT(peak.bytes(), uint64_t{1} << 20);
  }
}

TEST(Scale, SeventyThousandRecords) {
  constexpr int kRecords = 70'000;
  ZipBuilder zip;
  std::vector<std::pair<std::string, std::string>> entries;
  for (int i = 0; i < kRecords; ++i) {
    std::string key = std::to_string(i);
    zip.Add("many/data/" + key, Floats({static_cast<float>(i)}));
    entries.emplace_back(Str("layer." + key), Tensor("FloatStorage", key, 1, 0, {1}, {1}));
  }
  zip.Add("many/data.pkl", Pickle(Dict(entries)));
  zip.Add("many/version", "3\n");
  zip.zip64 = true;
  zip.count = 0xffff;
  TempDir folder;
  auto opened = Checkpoint::Open(folder.Write("many.pth", zip.Build()));
  ASSERT_TRUE(opened) << opened.error().Text();
  const Checkpoint& checkpoint = **opened;
  ASSERT_EQ(checkpoint.tensors().size(), static_cast<size_t>(kRecords));
  for (size_t i : {0, 65'534, 65'535, 65'536, kRecords - 1}) {
    EXPECT_EQ(FormatPath(checkpoint.tensors()[i].path), "layer." + std::to_string(i));
    EXPECT_EQ(ValuesOf(checkpoint, i), std::vector<float>{static_cast<float>(i)});
  }
  Status verified = checkpoint.Verify();
  EXPECT_TRUE(verified) << verified.error().Text();
  auto weights = checkpoint.FindStateDict();
  ASSERT_TRUE(weights) << weights.error().Text();
  EXPECT_EQ(weights->tensors.size(), static_cast<size_t>(kRecords));
}

constexpr int kTensors = 66'000;

void CheckTensors(const Checkpoint& checkpoint) {
  ASSERT_EQ(checkpoint.tensors().size(), static_cast<size_t>(kTensors));
  for (size_t i : {0, 65'535, 65'536, kTensors - 1}) {
    EXPECT_EQ(ValuesOf(checkpoint, i), std::vector<float>{static_cast<float>(i)});
  }
  auto weights = checkpoint.FindStateDict();
  ASSERT_TRUE(weights) << weights.error().Text();
  ASSERT_EQ(weights->tensors.size(), static_cast<size_t>(kTensors));
  EXPECT_EQ(weights->tensors.back().name, "w65999");
  auto shown = InspectJson(checkpoint, {});
  ASSERT_TRUE(shown) << shown.error().Text();
  EXPECT_EQ(shown->Find("tensors")->AsArray()->size(), static_cast<size_t>(kTensors));
}

TEST(Scale, SixtySixThousandViewsOfOneStorage) {
  std::vector<std::pair<std::string, std::string>> entries;
  std::vector<float> values;
  for (int i = 0; i < kTensors; ++i) {
    entries.emplace_back(Str("w" + std::to_string(i)),
                         Tensor("FloatStorage", "0", kTensors, i, {1}, {1}));
    values.push_back(static_cast<float>(i));
  }
  ZipBuilder zip;
  zip.Add("views/data.pkl", Pickle(Dict(entries)));
  zip.Add("views/data/0", Floats(values));
  zip.Add("views/version", "3\n");
  TempDir folder;
  auto path = folder.Write("views.pth", zip.Build());
  auto opened = Checkpoint::Open(path);
  ASSERT_TRUE(opened) << opened.error().Text();
  CheckTensors(**opened);
}

TEST(Scale, SixtySixThousandLegacyStorages) {
  std::vector<std::pair<std::string, std::string>> entries;
  std::vector<std::string> keys;
  std::string storages;
  for (int i = 0; i < kTensors; ++i) {
    std::string key = std::to_string(94'000'000'000'000 + i);
    entries.emplace_back(Str("w" + std::to_string(i)), Tensor("FloatStorage", key, 1, 0, {1}, {1}));
    keys.push_back(Str(key));
    storages += Little(1, 8) + Floats({static_cast<float>(i)});
  }
  std::string magic("\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12);
  TempDir folder;
  auto path = folder.Write("legacy.pth", Pickle(magic) + Pickle(Int(1001)) + Pickle("}") +
                                             Pickle(Dict(entries)) + Pickle(List(keys)) + storages);
  auto opened = Checkpoint::Open(path);
  ASSERT_TRUE(opened) << opened.error().Text();
  EXPECT_EQ((*opened)->format(), Format::kLegacy);
  CheckTensors(**opened);
}

}  // namespace
}  // namespace zoo
