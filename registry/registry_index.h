// The index of a registry: what a registry file says, compiled once, so that one entry can be
// looked up without reading the others. It lies beside a copy of the file that was verified, and is
// bound to it: to its digest, and to the stamp that the copy had when it was read. A copy that was
// touched since makes the index stale, and so does another version of this program: then the copy
// is to be verified and parsed anew, and another index written. Any thread, any process.
//
//   ZOO_ASSIGN_OR_RETURN(IndexedDocument document, StampDocument("lab/zoo.json", sha256, origin));
//   auto registry = OpenRegistryIndex(document, "lab/zoo.index", "lab");
//   if (!registry) {
//     ...  // read and verify lab/zoo.json, whose digest is sha256; parse it
//     (void)WriteRegistryIndex(parsed, document, "lab/zoo.index");
//   }
#ifndef ZOO_REGISTRY_REGISTRY_INDEX_H_
#define ZOO_REGISTRY_REGISTRY_INDEX_H_

#include <filesystem>
#include <string>

#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/index_layout.h"
#include "zoo/registry/registry.h"

namespace zoo {

// The document as it lies there now. The digest is the caller's word: take the stamp first, then
// read and verify the file, so that a change in between makes the index stale. kNotFound, kDisk.
Result<IndexedDocument> StampDocument(const std::filesystem::path& path, const Digest& sha256,
                                      RegistryOrigin origin);

// Compiles `parsed`, which was read from `document`, into the file `index`, all or nothing. kDisk.
Status WriteRegistryIndex(const Registry& parsed, const IndexedDocument& document,
                          const std::filesystem::path& index);

// The registry that was parsed from `document`, under that alias; SetFile and SetBase are the
// caller's. kNotFound if there is no index, kCorrupt if it is damaged, or of another document,
// another stamp or another version of this program.
Result<Registry> OpenRegistryIndex(const IndexedDocument& document,
                                   const std::filesystem::path& index, std::string alias);

}  // namespace zoo

#endif  // ZOO_REGISTRY_REGISTRY_INDEX_H_
