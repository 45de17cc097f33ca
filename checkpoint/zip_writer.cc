// The archive, in the order of its bytes:
//
// 1. archive/data.pkl: the values, as a pickle of protocol 2.
// 2. archive/byteorder: "little".
// 3. archive/data/0, archive/data/1, ...: the storages, in the order of their first use, stored,
// each
//    at a multiple of the alignment in the file. The bytes before it are an extra field "FB" of its
//    local header, as PyTorch has them.
// 4. archive/version: "3".
// 5. The directory and its end record; the zip64 end record and its locator only where a count,
// size
//    or offset is too large without them.
//
// The folder is always "archive", so that the bytes do not depend on the file's name. PyTorch also
// writes .format_version and .storage_alignment, which let it work out where storages lie without
// looking; that holds for its own headers only, so they are left out. A storage's CRC is known only
// after its bytes: it stands in a data descriptor behind them and in the directory.
#include "zoo/checkpoint/zip_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/checkpoint/document_reader.h"
#include "zoo/checkpoint/output.h"
#include "zoo/checkpoint/pickle_writer.h"
#include "zoo/checkpoint/tensor_pickler.h"

namespace zoo {
namespace {

constexpr uint64_t kMax32 = 0xffffffff, kMax16 = 0xffff;
constexpr uint32_t kLocalSignature = 0x04034b50, kDescriptorSignature = 0x08074b50,
                   kCentralSignature = 0x02014b50, kEndSignature = 0x06054b50,
                   kEnd64Signature = 0x06064b50, kLocatorSignature = 0x07064b50;
constexpr uint16_t kUtf8Flag = 0x0800, kDescriptorFlag = 0x0008;
constexpr uint16_t kZip64Extra = 1, kPaddingExtra = 0x4246;  // "FB"
constexpr uint16_t kVersion = 20, kVersion64 = 45;
constexpr uint16_t kDate = 1 << 5 | 1;  // the first of January 1980, the earliest there is
constexpr uint64_t kLocalBytes = 30, kExtraHeader = 4;
constexpr uint32_t kMaxAlignment = 4096;

struct Record {
  std::string name;
  std::string text;                            // its bytes, or
  const Document::Storage* storage = nullptr;  // whose they are
  uint64_t size = 0;
  uint64_t offset = 0;   // of its local header
  uint64_t padding = 0;  // zeros in its "FB" field
  bool padded = false;
  bool descriptor = false;
  uint32_t crc = 0;

  bool large() const { return size >= kMax32; }
  uint16_t flags() const { return kUtf8Flag | (descriptor ? kDescriptorFlag : 0); }
};

// Little-endian fields in a row.
class Fields {
 public:
  Fields& U16(uint64_t value) { return Add(value, 2); }
  Fields& U32(uint64_t value) { return Add(value, 4); }
  Fields& U64(uint64_t value) { return Add(value, 8); }
  Fields& Text(std::string_view text) {
    bytes_ += text;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  Fields& Add(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) bytes_ += static_cast<char>(value >> (8 * i));
    return *this;
  }
  std::string bytes_;
};

std::string LocalHeader(const Record& record) {
  Fields extra;
  if (record.large()) extra.U16(kZip64Extra).U16(16).U64(record.size).U64(record.size);
  if (record.padded) extra.U16(kPaddingExtra).U16(record.padding);
  const uint64_t size = record.large() ? kMax32 : record.descriptor ? 0 : record.size;
  Fields header;
  header.U32(kLocalSignature).U16(record.large() ? kVersion64 : kVersion).U16(record.flags());
  header.U16(0).U16(0).U16(kDate);
  header.U32(record.descriptor ? 0 : record.crc).U32(size).U32(size);
  header.U16(record.name.size()).U16(extra.bytes().size() + record.padding);
  return header.Text(record.name).Text(extra.bytes()).bytes();
}

std::string Descriptor(const Record& record) {
  Fields fields;
  fields.U32(kDescriptorSignature).U32(record.crc);
  if (record.large()) return fields.U64(record.size).U64(record.size).bytes();
  return fields.U32(record.size).U32(record.size).bytes();
}

std::string DirectoryRecord(const Record& record) {
  Fields values;  // that do not fit 32 bits
  if (record.large()) values.U64(record.size).U64(record.size);
  if (record.offset >= kMax32) values.U64(record.offset);
  const bool zip64 = !values.bytes().empty();
  Fields extra;
  if (zip64) extra.U16(kZip64Extra).U16(values.bytes().size()).Text(values.bytes());
  const uint16_t version = zip64 ? kVersion64 : kVersion;
  const uint64_t size = std::min(record.size, kMax32);
  Fields fields;
  fields.U32(kCentralSignature).U16(version).U16(version).U16(record.flags());
  fields.U16(0).U16(0).U16(kDate).U32(record.crc).U32(size).U32(size);
  fields.U16(record.name.size()).U16(extra.bytes().size()).U16(0).U16(0).U16(0).U32(0);
  fields.U32(std::min(record.offset, kMax32));
  return fields.Text(record.name).Text(extra.bytes()).bytes();
}

std::string End(uint64_t records, uint64_t size, uint64_t offset) {
  Fields fields;
  if (records >= kMax16 || size >= kMax32 || offset >= kMax32) {
    fields.U32(kEnd64Signature).U64(44).U16(kVersion64).U16(kVersion64).U32(0).U32(0);
    fields.U64(records).U64(records).U64(size).U64(offset);
    fields.U32(kLocatorSignature).U32(0).U64(offset + size).U32(1);
  }
  const uint64_t count = std::min(records, kMax16);
  fields.U32(kEndSignature).U16(0).U16(0).U16(count).U16(count);
  fields.U32(std::min(size, kMax32)).U32(std::min(offset, kMax32)).U16(0);
  return fields.bytes();
}

// The records of an archive and where each lies, known before the first byte is written.
class Archive {
 public:
  explicit Archive(const WriteOptions& options) : options_(options) {}

  void AddText(std::string_view name, std::string text);
  void AddStorage(size_t number, const Document::Storage& storage);
  uint64_t size() const;  // of the file
  Status Write(Output& out);

 private:
  void Place(Record record);
  std::string Directory() const;

  const WriteOptions& options_;
  std::vector<Record> records_;
  uint64_t end_ = 0;  // of the last record
};

void Archive::Place(Record record) {
  record.offset = end_;
  uint64_t data = end_ + LocalHeader(record).size();
  if (record.padded) {
    record.padding = (options_.alignment - data % options_.alignment) % options_.alignment;
    data += record.padding;
  }
  end_ = data + record.size + (record.descriptor ? Descriptor(record).size() : 0);
  records_.push_back(std::move(record));
}

void Archive::AddText(std::string_view name, std::string text) {
  Record record{.name = fmt::format("archive/{}", name)};
  record.size = text.size();
  if (options_.crc) record.crc = Crc32(AsBytes(text));
  record.text = std::move(text);
  Place(std::move(record));
}

void Archive::AddStorage(size_t number, const Document::Storage& storage) {
  const uint64_t size = StorageBytes(storage);
  Place({.name = fmt::format("archive/data/{}", number),
         .storage = &storage,
         .size = size,
         .padded = size > 0,
         .descriptor = options_.crc && size > 0});
}

std::string Archive::Directory() const {
  std::string directory;
  for (const Record& record : records_) directory += DirectoryRecord(record);
  return directory;
}

uint64_t Archive::size() const {
  const uint64_t directory = Directory().size();
  return end_ + directory + End(records_.size(), directory, end_).size();
}

Status Archive::Write(Output& out) {
  for (Record& record : records_) {
    ZOO_RETURN_IF_ERROR(out.Append(LocalHeader(record)));
    ZOO_RETURN_IF_ERROR(out.AppendZeros(record.padding));
    if (record.storage == nullptr) {
      ZOO_RETURN_IF_ERROR(out.Append(record.text));
      continue;
    }
    uint32_t* crc = record.descriptor ? &record.crc : nullptr;
    ZOO_RETURN_IF_ERROR(out.AppendStorage(*record.storage, crc));
    if (record.descriptor) ZOO_RETURN_IF_ERROR(out.Append(Descriptor(record)));
  }
  const std::string directory = Directory();
  ZOO_RETURN_IF_ERROR(out.Append(directory));
  return out.Append(End(records_.size(), directory.size(), end_));
}

}  // namespace

Result<Written> WriteZip(const Document& document, const std::filesystem::path& path,
                         const WriteOptions& options) {
  if (!std::has_single_bit(options.alignment) || options.alignment > kMaxAlignment) {
    return Error{ErrorCode::kUsage,
                 fmt::format("an alignment of {}, not a power of two up to {}", options.alignment,
                             kMaxAlignment),
                 ""};
  }
  auto pickled = PickleDocument(document, TensorPickler::Names::kZip);
  if (!pickled) return CannotWrite(path, pickled.error());
  const DocumentReader reader(document);
  Archive archive(options);
  archive.AddText("data.pkl", std::move(pickled->pickle));
  archive.AddText("byteorder", "little");
  for (size_t i = 0; i < pickled->storages.size(); ++i) {
    archive.AddStorage(i, reader.storages()[pickled->storages[i]]);
  }
  archive.AddText("version", "3\n");
  ZOO_ASSIGN_OR_RETURN(auto out, Output::Create(path, archive.size(), options));
  ZOO_RETURN_IF_ERROR(archive.Write(*out));
  return out->Finish();
}

}  // namespace zoo
