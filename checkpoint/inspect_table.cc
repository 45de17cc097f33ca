#include "zoo/checkpoint/inspect_table.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "zoo/base/bytes.h"
#include "zoo/base/text.h"

namespace zoo {
namespace {

using Kind = Value::Kind;

constexpr size_t kValueBytes = 100;

class Lister {
 public:
  Lister(const Checkpoint& checkpoint, size_t max_others)
      : checkpoint_(checkpoint), max_others_(max_others) {
    text_.tensors.push_back({"Name", "Type", "Shape", "Size", ""});
  }

  InspectText Run() {
    std::map<uint32_t, std::set<uint32_t>> users;
    for (uint32_t i = 0; i < checkpoint_.tensors().size(); ++i) {
      const TensorInfo& tensor = checkpoint_.tensors()[i];
      if (tensor.layout == Layout::kStrided) users[tensor.storage].insert(i);
    }
    for (const auto& [storage, tensors] : users) {
      if (tensors.size() > 1)
        shared_.emplace(storage, checkpoint_.tensors()[*tensors.begin()].path);
    }
    checkpoint_.Walk(
        [this](const Path& path, const Value& value, bool again) { Visit(path, value, again); });
    if (left_out_ > 0) text_.others.push_back(fmt::format("... and {} more", left_out_));
    text_.heading = Heading();
    auto found = checkpoint_.FindStateDict();
    text_.state_dict = found ? StateDictText(*found) : found.error().Text();
    return std::move(text_);
  }

 private:
  static std::string StateDictText(const StateDict& found) {
    std::string where = found.path.empty() ? "the file itself" : FormatPath(found.path);
    return fmt::format("State dict: {}, {} tensors", where, found.tensors.size());
  }

  std::string Heading() const {
    uint64_t elements = 0, bytes = 0;
    for (const TensorInfo& tensor : checkpoint_.tensors()) {
      elements += static_cast<uint64_t>(tensor.numel());
    }
    for (const StorageInfo& storage : checkpoint_.storages()) bytes += storage.nbytes;
    return fmt::format("{}: {}, {}, {} tensors of {} elements in {} storages of {}",
                       checkpoint_.name(), FormatSize(checkpoint_.file_size()),
                       FormatName(checkpoint_.format()), checkpoint_.tensors().size(), elements,
                       checkpoint_.storages().size(), FormatSize(bytes));
  }

  void Other(std::string line) {
    if (text_.others.size() < max_others_) {
      text_.others.push_back(std::move(line));
    } else {
      ++left_out_;
    }
  }

  void Visit(const Path& path, const Value& value, bool again) {
    std::string name = path.empty() ? "(the file)" : FormatPath(path);
    switch (value.kind()) {
      case Kind::kTensor:
        return AddTensor(name, path, checkpoint_.tensors()[value.tensor()]);
      case Kind::kDict:
      case Kind::kList:
      case Kind::kTuple:
        if (again) Other(fmt::format("{}: a container that is listed above", name));
        return;
      case Kind::kModule:
        return Other(fmt::format("{}: a module of {}", name, Escape(value.class_name())));
      case Kind::kObject:
        return Other(fmt::format("{}: an object of {}", name, Escape(value.class_name())));
      case Kind::kClass:
        return Other(fmt::format("{}: the name {}", name, Escape(value.class_name())));
      default:
        // A repr has escapes of its own, so only what it lets through is escaped again.
        return Other(fmt::format("{} = {}", name, Printable(value.Repr(kValueBytes))));
    }
  }

  static std::string Printable(const std::string& repr) {
    std::string out = Escape(repr, 4 * kValueBytes);
    for (size_t at = 0; (at = out.find('\\', at)) != std::string::npos; ++at) {
      if (at + 1 < out.size() && (out[at + 1] == '\\' || out[at + 1] == '"')) out.erase(at, 1);
    }
    return out;
  }

  void AddTensor(const std::string& name, const Path& path, const TensorInfo& tensor) {
    std::string size = FormatSize(tensor.nbytes());
    text_.tensors.push_back({name, std::string(DTypeName(tensor.dtype)),
                             fmt::format("[{}]", fmt::join(tensor.shape, ", ")), std::move(size),
                             Remarks(path, tensor)});
  }

  std::string Remarks(const Path& path, const TensorInfo& tensor) const {
    std::vector<std::string> remarks;
    if (tensor.layout != Layout::kStrided) {
      remarks.emplace_back(LayoutName(tensor.layout));
    } else {
      auto shared = shared_.find(tensor.storage);
      if (path != tensor.path) {
        remarks.push_back("is " + FormatPath(tensor.path));
      } else if (shared != shared_.end()) {
        remarks.push_back(shared->second == path ? "shared"
                                                 : "shares " + FormatPath(shared->second));
      }
      if (!tensor.contiguous()) {
        remarks.push_back(fmt::format("stride [{}]", fmt::join(tensor.stride, ", ")));
      }
      const std::string& device = checkpoint_.storages()[tensor.storage].device;
      if (device != "cpu") remarks.push_back(Escape(device, 40));
    }
    if (tensor.parameter) remarks.emplace_back("parameter");
    if (!tensor.class_name.empty()) remarks.push_back(Escape(tensor.class_name, 100));
    if (tensor.quantization != nullptr) remarks.push_back(Escape(tensor.quantization->scheme, 40));
    return fmt::format("{}", fmt::join(remarks, ", "));
  }

  const Checkpoint& checkpoint_;
  size_t max_others_, left_out_ = 0;
  std::map<uint32_t, Path> shared_;  // storages of several tensors, with the first one's path
  InspectText text_;
};

}  // namespace

InspectText InspectAsText(const Checkpoint& checkpoint, size_t max_others) {
  return Lister(checkpoint, max_others).Run();
}

}  // namespace zoo
