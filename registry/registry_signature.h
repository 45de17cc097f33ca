// The signature of a registry file: minisign's (base/signature.h), with a trusted comment that says
// which registry this is, so that another file signed by the same key, or an older one, cannot take
// its place. Pure functions; any thread.
//
//   ZOO_ASSIGN_OR_RETURN(PublicKey key, PublicKey::Parse("RWQ..."));
//   ZOO_ASSIGN_OR_RETURN(RegistryIdentity lab, VerifyRegistry(document, signature, key));
//   if (lab.version < seen.version) ...  // the caller remembers what it has seen
//   Registry::Parse(document, ...)       // the very bytes that were verified
#ifndef ZOO_REGISTRY_REGISTRY_SIGNATURE_H_
#define ZOO_REGISTRY_REGISTRY_SIGNATURE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/base/signature.h"

namespace zoo {

// Which state of which registry a document is.
struct RegistryIdentity {
  std::string name;  // its own, not the alias that it goes by here
  uint64_t version = 0;
  Digest sha256;  // of the document

  bool operator==(const RegistryIdentity&) const = default;
};

// What the document says of itself, and its digest. Reads it as far as its name and version, both
// of which it must have, and leaves the rest to Registry::Parse. kCorrupt if there is none of them
// or the text is no JSON up to there.
Result<RegistryIdentity> IdentityOf(std::string_view document);

// "zoo registry NAME version N sha256 HEX"
std::string TrustedComment(const RegistryIdentity& identity);
// The identity of which that is the comment, letter for letter; nothing for any other text.
std::optional<RegistryIdentity> ParseTrustedComment(std::string_view comment);

// The document's identity, if the signature is by that key, of these bytes, and its trusted comment
// is that of the document. kCorrupt otherwise.
Result<RegistryIdentity> VerifyRegistry(std::string_view document, std::string_view signature,
                                        const PublicKey& key);

}  // namespace zoo

#endif  // ZOO_REGISTRY_REGISTRY_SIGNATURE_H_
