// Which photos the arguments of a command mean: files as they are named, and what lies in folders.
// Any thread.
//
//   for (const PhotoFile& photo : FindPhotos({"cat.jpg", "holiday/"})) ...
#ifndef ZOO_CLI_PHOTO_FILES_H_
#define ZOO_CLI_PHOTO_FILES_H_

#include <span>
#include <string>
#include <vector>

#include "zoo/base/result.h"

namespace zoo::cli {

struct PhotoFile {
  std::string path;
  Status found;  // why there is nothing to be read: a folder that cannot be, or without photos
};

// In the order of the arguments. What is no folder stands for itself, whatever it is. A folder
// stands for the JPEG and PNG files in it and in the folders below, sorted by path: those that
// begin as one, and those that are called one (.jpg, .jpeg, .png), so that a broken photo is not
// lost. Names that begin with a dot are left out, and links to folders are not followed.
std::vector<PhotoFile> FindPhotos(std::span<const std::string> arguments);

}  // namespace zoo::cli

#endif  // ZOO_CLI_PHOTO_FILES_H_
