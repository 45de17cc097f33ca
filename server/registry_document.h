// A registry as the document that a server hands out: byte for byte its file and the signature
// beside it, so that what is signed stays so; of a registry that was read from no file one made of
// its entries. Any thread.
//
//   ZOO_ASSIGN_OR_RETURN(RegistryDocument lab, DocumentOf(registry));
//   lab.text       // zoo.json
//   lab.signature  // zoo.json.minisig, if there is one
#ifndef ZOO_SERVER_REGISTRY_DOCUMENT_H_
#define ZOO_SERVER_REGISTRY_DOCUMENT_H_

#include <memory>
#include <string>

#include "zoo/base/result.h"
#include "zoo/registry/registry.h"

namespace zoo {

struct RegistryDocument {
  std::shared_ptr<const std::string> text;
  std::shared_ptr<const std::string> signature;  // null: none
};

// kNotFound, kDisk or kCorrupt if the file cannot be read or is too large.
Result<RegistryDocument> DocumentOf(const Registry& registry);

}  // namespace zoo

#endif  // ZOO_SERVER_REGISTRY_DOCUMENT_H_
