// The plain types that describe a checkpoint: its tensors, storages and state dicts. They are part
// of checkpoint.h, which is what callers include. Values; any thread.
#ifndef ZOO_CHECKPOINT_TENSOR_INFO_H_
#define ZOO_CHECKPOINT_TENSOR_INFO_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

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
uint64_t PathBytes(const Path& path);  // of memory, that a copy takes

// A file of a sharded set.
struct ShardInfo {
  std::string file;  // its name in the folder of the index
  uint64_t size = 0;
};

// A run of bytes that tensors view. Tensors of one storage share memory.
struct StorageInfo {
  std::string key;              // the file's name for it
  DType dtype = DType::kUint8;  // by its class; of untyped ones uint8
  uint64_t nbytes = 0;          // of its elements
  bool mapped = false;  // the file's bytes are the elements as they are: stored, little-endian
  std::string device;   // a label: "cpu", "cuda:0"; bytes are always read to host memory
};

enum class Layout : uint8_t {
  kStrided,
  kSparseCoo,
  kSparseCsr,
  kSparseCsc,
  kSparseBsr,
  kSparseBsc,
  kNested,
  kMeta
};
std::string_view LayoutName(Layout layout);  // "strided", "sparse_coo", ...

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
  std::string_view class_name;  // of a subclass of torch.Tensor; valid as long as the checkpoint
  Path path;                    // where it stands first in the file

  int64_t numel() const;    // product of the shape: cannot overflow
  uint64_t nbytes() const;  // of its values, were they in a row
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
  // was verified): its bytes may be used where they lie, and a zip record's local header is
  // compared when its bytes are taken, not when the file is opened. Without it CRCs are checked as
  // bytes are copied, and nothing is handed out that could change under a program.
  bool immutable = false;
  Limits limits;
};

// One storage (or a run of it) to be copied to memory.
struct StorageCopy {
  uint32_t storage = 0;
  uint64_t offset = 0;        // bytes from the storage's start
  std::span<std::byte> into;  // its size says how much
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_TENSOR_INFO_H_
