// The reader's front door: which format the bytes are in, and the index made of what its reader
// found. Used once per file, by one thread.
#ifndef ZOO_CHECKPOINT_OPEN_FILE_H_
#define ZOO_CHECKPOINT_OPEN_FILE_H_

#include "zoo/base/result.h"
#include "zoo/checkpoint/contents.h"

namespace zoo {

// Fills `contents`, which knows its file and options. kUnsupported names what is not read.
Status ReadContents(FileContents& contents);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_OPEN_FILE_H_
