// Collection: what a server has to give, apart from the bytes: which weights go by a name or were
// published at a URL, and the documents of the registries in force. It is made once, when the
// server starts; which of the weights are in the cache is asked at each request. Immutable; any
// thread.
//
//   ZOO_ASSIGN_OR_RETURN(Collection collection, Collection::Of(registries, pin_of));
//   collection.EntriesAt("/https/host/a.pth");   // the entries with the source https://host/a.pth
//   collection.DigestOf(*entry);
#ifndef ZOO_SERVER_COLLECTION_H_
#define ZOO_SERVER_COLLECTION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/base/result.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"

namespace zoo {

// A text that is handed out as it was when the server started.
struct Document {
  std::shared_ptr<const std::string> text;
  std::string_view type;  // Content-Type
  Digest digest;
};

class Collection {
 public:
  // The whole digest of the file that satisfied an entry of which only the first digits are
  // published; nothing if none has.
  using PinOf = std::function<std::optional<Digest>(const Entry&)>;

  // `registries` must outlive it and stay as it is. Errors: those of DocumentOf.
  static Result<Collection> Of(const RegistrySet& registries, PinOf pin_of);

  const RegistrySet& registries() const { return *registries_; }

  // The entry of a name as commands take it. kUsage for what is no name or one that two registries
  // have, kNotFound, kMismatch if the name demands another digest than the entry has.
  Result<const Entry*> Find(std::string_view name) const;
  // The digest of the entry's file; nothing if it is not known here.
  std::optional<Digest> DigestOf(const Entry& entry) const;
  // The entries that have a source which is answered under this path, in no order.
  std::vector<const Entry*> EntriesAt(const std::string& path) const;
  // The entries whose file is known to have that digest.
  std::vector<const Entry*> EntriesOf(const Digest& digest) const;
  // The document under this path, or null.
  const Document* DocumentAt(const std::string& path) const;

 private:
  Collection(const RegistrySet& registries, PinOf pin_of)
      : registries_(&registries), pin_of_(std::move(pin_of)) {}
  void AddEntry(const Entry& entry);
  void AddDocument(std::string path, std::shared_ptr<const std::string> text,
                   std::string_view type);

  const RegistrySet* registries_;
  PinOf pin_of_;
  std::unordered_multimap<std::string, const Entry*> by_path_;
  std::vector<std::pair<Digest, const Entry*>> by_digest_;  // sorted
  std::unordered_map<std::string, Document> documents_;
};

// "/registries/lab/zoo.json".
std::string RegistryPath(const Registry& registry);

}  // namespace zoo

#endif  // ZOO_SERVER_COLLECTION_H_
