#include "zoo/checkpoint/verify_file.h"

#include <fmt/format.h>

#include <memory>
#include <string_view>

#include "zoo/base/digest.h"
#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr std::string_view kPrefix = "weights:";

Result<Digest> ParseFingerprint(std::string_view text) {
  auto digest = text.starts_with(kPrefix) ? Digest::Parse(text.substr(kPrefix.size()))
                                          : Result<Digest>(Error{});
  if (digest) return digest;
  return Error{ErrorCode::kUsage, Quote(text, 80) + " is not a fingerprint",
               "write weights:sha256: and 64 digits of 0-9 and a-f"};
}

Result<Fingerprint> CheckFingerprint(const Checkpoint& checkpoint, const Digest& wanted,
                                     const std::string& key) {
  ZOO_ASSIGN_OR_RETURN(StateDict weights, checkpoint.FindStateDict(key));
  ZOO_ASSIGN_OR_RETURN(Fingerprint found, FingerprintOf(checkpoint, weights));
  if (found.digest == wanted) return found;
  return Error{ErrorCode::kMismatch,
               fmt::format("{}: the weights' fingerprint is {}, {}{} was asked for",
                           checkpoint.name(), found.ToString(), kPrefix, wanted.ToString()),
               ""};
}

}  // namespace

Result<VerifiedFile> VerifyFile(const std::filesystem::path& file,
                                const VerifyFileOptions& options) {
  std::optional<Digest> wanted;
  if (!options.fingerprint.empty()) {
    ZOO_ASSIGN_OR_RETURN(wanted, ParseFingerprint(options.fingerprint));
  }
  ZOO_ASSIGN_OR_RETURN(auto checkpoint, Checkpoint::Open(file, options.open));
  ZOO_RETURN_IF_ERROR(checkpoint->Verify());
  VerifiedFile verified{.format = checkpoint->format(),
                        .size = checkpoint->file_size(),
                        .tensors = checkpoint->tensors().size()};
  for (const ShardInfo& shard : checkpoint->shards()) verified.size += shard.size;
  if (wanted) {
    ZOO_ASSIGN_OR_RETURN(verified.fingerprint, CheckFingerprint(*checkpoint, *wanted, options.key));
  }
  return verified;
}

}  // namespace zoo
