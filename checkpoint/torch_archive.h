// TorchArchive: what all of PyTorch's zip archives have in common, whichever kind they are: one
// folder for all records, a version, a byte order, storages that are records of their own, and
// pickles that name them.
//
//   TorchArchive archive(contents);
//   ZOO_RETURN_IF_ERROR(archive.Open());
//   if (archive.Find("data.pkl") == nullptr) ...
//   ZOO_RETURN_IF_ERROR(archive.CheckVersion(1));
//   ZOO_RETURN_IF_ERROR(archive.ReadByteOrder());
//   ZOO_ASSIGN_OR_RETURN(contents.root, archive.ReadPickle("data.pkl", {.folder = "data/"}));
//
// Record names are keys: they are compared byte for byte and never become paths. A record that is
// named as a storage twice, by whatever pickle, is one storage. Used by one thread while a file is
// opened.
#ifndef ZOO_CHECKPOINT_TORCH_ARCHIVE_H_
#define ZOO_CHECKPOINT_TORCH_ARCHIVE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/contents.h"

namespace zoo {

// The record of the storage with key K is folder + K + suffix.
struct StorageRecords {
  std::string_view folder, suffix;
  // What persistent ids name beside storages: an object that is described, not built.
  std::string_view other = "";
};

class TorchArchive {
 public:
  explicit TorchArchive(FileContents& contents) : contents_(contents) {}
  TorchArchive(const TorchArchive&) = delete;
  TorchArchive& operator=(const TorchArchive&) = delete;

  // Reads the directory into contents.zip. In an archive of PyTorch, names that another reader
  // could take for each other are kCorrupt, as is more than one folder.
  Status Open();
  // kUnsupported for a version below `lowest` or one that no released PyTorch wrote; kCorrupt if
  // there is none.
  Status CheckVersion(int lowest) const;
  // Sets contents.big_endian; without a record it is little.
  Status ReadByteOrder();

  const ZipDirectory& zip() const { return *contents_.zip; }
  FileContents& contents() const { return contents_; }
  // The record of that name in the archive's folder; null if there is none.
  const ZipMember* Find(std::string_view name) const;
  // A member's name without the archive's folder; the whole name of one that is elsewhere.
  std::string_view NameOf(const ZipMember& member) const;

  // What the pickle in that record holds. kCorrupt if there is no such record.
  Result<NodeId> ReadPickle(std::string_view record, const StorageRecords& storages);
  // The storage that is that record as a whole, in bytes; the same node's index for the same
  // record.
  Result<uint32_t> AddStorage(const StorageRow& storage, const ZipMember& member);

  // kCorrupt: "FILE: record NAME: WHAT".
  Error Corrupt(const ZipMember& member, std::string_view what) const;
  // "FILE: WHAT".
  Error About(std::string_view what, ErrorCode code, std::string_view hint = "") const;

 private:
  Error Explain(const Error& error) const;
  Status CheckCase() const;
  Status CheckName(const ZipMember& member) const;
  Result<NodeId> LoadStorage(Arena& arena, NodeId id, const StorageRecords& storages);
  Result<const ZipMember*> FindRecord(std::string_view key, const StorageRecords& storages);
  Status CheckSize(const StorageRow& storage, const ZipMember& member) const;

  FileContents& contents_;
  std::string prefix_;  // "NAME/"
  static constexpr uint32_t kNoStorage = UINT32_MAX;
  std::vector<uint32_t> storage_of_;  // of each member, its storage in the arena
  std::string record_name_;           // "NAME/data/KEY", made anew for each lookup
  size_t next_ = 0;                   // the member behind the one that was looked up last
};

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_TORCH_ARCHIVE_H_
