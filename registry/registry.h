// Registry: a named catalogue of entries, parsed from one JSON document, compiled in, or standing
// on an index that was compiled from such a document (registry_index.h). RegistrySet: the ones in
// force. Immutable after parsing; any thread.
//
//   RegistrySet set;
//   set.Add(BuiltinRegistry());
//   ZOO_ASSIGN_OR_RETURN(const Entry* entry, set.Find("resnet50"));
#ifndef ZOO_REGISTRY_REGISTRY_H_
#define ZOO_REGISTRY_REGISTRY_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/name.h"

namespace zoo {

class IndexedEntries;  // indexed_entries.h

// Where the sources of a registry may lead.
enum class Reach { kAnyAddress, kPublicAddresses };

class Registry {
 public:
  // Parses a document of schema zoo/registry/1 under the alias it goes by here. `where` (a path or
  // URL) begins each message; the message names the entry and the field. kCorrupt for anything the
  // format forbids, kUnsupported for another schema number.
  static Result<Registry> Parse(std::string_view text, std::string alias, RegistryOrigin origin,
                                std::string_view where);
  using CategoryLists = std::map<std::string, std::vector<std::string>, std::less<>>;
  // Of entries that are known to be right (the compiled-in tables).
  static Registry Of(std::string alias, std::vector<Entry> entries, CategoryLists categories,
                     std::string name = "", uint64_t version = 0);
  // Of the entries of a compiled index (registry_index.h), which are decoded when they are asked
  // for.
  static Registry On(std::shared_ptr<const IndexedEntries> entries, CategoryLists categories,
                     std::string name = "", uint64_t version = 0);

  const std::string& alias() const { return alias_; }
  // Of the entries too; as SetBase, before anybody is given one.
  void Rename(std::string alias);
  const std::string& name() const { return name_; }  // the file's own name for itself
  uint64_t version() const { return version_; }
  // The file that it was read from; empty if there is none.
  const std::filesystem::path& file() const { return file_; }
  void SetFile(std::filesystem::path file) { file_ = std::move(file); }
  // Where that file lies, and beside it the photos of its probes.
  std::filesystem::path folder() const { return file_.parent_path(); }
  // Fills Entry::base and Entry::public_addresses_only of all entries. `base` ends with '/'.
  void SetBase(std::string base, Reach reach = Reach::kAnyAddress);

  // In the order of the file. The first call on an index decodes all of them.
  const std::vector<Entry>& entries() const;
  size_t size() const;  // decodes nothing

  // The entry that the model and weights parts of the name mean; null if there is none. Of an index
  // one entry is decoded, which lives as long as this registry and its copies.
  const Entry* Lookup(const Name& name) const;
  // The entry of that name (its registry part is not looked at), or kNotFound with the nearest name
  // in the hint. With a digest in the name: kMismatch if the entry's is another; of an entry whose
  // full digest is not known only the first digits can be compared, and the caller must demand the
  // rest of the file it gets. The entry lives as long as this registry.
  Result<const Entry*> Find(const Name& name) const;
  // The category lists by name.
  const CategoryLists& categories() const { return categories_; }
  // A list of category names, or null.
  const std::vector<std::string>* Categories(std::string_view list) const;

 private:
  std::string alias_, name_;
  uint64_t version_ = 0;
  std::filesystem::path file_;
  std::vector<Entry> entries_;                     // all of them, with
  std::vector<uint32_t> by_name_;                  // their numbers in the order of name_order.h; or
  std::shared_ptr<const IndexedEntries> indexed_;  // those of an index
  CategoryLists categories_;
};

// The registries in force, no two of one alias: the second "lab" to be added goes by "lab-2". A
// bare name found in two of them is a usage error that lists both. Entries that Find answers live
// as long as the set, and no longer than until the next Add.
class RegistrySet {
 public:
  void Add(Registry registry);
  const std::vector<Registry>& registries() const { return registries_; }
  // Entries of all registries together.
  size_t size() const;

  // As Registry::Find; kNotFound also for a registry that is not in force, kUsage for a name in
  // two of them. A name with a digest whose entry knows only the digest's first digits answers a
  // copy of the entry that demands the whole digest.
  Result<const Entry*> Find(const Name& name) const;
  Result<const Entry*> Find(std::string_view name) const;  // parses first
  // The category names of an entry of this set; empty if it has none.
  std::vector<std::string> CategoriesOf(const Entry& entry) const;
  // Registry::folder() of its registry.
  std::filesystem::path FolderOf(const Entry& entry) const;

 private:
  // Copies made by Find; a list, so that they stay where they are.
  struct Pinned {
    std::mutex mutex;
    std::list<Entry> entries;
  };

  Result<const Entry*> Pin(const Entry& entry, const Digest& digest) const;

  std::vector<Registry> registries_;
  std::shared_ptr<Pinned> pinned_ = std::make_shared<Pinned>();
};

// The compiled-in registry, alias "builtin".
Registry BuiltinRegistry();

}  // namespace zoo

#endif  // ZOO_REGISTRY_REGISTRY_H_
