// Files that are one user's business: folders of mode 0700 and files of mode 0600, whatever the
// umask says. Any thread.
//
//   ZOO_RETURN_IF_ERROR(MakePrivateFolder(file.parent_path()));
//   ZOO_RETURN_IF_ERROR(WritePrivateFile(file, text));
#ifndef ZOO_BASE_PRIVATE_FILE_H_
#define ZOO_BASE_PRIVATE_FILE_H_

#include <filesystem>
#include <string_view>

#include "zoo/base/result.h"

namespace zoo {

// Makes the folder and those above it that are missing. One that is there stays as it is.
Status MakePrivateFolder(const std::filesystem::path& folder);

// Makes or replaces a file, all or nothing: its bytes are on the medium before they have the name,
// and the name is before this returns. A symbolic link stays, and the file that it leads to is
// replaced. A killed process leaves a file that NewFile::NameOfPartial recognises.
Status WritePrivateFile(const std::filesystem::path& path, std::string_view bytes);

}  // namespace zoo

#endif  // ZOO_BASE_PRIVATE_FILE_H_
