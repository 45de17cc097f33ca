#include "zoo/cache/layout.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <span>

#include "zoo/base/bytes.h"

namespace zoo {
namespace {

using Kind = CacheName::Kind;

constexpr std::string_view kDigestMark = "sha256-";
constexpr std::string_view kPrefixMark = "prefix-";
constexpr size_t kNonceDigits = 16;
constexpr size_t kShardDigits = 2;

enum class KeyForm { kDigest, kPrefix, kEither };

// FOLDER/KEY[.NONCE]SUFFIX: every name but those of blobs.
struct Form {
  Kind kind;
  std::string_view folder;
  KeyForm key;
  bool has_nonce;
  std::string_view suffix;
};
constexpr Form kForms[] = {
    {Kind::kRecord, cache_names::kIndex, KeyForm::kDigest, false, ".json"},
    {Kind::kPin, cache_names::kIndex, KeyForm::kPrefix, false, ".json"},
    {Kind::kScratch, cache_names::kIndex, KeyForm::kEither, true, ".tmp"},
    {Kind::kPartial, cache_names::kIngest, KeyForm::kEither, false, ".partial"},
    {Kind::kNote, cache_names::kIngest, KeyForm::kEither, false, ".note"},
    {Kind::kClaim, cache_names::kIngest, KeyForm::kEither, true, ".claim"},
    {Kind::kClaimNote, cache_names::kIngest, KeyForm::kEither, true, ".claim-note"},
    {Kind::kLock, cache_names::kIngest, KeyForm::kEither, false, ".lock"},
    {Kind::kRejected, cache_names::kRejected, KeyForm::kDigest, true, ".rejected"},
};

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsPrefix(std::string_view digits) {
  return digits.size() >= 8 && digits.size() < 2 * Digest::kBytes && IsHex(digits);
}

bool Fits(KeyForm form, const CacheKey& key) {
  return form == KeyForm::kEither || (form == KeyForm::kDigest) == key.digest().has_value();
}

// blobs/sha256/ab/ab12...
std::string BlobName(const std::string& hex) {
  return std::string(cache_names::kBlobs) + '/' + hex.substr(0, kShardDigits) + '/' + hex;
}

std::optional<CacheName> ParseBlob(std::string_view name) {
  auto digest = Digest::FromHex(name.substr(std::min(name.size(), name.rfind('/') + 1)));
  if (!digest || name != BlobName(digest->hex())) return std::nullopt;
  return CacheName{Kind::kBlob, CacheKey(*digest), ""};
}

std::optional<CacheName> ParseAs(const Form& form, std::string_view folder, std::string_view rest) {
  if (folder != form.folder || !rest.ends_with(form.suffix)) return std::nullopt;
  rest.remove_suffix(form.suffix.size());
  std::string_view nonce;
  if (form.has_nonce) {
    if (rest.size() <= kNonceDigits) return std::nullopt;
    nonce = rest.substr(rest.size() - kNonceDigits);
    rest.remove_suffix(kNonceDigits);
    if (!IsHex(nonce) || !rest.ends_with('.')) return std::nullopt;
    rest.remove_suffix(1);
  }
  auto key = CacheKey::Parse(rest);
  if (!key || !Fits(form.key, *key)) return std::nullopt;
  return CacheName{form.kind, *key, std::string(nonce)};
}

}  // namespace

std::optional<CacheKey> CacheKey::OfPrefix(std::string_view digits, std::string_view origin) {
  if (!IsPrefix(digits) || origin.empty()) return std::nullopt;
  return CacheKey(std::string(kPrefixMark) + std::string(digits) + '-' +
                  Digest::Of(AsBytes(origin)).hex());
}

std::optional<CacheKey> CacheKey::Parse(std::string_view text) {
  if (text.starts_with(kPrefixMark)) {
    const std::string_view rest = text.substr(kPrefixMark.size());
    const size_t dash = rest.find('-');
    if (dash == std::string_view::npos || !IsPrefix(rest.substr(0, dash)) ||
        !Digest::FromHex(rest.substr(dash + 1))) {
      return std::nullopt;
    }
    return CacheKey(std::string(text));
  }
  if (!text.starts_with(kDigestMark)) return std::nullopt;
  auto digest = Digest::FromHex(text.substr(kDigestMark.size()));
  if (!digest) return std::nullopt;
  return CacheKey(*digest);
}

std::string CacheName::ToString() const {
  if (kind == Kind::kBlob) return BlobName(key.digest()->hex());
  const Form& form = *std::find_if(std::begin(kForms), std::end(kForms),
                                   [&](const Form& candidate) { return candidate.kind == kind; });
  std::string name = std::string(form.folder) + '/' + key.text();
  if (form.has_nonce) name += '.' + nonce;
  return name + std::string(form.suffix);
}

std::optional<CacheName> CacheName::Parse(std::string_view name) {
  if (name.starts_with(cache_names::kBlobs)) return ParseBlob(name);
  size_t slash = name.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  for (const Form& form : kForms) {
    if (auto parsed = ParseAs(form, name.substr(0, slash), name.substr(slash + 1))) return parsed;
  }
  return std::nullopt;
}

std::string MakeNonce() {
  std::random_device random;
  const std::array<uint32_t, 2> words = {random(), random()};
  return ToHex(std::as_bytes(std::span(words)));
}

}  // namespace zoo
