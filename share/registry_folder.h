// RegistryFolder: a registry as it is published: `zoo.json`, its signature `zoo.json.minisig`, the
// weights in `files/`, and photos of probes beside them: what any static web server can host. One
// publisher or signer at a time: the object holds the folder's lock.
//
//   ZOO_ASSIGN_OR_RETURN(RegistryFolder folder, RegistryFolder::Open("registry", {}));
//   ... the weights are written to folder.Incoming() ...
//   ZOO_ASSIGN_OR_RETURN(Added added, folder.Add(publication));
//
// Order of writing: weights and photos get their names and are on the medium before the new
// zoo.json takes the place of the old one at once. A kill at any moment leaves the old registry, or
// the new one, whole; what it left behind is cleared away by the next Open. One thread.
#ifndef ZOO_SHARE_REGISTRY_FOLDER_H_
#define ZOO_SHARE_REGISTRY_FOLDER_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/json.h"
#include "zoo/base/lock_file.h"
#include "zoo/base/result.h"
#include "zoo/registry/entry.h"
#include "zoo/share/registry_text.h"

namespace zoo {

inline constexpr std::string_view kRegistryFile = "zoo.json";
inline constexpr std::string_view kSignatureFile = "zoo.json.minisig";
inline constexpr std::string_view kFilesFolder = "files";
inline constexpr std::string_view kLockFile = ".publish.lock";

// A photo that is to lie beside zoo.json.
struct PublishedPhoto {
  std::string name;
  std::string bytes;
};

struct Publication {
  Entry entry;                              // its file goes to files/, as artifact.file says
  std::vector<std::string> category_names;  // of the list that entry.categories names
  std::vector<PublishedPhoto> photos;       // of its probes
  std::string updated;                      // when, for people
};

// What an Add came to.
struct Added {
  enum class Change {
    kEntry,    // there is one more entry
    kDefault,  // it was there; the model's name means it now
    kNone,     // it was there, and so were all its facts
  };
  Change change = Change::kNone;
  uint64_t version = 0;          // of zoo.json now
  bool is_default = false;       // the model's name alone means the entry
  bool signature_stale = false;  // zoo.json.minisig is of an earlier version
};

class RegistryFolder {
 public:
  struct Options {
    std::string name;   // what a new registry calls itself; empty: as the folder is called
    bool write = true;  // false: nothing is made or locked, and Add only says what it would do
  };
  // Makes the folder, and a registry without entries, where there is none. kDisk if another process
  // publishes there; kCorrupt for a zoo.json that is no registry, kUsage for another name than it
  // has.
  static Result<RegistryFolder> Open(const std::filesystem::path& folder, const Options& options);
  RegistryFolder(RegistryFolder&&) noexcept = default;
  // Removes what was made and is empty.
  ~RegistryFolder();

  const std::filesystem::path& path() const { return path_; }
  const RegistryText& text() const { return text_; }
  // Where weights are put that are to be published: on the file system of their place.
  std::filesystem::path Incoming() const { return path_ / kFilesFolder / ".incoming"; }

  // Publishes the file at Incoming(). A name never changes its meaning: of an entry that is there
  // already, with the same bytes and the same facts, nothing is written (but entry.is_default makes
  // it its model's default); with others it is kMismatch, naming them. kUsage for a name that
  // cannot stand beside those that are there, and for facts that no registry may hold.
  Result<Added> Add(const Publication& publication, CancelToken cancel = {});

 private:
  RegistryFolder(std::filesystem::path path, Options options)
      : path_(std::move(path)), options_(std::move(options)), text_(RegistryText::New("")) {}
  Status Make();
  void ClearAway() const;
  Status ReadText();
  Result<Added> AddAgain(const Publication& publication, const Json& there);
  Result<Added> AddNew(const Publication& publication, CancelToken cancel);
  Result<std::string> Extended(const Publication& publication, const Addition& addition) const;
  Status PlaceFiles(const Publication& publication) const;
  Result<Added> Replace(const std::string& text, Added::Change change, bool is_default);
  std::filesystem::path RegistryPath() const;

  std::filesystem::path path_;
  Options options_;
  RegistryText text_;
  LockedFile lock_;  // held until the object goes away
  bool made_folder_ = false, made_files_ = false;
};

// "digits-v1-0a1b2c3d.pth": what a file with that digest is called in files/. Two of one name have
// the same bytes.
std::string PublishedFileName(const Entry& entry, const Digest& digest, std::string_view suffix);
// "sample-0a1b2c3d.png" for a photo: letters, digits, '.', '_' and '-' alone.
std::string PublishedPhotoName(std::string_view file_name, const Digest& digest);

}  // namespace zoo

#endif  // ZOO_SHARE_REGISTRY_FOLDER_H_
