// Files that PyTorch wrote: what is shown of them is what Python says they hold, and no damage to
// them gets past the reader.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/inspect_json.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

const std::filesystem::path kFolder = "tests/data/checkpoints";

std::string Read(const std::filesystem::path& path) {
  auto bytes = ReadFile(path, 1 << 20);
  EXPECT_TRUE(bytes) << bytes.error().Text();
  return bytes ? *bytes : "";
}

// Every NAME that has its NAME.json.
std::vector<std::string> Files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    std::string name = entry.path().filename();
    if (std::filesystem::exists(kFolder / (name + ".json"))) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Opens a file's bytes after they were changed: in memory, or, of an index, beside its shards.
class Changed {
 public:
  explicit Changed(const std::string& name) : name_(name), index_(name.ends_with(".index.json")) {
    if (!index_) return;
    std::string stem = name.substr(0, name.find('.')) + "-";
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
      std::string file = entry.path().filename();
      if (file.starts_with(stem)) folder_.Write(file, Read(entry.path()));
    }
  }

  Result<std::shared_ptr<const Checkpoint>> Open(std::string_view bytes) const {
    if (!index_) return Checkpoint::OfBytes(AsBytes(bytes), "x");
    return Checkpoint::Open(folder_.Write(name_, std::string(bytes)));
  }

 private:
  std::string name_;
  bool index_;
  TempDir folder_;
};

// Where two documents differ, whatever the order of their members.
std::string Difference(const Json& want, const Json& got, const std::string& at) {
  if (want.AsObject() != nullptr && got.AsObject() != nullptr) {
    for (const auto& [name, member] : *want.AsObject()) {
      const Json* other = got.Find(name);
      if (other == nullptr) return at + "." + name + " is missing";
      std::string inner = Difference(member, *other, at + "." + name);
      if (!inner.empty()) return inner;
    }
    for (const auto& [name, member] : *got.AsObject()) {
      if (want.Find(name) == nullptr) return at + "." + name + " is not wanted";
    }
    return "";
  }
  if (want.AsArray() != nullptr && got.AsArray() != nullptr &&
      want.AsArray()->size() == got.AsArray()->size()) {
    for (size_t i = 0; i < want.AsArray()->size(); ++i) {
      std::string inner =
          Difference((*want.AsArray())[i], (*got.AsArray())[i], at + "[" + std::to_string(i) + "]");
      if (!inner.empty()) return inner;
    }
    return "";
  }
  bool numbers = want.AsDouble() && got.AsDouble() && *want.AsDouble() == *got.AsDouble();
  return numbers || want == got ? "" : at + ": " + want.Dump(-1) + " against " + got.Dump(-1);
}

class RealFile : public testing::TestWithParam<std::string> {};

TEST_P(RealFile, HoldsWhatPythonSays) {
  auto want = ParseJson(Read(kFolder / (GetParam() + ".json")));
  ASSERT_TRUE(want) << want.error().Text();
  std::string bytes = Read(kFolder / GetParam());
  for (bool immutable : {false, true}) {
    auto opened = Checkpoint::Open(kFolder / GetParam(), {.immutable = immutable});
    ASSERT_TRUE(opened) << opened.error().Text();
    InspectOptions options{.hash = true, .file_sha256 = Digest::Of(AsBytes(bytes))};
    auto got = InspectJson(**opened, options);
    ASSERT_TRUE(got) << got.error().Text();
    for (auto& [name, member] : *got->AsObject()) {
      if (name == "file") member = GetParam();
    }
    EXPECT_EQ(Difference(*want, *got, ""), "");
  }
}

TEST_P(RealFile, VerifiesAndCopies) {
  auto opened = Checkpoint::Open(kFolder / GetParam(), {.immutable = true});
  ASSERT_TRUE(opened) << opened.error().Text();
  const Checkpoint& checkpoint = **opened;
  Status verified = checkpoint.Verify();
  EXPECT_TRUE(verified) << verified.error().Text();
  for (uint32_t i = 0; i < checkpoint.storages().size(); ++i) {
    std::vector<std::byte> bytes(checkpoint.storages()[i].nbytes);
    StorageCopy copy{i, 0, bytes};
    ASSERT_TRUE(checkpoint.Copy(std::span(&copy, 1)));
    if (!checkpoint.storages()[i].mapped) continue;
    EXPECT_TRUE(std::ranges::equal(bytes, checkpoint.StorageView(i))) << i;
  }
}

// All that is shown of a checkpoint, but for the size of its file.
std::string Shown(const Checkpoint& checkpoint) {
  auto shown = InspectJson(checkpoint, {.hash = true});
  if (!shown) return shown.error().Text();
  std::erase_if(*shown->AsObject(), [](const auto& member) { return member.first == "size"; });
  return shown->Dump(-1);
}

// An error, never a crash. Only legacy files and tar files may have bytes behind their last one
// that matters: without those they show all that the whole file does.
TEST_P(RealFile, RefusesPrefixes) {
  std::string bytes = Read(kFolder / GetParam());
  const Changed changed(GetParam());
  auto whole = changed.Open(bytes);
  ASSERT_TRUE(whole) << whole.error().Text();
  bool padded = (*whole)->format() == Format::kLegacy || (*whole)->format() == Format::kTar;
  // White space at the end of an index means nothing.
  size_t end = GetParam().ends_with(".json") ? bytes.find_last_not_of(" \n") + 1 : bytes.size();
  size_t step = 1 + end / 1000;
  for (size_t size = 0; size < end; size += step) {
    auto cut = changed.Open(bytes.substr(0, size));
    if (!cut) continue;
    EXPECT_TRUE(padded) << size;
    EXPECT_EQ(Shown(**cut), Shown(**whole)) << size;
  }
}

TEST_P(RealFile, SurvivesChangedBytes) {
  const std::string good = Read(kFolder / GetParam());
  const Changed changed(GetParam());
  size_t opened = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << at % 8));
    auto checkpoint = changed.Open(bytes);
    if (!checkpoint) continue;
    ++opened;
    Status verified = (*checkpoint)->Verify();
    auto shown = InspectJson(**checkpoint, {});
    EXPECT_TRUE(shown || !verified) << at;
  }
  // Nothing can be changed in the length of an empty header.
  EXPECT_TRUE(opened > 0 || good.size() < 20);
}

std::string TestName(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(Python, RealFile, testing::ValuesIn(Files()), TestName);

TEST(RealFiles, AreThere) { EXPECT_GE(Files().size(), 20u); }

}  // namespace
}  // namespace zoo
