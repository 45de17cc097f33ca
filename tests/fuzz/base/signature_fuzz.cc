// Public keys, secret keys and signatures of any bytes. A key that is accepted comes back as
// itself; of a signature that is found right only the first line may differ from the one that was
// made.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "zoo/base/bytes.h"
#include "zoo/base/signature.h"

namespace zoo {
namespace {

constexpr std::string_view kMessage = "hello\n";
constexpr std::string_view kKey = "RWQk4Jjn9d3aOLRkDEZ7iDxnWX0R/6KWHFiNotSFQjK8MBdpAQ4HOQB5";
// What was signed, behind the first line: corpus/signature/prehashed and pure are the wholes.
constexpr std::string_view kSigned[] = {
    "RUQk4Jjn9d3aOLoPfAMqpBjSUEUTgWHCXRyaUF27mgBjWAI4KP758NyKLOYgfjxI"
    "636YwT0VOEYNxVUQ6Tel0cReVMz4cnlRDQU=\n"
    "trusted comment: a trusted comment\n"
    "442oVl+2KhpTtNW+6nLIim85ONoIySw8TPWhr23HPfX+6pC849yDsXcSZIAbaFFF2KTwEAMA7YYBEewtjofaCg==",
    "RWQk4Jjn9d3aOJr+namCRZ51XeGrBuLHBM3F88j2VksgjTJwQ28NdCjoiSEhLGPw"
    "IjethXWaQf16TXpJBEK8ZtLGk+AWjnv63Ao=\n"
    "trusted comment: timestamp:1795908558\tfile:f\n"
    "NxVBLl7qucyv+dov6Sx65amakgvbZST5r7y7vKIg7yl+fLRCMYmQMu7LRagaWKRoKRKFVSLob5WmgDTR3WulAw=="};

void Require(bool holds) {
  if (!holds) std::abort();
}

void ReadKeys(std::string_view text) {
  if (auto key = PublicKey::Parse(text)) {
    Require(PublicKey::Parse(key->ToString()).value() == *key);
    Require(PublicKey::Parse(key->FileText()).value() == *key);
  }
  if (auto key = SecretKey::FromPem(text)) {
    Require(SecretKey::FromPem(key->Pem()).value().public_key() == key->public_key());
  }
}

void Verify(std::string_view text) {
  static const PublicKey key = PublicKey::Parse(kKey).value();
  if (!VerifySignature(AsBytes(kMessage), text, key)) return;
  if (text.ends_with('\n')) text.remove_suffix(1);
  Require(std::ranges::count(kSigned, text.substr(text.find('\n') + 1)) == 1);
}

}  // namespace
}  // namespace zoo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  zoo::ReadKeys(text);
  zoo::Verify(text);
  return 0;
}
