// The identity of content: SHA-256 digests as a type of their own, and the hasher that makes them.
// A digest is never a bare string after parsing, and the cache builds its paths from this type
// only.
//
//   Sha256 hasher;
//   hasher.Update(chunk);
//   Digest digest = hasher.Finish();
//   digest.ToString();  // "sha256:f37072fd..."
//
// Digest is a value. A Sha256 object belongs to one thread at a time.
#ifndef ZOO_BASE_DIGEST_H_
#define ZOO_BASE_DIGEST_H_

#include <array>
#include <compare>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "zoo/base/bytes.h"
#include "zoo/base/result.h"

namespace zoo {

class Digest {
 public:
  static constexpr size_t kBytes = 32;

  Digest() = default;  // all zero: the digest of nothing known
  explicit Digest(const std::array<std::byte, kBytes>& bytes) : bytes_(bytes) {}

  // 64 lower-case hexadecimal digits. kUsage otherwise (upper case too: one digest, one spelling).
  static Result<Digest> FromHex(std::string_view hex);
  // "sha256:" and 64 lower-case hexadecimal digits.
  static Result<Digest> Parse(std::string_view text);
  static Digest Of(ByteView bytes);

  std::string hex() const { return ToHex(bytes_); }
  std::string ToString() const { return "sha256:" + hex(); }
  const std::array<std::byte, kBytes>& bytes() const { return bytes_; }

  auto operator<=>(const Digest&) const = default;

 private:
  std::array<std::byte, kBytes> bytes_{};
};

// A streaming SHA-256, by OpenSSL.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void Update(ByteView bytes);
  // The digest of all bytes so far; the hasher then starts anew.
  Digest Finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace zoo

#endif  // ZOO_BASE_DIGEST_H_
