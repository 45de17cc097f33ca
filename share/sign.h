// Signing a registry folder: zoo.json.minisig beside zoo.json, which the minisign program verifies
// too. Those who added the registry with its public key take nothing else from then on. Any thread;
// one process or thread writes in a folder at a time.
//
//   ZOO_ASSIGN_OR_RETURN(SecretKey key, ReadSecretKey("lab.pem"));
//   ZOO_ASSIGN_OR_RETURN(SignedRegistry done, SignRegistry("registry", key, {}));
#ifndef ZOO_SHARE_SIGN_H_
#define ZOO_SHARE_SIGN_H_

#include <filesystem>

#include "zoo/base/result.h"
#include "zoo/base/signature.h"
#include "zoo/registry/registry_signature.h"

namespace zoo {

struct SignedRegistry {
  RegistryIdentity identity;
  std::filesystem::path signature;  // the file
};

struct SignOptions {
  bool replace_key = false;  // also where the signature that is there is by another key, or is none
};

// Signs the registry in a folder (or a registry file), once it has been read as strictly as any.
// The signature takes the place of an older one at once; the same registry and key give the same
// bytes. Refused is what those who have seen the older one would refuse: kMismatch for another key,
// kUsage for an older version, or for the same version with other content. kCorrupt for a registry
// without name or version, or what reading it says; kDisk while another publishes or signs there.
Result<SignedRegistry> SignRegistry(const std::filesystem::path& registry, const SecretKey& key,
                                    const SignOptions& options);

// Whether the registry there is what that key signed: kNotFound without a signature, or what
// VerifyRegistry and then Registry::Parse say.
Result<SignedRegistry> CheckSignature(const std::filesystem::path& registry, const PublicKey& key);

}  // namespace zoo

#endif  // ZOO_SHARE_SIGN_H_
