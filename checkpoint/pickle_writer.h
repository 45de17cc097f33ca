// A document as a pickle that torch.load(weights_only=True) reads, with its storages named "0",
// "1",
// ... in the order of their first use. What is used in several places is written once; a list or
// dict may contain itself. Nothing recurses on the document's depth. Pure; any thread.
#ifndef ZOO_CHECKPOINT_PICKLE_WRITER_H_
#define ZOO_CHECKPOINT_PICKLE_WRITER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/document.h"
#include "zoo/checkpoint/tensor_pickler.h"

namespace zoo {

struct PickledDocument {
  std::string pickle;
  std::vector<uint32_t> storages;  // by their names
};

// kUnsupported for what weights_only=True refuses, kUsage for what is no valid document; the
// message begins with the value's place in it.
Result<PickledDocument> PickleDocument(const Document& document, TensorPickler::Names names);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_PICKLE_WRITER_H_
