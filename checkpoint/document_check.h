// Whether a value of a document can be written at all: what PyTorch or Python would refuse, or what
// contradicts itself. Pure; any thread.
#ifndef ZOO_CHECKPOINT_DOCUMENT_CHECK_H_
#define ZOO_CHECKPOINT_DOCUMENT_CHECK_H_

#include "zoo/base/result.h"
#include "zoo/checkpoint/document_reader.h"

namespace zoo {

// Of the value itself, not of its members. The message does not say where it stands. kUsage for
// what is no valid document, kUnsupported for what only Python forbids.
Status CheckNode(const DocumentReader& document, const DocumentNode& node);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_DOCUMENT_CHECK_H_
