// The files of a key pair: lab.pem, the secret key, which nobody else may read, and lab.pub beside
// it, the public key in minisign's format. Any thread.
//
//   ZOO_ASSIGN_OR_RETURN(KeyFiles files, WriteNewKey(SecretKey::Generate(), "lab.pem"));
//   ZOO_ASSIGN_OR_RETURN(SecretKey secret, ReadSecretKey("lab.pem"));
//   ZOO_ASSIGN_OR_RETURN(PublicKey key, ReadPublicKey("lab.pub"));  // or "RWQ..."
#ifndef ZOO_SHARE_KEY_FILE_H_
#define ZOO_SHARE_KEY_FILE_H_

#include <filesystem>
#include <string>

#include "zoo/base/result.h"
#include "zoo/base/signature.h"

namespace zoo {

struct KeyFiles {
  std::filesystem::path secret;
  std::filesystem::path public_key;  // the same with the suffix .pub
};

// Writes both, the secret one with mode 0600; both are on the medium when it returns. Nothing is
// ever overwritten: kUsage if one of them is there already. If one cannot be written neither is
// left.
Result<KeyFiles> WriteNewKey(const SecretKey& key, const std::filesystem::path& secret);

// kUsage if others than its owner may read or change the file, or what SecretKey::FromPem says.
Result<SecretKey> ReadSecretKey(const std::filesystem::path& path);

// Of a key as people write it, "RWQ...", or of the file that is called so. kUsage if it is neither.
Result<PublicKey> ReadPublicKey(const std::string& key_or_file);

}  // namespace zoo

#endif  // ZOO_SHARE_KEY_FILE_H_
