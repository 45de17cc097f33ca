// Local header of the first record: "PK\3\4" version flags method time date crc stored size
// name-size extra-size, name, extra; then its data, a pickle, which tells itself where it ends.
#include "zoo/checkpoint/least_size.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/checkpoint/arena.h"
#include "zoo/checkpoint/cursor.h"
#include "zoo/checkpoint/pickle.h"
#include "zoo/checkpoint/storage_name.h"

namespace zoo {
namespace {

constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint16_t kStored = 0;
// Longer pickles than this are rare, and this is only about a message.
constexpr uint64_t kFront = 16 << 20;

// Where the data of data.pkl begins in the bytes of the file's front.
std::optional<uint64_t> PickleStart(ByteView front) {
  Cursor in(front);
  bool local = in.U32() == kLocalSignature;
  in.Skip(4);
  uint16_t method = in.U16();
  in.Skip(16);
  uint16_t name_size = in.U16(), extra_size = in.U16();
  std::string_view name = AsText(in.Take(name_size));
  in.Skip(extra_size);
  if (!in.ok() || !local || method != kStored || !name.ends_with("/data.pkl")) return std::nullopt;
  return in.offset();
}

}  // namespace

std::optional<uint64_t> LeastSize(const MappedFile& file, const Limits& limits) {
  std::string front(std::min({file.size(), limits.pickle_bytes, kFront}), '\0');
  if (!file.Read(0, std::as_writable_bytes(std::span(front)))) return std::nullopt;
  std::optional<uint64_t> start = PickleStart(AsBytes(front));
  if (!start) return std::nullopt;
  Arena arena(limits);
  std::optional<uint64_t> least = 0;
  std::unordered_set<std::string_view> counted;
  auto count = [&](Arena& names, NodeId id) -> Result<NodeId> {
    ZOO_ASSIGN_OR_RETURN(StorageName name, ReadStorageName(names, id));
    if (least && counted.insert(name.storage.key).second) {
      least = CheckedAdd(*least, name.storage.nbytes());
    }
    names.storages.push_back(name.storage);
    return names.AddStorage(static_cast<uint32_t>(names.storages.size() - 1), name.view);
  };
  Unpickler unpickler(arena, {.bytes = AsBytes(front).subspan(*start), .persistent = count});
  if (!unpickler.Read() || !least) return std::nullopt;
  return CheckedAdd(*least, *start + unpickler.consumed());
}

}  // namespace zoo
