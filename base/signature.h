// Signatures as minisign has them: Ed25519 by OpenSSL, public keys and signature files in the
// formats of the minisign program, which reads ours as we read its. Secret keys are PKCS#8 PEM
// files, for OpenSSL lacks the checksum of minisign's own.
//
//   SecretKey secret = SecretKey::Generate();
//   std::string file = secret.Sign(AsBytes(text), "what this is");         // text of x.minisig
//   ZOO_ASSIGN_OR_RETURN(PublicKey key, PublicKey::Parse("RWQ..."));
//   ZOO_ASSIGN_OR_RETURN(std::string comment, VerifySignature(AsBytes(text), file, key));
//
// Values; any thread. Nothing here reads or writes a file, and no message tells a secret.
#ifndef ZOO_BASE_SIGNATURE_H_
#define ZOO_BASE_SIGNATURE_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "zoo/base/bytes.h"
#include "zoo/base/result.h"

namespace zoo {

// Tells keys apart; proves nothing.
struct KeyId {
  std::array<std::byte, 8> bytes{};

  // 16 upper-case hexadecimal digits, as minisign prints it (of the last byte first).
  std::string ToString() const;
  bool operator==(const KeyId&) const = default;
};

struct PublicKey {
  KeyId id;
  std::array<std::byte, 32> key{};

  // "RWQ...", or the two lines of a .pub file, a comment first; a line end at the end is allowed.
  // kUsage otherwise.
  static Result<PublicKey> Parse(std::string_view text);
  std::string ToString() const;  // "RWQ...": 56 characters
  std::string FileText() const;  // of a .pub file
  bool operator==(const PublicKey&) const = default;
};

// The bytes of the key are wiped when it goes away.
class SecretKey {
 public:
  static SecretKey Generate();
  // A PKCS#8 PEM file with an Ed25519 key, as Pem() or `openssl genpkey -algorithm ed25519` writes
  // it. kUnsupported for a key of another kind or with a password, kCorrupt for what is no key.
  static Result<SecretKey> FromPem(std::string_view text);
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;
  ~SecretKey();

  std::string Pem() const;
  // Its id is the first eight bytes of the SHA-256 of the key's 32.
  const PublicKey& public_key() const { return public_key_; }
  // The text of a .minisig file, of the prehashed kind ("ED"). The same input gives the same text.
  // REQUIRES: the comment is one line without control characters.
  std::string Sign(ByteView message, std::string_view trusted_comment) const;

 private:
  using Seed = std::array<std::byte, 32>;
  explicit SecretKey(const Seed& seed);

  Seed seed_;
  PublicKey public_key_;
};

// What stands in a .minisig file; whether it is right is for VerifySignature to say.
struct Signature {
  bool prehashed = true;  // "ED": of the message's BLAKE2b-512; "Ed": of the message itself
  KeyId key;
  std::array<std::byte, 64> of_message{};
  std::string trusted_comment;
  std::array<std::byte, 64> of_comment{};  // of `of_message` and the comment

  // Exactly four lines, the last line end may be missing. kCorrupt for anything that minisign would
  // not write: a message names the line.
  static Result<Signature> Parse(std::string_view text);
};

// The trusted comment, if both signatures in the text are of that key, of this message and of that
// comment. kCorrupt otherwise.
Result<std::string> VerifySignature(ByteView message, std::string_view signature_text,
                                    const PublicKey& key);

}  // namespace zoo

#endif  // ZOO_BASE_SIGNATURE_H_
