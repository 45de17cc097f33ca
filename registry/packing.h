// Packer, Unpacker: values as compact bytes and back, for files that only the program which wrote
// them reads again on the same machine (packed_entry.h, registry_index.h). Whole numbers are seven
// bits a byte, the least first; texts and lists begin with their length.
//
//   Packer packer;
//   packer.Text("resnet18");
//   Unpacker unpacker(AsBytes(packer.bytes()));
//   std::string_view text = unpacker.Text();
//   if (!unpacker.AtEnd()) ...  // damaged
//
// An Unpacker latches its first failure: from then on it answers zeros and empty texts. One thread.
#ifndef ZOO_REGISTRY_PACKING_H_
#define ZOO_REGISTRY_PACKING_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/json.h"

namespace zoo {

class Packer {
 public:
  void Flag(std::same_as<bool> auto value) { bytes_ += value ? '\1' : '\0'; }
  void Whole(uint64_t value);
  void Signed(int64_t value);
  void Real(double value);
  void Text(std::string_view text);
  void Sha256(const Digest& digest);
  void Value(const Json& value);
  void Members(const Json::Object& members);

  const std::string& bytes() const { return bytes_; }
  void Clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

class Unpacker {
 public:
  // `bytes` must outlive this and the texts that it answers.
  explicit Unpacker(ByteView bytes) : left_(bytes) {}

  bool Flag();
  uint64_t Whole();
  int64_t Signed();
  double Real();
  std::string_view Text();
  Digest Sha256();
  Json Value() { return Value(0); }
  Json::Object Members() { return Members(0); }
  // How many items of at least `bytes_each` bytes come: never more than there are bytes for.
  size_t Count(size_t bytes_each);

  // Nothing was wrong, and nothing is left.
  bool AtEnd() const { return !failed_ && left_.empty(); }
  bool failed() const { return failed_; }
  void Fail();

 private:
  ByteView Take(size_t size);
  Json Value(int depth);
  Json::Object Members(int depth);

  ByteView left_;
  bool failed_ = false;
};

}  // namespace zoo

#endif  // ZOO_REGISTRY_PACKING_H_
