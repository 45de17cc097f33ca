// Every file name that the cache uses, both ways: from what it means to the name, and from a name
// found on the disk back to what it means, or to nothing. Clean-up touches only names that Parse
// recognises. docs/cache_layout.md draws the folder. Pure; any thread.
//
//   CacheName{CacheName::Kind::kBlob, CacheKey(digest)}.ToString()
//       "blobs/sha256/f3/f37072fd..."
//   CacheName::Parse("ingest/sha256-f37072fd....partial")->kind
//       CacheName::Kind::kPartial
#ifndef ZOO_CACHE_LAYOUT_H_
#define ZOO_CACHE_LAYOUT_H_

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "zoo/base/digest.h"

namespace zoo {

// What a file of the cache is about: a digest, or the first digits of one and where the file with
// such a digest comes from. Few digits can be hit on purpose, so what one origin delivered must
// never stand for another's.
class CacheKey {
 public:
  explicit CacheKey(const Digest& digest) : text_("sha256-" + digest.hex()), digest_(digest) {}
  // 8 to 63 lower-case hexadecimal digits and an origin that is not empty; nothing otherwise.
  static std::optional<CacheKey> OfPrefix(std::string_view digits, std::string_view origin);
  // "sha256-HEX", or "prefix-DIGITS-HEX" with the sha256 of the origin; nothing otherwise.
  static std::optional<CacheKey> Parse(std::string_view text);

  const std::string& text() const { return text_; }
  const std::optional<Digest>& digest() const { return digest_; }  // nothing: only a prefix
  bool operator==(const CacheKey&) const = default;

 private:
  explicit CacheKey(std::string text) : text_(std::move(text)) {}

  std::string text_;
  std::optional<Digest> digest_;
};

struct CacheName {
  enum class Kind {
    kBlob,       // a verified file
    kRecord,     // what is known of a blob
    kPin,        // the digest that a prefix was found to be at its origin
    kScratch,    // a record or pin that is being written
    kPartial,    // staged bytes that nobody owns
    kNote,       // where they came from
    kClaim,      // staged bytes that one process owns, or owned when it was killed
    kClaimNote,  // where those came from
    kLock,       // held by the owner
    kRejected,   // was a blob until its bytes were found to be wrong
  };
  Kind kind;
  CacheKey key;
  std::string nonce;  // 16 hexadecimal digits that make a private name unique; empty for the others

  std::string ToString() const;
  static std::optional<CacheName> Parse(std::string_view name);
  bool operator==(const CacheName&) const = default;
};

// 16 hexadecimal digits that no other process will come up with.
std::string MakeNonce();

// Names that stand by themselves.
namespace cache_names {
inline constexpr std::string_view kLayout = "LAYOUT";  // the version of all this
inline constexpr std::string_view kLayoutText = "zoo/cache/1\n";
inline constexpr std::string_view kBlobs = "blobs/sha256";
inline constexpr std::string_view kIndex = "index";
inline constexpr std::string_view kIngest = "ingest";
inline constexpr std::string_view kRejected = "rejected";
inline constexpr std::array kFolders = {kBlobs, kIndex, kIngest};  // made before anything else
}  // namespace cache_names

}  // namespace zoo

#endif  // ZOO_CACHE_LAYOUT_H_
