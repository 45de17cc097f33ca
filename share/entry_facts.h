// What an entry says, held against what may be said and against what was said before. Pure; any
// thread.
#ifndef ZOO_SHARE_ENTRY_FACTS_H_
#define ZOO_SHARE_ENTRY_FACTS_H_

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/registry/entry.h"

namespace zoo {

// kUsage, naming the field, for an entry that no registry may hold.
Status CheckEntry(const Entry& entry);

// An entry as a registry's file has it. kCorrupt if it is none.
Result<Entry> ReadEntry(const Json& json);

// Whether `now` says of the same bytes what `before` says: kMismatch, naming what differs. The
// numbers of a probe are this machine's and provenance is about files that nobody gets, so neither
// is compared; nor is `default`, nor what this program does not know.
Status CompareFacts(const Entry& before, const Entry& now);

}  // namespace zoo

#endif  // ZOO_SHARE_ENTRY_FACTS_H_
