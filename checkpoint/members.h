// What a node of an arena holds, as a reader of the file would list it: the entries of a dict, the
// items of a list, the parts of an object or a module, the attributes of a tensor. Pure; any
// thread.
#ifndef ZOO_CHECKPOINT_MEMBERS_H_
#define ZOO_CHECKPOINT_MEMBERS_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "zoo/checkpoint/arena.h"

namespace zoo {

struct Member {
  NodeId key = kNoNode;  // kNoNode: it goes by its index
  int64_t index = 0;
  NodeId value = Arena::kNone;
  bool submodule = false;  // of a module
};

// Whether a node can hold others that are values of the file.
bool HasMembers(const Arena& arena, NodeId node);

// In the file's order. Of an object: what made it, its state, its items, its entries. Of a module:
// its parameters, buffers and submodules in the order of state_dict(), then the attributes that say
// more than a plain value does.
std::vector<Member> MembersOf(const Arena& arena, NodeId node);

// What an object with _parameters, _buffers and _modules in its state is made of.
struct ModuleParts {
  NodeId state, parameters, buffers, modules;
};
std::optional<ModuleParts> AsModule(const Arena& arena, NodeId node);

// The names of the module's buffers that are left out of its state dict, as the arena has them.
std::unordered_set<std::string_view> TransientBuffers(const Arena& arena, const ModuleParts& parts);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_MEMBERS_H_
