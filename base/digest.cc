#include "zoo/base/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "zoo/base/text.h"

namespace zoo {
namespace {

Error NotADigest(std::string_view text, std::string_view form) {
  return {ErrorCode::kUsage, Quote(text, 80) + " is not a sha256 digest",
          "write " + std::string(form)};
}

}  // namespace

Result<Digest> Digest::FromHex(std::string_view hex) {
  auto raw = hex.size() == 2 * kBytes ? zoo::FromHex(hex) : std::nullopt;
  if (!raw) return NotADigest(hex, "64 digits of 0-9 and a-f");
  std::array<std::byte, kBytes> bytes;
  std::memcpy(bytes.data(), raw->data(), kBytes);
  return Digest(bytes);
}

Result<Digest> Digest::Parse(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  if (!text.starts_with(kPrefix)) return NotADigest(text, "sha256: and 64 digits of 0-9 and a-f");
  return FromHex(text.substr(kPrefix.size()));
}

Digest Digest::Of(ByteView bytes) {
  Sha256 hasher;
  hasher.Update(bytes);
  return hasher.Finish();
}

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  Context() { Start(); }
  ~Context() { EVP_MD_CTX_free(evp); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  // OpenSSL fails here only without memory or without its own default provider.
  void Start() {
    if (evp == nullptr || EVP_DigestInit_ex(evp, EVP_sha256(), nullptr) != 1) std::abort();
  }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::Update(ByteView bytes) {
  if (EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) != 1) std::abort();
}

Digest Sha256::Finish() {
  std::array<std::byte, Digest::kBytes> out;
  if (EVP_DigestFinal_ex(context_->evp, reinterpret_cast<unsigned char*>(out.data()), nullptr) !=
      1) {
    std::abort();
  }
  context_->Start();
  return Digest(out);
}

}  // namespace zoo
