// Output: a file that is written from its first byte to its last, in slices that are hashed on the
// way. Small pieces gather in a buffer, the bytes of storages in memory go to the kernel from where
// they lie. Any failure is the file's end: dropping the Output removes what was written. One
// thread.
//
//   ZOO_ASSIGN_OR_RETURN(auto out, Output::Create(path, size, options));
//   ZOO_RETURN_IF_ERROR(out->Append(header));
//   ZOO_RETURN_IF_ERROR(out->AppendStorage(storage, &crc));
//   ZOO_ASSIGN_OR_RETURN(Written written, out->Finish());
#ifndef ZOO_CHECKPOINT_OUTPUT_H_
#define ZOO_CHECKPOINT_OUTPUT_H_

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/cancel.h"
#include "zoo/base/new_file.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/document_reader.h"
#include "zoo/checkpoint/hash_thread.h"
#include "zoo/checkpoint/write_options.h"

namespace zoo {

class Output {
 public:
  // `size` bytes will be written.
  static Result<std::unique_ptr<Output>> Create(const std::filesystem::path& path, uint64_t size,
                                                const WriteOptions& options);

  uint64_t offset() const { return offset_; }  // of the next byte
  Status Append(std::string_view bytes);       // copied
  Status AppendZeros(uint64_t count);
  // `crc`: where the CRC-32 of its bytes goes, if anywhere.
  Status AppendStorage(const Document::Storage& storage, uint32_t* crc);
  Result<Written> Finish();

 private:
  static constexpr size_t kSlice = 1 << 20;
  // A slice may be in the hasher's hands while kDepth others wait and the next is filled.
  static constexpr size_t kBuffers = HashThread::kDepth + 2;

  Output(NewFile file, std::filesystem::path path, const WriteOptions& options);
  std::span<std::byte> Buffer();  // to be filled for the next slice
  Status Write(ByteView slice);
  Status Flush();  // writes what was gathered
  Status AppendMemory(ByteView bytes, uint32_t* crc);
  Status AppendRead(const Document::Storage& storage, uint32_t* crc);

  NewFile file_;
  std::filesystem::path path_;  // in messages
  bool sync_;
  CancelToken cancel_;
  uint64_t offset_ = 0;
  std::array<std::vector<std::byte>, kBuffers> buffers_;
  size_t buffer_ = 0;                 // in use
  size_t gathered_ = 0;               // bytes in it that were not written
  std::unique_ptr<HashThread> hash_;  // last: it reads the buffers
};

uint32_t Crc32(ByteView bytes);

// "cannot write model.pt: state.lr: an int of ...": what a document's error says, of this file.
Error CannotWrite(const std::filesystem::path& path, Error error);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_OUTPUT_H_
