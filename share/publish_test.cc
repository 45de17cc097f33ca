#include "zoo/share/publish.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>

#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/hash_tree.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/fingerprint.h"
#include "zoo/registry/entry.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

const fs::path kData = "tests/data/checkpoints";

std::string BytesOf(const fs::path& path) { return ReadFile(path, 1 << 24).value(); }

TEST(Publish, AFileOfWeightsIsPublishedAsItIs) {
  const TempDir folder;
  for (const char* name : {"state_dict.pth", "state_dict_legacy.pth", "metadata.safetensors"}) {
    const SourceWeights source = ReadWeights(kData / name).value();
    EXPECT_TRUE(source.only_weights) << name;
    const fs::path to = folder.path() / ".incoming";
    const StagedFile staged = StageFile(source, to).value();
    const std::string bytes = BytesOf(to);
    EXPECT_EQ(bytes, BytesOf(kData / name)) << name;
    EXPECT_EQ(staged.size, bytes.size());
    EXPECT_EQ(staged.sha256, Digest::Of(AsBytes(bytes)));
    EXPECT_EQ(staged.suffix, fs::path(name).extension());
    EXPECT_TRUE(staged.left_out.empty());
    EXPECT_EQ(fs::hard_link_count(to), 1u);
  }
}

TEST(Publish, OfATrainingCheckpointTheWeightsAlone) {
  const TempDir folder;
  const SourceWeights source = ReadWeights(kData / "training.pth").value();
  EXPECT_FALSE(source.only_weights);
  const fs::path to = folder.path() / ".incoming";
  const StagedFile staged = StageFile(source, to).value();
  EXPECT_EQ(staged.suffix, ".pth");
  ASSERT_FALSE(staged.left_out.empty());
  EXPECT_EQ(FormatPath(staged.left_out[0].path), "epoch");
  const auto written = Checkpoint::Open(to).value();
  const StateDict weights = written->FindStateDict().value();
  EXPECT_TRUE(weights.path.empty());
  EXPECT_EQ(weights.others, 0u);
  EXPECT_EQ(FingerprintOf(*written, weights).value().digest, source.fingerprint->digest);

  // The same weights give the same file, whatever their file is called.
  const fs::path again = folder.path() / "again";
  EXPECT_EQ(StageFile(source, again).value().sha256, staged.sha256);

  const StagedFile whole = StageFile(source, to, {.contents = Contents::kWhole}).value();
  EXPECT_EQ(whole.sha256, Digest::Of(AsBytes(BytesOf(kData / "training.pth"))));
  EXPECT_TRUE(whole.left_out.empty());
}

TEST(Publish, TheEntrySaysWhatTheFileIs) {
  const TempDir folder;
  const SourceWeights source = ReadWeights(kData / "state_dict.pth").value();
  const StagedFile staged = StageFile(source, folder.path() / "x").value();
  Entry entry{.model = "net", .weights = "v1"};
  Describe(source, staged, entry);
  const std::string file = "net-v1-" + staged.sha256.hex().substr(0, 8) + ".pth";
  EXPECT_EQ(entry.artifact.file, file);
  EXPECT_EQ(std::get<UrlSource>(entry.artifact.sources.at(0)).url, "files/" + file);
  EXPECT_EQ(entry.artifact.size, staged.size);
  EXPECT_EQ(entry.artifact.sha256, staged.sha256);
  EXPECT_EQ(entry.fingerprint, source.fingerprint->ToString());
  HashTreeHasher hasher(1 << 20);
  hasher.Update(AsBytes(BytesOf(kData / "state_dict.pth")));
  ASSERT_TRUE(entry.artifact.pieces);
  EXPECT_EQ(entry.artifact.pieces->root, hasher.Finish().root);
  EXPECT_TRUE(entry.artifact.pieces->hashes.empty());
}

TEST(Publish, AFileThatChangesMeanwhileIsRefused) {
  const TempDir folder;
  const fs::path file = folder.Write("x.pth", BytesOf(kData / "state_dict.pth"));
  const SourceWeights source = ReadWeights(file).value();
  folder.Write("x.pth", BytesOf(kData / "dtypes.pth"));
  const auto staged = StageFile(source, folder.path() / "y");
  ASSERT_FALSE(staged);
  EXPECT_EQ(staged.error().Text(), file.native() +
                                       " changed while it was being published; publish it once "
                                       "nobody writes it");
}

TEST(Publish, WhatCannotBePublished) {
  struct Row {
    std::string name, message;
    ErrorCode code;
  };
  const Row kRows[] = {
      {"absent.pth", "cannot open tests/data/checkpoints/absent.pth: No such file or directory",
       ErrorCode::kNotFound},
      {"cpp_pickle.pt", "tests/data/checkpoints/cpp_pickle.pt: ", ErrorCode::kNotFound},
  };
  for (const Row& row : kRows) {
    const auto source = ReadWeights(kData / row.name);
    ASSERT_FALSE(source) << row.name;
    EXPECT_EQ(source.error().code, row.code) << source.error().Text();
    EXPECT_TRUE(source.error().Text().starts_with(row.message)) << source.error().Text();
  }
}

TEST(Publish, QuantizedWeightsHaveNoFingerprintAndArePublishedAllTheSame) {
  const TempDir folder;
  const SourceWeights source = ReadWeights(kData / "quantized.pth").value();
  EXPECT_FALSE(source.fingerprint);
  const StagedFile staged = StageFile(source, folder.path() / "x").value();
  Entry entry{.model = "net"};
  Describe(source, staged, entry);
  EXPECT_EQ(entry.fingerprint, "");
}

TEST(Publish, StopsWhenAsked) {
  const TempDir folder;
  const SourceWeights source = ReadWeights(kData / "training.pth").value();
  std::atomic<bool> stop{true};
  const auto staged = StageFile(source, folder.path() / "x", {.cancel = CancelToken(&stop)});
  ASSERT_FALSE(staged);
  EXPECT_EQ(staged.error().code, ErrorCode::kCancelled);
  EXPECT_FALSE(fs::exists(folder.path() / "x"));
}

}  // namespace
}  // namespace zoo
