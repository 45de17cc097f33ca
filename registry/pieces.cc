#include "zoo/registry/pieces.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "zoo/base/base64.h"
#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/hash_tree.h"

namespace zoo {
namespace {

std::vector<Digest> ReadHashes(Fields& pieces, uint64_t size, uint64_t length) {
  uint64_t wanted = size <= length ? 0 : size / length + (size % length != 0);
  const std::string* text =
      pieces.String("hashes", wanted == 0 ? Need::kOptional : Need::kRequired);
  if (text == nullptr) return {};
  auto bytes = FromBase64(*text);
  if (!bytes) {
    pieces.Fail("hashes", "is not base64");
    return {};
  }
  if (bytes->size() % Digest::kBytes != 0 || bytes->size() / Digest::kBytes != wanted) {
    pieces.Fail("hashes",
                fmt::format("has {} bytes; {} pieces of {} make a file of {}, and each "
                            "has a hash of 32 bytes (none if it is one piece)",
                            bytes->size(), size / length + (size % length != 0), length, size));
    return {};
  }
  std::vector<Digest> hashes;
  hashes.reserve(wanted);
  for (size_t at = 0; at < bytes->size(); at += Digest::kBytes) {
    std::array<std::byte, Digest::kBytes> hash;
    std::memcpy(hash.data(), bytes->data() + at, hash.size());
    hashes.emplace_back(hash);
  }
  return hashes;
}

}  // namespace

std::optional<Pieces> ReadPieces(Fields& artifact, std::optional<uint64_t> size) {
  const Json* object = artifact.Object("pieces");
  if (object == nullptr) return std::nullopt;
  if (!size) artifact.Fail("pieces", "needs an exact size");
  if (size == uint64_t{0}) artifact.Fail("pieces", "must be left out for an empty file");
  Fields fields(*object, artifact.PathOf("pieces"), artifact.problem());
  auto length = fields.Whole("length", Need::kRequired);
  if (length && !IsPieceLength(*length)) {
    fields.Fail("length",
                fmt::format("must be a power of two from {}, is {}", kHashBlock, *length));
  }
  const std::string* root = fields.String("root", Need::kRequired);
  if (artifact.problem().found()) return std::nullopt;
  auto digest = Digest::FromHex(*root);
  if (!digest) {
    fields.Fail("root", digest.error().Text());
    return std::nullopt;
  }
  Pieces pieces{*length, *digest, ReadHashes(fields, *size, *length)};
  if (!pieces.hashes.empty() && RootOfPieces(pieces.hashes, *length) != pieces.root) {
    fields.Fail("hashes", "are of another root than " + *root);
  }
  return pieces;
}

Json PiecesJson(const Pieces& pieces) {
  Json::Object object{{"length", pieces.length}, {"root", pieces.root.hex()}};
  if (pieces.hashes.empty()) return object;
  std::string bytes;
  for (const Digest& hash : pieces.hashes) bytes += AsText(hash.bytes());
  object.emplace_back("hashes", ToBase64(AsBytes(bytes)));
  return object;
}

}  // namespace zoo
