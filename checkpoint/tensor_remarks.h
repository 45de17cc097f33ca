// What there is to say of a tensor besides its name, type and shape, for people. Any thread.
#ifndef ZOO_CHECKPOINT_TENSOR_REMARKS_H_
#define ZOO_CHECKPOINT_TENSOR_REMARKS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "zoo/checkpoint/checkpoint.h"

namespace zoo {

class TensorRemarks {
 public:
  // The checkpoint must outlive it.
  explicit TensorRemarks(const Checkpoint& checkpoint);

  // Of the tensor where it stands under `path`: "shares w, stride [1, 3], cuda:0". Empty: a plain
  // tensor of its own.
  std::string Of(const Path& path, const TensorInfo& tensor) const;

 private:
  void Sharing(const Path& path, const TensorInfo& tensor, std::vector<std::string>& remarks) const;

  const Checkpoint& checkpoint_;
  std::map<uint32_t, Path> shared_;  // storages of several tensors, with the first one's path
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_TENSOR_REMARKS_H_
