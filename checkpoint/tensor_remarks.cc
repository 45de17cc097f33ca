#include "zoo/checkpoint/tensor_remarks.h"

#include <fmt/format.h>

#include <set>

#include "zoo/base/text.h"

namespace zoo {

TensorRemarks::TensorRemarks(const Checkpoint& checkpoint) : checkpoint_(checkpoint) {
  std::map<uint32_t, std::set<uint32_t>> users;
  for (uint32_t i = 0; i < checkpoint.tensors().size(); ++i) {
    const TensorInfo& tensor = checkpoint.tensors()[i];
    if (tensor.layout == Layout::kStrided) users[tensor.storage].insert(i);
  }
  for (const auto& [storage, tensors] : users) {
    if (tensors.size() > 1) shared_.emplace(storage, checkpoint.tensors()[*tensors.begin()].path);
  }
}

void TensorRemarks::Sharing(const Path& path, const TensorInfo& tensor,
                            std::vector<std::string>& remarks) const {
  auto shared = shared_.find(tensor.storage);
  if (path != tensor.path) {
    remarks.push_back("is " + FormatPath(tensor.path));
  } else if (shared != shared_.end()) {
    remarks.push_back(shared->second == path ? "shared" : "shares " + FormatPath(shared->second));
  }
}

std::string TensorRemarks::Of(const Path& path, const TensorInfo& tensor) const {
  std::vector<std::string> remarks;
  if (tensor.layout != Layout::kStrided) {
    remarks.emplace_back(LayoutName(tensor.layout));
  } else {
    Sharing(path, tensor, remarks);
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

}  // namespace zoo
