#include "zoo/checkpoint/sharded.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "zoo/base/text.h"

namespace zoo {
namespace {

// More are opened anew for each read: a process may have 1024 files open, on some systems 256.
constexpr size_t kKeptOpen = 64;

class Reader {
 public:
  Reader(FileContents& contents, const ShardIndex& index)
      : contents_(contents), arena_(contents.arena), index_(index) {}

  Status Read(const std::function<Status(FileContents& shard)>& read);

 private:
  Result<std::unique_ptr<FileContents>> Open(const std::string& file) const;
  Status AddTensors(const FileContents& shard);
  Result<NodeId> AddTensor(const FileContents& shard, NodeId node, std::string_view name);
  uint32_t AddStorage(const FileContents& shard, uint32_t storage);
  void AddDims(const FileContents& shard, TensorRow& row);
  uint32_t AddQuantization(const Quantization& quantization);
  void AddDict();

  FileContents& contents_;
  Arena& arena_;
  const ShardIndex& index_;
  std::vector<std::vector<size_t>> entries_of_;  // of each shard, in the index's order
  std::vector<NodeId> tensors_;                  // of each entry
  // Of the shard that is being read: our storage for each of its storages, our node for each
  // tensor.
  std::vector<uint32_t> storages_;
  std::vector<NodeId> nodes_;
};

Result<std::unique_ptr<FileContents>> Reader::Open(const std::string& file) const {
  auto opened = MappedFile::Open(
      contents_.file->path().parent_path() / file,
      {.map = contents_.options.immutable, .keep_open = index_.files.size() <= kKeptOpen});
  if (opened) return std::make_unique<FileContents>(*std::move(opened), contents_.options);
  if (opened.error().code != ErrorCode::kNotFound) return opened.error();
  return Error{ErrorCode::kNotFound,
               fmt::format("{}: shard {} is missing", contents_.file->name(), Quote(file, 300)),
               "all files that the index names belong into its folder"};
}

Status Reader::Read(const std::function<Status(FileContents& shard)>& read) {
  entries_of_.resize(index_.files.size());
  tensors_.assign(index_.entries.size(), kNoNode);
  for (size_t i = 0; i < index_.entries.size(); ++i) {
    entries_of_[index_.entries[i].shard].push_back(i);
  }
  for (const std::string& file : index_.files) {
    ZOO_ASSIGN_OR_RETURN(std::unique_ptr<FileContents> shard, Open(file));
    ZOO_RETURN_IF_ERROR(read(*shard));
    ZOO_RETURN_IF_ERROR(AddTensors(*shard));
    // What was taken over need not be held twice; bytes that storages have there must be.
    bool holds_bytes = std::ranges::any_of(
        shard->places, [](const StoragePlace& place) { return place.kept != nullptr; });
    if (!holds_bytes) shard->arena = Arena(contents_.options.limits);
    shard->tensors = {};
    shard->tensor_index = {};
    shard->quantizations = {};
    contents_.shard_infos.push_back({.file = file, .size = shard->file->size()});
    contents_.shards.push_back(std::move(shard));
  }
  AddDict();
  return {};
}

Status Reader::AddTensors(const FileContents& shard) {
  if (shard.arena.kind(shard.root) != NodeKind::kDict) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{}: it holds {}, a shard must hold a dict of tensors",
                             shard.file->name(), NodeKindName(shard.arena.kind(shard.root))),
                 ""};
  }
  storages_.assign(shard.storages.size(), UINT32_MAX);
  nodes_.assign(shard.arena.tensors.size(), kNoNode);
  std::unordered_map<std::string_view, NodeId> by_name;
  const std::vector<NodeId>& items = shard.arena.Items(shard.root);
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    if (shard.arena.kind(items[i]) != NodeKind::kString) continue;
    by_name.emplace(shard.arena.text(items[i]), items[i + 1]);
  }
  for (size_t entry : entries_of_[contents_.shards.size()]) {
    const std::string& name = index_.entries[entry].name;
    auto found = by_name.find(name);
    if (found == by_name.end() || shard.arena.kind(found->second) != NodeKind::kTensor) {
      return Error{ErrorCode::kCorrupt,
                   fmt::format("{}: it has no tensor {}, which {} says it has", shard.file->name(),
                               Quote(name, 80), contents_.file->name()),
                   "the files are not of one set: download all of them again"};
    }
    ZOO_ASSIGN_OR_RETURN(tensors_[entry], AddTensor(shard, found->second, name));
    if (!arena_.exhausted()) continue;
    return Error{
        ErrorCode::kCorrupt,
        fmt::format("{}: more than {} values", contents_.file->name(), arena_.limits().nodes),
        "raise the limit \"nodes\" if the file is trusted"};
  }
  return {};
}

Result<NodeId> Reader::AddTensor(const FileContents& shard, NodeId node, std::string_view name) {
  NodeId& known = nodes_[shard.arena.at(node).first];
  if (known != kNoNode) return known;
  TensorRow row = shard.arena.tensor(node);
  if (row.layout != TensorLayout::kStrided && row.layout != TensorLayout::kMeta) {
    return Error{
        ErrorCode::kUnsupported,
        fmt::format("{}: tensor {} is {}, which is not read from shards", shard.file->name(),
                    Quote(name, 80), LayoutName(static_cast<Layout>(row.layout))),
        ""};
  }
  AddDims(shard, row);
  if (row.layout == TensorLayout::kStrided) row.storage = AddStorage(shard, row.storage);
  if (row.quantization != 0) {
    row.quantization = AddQuantization(shard.quantizations[row.quantization - 1]);
  }
  row.type = kNoNode;  // a node of the shard's
  known = arena_.AddTensor(row);
  return known;
}

void Reader::AddDims(const FileContents& shard, TensorRow& row) {
  auto dims = std::span(shard.arena.dims).subspan(row.dims, size_t{2} * row.rank);
  row.dims = static_cast<uint32_t>(arena_.dims.size());
  arena_.dims.insert(arena_.dims.end(), dims.begin(), dims.end());
}

uint32_t Reader::AddStorage(const FileContents& shard, uint32_t storage) {
  uint32_t& known = storages_[storage];
  if (known != UINT32_MAX) return known;
  known = static_cast<uint32_t>(arena_.storages.size());
  const StorageRow& row = shard.arena.storages[storage];
  // Key and device are those of the shard's StorageInfo.
  arena_.storages.push_back(
      {.key = {}, .dtype = row.dtype, .elements = row.elements, .device = {}});
  contents_.places.push_back(
      {.found = true, .shard = static_cast<uint32_t>(contents_.shards.size()), .storage = storage});
  arena_.CountItems(16);
  return known;
}

// Scales that stood in tensors of their own were read with the shard.
uint32_t Reader::AddQuantization(const Quantization& quantization) {
  arena_.CountItems(quantization.scales.size() + quantization.zero_points.size());
  arena_.quantizations.push_back({.scheme = quantization.scheme,
                                  .scale = quantization.scale,
                                  .zero_point = quantization.zero_point,
                                  .axis = quantization.axis,
                                  .scales = quantization.scales,
                                  .zero_points = quantization.zero_points});
  return static_cast<uint32_t>(arena_.quantizations.size());
}

void Reader::AddDict() {
  contents_.root = arena_.AddContainer(NodeKind::kDict);
  std::vector<NodeId> items;
  items.reserve(2 * tensors_.size());
  for (size_t i = 0; i < tensors_.size(); ++i) {
    items.push_back(arena_.AddText(NodeKind::kString, arena_.Keep(index_.entries[i].name)));
    items.push_back(tensors_[i]);
  }
  arena_.Items(contents_.root) = std::move(items);
}

}  // namespace

Status ReadShards(FileContents& contents, const ShardIndex& index,
                  const std::function<Status(FileContents& shard)>& read) {
  contents.format = Format::kSharded;
  if (!contents.file->path().empty()) return Reader(contents, index).Read(read);
  return Error{ErrorCode::kUnsupported,
               contents.file->name() + ": an index of shards in memory, without its files", ""};
}

}  // namespace zoo
