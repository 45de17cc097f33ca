// The formats, as minisign 0.11 writes and reads them ("|" joins bytes, every line ends with LF):
//   public key   untrusted comment: TEXT
//                base64("Ed" | id 8 | key 32)
//   signature    untrusted comment: TEXT
//                base64("ED" or "Ed" | id 8 | of the message 64)
//                trusted comment: TEXT
//                base64(of the comment 64)
// With "ED" the signed message is BLAKE2b-512 of the file, with "Ed" the file itself. The comment's
// signature is of (of the message | TEXT). The first line of either is signed by nobody.
#include "zoo/base/signature.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "zoo/base/base64.h"
#include "zoo/base/digest.h"
#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr std::string_view kUntrusted = "untrusted comment: ";
constexpr std::string_view kTrusted = "trusted comment: ";
constexpr std::string_view kPure = "Ed";  // also begins public keys
constexpr std::string_view kPrehashed = "ED";
constexpr size_t kAlgorithmBytes = 2;
constexpr size_t kLargestPem = 64 << 10;

using SignatureBytes = std::array<std::byte, 64>;

struct FreeOpenSsl {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(PKCS8_PRIV_KEY_INFO* info) const { PKCS8_PRIV_KEY_INFO_free(info); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
template <typename T>
using Owned = std::unique_ptr<T, FreeOpenSsl>;

// For what fails only without memory or without OpenSSL's own default provider.
void Require(bool success) {
  if (!success) std::abort();
}

const unsigned char* Raw(ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* Raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

Owned<EVP_PKEY> PrivateKey(ByteView seed) {
  Owned<EVP_PKEY> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Raw(seed), seed.size()));
  Require(key != nullptr);
  return key;
}

SignatureBytes SignBytes(EVP_PKEY* key, ByteView message) {
  SignatureBytes signature;
  size_t size = signature.size();
  Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  Require(context != nullptr &&
          EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
          EVP_DigestSign(context.get(), Raw(signature.data()), &size, Raw(message),
                         message.size()) == 1);
  return signature;
}

bool IsSignature(const SignatureBytes& signature, ByteView message, const PublicKey& key) {
  Owned<EVP_PKEY> evp(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Raw(key.key), key.key.size()));
  Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  Require(evp != nullptr && context != nullptr &&
          EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, evp.get()) == 1);
  const bool right = EVP_DigestVerify(context.get(), Raw(signature), signature.size(), Raw(message),
                                      message.size()) == 1;
  ERR_clear_error();
  return right;
}

SignatureBytes Blake2b(ByteView message) {
  SignatureBytes digest;
  static_assert(std::tuple_size_v<SignatureBytes> == 64, "as many bytes as BLAKE2b-512 has");
  Require(EVP_Digest(message.data(), message.size(), Raw(digest.data()), nullptr, EVP_blake2b512(),
                     nullptr) == 1);
  return digest;
}

// What the comment's signature is of.
std::string SignedComment(const SignatureBytes& of_message, std::string_view comment) {
  return std::string(AsText(of_message)).append(comment);
}

// A tab stands in the comments that minisign makes itself.
bool IsOneLine(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
    if (c == 0xc2 && next >= 0x80 && next < 0xa0) return false;  // C1, in UTF-8
  }
  return true;
}

// Without the line end of the last line.
std::vector<std::string_view> Lines(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::vector<std::string_view> lines;
  for (size_t end; (end = text.find('\n')) != std::string_view::npos;) {
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  lines.push_back(text);
  return lines;
}

// The next bytes of `from`, which has them.
template <size_t N>
void Take(std::string_view& from, std::array<std::byte, N>& to) {
  std::memcpy(to.data(), from.data(), N);
  from.remove_prefix(N);
}

Error NotASignature(std::string what) {
  return {ErrorCode::kCorrupt, "no minisign signature: " + std::move(what),
          "a .minisig file has four lines, as `zoo sign` and `minisign -S` write them"};
}

// The text of a comment line, or nothing.
std::optional<std::string_view> Comment(std::string_view line, std::string_view prefix) {
  if (!line.starts_with(prefix) || !IsOneLine(line)) return std::nullopt;
  return line.substr(prefix.size());
}

Error NotAPublicKey(std::string_view text) {
  return {ErrorCode::kUsage, Quote(text, 80) + " is no public key",
          "one has 56 letters and digits and begins with RWQ, or it is the two lines of a .pub "
          "file, as `zoo keygen` and `minisign -G` write them"};
}

// What a file may hold that is not a secret key of ours, by words that stand in it.
struct OtherKey {
  std::string_view words, what, hint;
};
constexpr OtherKey kOtherKeys[] = {
    {"BEGIN ENCRYPTED PRIVATE KEY", "the secret key has a password",
     "`openssl pkey -in IN.pem -out OUT.pem` writes it without one"},
    {"Proc-Type: 4,ENCRYPTED", "the secret key has a password",
     "`openssl pkey -in IN.pem -out OUT.pem` writes it without one"},
    {"untrusted comment:", "a secret key of the minisign program, which only that program reads",
     "sign with `minisign -S -t 'zoo registry NAME version N sha256 HEX'`, or make a key with "
     "`zoo keygen`"},
    {"BEGIN PUBLIC KEY", "a public key; signing needs the secret one", ""},
    {"PRIVATE KEY-----", "the secret key is not an Ed25519 key in PKCS#8 form",
     "`zoo keygen -o FILE.pem` makes one"},
};

Error NotASecretKey(std::string_view text) {
  for (const OtherKey& other : kOtherKeys) {
    if (text.find(other.words) == std::string_view::npos) continue;
    return {ErrorCode::kUnsupported, std::string(other.what), std::string(other.hint)};
  }
  return {ErrorCode::kCorrupt, "no secret key: a PEM file has a line -----BEGIN PRIVATE KEY-----",
          "`zoo keygen -o FILE.pem` makes one"};
}

// OpenSSL would ask on the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

}  // namespace

std::string KeyId::ToString() const {
  std::array<std::byte, 8> reversed = bytes;
  std::ranges::reverse(reversed);
  std::string text = ToHex(reversed);
  for (char& c : text) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

Result<PublicKey> PublicKey::Parse(std::string_view text) {
  const std::vector<std::string_view> lines = Lines(text);
  const bool commented = lines.size() == 2 && Comment(lines[0], kUntrusted);
  if (lines.size() != 1 && !commented) return NotAPublicKey(text);
  PublicKey key;
  const auto bytes = FromBase64(lines.back());
  if (!bytes || bytes->size() != kAlgorithmBytes + key.id.bytes.size() + key.key.size() ||
      !bytes->starts_with(kPure)) {
    return NotAPublicKey(text);
  }
  std::string_view rest = std::string_view(*bytes).substr(kAlgorithmBytes);
  Take(rest, key.id.bytes);
  Take(rest, key.key);
  return key;
}

std::string PublicKey::ToString() const {
  std::string bytes(kPure);
  bytes.append(AsText(id.bytes)).append(AsText(key));
  return ToBase64(AsBytes(bytes));
}

std::string PublicKey::FileText() const {
  return fmt::format("{}minisign public key {}\n{}\n", kUntrusted, id.ToString(), ToString());
}

SecretKey::SecretKey(const Seed& seed) : seed_(seed) {
  size_t size = public_key_.key.size();
  Require(EVP_PKEY_get_raw_public_key(PrivateKey(seed_).get(), Raw(public_key_.key.data()),
                                      &size) == 1);
  const Digest digest = Digest::Of(public_key_.key);
  std::copy_n(digest.bytes().begin(), public_key_.id.bytes.size(), public_key_.id.bytes.begin());
}

SecretKey::~SecretKey() { OPENSSL_cleanse(seed_.data(), seed_.size()); }

SecretKey SecretKey::Generate() {
  Seed seed;
  Require(RAND_priv_bytes(Raw(seed.data()), static_cast<int>(seed.size())) == 1);
  SecretKey key(seed);
  OPENSSL_cleanse(seed.data(), seed.size());
  return key;
}

Result<SecretKey> SecretKey::FromPem(std::string_view text) {
  if (text.size() > kLargestPem) return NotASecretKey("");
  Owned<BIO> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  Require(bio != nullptr);
  Owned<PKCS8_PRIV_KEY_INFO> info(
      PEM_read_bio_PKCS8_PRIV_KEY_INFO(bio.get(), nullptr, NoPassword, nullptr));
  Owned<EVP_PKEY> key(info != nullptr ? EVP_PKCS82PKEY(info.get()) : nullptr);
  Seed seed;
  size_t size = seed.size();
  const bool ours = key != nullptr && EVP_PKEY_id(key.get()) == EVP_PKEY_ED25519 &&
                    EVP_PKEY_get_raw_private_key(key.get(), Raw(seed.data()), &size) == 1 &&
                    size == seed.size();
  ERR_clear_error();
  if (!ours) return NotASecretKey(text);
  SecretKey secret(seed);
  OPENSSL_cleanse(seed.data(), seed.size());
  return secret;
}

std::string SecretKey::Pem() const {
  // Wiped when it is freed.
  Owned<BIO> bio(BIO_new(BIO_s_secmem()));
  Require(bio != nullptr && PEM_write_bio_PrivateKey(bio.get(), PrivateKey(seed_).get(), nullptr,
                                                     nullptr, 0, nullptr, nullptr) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  Require(size > 0);
  return {text, static_cast<size_t>(size)};
}

std::string SecretKey::Sign(ByteView message, std::string_view trusted_comment) const {
  Require(IsOneLine(trusted_comment));
  const Owned<EVP_PKEY> key = PrivateKey(seed_);
  const SignatureBytes of_message = SignBytes(key.get(), Blake2b(message));
  const SignatureBytes of_comment =
      SignBytes(key.get(), AsBytes(SignedComment(of_message, trusted_comment)));
  std::string bytes(kPrehashed);
  bytes.append(AsText(public_key_.id.bytes)).append(AsText(of_message));
  return fmt::format("{}signature by minisign public key {}\n{}\n{}{}\n{}\n", kUntrusted,
                     public_key_.id.ToString(), ToBase64(AsBytes(bytes)), kTrusted, trusted_comment,
                     ToBase64(of_comment));
}

Result<Signature> Signature::Parse(std::string_view text) {
  const std::vector<std::string_view> lines = Lines(text);
  if (lines.size() != 4) return NotASignature("it has " + Count(lines.size(), "line"));
  if (!Comment(lines[0], kUntrusted)) {
    return NotASignature("line 1 is not \"untrusted comment: \" and text");
  }
  Signature signature;
  const auto bytes = FromBase64(lines[1]);
  if (!bytes ||
      bytes->size() != kAlgorithmBytes + signature.key.bytes.size() + signature.of_message.size()) {
    return NotASignature("line 2 is not base64 of 74 bytes");
  }
  signature.prehashed = bytes->starts_with(kPrehashed);
  if (!signature.prehashed && !bytes->starts_with(kPure)) {
    return NotASignature(fmt::format("its algorithm is {}, not Ed or ED",
                                     Quote(std::string_view(*bytes).substr(0, kAlgorithmBytes))));
  }
  std::string_view rest = std::string_view(*bytes).substr(kAlgorithmBytes);
  Take(rest, signature.key.bytes);
  Take(rest, signature.of_message);
  const auto comment = Comment(lines[2], kTrusted);
  if (!comment) return NotASignature("line 3 is not \"trusted comment: \" and text");
  signature.trusted_comment = *comment;
  const auto last = FromBase64(lines[3]);
  if (!last || last->size() != signature.of_comment.size()) {
    return NotASignature("line 4 is not base64 of 64 bytes");
  }
  std::string_view of_comment = *last;
  Take(of_comment, signature.of_comment);
  return signature;
}

Result<std::string> VerifySignature(ByteView message, std::string_view signature_text,
                                    const PublicKey& key) {
  ZOO_ASSIGN_OR_RETURN(Signature signature, Signature::Parse(signature_text));
  if (signature.key != key.id) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("the signature is by key {}, not by key {}", signature.key.ToString(),
                             key.id.ToString()),
                 "use it only if its publisher tells you, by another way, of a new key"};
  }
  const SignatureBytes hashed = signature.prehashed ? Blake2b(message) : SignatureBytes{};
  if (!IsSignature(signature.of_message, signature.prehashed ? ByteView(hashed) : message, key)) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("the signature by key {} is not of this content: one of the two was "
                             "changed",
                             key.id.ToString()),
                 "do not use it"};
  }
  if (!IsSignature(signature.of_comment,
                   AsBytes(SignedComment(signature.of_message, signature.trusted_comment)), key)) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("the trusted comment {} is not what key {} signed",
                             Quote(signature.trusted_comment), key.id.ToString()),
                 "do not use it"};
  }
  return std::move(signature.trusted_comment);
}

}  // namespace zoo
