// What names in a file may differ by from the names of a module, and still mean the same: one row a
// rule, applied only where the names show that it is meant. Pure; any thread.
#ifndef ZOO_LOADER_KEY_RULES_H_
#define ZOO_LOADER_KEY_RULES_H_

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zoo {

struct KeyRule {
  enum class Kind {
    kPrefix,   // `text` stands before every name of the file and before none of the module
    kSegment,  // `text` stands anywhere in names of the file and in none of the module
    kRename,   // `text` stands in a name of the file that the module lacks, and with `other` in its
               // place it is a name of the module
    kAbsent,   // a name that ends in `text` may be missing if its neighbour `other` is there
  };
  Kind kind;
  std::string_view text;
  std::string_view other;
  std::string_view reason;
};

std::span<const KeyRule> KeyRules();

using NameSet = std::set<std::string, std::less<>>;

// The names as the module spells them, one for each of the file's, in order. First the caller's
// prefixes are taken off wherever they stand, repeatedly; then the rules apply.
std::vector<std::string> RenameKeys(std::vector<std::string> file_names,
                                    const NameSet& module_names,
                                    std::span<const std::string> strip_prefixes);

// True if a rule says that files without this name of the module are in order; its tensor then
// stays as it was.
bool MayBeAbsent(std::string_view name, const NameSet& file_names);

}  // namespace zoo

#endif  // ZOO_LOADER_KEY_RULES_H_
