#include "zoo/registry/pieces.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
namespace zoo {
namespace {

constexpr uint64_t kBlock = 16384;  // of BEP 52: the leaves of the tree

std::optional<uint32_t> Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return std::nullopt;
}

// RFC 4648 section 4, with its padding, and with zeros in the bits that no byte uses.
std::optional<std::string> FromBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  text.remove_suffix(padding);
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    auto digit = Base64Digit(c);
    if (!digit) return std::nullopt;
    bits = bits << 6 | *digit;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count));
    bits &= (1u << count) - 1;
  }
  if (bits != 0) return std::nullopt;
  return bytes;
}

std::string ToBase64(std::string_view bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    std::string_view group = bytes.substr(at, 3);
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (i < group.size() ? static_cast<uint8_t>(group[i]) : 0);
    }
    for (size_t i = 0; i < 4; ++i) {
      text += i <= group.size() ? kDigits[bits >> (18 - 6 * i) & 63] : '=';
    }
  }
  return text;
}

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
  if (length && (*length < kBlock || !std::has_single_bit(*length))) {
    fields.Fail("length", fmt::format("must be a power of two from {}, is {}", kBlock, *length));
  }
  const std::string* root = fields.String("root", Need::kRequired);
  if (artifact.problem().found()) return std::nullopt;
  auto digest = Digest::FromHex(*root);
  if (!digest) {
    fields.Fail("root", digest.error().Text());
    return std::nullopt;
  }
  return Pieces{*length, *digest, ReadHashes(fields, *size, *length)};
}

Json PiecesJson(const Pieces& pieces) {
  Json::Object object{{"length", pieces.length}, {"root", pieces.root.hex()}};
  if (pieces.hashes.empty()) return object;
  std::string bytes;
  for (const Digest& hash : pieces.hashes) bytes += AsText(hash.bytes());
  object.emplace_back("hashes", ToBase64(bytes));
  return object;
}

}  // namespace zoo
