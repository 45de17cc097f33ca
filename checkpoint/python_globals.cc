// Plain values of Python that pickle spells as calls.
#include <fmt/format.h>

#include <array>
#include <vector>

#include "zoo/checkpoint/global_table.h"
#include "zoo/checkpoint/globals.h"
#include "zoo/checkpoint/pickle_text.h"

namespace zoo {
namespace {

// What the arguments do not fit stays an object: it is somebody's, but no tensor needs it.
NodeId Opaque(const Arguments& in) { return in.arena().AddObject(in.callable(), in.tuple()); }

Result<NodeId> MakeOrderedDict(const Arguments& in) {
  Arena& arena = in.arena();
  std::vector<NodeId> entries;
  if (in.size() > 0) {
    auto pairs = arena.Sequence(in[0]);
    if (!pairs) return Opaque(in);
    for (NodeId id : *pairs) {
      auto pair = arena.Sequence(id);
      if (!pair || pair->size() != 2) return in.Wrong("an entry is no pair of key and value");
      entries.insert(entries.end(), pair->begin(), pair->end());
    }
  }
  NodeId dict = arena.AddContainer(NodeKind::kDict);
  arena.CountItems(entries.size());
  arena.container(dict).items = std::move(entries);
  arena.container(dict).ordered = true;
  return dict;
}

Result<NodeId> MakeSetOf(const Arguments& in, NodeKind kind) {
  Arena& arena = in.arena();
  std::vector<NodeId> items;
  if (in.size() > 0) {
    auto given = arena.Sequence(in[0]);
    if (!given) return Opaque(in);
    items.assign(given->begin(), given->end());
  }
  NodeId set = arena.AddContainer(kind);
  arena.CountItems(items.size());
  arena.Items(set) = std::move(items);
  return set;
}
Result<NodeId> MakeSet(const Arguments& in) { return MakeSetOf(in, NodeKind::kSet); }
Result<NodeId> MakeFrozenSet(const Arguments& in) { return MakeSetOf(in, NodeKind::kFrozenSet); }

// Text in which each character stands for a byte.
Result<NodeId> Encode(const Arguments& in, NodeKind kind) {
  Arena& arena = in.arena();
  bool latin1 = in.kind(1) == NodeKind::kString &&
                (arena.text(in[1]) == "latin1" || arena.text(in[1]) == "latin-1");
  if (in.kind(0) != NodeKind::kString || !latin1) return Opaque(in);
  auto bytes = ToLatin1(arena.text(in[0]));
  if (!bytes) return in.Wrong("its text has characters that are not latin-1");
  std::string_view kept =
      bytes->size() == arena.text(in[0]).size() ? arena.text(in[0]) : arena.Keep(*bytes);
  return arena.AddText(kind, kept);
}
Result<NodeId> MakeEncoded(const Arguments& in) { return Encode(in, NodeKind::kBytes); }

Result<NodeId> MakeByteArray(const Arguments& in) {
  if (in.size() == 0) return in.arena().AddText(NodeKind::kByteArray, "");
  if (in.kind(0) == NodeKind::kBytes && in.size() == 1) {
    return in.arena().AddText(NodeKind::kByteArray, in.arena().text(in[0]));
  }
  return Encode(in, NodeKind::kByteArray);
}

Result<NodeId> MakeBytes(const Arguments& in) {
  if (in.size() == 0) return in.arena().AddText(NodeKind::kBytes, "");
  return Opaque(in);
}

Result<NodeId> MakeComplex(const Arguments& in) {
  double parts[2] = {0, 0};
  if (in.size() > 2) return Opaque(in);
  for (size_t i = 0; i < in.size(); ++i) {
    const Node& node = in.arena().at(in[i]);
    if (node.kind != NodeKind::kFloat && node.kind != NodeKind::kInt) return Opaque(in);
    parts[i] = node.kind == NodeKind::kFloat ? node.real : static_cast<double>(node.integer);
  }
  return in.arena().AddComplex(parts[0], parts[1]);
}

Result<NodeId> MakeRange(const Arguments& in) {
  if (in.size() != 3) return Opaque(in);
  std::array<NodeId, 3> ids{in[0], in[1], in[2]};
  for (size_t i = 0; i < 3; ++i) {
    if (in.kind(i) != NodeKind::kInt) return Opaque(in);
  }
  return in.arena().AddTuple(NodeKind::kRange, ids);
}

Result<NodeId> MakeSlice(const Arguments& in) {
  if (in.size() != 3) return Opaque(in);
  std::array<NodeId, 3> ids{in[0], in[1], in[2]};
  return in.arena().AddTuple(NodeKind::kSlice, ids);
}

// copyreg._reconstructor(class, base, value): an object of the class, from a value of its base if
// that is not object.
Result<NodeId> MakeInstance(const Arguments& in) {
  if (in.kind(0) != NodeKind::kClass) return Opaque(in);
  Arena& arena = in.arena();
  if (in.size() < 3 || in.kind(2) == NodeKind::kNone) {
    return arena.AddObject(in[0], Arena::kEmptyTuple);
  }
  NodeId value = in[2];
  return arena.AddObject(in[0], arena.AddTuple(NodeKind::kTuple, std::span(&value, 1)));
}

// copyreg.__newobj__(class, ...): as the opcode NEWOBJ. Of itself it makes nothing.
Result<NodeId> MakeNew(const Arguments& in) {
  if (in.kind(0) != NodeKind::kClass || in[0] == in.callable()) return Opaque(in);
  auto given = in.arena().Tuple(in.tuple()).subspan(1);
  std::vector<NodeId> rest(given.begin(), given.end());
  return CallGlobal(in.arena(), in[0], in.arena().AddTuple(NodeKind::kTuple, rest));
}

// Type annotations of TorchScript: the value itself.
Result<NodeId> FirstArgument(const Arguments& in) {
  if (in.size() == 0) return in.Wrong("its value is missing");
  return in[0];
}

constexpr GlobalKind kCall = GlobalKind::kCall;
constexpr GlobalRow kTable[] = {
    {"collections", "OrderedDict", kCall, MakeOrderedDict},
    {"builtins", "set", kCall, MakeSet},
    {"builtins", "frozenset", kCall, MakeFrozenSet},
    {"builtins", "bytearray", kCall, MakeByteArray},
    {"builtins", "bytes", kCall, MakeBytes},
    {"builtins", "complex", kCall, MakeComplex},
    {"builtins", "range", kCall, MakeRange},
    {"builtins", "slice", kCall, MakeSlice},
    {"_codecs", "encode", kCall, MakeEncoded},
    {"copyreg", "_reconstructor", kCall, MakeInstance},
    {"copyreg", "__newobj__", kCall, MakeNew},
    {"torch.jit._pickle", "restore_type_tag", kCall, FirstArgument},
    {"torch.jit._pickle", "build_intlist", kCall, FirstArgument},
    {"torch.jit._pickle", "build_tensorlist", kCall, FirstArgument},
    {"torch.jit._pickle", "build_doublelist", kCall, FirstArgument},
    {"torch.jit._pickle", "build_boollist", kCall, FirstArgument},
};

}  // namespace

std::span<const GlobalRow> PythonGlobals() { return kTable; }

}  // namespace zoo
