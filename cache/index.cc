#include "zoo/cache/index.h"

#include <fmt/format.h>

#include "zoo/base/text.h"
#include "zoo/cache/disk_file.h"

namespace zoo {
namespace {

using Kind = CacheName::Kind;
constexpr size_t kLargest = 1 << 20;

}  // namespace

std::optional<Record> Index::Find(const Digest& digest) const {
  CacheName name{Kind::kRecord, CacheKey(digest), ""};
  auto text = ReadText(*disk_, {root_, name.ToString()}, kLargest);
  if (!text) return std::nullopt;
  return Record::Parse(*text);
}

Status Index::Put(const Digest& digest, const Record& record) const {
  CacheKey key(digest);
  return ReplaceText(*disk_, {root_, CacheName{Kind::kScratch, key, MakeNonce()}.ToString()},
                     {root_, CacheName{Kind::kRecord, key, ""}.ToString()}, record.ToText());
}

Result<std::optional<Digest>> Index::FindPin(const CacheKey& prefix) const {
  DiskPath path{root_, CacheName{Kind::kPin, prefix, ""}.ToString()};
  auto text = ReadText(*disk_, path, kLargest);
  if (!text) {
    if (text.error().code == ErrorCode::kNotFound) return std::optional<Digest>();
    return std::move(text).error();
  }
  auto pinned = ParsePin(*text);
  if (pinned) return pinned;
  return Error{ErrorCode::kCorrupt,
               Escape(path.full().native(), 1000) +
                   ": does not tell the digest that was pinned at the first pull",
               "remove this file if you trust the next download"};
}

Status Index::Pin(const CacheKey& prefix, const std::string& origin, const Digest& digest) const {
  DiskPath path{root_, CacheName{Kind::kPin, prefix, ""}.ToString()};
  ZOO_ASSIGN_OR_RETURN(std::optional<Digest> pinned, FindPin(prefix));
  if (!pinned) {
    DiskPath scratch{root_, CacheName{Kind::kScratch, prefix, MakeNonce()}.ToString()};
    ZOO_RETURN_IF_ERROR(ReplaceText(*disk_, scratch, path, PinText(digest, origin),
                                    {.sync = true, .keep_existing = true}));
    // Whoever came first has pinned it: read what stands there.
    ZOO_ASSIGN_OR_RETURN(pinned, FindPin(prefix));
  }
  if (pinned && *pinned == digest) return {};
  return Error{ErrorCode::kCorrupt,
               fmt::format("sha256 is {}, but at the first pull it was {}", digest.hex(),
                           pinned ? pinned->hex() : "removed meanwhile"),
               ""};
}

}  // namespace zoo
