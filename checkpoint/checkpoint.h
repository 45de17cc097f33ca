// Checkpoint: what is inside a file that PyTorch wrote, known without running any of it.
//
//   ZOO_ASSIGN_OR_RETURN(auto checkpoint, Checkpoint::Open("resnet18.pth"));
//   ZOO_ASSIGN_OR_RETURN(StateDict weights, checkpoint->FindStateDict());
//   for (const auto& [name, index] : weights.tensors) {
//     const TensorInfo& tensor = checkpoint->tensors()[index];   // dtype, shape, stride, storage
//   }
//
// A checkpoint is an immutable index over a mapped file. It is made only by validation: afterwards
// every tensor lies inside its storage and every storage inside the file, so readers need not check
// again. Opening touches the index, not the weights. Any thread; views of bytes hold the mapping
// alive by themselves. The index is read by position, never through a mapping; only a file that the
// caller calls immutable is mapped, because touching a mapped file that became shorter ends the
// program (SIGBUS). Of other files bytes are to be had by Copy() and Values() alone, where a
// truncation is an ordinary error.
#ifndef ZOO_CHECKPOINT_CHECKPOINT_H_
#define ZOO_CHECKPOINT_CHECKPOINT_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/dtype.h"        // IWYU pragma: export
#include "zoo/checkpoint/limits.h"       // IWYU pragma: export
#include "zoo/checkpoint/tensor_info.h"  // IWYU pragma: export

namespace zoo {

class Arena;
struct FileContents;

// A storage's bytes for one holder, who may write to them.
struct MappedStorage {
  std::span<std::byte> bytes;
  std::shared_ptr<std::byte> mapping;  // holds them; the checkpoint need not live on
};

class Value;

class Checkpoint : public std::enable_shared_from_this<Checkpoint> {
 public:
  // Recognises the format by the file's bytes, never by its name. kCorrupt for what is damaged or
  // hostile, kUnsupported for what is not read (HTML, Git LFS pointer, gzip ...: named for what it
  // is). Messages name the file, record, byte offset and opcode.
  static Result<std::shared_ptr<const Checkpoint>> Open(const std::filesystem::path& file,
                                                        const OpenOptions& options = {});
  // The same of bytes in memory, which are copied. `name` stands for the file in messages.
  static Result<std::shared_ptr<const Checkpoint>> OfBytes(ByteView bytes, std::string name,
                                                           const OpenOptions& options = {});

  Format format() const;
  const std::string& name() const;  // the file, as messages call it
  uint64_t file_size() const;       // of a sharded set, the index's own
  bool immutable() const;           // as OpenOptions said
  const Limits& limits() const;

  std::span<const TensorInfo> tensors()
      const;  // every tensor that can be reached, in the order of first reach
  std::span<const StorageInfo> storages() const;
  Value root() const;
  // Of a sharded set: its files, in the order of their first tensors. Empty for all others.
  std::span<const ShardInfo> shards() const;
  // What a safetensors file's header says beside the tensors ("__metadata__"), in its order.
  std::span<const std::pair<std::string, std::string>> metadata() const;

  // The state dict: the file itself, or what stands under one of the usual keys (state_dict,
  // model_state_dict, model, ...), or under `key` if that is given ("a.b[0]" steps down, also into
  // objects and modules). kNotFound if there is none, kUsage listing the candidates if there are
  // several.
  Result<StateDict> FindStateDict(std::string_view key = {}) const;
  // What a dict or module holds, wherever it stands; nothing if it holds no tensors. Its path is
  // left empty.
  std::optional<StateDict> StateDictOf(const Value& value) const;
  // What FindStateDict has to choose from, largest first: one if the choice is clear.
  std::vector<StateDict> StateDictCandidates() const;

  // The bytes of a storage in place, valid as long as the checkpoint; empty if it is not `mapped`,
  // if the file was not opened as immutable, or if it cannot be had: Copy then says why. The pages
  // are private: what is written through a cast pointer never reaches the file. May begin at any
  // address: legacy files align nothing.
  ByteView StorageView(uint32_t storage) const;
  // The same bytes of each of `storages`, in a mapping for this call alone: what is written to them
  // is seen neither by the checkpoint's readers nor in another call's mapping nor in the file.
  // Empty where StorageView is, and of bytes in memory. Errors as of opening a file.
  Result<std::vector<MappedStorage>> MapStorages(std::span<const uint32_t> storages) const;
  // Copies storages to memory: inflated, byte-swapped and checked against their CRCs as need be (of
  // storages that are copied whole), by `threads` threads in 8 MiB pieces. kCorrupt names the
  // record; what was copied must not be used then. kUsage for a part beyond the storage's end.
  Status Copy(std::span<const StorageCopy> copies, int threads = 2) const;
  // A tensor's values in row-major order, little-endian, conj and neg resolved. kUnsupported for
  // other layouts than strided, and for more than limits.materialise bytes.
  Result<std::vector<std::byte>> Values(const TensorInfo& tensor) const;
  // Reads everything once: CRCs of all records, ranges, inflated sizes, indices of sparse tensors.
  Status Verify() const;

  // Calls `visit` for every place in the file's values, depth first, in the file's order; tensors
  // of a module under their state_dict names. `again`: a container whose members are not visited
  // here, because it contains itself or was visited before often enough.
  void Walk(
      const std::function<void(const Path& path, const Value& value, bool again)>& visit) const;

 private:
  friend class Value;
  struct Contents;
  const FileContents& contents() const;
  explicit Checkpoint(std::unique_ptr<Contents> contents);
  std::unique_ptr<Contents> contents_;

 public:
  ~Checkpoint();
};

// A node of what the file holds, by reference into its checkpoint. Cheap to copy; valid as long as
// the checkpoint. Containers may contain themselves: whoever walks them keeps count of id().
class Value {
 public:
  enum class Kind : uint8_t {
    kNone,
    kBool,
    kInt,
    kFloat,
    kComplex,
    kString,
    kBytes,
    kByteArray,
    kList,
    kTuple,
    kDict,
    kSet,
    kFrozenSet,
    kSlice,
    kRange,
    kSize,
    kDType,
    kDevice,
    kTensor,
    kStorage,
    kNdarray,
    kNumpyScalar,
    kClass,   // a class or function that is named, not used
    kObject,  // something only a Python program could build: class, arguments, state, items
    kModule,  // an object with _parameters, _buffers and _modules
  };
  Kind kind() const;
  uint64_t id() const;  // the same for two references to one object

  bool AsBool() const;                   // kBool
  std::optional<int64_t> AsInt() const;  // kInt that fits
  std::string IntText() const;           // kInt of any length, decimal
  double AsFloat() const;                // kFloat
  std::pair<double, double> AsComplex() const;
  std::string_view text()
      const;  // kString (UTF-8, lone surrogates as CESU), kBytes, kByteArray, kDType, kDevice
  uint32_t tensor() const;              // kTensor: index into tensors()
  std::string_view class_name() const;  // kClass, kObject, kModule: "collections.defaultdict"
  std::string_view made_by() const;     // kObject: the function, where class_name is what it makes

  size_t size() const;  // members of a container
  Value item(
      size_t i) const;  // list, tuple, set, slice, range, size; the value of a dict's i-th entry
  Value key(size_t i) const;  // dict: the i-th key, in the file's order, duplicates resolved
  std::optional<Value> Find(
      std::string_view key) const;  // dict or an object's state: the value of a string key
  // What it holds, in the order of Checkpoint::Walk; of a module also with its submodules.
  struct Member;
  std::vector<Member> members() const;
  bool ordered() const;  // kDict: a collections.OrderedDict
  // kObject, kModule: what it was made with. An OrderedDict's state holds its _metadata, a
  // tensor's the attributes that were set on it.
  std::optional<Value> arguments() const;
  std::optional<Value> state() const;
  // kStorage: index into storages().
  uint32_t storage() const;
  // kNdarray, kNumpyScalar: elements of a NumPy type like "<f4", as the file has them.
  struct Array {
    std::string_view dtype;
    std::span<const int64_t> shape;
    bool fortran = false;  // column-major
    ByteView bytes;
  };
  Array array() const;
  std::string Repr(size_t max_bytes = 200) const;  // as Python prints it, cut

 private:
  friend class Checkpoint;
  Value(const Checkpoint* owner, uint32_t node) : owner_(owner), node_(node) {}
  const Arena& arena() const;
  const Checkpoint* owner_;
  uint32_t node_;
};

// One step from a value to a member of it.
struct Value::Member {
  PathStep step;
  Value value;
  bool submodule = false;  // of a module: its members' names grow by its own and a dot
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_CHECKPOINT_H_
