// Staging: the way of arriving bytes into a staged file. The caller's thread hashes them, while
// they are still in its cache; a second thread writes them, in large pieces, so that receiving and
// writing overlap. Bytes that came wait at most a few milliseconds before they are written, so that
// a killed process loses next to nothing. One thread at a time may call it.
#ifndef ZOO_CACHE_STAGING_H_
#define ZOO_CACHE_STAGING_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/cache/disk.h"
#include "zoo/cache/disk_file.h"

namespace zoo {

class Staging {
 public:
  // `file` must outlive this.
  Staging(Disk& disk, DiskFile& file) : disk_(disk), file_(file) {}
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  ~Staging();  // writes what is still in memory

  uint64_t size() const { return size_; }
  // Takes the bytes that the file has already. Before the first Append.
  Status Resume(uint64_t bytes, CancelToken cancel);
  // 0, or the negative errno of a write: of these bytes or of earlier ones. Then nothing more is
  // written before a Restart.
  int Append(ByteView bytes);
  // Until all is written.
  int Flush();
  Status Restart();
  // The digest of all bytes.
  Digest Finish() { return hasher_.Finish(); }

 private:
  void StartWriter();
  int HandOver(ByteView part);
  void WriteAsTheyCome();
  void WriteBatch(ByteView batch);

  Disk& disk_;
  DiskFile& file_;
  Sha256 hasher_;
  uint64_t size_ = 0;  // hashed: written or on their way

  std::thread writer_;  // started by the first Append
  std::mutex mutex_;    // of what follows
  std::condition_variable to_writer_, to_caller_;
  std::vector<std::byte> waiting_;
  bool busy_ = false;  // the writer has a batch in hand
  bool in_a_hurry_ = false, ended_ = false;
  int failed_ = 0;
  // Only the thread that writes:
  std::vector<std::byte> batch_;
  uint64_t written_ = 0;       // where the next batch goes
  uint64_t written_back_ = 0;  // up to here the kernel was asked to begin
};

}  // namespace zoo

#endif  // ZOO_CACHE_STAGING_H_
