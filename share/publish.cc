#include "zoo/share/publish.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/hash_tree.h"
#include "zoo/base/place_file.h"
#include "zoo/base/text.h"
#include "zoo/share/finite.h"
#include "zoo/share/registry_folder.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kPieceLength = 1 << 20;
constexpr uint64_t kMostPieces = 4096;  // of a file: 170 KB in the registry
constexpr size_t kSlice = 1 << 20;      // read at once
constexpr size_t kLongestSuffix = 16;

// So that what must not be published by accident is told: optimizers, other models, arguments.
bool HoldsOnlyWeights(const Checkpoint& checkpoint, const StateDict& weights) {
  const bool dict = checkpoint.root().kind() == Value::Kind::kDict;
  return dict && weights.path.empty() && weights.others == 0 && checkpoint.shards().empty();
}

// Nothing in weights of other layouts and quantized ones.
Result<std::optional<Fingerprint>> FingerprintIfAny(const Checkpoint& checkpoint,
                                                    const StateDict& weights) {
  Result<Fingerprint> fingerprint = FingerprintOf(checkpoint, weights);
  if (fingerprint) return std::optional<Fingerprint>(*fingerprint);
  if (fingerprint.error().code == ErrorCode::kUnsupported) return std::optional<Fingerprint>();
  return std::move(fingerprint).error();
}

uint64_t PieceLengthFor(uint64_t size) {
  uint64_t length = kPieceLength;
  while (size / length >= kMostPieces) length *= 2;
  return length;
}

// Fills size, digest and pieces from the file's bytes.
Status Hash(const fs::path& file, CancelToken cancel, StagedFile& staged) {
  const UniqueFd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return FileError("open", file, errno);
  std::error_code failed;
  const uint64_t expected = fs::file_size(file, failed);
  if (failed) return FileError("read", file, failed.value());
  Sha256 hasher;
  HashTreeHasher tree_hasher(PieceLengthFor(expected));
  std::vector<std::byte> slice(kSlice);
  for (;;) {
    if (cancel.cancelled()) return Error{ErrorCode::kCancelled, "publishing was cancelled", ""};
    const ssize_t got = read(fd.get(), slice.data(), slice.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", file, errno);
    if (got == 0) break;
    const ByteView bytes = std::span(slice).first(static_cast<size_t>(got));
    hasher.Update(bytes);
    tree_hasher.Update(bytes);
    staged.size += bytes.size();
  }
  staged.sha256 = hasher.Finish();
  HashTree tree = tree_hasher.Finish();
  if (staged.size > 0) staged.pieces = Pieces{tree.piece_length, tree.root, std::move(tree.pieces)};
  return {};
}

// ".pt" of "best.pt"; none of what is no plain ending.
std::string SuffixOf(const SourceWeights& source) {
  const std::string suffix = source.file.extension().native();
  const bool plain =
      suffix.size() > 1 && suffix.size() <= kLongestSuffix &&
      std::ranges::all_of(std::string_view(suffix).substr(1), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      });
  if (plain) return suffix;
  return source.checkpoint->format() == Format::kSafetensors ? ".safetensors" : ".pth";
}

Error Changed(const SourceWeights& source) {
  return {ErrorCode::kMismatch,
          fmt::format("{} changed while it was being published", source.checkpoint->name()),
          "publish it once nobody writes it"};
}

// That the file holds the weights that were checked.
Status CheckStaged(const SourceWeights& source, const fs::path& file, std::string_view key) {
  const auto checkpoint = Checkpoint::Open(file, {.limits = source.checkpoint->limits()});
  if (!checkpoint) return Changed(source);
  const auto weights = (*checkpoint)->FindStateDict(key);
  if (!weights) return Changed(source);
  ZOO_ASSIGN_OR_RETURN(const auto fingerprint, FingerprintIfAny(**checkpoint, *weights));
  const bool same = fingerprint.has_value() == source.fingerprint.has_value() &&
                    (!fingerprint || fingerprint->digest == source.fingerprint->digest);
  return same ? Status() : Changed(source);
}

}  // namespace

Result<SourceWeights> ReadWeights(const fs::path& file, const ReadWeightsOptions& options) {
  SourceWeights source{.file = file, .key = options.key};
  ZOO_ASSIGN_OR_RETURN(source.checkpoint, Checkpoint::Open(file, {.limits = options.limits}));
  const Checkpoint& checkpoint = *source.checkpoint;
  if (!checkpoint.shards().empty()) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{} is a set of {}, and an entry has one file", checkpoint.name(),
                             Count(checkpoint.shards().size(), "file")),
                 "`zoo convert` makes one file of it"};
  }
  ZOO_RETURN_IF_ERROR(checkpoint.Verify());
  ZOO_ASSIGN_OR_RETURN(source.weights, checkpoint.FindStateDict(options.key));
  source.only_weights = HoldsOnlyWeights(checkpoint, source.weights);
  if (!options.allow_nan) {
    ZOO_ASSIGN_OR_RETURN(const auto wrong,
                         FindNotFinite(checkpoint, source.weights, options.cancel));
    if (wrong) {
      return Error{ErrorCode::kCorrupt, fmt::format("{}: {}", checkpoint.name(), wrong->Text()),
                   "--allow-nan publishes such weights all the same"};
    }
  }
  ZOO_ASSIGN_OR_RETURN(source.fingerprint, FingerprintIfAny(checkpoint, source.weights));
  return source;
}

Result<StagedFile> StageFile(const SourceWeights& source, const fs::path& to,
                             const StageOptions& options) {
  StagedFile staged;
  const bool as_it_is = source.only_weights || options.contents == Contents::kWhole;
  if (as_it_is) {
    ZOO_RETURN_IF_ERROR(PlaceFile(source.file, to, {.hard_link = false, .cancel = options.cancel}));
    staged.suffix = SuffixOf(source);
  } else {
    Result<Converted> done = ConvertCheckpoint(source.checkpoint, to,
                                               {.format = WriteFormat::kZip,
                                                .only_weights = true,
                                                .key = source.key,
                                                .cancel = options.cancel});
    if (!done) {
      Error error = std::move(done).error();
      if (error.code == ErrorCode::kUnsupported) {
        error.hint = "`zoo convert` may make a file of its weights; --whole publishes it as it is";
      }
      return error;
    }
    staged.left_out = std::move(done->left_out);
    staged.suffix = ".pth";
  }
  ZOO_RETURN_IF_ERROR(CheckStaged(source, to, as_it_is ? source.key : ""));
  ZOO_RETURN_IF_ERROR(Hash(to, options.cancel, staged));
  return staged;
}

void Describe(const SourceWeights& source, const StagedFile& staged, Entry& entry) {
  Artifact& artifact = entry.artifact;
  artifact.file = PublishedFileName(entry, staged.sha256, staged.suffix);
  artifact.size = artifact.min_size = artifact.max_size = staged.size;
  artifact.sha256 = staged.sha256;
  artifact.sources = {UrlSource{fmt::format("{}/{}", kFilesFolder, artifact.file)}};
  artifact.pieces = staged.pieces;
  if (source.fingerprint) entry.fingerprint = source.fingerprint->ToString();
}

}  // namespace zoo
