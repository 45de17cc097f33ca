#include "zoo/checkpoint/inspect_table.h"

#include <fmt/format.h>

#include "zoo/base/bytes.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/printable.h"
#include "zoo/checkpoint/tensor_remarks.h"

namespace zoo {
namespace {

using Kind = Value::Kind;

constexpr size_t kValueBytes = 100;

class Lister {
 public:
  Lister(const Checkpoint& checkpoint, const TextOptions& options)
      : checkpoint_(checkpoint), options_(options), remarks_(checkpoint) {
    text_.tensors.push_back({"Name", "Type", "Shape", "Size", ""});
  }

  InspectText Run() {
    for (const auto& [key, value] : checkpoint_.metadata()) AddMetadata(key, value);
    checkpoint_.Walk(
        [this](const Path& path, const Value& value, bool again) { Visit(path, value, again); });
    if (left_out_ > 0) text_.others.push_back(fmt::format("... and {} more", left_out_));
    text_.heading = Heading();
    auto found = checkpoint_.FindStateDict(options_.key);
    text_.state_dict = found ? StateDictText(*found) : found.error().Text();
    return std::move(text_);
  }

 private:
  static std::string StateDictText(const StateDict& found) {
    std::string where = found.path.empty() ? "the file itself" : FormatPath(found.path);
    return fmt::format("State dict: {}, {}", where, Count(found.tensors.size(), "tensor"));
  }

  // "zip"; "sharded (3 files of 14.2 GiB)".
  std::string FormatText() const {
    std::string name(FormatName(checkpoint_.format()));
    if (checkpoint_.shards().empty()) return name;
    uint64_t bytes = 0;
    for (const ShardInfo& shard : checkpoint_.shards()) bytes += shard.size;
    return fmt::format("{} ({} of {})", name, Count(checkpoint_.shards().size(), "file"),
                       FormatSize(bytes));
  }

  std::string Heading() const {
    uint64_t elements = 0, bytes = 0;
    for (const TensorInfo& tensor : checkpoint_.tensors()) {
      elements += static_cast<uint64_t>(tensor.numel());
    }
    for (const StorageInfo& storage : checkpoint_.storages()) bytes += storage.nbytes;
    return fmt::format("{}: {}, {}, {} of {} in {} of {}", checkpoint_.name(),
                       FormatSize(checkpoint_.file_size()), FormatText(),
                       Count(checkpoint_.tensors().size(), "tensor"), Count(elements, "element"),
                       Count(checkpoint_.storages().size(), "storage"), FormatSize(bytes));
  }

  void AddMetadata(const std::string& key, const std::string& value) {
    if (text_.others.size() >= options_.max_others) {
      ++left_out_;
      return;
    }
    Other(fmt::format("metadata: {} = {}", Escape(key, kValueBytes), Quote(value, kValueBytes)));
  }

  void Other(std::string line) { text_.others.push_back(std::move(line)); }

  void Visit(const Path& path, const Value& value, bool again) {
    bool container =
        value.kind() == Kind::kDict || value.kind() == Kind::kList || value.kind() == Kind::kTuple;
    if (container && !again) return;
    if (value.kind() != Kind::kTensor && text_.others.size() >= options_.max_others) {
      ++left_out_;
      return;
    }
    std::string name = path.empty() ? "(the file)" : FormatPath(path);
    switch (value.kind()) {
      case Kind::kTensor:
        return AddTensor(name, path, checkpoint_.tensors()[value.tensor()]);
      case Kind::kDict:
      case Kind::kList:
      case Kind::kTuple:
        return Other(fmt::format("{}: a container that is listed above", name));
      case Kind::kModule:
        return Other(fmt::format("{}: a module of {}", name, Escape(value.class_name())));
      case Kind::kObject:
        return Other(ObjectText(name, value));
      case Kind::kClass:
        return Other(fmt::format("{}: the name {}", name, Escape(value.class_name())));
      default:
        // A repr has escapes of its own, so only what it lets through is escaped again.
        return Other(fmt::format("{} = {}", name, PrintableRepr(value, kValueBytes)));
    }
  }

  static std::string ObjectText(const std::string& name, const Value& value) {
    std::string text = fmt::format("{}: an object of {}", name, Escape(value.class_name()));
    if (value.made_by().empty()) return text;
    return fmt::format("{}, made by {}", text, Escape(value.made_by()));
  }

  void AddTensor(const std::string& name, const Path& path, const TensorInfo& tensor) {
    std::string size = FormatSize(tensor.nbytes());
    text_.tensors.push_back({name, std::string(DTypeName(tensor.dtype)),
                             fmt::format("[{}]", fmt::join(tensor.shape, ", ")), std::move(size),
                             remarks_.Of(path, tensor)});
  }

  const Checkpoint& checkpoint_;
  const TextOptions& options_;
  size_t left_out_ = 0;
  TensorRemarks remarks_;
  InspectText text_;
};

}  // namespace

InspectText InspectAsText(const Checkpoint& checkpoint, const TextOptions& options) {
  return Lister(checkpoint, options).Run();
}

}  // namespace zoo
