// The strict reading of a zip archive's directory, for ZipDirectory. Pure; any thread.
#ifndef ZOO_CHECKPOINT_ZIP_PARSER_H_
#define ZOO_CHECKPOINT_ZIP_PARSER_H_

#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/limits.h"
#include "zoo/checkpoint/mapped_file.h"
#include "zoo/checkpoint/zip_member.h"

namespace zoo {

// The members in the order of the central directory, all that ZipDirectory promises checked but
// that their names differ. `directory` receives the bytes that the names view; it must not move.
Result<std::vector<ZipMember>> ParseZip(const MappedFile& file, const Limits& limits,
                                        LocalHeaders headers, std::string& directory);

}  // namespace zoo

#endif  // ZOO_CHECKPOINT_ZIP_PARSER_H_
