#include "zoo/checkpoint/open_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "zoo/base/sniff.h"
#include "zoo/checkpoint/copy.h"
#include "zoo/checkpoint/dict_keys.h"
#include "zoo/checkpoint/limits.h"
#include "zoo/checkpoint/part_name.h"
#include "zoo/checkpoint/plain_pickle.h"
#include "zoo/checkpoint/safetensors.h"
#include "zoo/checkpoint/sharded.h"
#include "zoo/checkpoint/tensor_values.h"
#include "zoo/checkpoint/torch_legacy.h"
#include "zoo/checkpoint/torch_tar.h"
#include "zoo/checkpoint/torch_zip.h"
#include "zoo/checkpoint/walk.h"

namespace zoo {
namespace {

constexpr size_t kTinyFile = 1 << 20;

Error NotACheckpoint(const FileContents& contents, const Sniffed& seen) {
  uint64_t size = contents.file->size();
  const std::string& name = contents.file->name();
  if (seen.kind == FileKind::kEmpty) {
    return {ErrorCode::kUnsupported, name + ": the file is empty", std::string(seen.hint)};
  }
  if (seen.kind == FileKind::kGitLfsPointer) {
    return {ErrorCode::kUnsupported,
            fmt::format("{}: this is a Git LFS pointer ({} bytes), not the file it points to", name,
                        size),
            "fetch it with `git lfs pull`"};
  }
  if (seen.kind == FileKind::kUnknown) {
    return {ErrorCode::kUnsupported,
            fmt::format("{}: not a checkpoint: its first bytes are of no format known here", name),
            ""};
  }
  std::string count = size < kTinyFile ? fmt::format(" ({} bytes)", size) : "";
  return {ErrorCode::kUnsupported,
          fmt::format("{}: this is {}{}, not a checkpoint", name, seen.what, count),
          std::string(seen.hint)};
}

Result<Sniffed> SniffFile(const FileContents& contents) {
  std::array<std::byte, kSniffBytes> head;
  std::span<std::byte> first(head.data(), std::min<uint64_t>(head.size(), contents.file->size()));
  ZOO_RETURN_IF_ERROR(contents.file->Read(0, first));
  return Sniff(first);
}

// Every format of one file.
Status ReadFormat(FileContents& contents, const Sniffed& seen) {
  if (seen.kind == FileKind::kZip) return ReadTorchZip(contents);
  if (seen.kind == FileKind::kTorchLegacy) return ReadTorchLegacy(contents);
  if (seen.kind == FileKind::kTar) return ReadTorchTar(contents);
  if (seen.kind == FileKind::kPickle) return ReadPlainPickle(contents);
  if (seen.kind == FileKind::kSafetensors) return ReadSafetensors(contents);
  if (seen.kind == FileKind::kUnknown) {
    ZOO_ASSIGN_OR_RETURN(bool pickle, ReadUnmarkedPickle(contents));
    if (pickle) return {};
  }
  return NotACheckpoint(contents, seen);
}

// A storage without a type of its own has that of the tensors that view it.
void FindSwapWidths(FileContents& contents) {
  auto width = [](DType dtype) {
    return static_cast<uint8_t>(ItemSize(dtype) / (IsComplex(dtype) ? 2 : 1));
  };
  for (const StorageRow& row : contents.arena.storages) {
    contents.swap_widths.push_back(width(row.dtype));
  }
  for (const TensorRow& row : contents.arena.tensors) {
    if (row.layout != TensorLayout::kStrided) continue;
    uint8_t& widest = contents.swap_widths[row.storage];
    widest = std::max(widest, width(row.dtype));
  }
}

void IndexStorages(FileContents& contents) {
  contents.storages.reserve(contents.arena.storages.size());
  for (size_t i = 0; i < contents.arena.storages.size(); ++i) {
    const StorageRow& row = contents.arena.storages[i];
    const StoragePlace& place = contents.places[i];
    if (!contents.shards.empty()) {
      contents.storages.push_back(contents.shards[place.shard]->storages[place.storage]);
      continue;
    }
    bool plain = place.found && place.kept == nullptr &&
                 (place.member == nullptr || !place.member->deflated);
    contents.storages.push_back({.key = std::string(row.key),
                                 .dtype = row.dtype,
                                 .nbytes = row.nbytes(),
                                 .mapped = plain && SwapWidth(contents, i) == 1,
                                 .device = std::string(row.device)});
  }
}

// Of a class that says more than that it is a tensor.
std::string_view SubclassName(const Arena& arena, NodeId type) {
  if (type == kNoNode) return {};
  static constexpr std::string_view kPlain[] = {
      "torch.Tensor", "torch._tensor.Tensor", "torch.nn.parameter.Parameter", "torch.nn.Parameter"};
  std::string_view name = arena.ClassName(type);
  return std::find(std::begin(kPlain), std::end(kPlain), name) == std::end(kPlain)
             ? name
             : std::string_view();
}

// Makes the rows of tensors() in the order of first reach.
class TensorIndex {
 public:
  explicit TensorIndex(FileContents& contents) : contents_(contents) {
    contents.tensor_index.assign(contents.arena.tensors.size(), kNoNode);
    contents.tensors.reserve(contents.arena.tensors.size());
  }

  uint32_t Add(NodeId node, const Path& path);
  // All paths together are within the limit; else not all tensors were added.
  bool fits() const { return path_bytes_ <= contents_.options.limits.listing; }

 private:
  FileContents& contents_;
  uint64_t path_bytes_ = 0;
};

// A part is a plain tensor or, in a hostile file, a composite again: those are refused elsewhere,
// so this recurses once.
uint32_t TensorIndex::Add(NodeId node, const Path& path) {
  const Arena& arena = contents_.arena;
  uint32_t row_index = arena.at(node).first;
  if (contents_.tensor_index[row_index] != kNoNode) return contents_.tensor_index[row_index];
  uint32_t index = static_cast<uint32_t>(contents_.tensors.size());
  contents_.tensor_index[row_index] = index;
  path_bytes_ += PathBytes(path);
  const TensorRow& row = arena.tensors[row_index];
  auto dims = std::span(arena.dims).subspan(row.dims);
  bool has_strides = row.layout == TensorLayout::kStrided || row.layout == TensorLayout::kMeta;
  contents_.tensors.push_back(
      {.dtype = row.dtype,
       .layout = static_cast<Layout>(row.layout),
       .requires_grad = row.requires_grad,
       .parameter = row.parameter,
       .conj = row.conj,
       .neg = row.neg,
       .storage = row.storage,
       .storage_offset = row.offset,
       .shape = dims.first(row.rank),
       .stride = has_strides ? dims.subspan(row.rank, row.rank) : dims.first(0),
       .quantization =
           row.quantization == 0 ? nullptr : &contents_.quantizations[row.quantization - 1],
       .coalesced = row.coalesced,
       .class_name = SubclassName(arena, row.type),
       .path = path});
  std::array<uint32_t, 4> parts;
  for (size_t i = 0; i < row.part_count; ++i) {
    Path part_path = path;
    part_path.emplace_back(std::string(PartName(static_cast<Layout>(row.layout), i)));
    parts[i] = Add(row.parts[i], part_path);
  }
  size_t start = contents_.parts.size();
  contents_.parts.insert(contents_.parts.end(), parts.begin(), parts.begin() + row.part_count);
  contents_.tensors[index].parts = std::span(contents_.parts).subspan(start);
  return index;
}

// Scales or zero points that stand in a tensor of their own.
Result<std::vector<double>> ReadNumbers(const FileContents& contents, NodeId node,
                                        std::vector<double> given) {
  if (node == kNoNode) return given;
  const TensorRow& row = contents.arena.tensor(node);
  auto dims = std::span(contents.arena.dims).subspan(row.dims, row.rank * 2u);
  TensorInfo info{.dtype = row.dtype,
                  .storage = row.storage,
                  .storage_offset = row.offset,
                  .shape = dims.first(row.rank),
                  .stride = dims.subspan(row.rank)};
  ZOO_ASSIGN_OR_RETURN(std::vector<std::byte> bytes, TensorValues(contents, info));
  std::vector<double> numbers;
  auto read = [&]<typename T>(T value) {
    for (size_t at = 0; at < bytes.size(); at += sizeof value) {
      std::memcpy(&value, bytes.data() + at, sizeof value);
      numbers.push_back(static_cast<double>(value));
    }
  };
  if (row.dtype == DType::kFloat64) read(double());
  if (row.dtype == DType::kFloat32) read(float());
  if (row.dtype == DType::kInt64) read(int64_t());
  if (row.dtype == DType::kInt32) read(int32_t());
  if (numbers.size() * ItemSize(row.dtype) != bytes.size()) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{}: scales or zero points of a quantized tensor are {}",
                             contents.file->name(), DTypeName(row.dtype)),
                 ""};
  }
  return numbers;
}

Status IndexQuantizations(FileContents& contents) {
  for (const QuantizationRow& row : contents.arena.quantizations) {
    Quantization made{
        .scheme = row.scheme, .scale = row.scale, .zero_point = row.zero_point, .axis = row.axis};
    ZOO_ASSIGN_OR_RETURN(made.scales, ReadNumbers(contents, row.scales_tensor, row.scales));
    ZOO_ASSIGN_OR_RETURN(made.zero_points,
                         ReadNumbers(contents, row.zero_points_tensor, row.zero_points));
    contents.quantizations.push_back(std::move(made));
  }
  return {};
}

Status IndexTensors(FileContents& contents) {
  size_t parts = 0;
  for (const TensorRow& row : contents.arena.tensors) parts += row.part_count;
  contents.parts.reserve(parts);  // the tensors' spans stay valid
  TensorIndex index(contents);
  auto visit = [&](const Path& path, NodeId node, bool) {
    if (contents.arena.kind(node) == NodeKind::kTensor && index.fits()) index.Add(node, path);
  };
  Status walked = Walk(contents.arena, contents.root, {}, visit);
  if (!index.fits()) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{}: the paths of its tensors take more than {} bytes",
                             contents.file->name(), contents.options.limits.listing),
                 RaiseLimit("listing")};
  }
  if (walked) return {};
  Error error = walked.error();
  error.message = contents.file->name() + ": " + error.message;
  return error;
}

uint64_t ItemsIn(const Arena& arena, NodeId node) {
  if (node == kNoNode) return 0;
  NodeKind kind = arena.kind(node);
  if (kind == NodeKind::kDict || kind == NodeKind::kSet) return arena.Items(node).size();
  auto items = arena.Sequence(node);
  return items ? items->size() : 0;
}

// Of a state: a dict, or a pair of them. A module's holds further ones.
uint64_t StateItems(const Arena& arena, NodeId state) {
  uint64_t items = ItemsIn(arena, state);
  if (state == kNoNode) return 0;
  if (auto pair = arena.Sequence(state); pair && pair->size() == 2) {
    items += ItemsIn(arena, (*pair)[0]) + ItemsIn(arena, (*pair)[1]);
  }
  return items;
}

uint64_t PartItems(const Arena& arena, NodeId state) {
  if (state == kNoNode || arena.kind(state) != NodeKind::kDict) return 0;
  uint64_t items = 0;
  for (std::string_view part :
       {"_parameters", "_buffers", "_modules", "_non_persistent_buffers_set"}) {
    items += ItemsIn(arena, arena.Find(state, part));
  }
  return items;
}

// The state of an object is gone through for each that has it: one that many share would take the
// square of the file's size.
Status CheckStates(const FileContents& contents) {
  const Arena& arena = contents.arena;
  const uint64_t most = arena.limits().nodes;
  uint64_t items = 0;
  for (const ObjectRow& object : arena.objects) {
    items += StateItems(arena, object.state) + ItemsIn(arena, object.arguments) +
             ItemsIn(arena, object.keywords);
    if (items <= most) items += PartItems(arena, object.state);
    if (items > most) break;
  }
  for (const TensorRow& row : arena.tensors) {
    items += StateItems(arena, row.state);
    if (items > most) break;
  }
  if (items <= most) return {};
  return Error{ErrorCode::kCorrupt,
               fmt::format("{}: more than {} values in the states of objects that share them",
                           contents.file->name(), most),
               RaiseLimit("nodes")};
}

Status IndexContents(FileContents& contents) {
  if (Status resolved = ResolveDuplicateKeys(contents.arena); !resolved) {
    Error error = resolved.error();
    error.message = contents.file->name() + ": " + error.message;
    return error;
  }
  ZOO_RETURN_IF_ERROR(CheckStates(contents));
  FindSwapWidths(contents);
  IndexStorages(contents);
  ZOO_RETURN_IF_ERROR(IndexQuantizations(contents));
  return IndexTensors(contents);
}

// An index is no shard of another.
Status ReadShard(FileContents& shard) {
  ZOO_ASSIGN_OR_RETURN(Sniffed seen, SniffFile(shard));
  ZOO_RETURN_IF_ERROR(ReadFormat(shard, seen));
  return IndexContents(shard);
}

}  // namespace

Status ReadContents(FileContents& contents) {
  ZOO_ASSIGN_OR_RETURN(Sniffed seen, SniffFile(contents));
  std::optional<ShardIndex> index;
  if (seen.kind == FileKind::kJson) {
    ZOO_ASSIGN_OR_RETURN(index, ReadShardIndex(contents));
  }
  ZOO_RETURN_IF_ERROR(index ? ReadShards(contents, *index, ReadShard) : ReadFormat(contents, seen));
  return IndexContents(contents);
}

}  // namespace zoo
