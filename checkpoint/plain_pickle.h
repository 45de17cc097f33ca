// Plain pickles: what pickle.dump wrote, protocols 0 to 5. Not thread-safe while they fill the
// contents.
#ifndef ZOO_CHECKPOINT_PLAIN_PICKLE_H_
#define ZOO_CHECKPOINT_PLAIN_PICKLE_H_

#include "zoo/base/result.h"
#include "zoo/checkpoint/contents.h"

namespace zoo {

// Reads a file that begins with a pickle's header; what follows the pickle is not looked at.
// kCorrupt for what no pickle may be, kUnsupported for a pickle with other bytes between its
// opcodes (joblib).
Status ReadPlainPickle(FileContents& contents);

// Protocols 0 and 1 have no header: such a file is a pickle if it begins as one of a container
// must, parses without an error and ends with its STOP. False, with the contents as they were, if
// not.
Result<bool> ReadUnmarkedPickle(FileContents& contents);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_PLAIN_PICKLE_H_
