// Finding the state dict in what a file holds. Pure; any thread.
#ifndef ZOO_CHECKPOINT_STATE_DICT_H_
#define ZOO_CHECKPOINT_STATE_DICT_H_

#include <optional>
#include <string_view>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/contents.h"

namespace zoo {

// What Checkpoint::FindStateDict and StateDictCandidates promise.
Result<StateDict> FindStateDictIn(const FileContents& contents, std::string_view key);
std::optional<StateDict> StateDictAt(const FileContents& contents, NodeId node);
std::vector<StateDict> StateDictsIn(const FileContents& contents);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_STATE_DICT_H_
