// The header before a zip member's data, compared with what the directory says of the member. Pure;
// any thread.
#ifndef ZOO_CHECKPOINT_ZIP_LOCAL_HEADER_H_
#define ZOO_CHECKPOINT_ZIP_LOCAL_HEADER_H_

#include <cstdint>
#include <string>

#include "zoo/base/bytes.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/mapped_file.h"
#include "zoo/checkpoint/zip_member.h"

namespace zoo {

// Methods of compression, in both headers of a member.
inline constexpr uint16_t kZipStored = 0, kZipDeflated = 8;

// Of the header's fixed part and the name.
uint64_t LocalHeaderBytes(const ZipMember& member);

// Where the member's data begins. The header, of LocalHeaderBytes, must tell the same as the
// directory, or leave it to the directory with zeros: kCorrupt otherwise. Messages begin with
// `file`.
Result<uint64_t> CompareLocalHeader(const std::string& file, const ZipMember& member,
                                    ByteView header);

// The same of a member of a directory that was parsed: reads the header, and demands that the data
// ends before the member's limit.
Result<uint64_t> LocateData(const MappedFile& file, const ZipMember& member);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_ZIP_LOCAL_HEADER_H_
