// The bytes of a registry's index (registry_index.h). They are read only where they were written,
// so numbers are in this machine's order, and another version of this program writes them anew.
//
//   1. A head of whole numbers, 8 bytes each: magic, format, checksum of all that follows it, and
//   the
//      bytes of section 2, the count of entries, the bytes of section 5.
//   2. Packed (packing.h): the document's digest, origin and stamp; the registry's name, version
//   and
//      lists of categories. Zeros up to a multiple of 8.
//   3. Where each entry begins in section 5, in the order of the registry file, and where the last
//   one
//      ends: 8 bytes each.
//   4. The numbers of the entries in the order of their models and weights: 4 bytes each. Zeros up
//   to
//      a multiple of 8.
//   5. The entries, packed (packed_entry.h).
//
// Pure; any thread.
#ifndef ZOO_REGISTRY_INDEX_LAYOUT_H_
#define ZOO_REGISTRY_INDEX_LAYOUT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/indexed_entries.h"
#include "zoo/registry/registry.h"

namespace zoo {

// A registry file on this disk, and what would tell that somebody changed it.
struct IndexedDocument {
  Digest sha256;
  RegistryOrigin origin = RegistryOrigin::kUrl;  // what it is, or has to be, parsed as
  uint64_t bytes = 0;
  int64_t modified_ns = 0, changed_ns = 0;  // since 1970
  uint64_t inode = 0;

  bool operator==(const IndexedDocument&) const = default;
};

std::string IndexBytes(const Registry& parsed, const IndexedDocument& document);

// Puts the checksum where it belongs. REQUIRES: what IndexBytes answered, or as many bytes.
void SealIndex(std::string& bytes);

struct IndexContent {
  IndexedDocument document;
  std::string name;
  uint64_t version = 0;
  Registry::CategoryLists categories;
  IndexSections sections;
};

// `memory` keeps `bytes`, which begin at a multiple of 8. kCorrupt, with what is wrong, for
// anything that IndexBytes of this program did not write.
Result<IndexContent> ReadIndex(ByteView bytes, std::shared_ptr<const void> memory);

}  // namespace zoo

#endif  // ZOO_REGISTRY_INDEX_LAYOUT_H_
