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
// alive by themselves. A file that is changed while it is mapped can end the program (SIGBUS): see
// OpenOptions::immutable.
#ifndef ZOO_CHECKPOINT_CHECKPOINT_H_
#define ZOO_CHECKPOINT_CHECKPOINT_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/dtype.h"
#include "zoo/checkpoint/limits.h"

namespace zoo {

enum class Format {
  kZip,
  kLegacy,
  kTar,
  kTorchScript,
  kTorchPackage,
  kPt2,
  kPickle,
  kSafetensors,
  kSharded
};
std::string_view FormatName(
    Format format);  // "zip", "legacy", ...: the spelling of `zoo inspect --json`

class Value;

// One step from a container to a member: a string key, a list index or int key, or any other key as
// Python prints it.
struct ReprKey {
  std::string repr;
  bool operator==(const ReprKey&) const = default;
};
using PathStep = std::variant<std::string, int64_t, ReprKey>;
using Path = std::vector<PathStep>;
std::string FormatPath(
    const Path& path);  // state_dict.conv1.weight, optimizer.state[0].exp_avg, x[(1, 2)]

// A run of bytes that tensors view. Tensors of one storage share memory.
struct StorageInfo {
  std::string key;      // the file's name for it
  uint64_t nbytes = 0;  // of its elements
  uint64_t offset = 0;  // in the file, where `mapped`
  bool mapped = false;  // the file's bytes are the elements as they are: stored, little-endian
  std::string device;   // a label: "cpu", "cuda:0"; bytes are always read to host memory
};

enum class Layout : uint8_t { kStrided, kSparseCoo, kSparseCsr, kNested, kMeta };

// How the integers of a quantized tensor stand for real numbers.
struct Quantization {
  std::string scheme;  // "per_tensor_affine", "per_channel_affine"
  double scale = 1;
  int64_t zero_point = 0;
  int64_t axis = 0;  // per channel, with
  std::vector<double> scales;
  std::vector<double> zero_points;
};

struct TensorInfo {
  DType dtype = DType::kFloat32;
  Layout layout = Layout::kStrided;
  bool requires_grad = false;
  bool parameter = false;          // torch.nn.Parameter
  bool conj = false, neg = false;  // the values are the conjugate, the negative, of what is stored
  uint32_t storage = 0;        // index into storages(); meaningless for other layouts than kStrided
  int64_t storage_offset = 0;  // in elements
  std::span<const int64_t> shape, stride;  // in elements; valid as long as the checkpoint
  const Quantization* quantization = nullptr;
  // Parts of a composite (sparse: indices, values; nested: buffer, sizes ...) as indices into
  // tensors().
  std::span<const uint32_t> parts;
  bool coalesced = false;
  Path path;  // where it stands first in the file

  int64_t numel() const;  // product of the shape: cannot overflow
  uint64_t nbytes() const { return static_cast<uint64_t>(numel()) * ItemSize(dtype); }
  bool contiguous() const;  // row-major without gaps
};

// A flat mapping of names to tensors, as model.state_dict() gives it.
struct StateDict {
  struct Item {
    std::string name;
    uint32_t tensor;  // index into tensors()
  };
  std::vector<Item> tensors;  // in the file's order
  Path path;                  // where it was found; empty: the file itself is one
  size_t others = 0;          // entries that are not tensors, left out
};

struct OpenOptions {
  // The caller warrants that the file is never changed in place (a blob of the cache, whose SHA-256
  // was verified): its bytes may be used where they lie. Without it CRCs are checked as bytes are
  // copied, and nothing is handed out that could change under a program.
  bool immutable = false;
  Limits limits;
};

// One storage (or a run of it) to be copied to memory.
struct StorageCopy {
  uint32_t storage = 0;
  uint64_t offset = 0;        // bytes from the storage's start
  std::span<std::byte> into;  // its size says how much
};

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
  uint64_t file_size() const;
  bool immutable() const;  // as OpenOptions said

  std::span<const TensorInfo> tensors()
      const;  // every tensor that can be reached, in the order of first reach
  std::span<const StorageInfo> storages() const;
  Value root() const;

  // The state dict: the file itself, or what stands under one of the usual keys (state_dict,
  // model_state_dict, model, ...), or under `key` if that is given ("a.b" steps down). kNotFound if
  // there is none, kUsage listing the candidates if there are several.
  Result<StateDict> FindStateDict(std::string_view key = {}) const;
  // Every mapping that looks like one, largest first.
  std::vector<StateDict> StateDictCandidates() const;

  // The bytes of a storage in place, valid as long as the checkpoint; empty if it is not `mapped`.
  // The pages are private: what is written through a cast pointer never reaches the file.
  ByteView StorageView(uint32_t storage) const;
  // Copies storages to memory: inflated, byte-swapped and checked against their CRCs as need be, by
  // `threads` threads in 8 MiB pieces.
  Status Copy(std::span<const StorageCopy> copies, int threads = 2) const;
  // A tensor's values in row-major order, little-endian, conj and neg resolved. kUnsupported for
  // other layouts than strided, and for more than limits.materialise bytes.
  Result<std::vector<std::byte>> Values(const TensorInfo& tensor) const;
  // Reads everything once: CRCs of all records, ranges, inflated sizes.
  Status Verify() const;

 private:
  friend class Value;
  struct Contents;
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

  size_t size() const;  // members of a container
  Value item(
      size_t i) const;  // list, tuple, set, slice, range, size; the value of a dict's i-th entry
  Value key(size_t i) const;  // dict: the i-th key, in the file's order, duplicates resolved
  std::optional<Value> Find(
      std::string_view key) const;  // dict or an object's state: the value of a string key
  // kObject, kModule: what it was made with.
  std::optional<Value> arguments() const;
  std::optional<Value> state() const;
  std::string Repr(size_t max_bytes = 200) const;  // as Python prints it, cut

 private:
  friend class Checkpoint;
  Value(const Checkpoint* owner, uint32_t node) : owner_(owner), node_(node) {}
  const Checkpoint* owner_;
  uint32_t node_;
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_CHECKPOINT_H_
