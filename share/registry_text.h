// RegistryText: a registry file as text, to which an entry can be added. What is there stays byte
// for byte but for `version`, `updated` and a moved `default`, so that a list of 100,000 entries
// is neither parsed into a tree nor written anew. A value; any thread.
//
//   ZOO_ASSIGN_OR_RETURN(RegistryText registry, RegistryText::Of(std::move(text)));
//   ZOO_RETURN_IF_ERROR(registry.CheckNew(entry));
//   std::string text = registry.With(entry, {.updated = "2026-11-24T00:00:00Z"});
//
// Names that the file writes with escapes ("digit\u0073") are not seen here; Registry::Parse of the
// new text sees all.
#ifndef ZOO_SHARE_REGISTRY_TEXT_H_
#define ZOO_SHARE_REGISTRY_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/registry/entry.h"
#include "zoo/share/json_spans.h"

namespace zoo {

// What an entry brings with it.
struct Addition {
  std::string updated;  // when, for people
  // Becomes the list entry.categories, if that is not there.
  std::vector<std::string> category_names;
  // Only a mark moves: entry.model means this one from now on.
  bool only_default = false;
};

class RegistryText {
 public:
  // A registry without entries, of version 0.
  static RegistryText New(std::string_view name);
  // kCorrupt if the text is no object with a version and an array of entries.
  static Result<RegistryText> Of(std::string text);

  const std::string& text() const { return *text_; }
  uint64_t version() const { return version_; }
  const std::string& name() const { return name_; }  // empty if it has none
  size_t size() const { return rows_.size(); }

  bool HasModel(std::string_view model) const;
  // The entry of exactly these names as JSON, if there is one. kCorrupt if it cannot be read.
  Result<std::optional<Json>> Find(std::string_view model, std::string_view weights) const;
  bool IsDefault(std::string_view model, std::string_view weights) const;
  // The list of exactly these names if there is one, else a name for it that is not taken:
  // `wanted`, or that with a number.
  Result<std::string> ListFor(const std::vector<std::string>& category_names,
                              const std::string& wanted) const;

  // kUsage if the entry's name cannot stand beside those that are there: it differs from one only
  // in case, or one of the two has no weights.
  Status CheckNew(const Entry& entry) const;
  // The text with that entry at its end, version one higher. The first entry of a model is its
  // default; a later one becomes that if entry.is_default. REQUIRES: CheckNew, no such entry.
  std::string With(const Entry& entry, const Addition& addition) const;

 private:
  struct Row {
    JsonSpan span;
    std::string_view model, weights;
    std::optional<JsonSpan> mark;  // the value of "default"
    bool is_default = false;
  };

  Status Read();
  std::optional<size_t> RowOf(std::string_view model, std::string_view weights) const;
  const JsonMember* Top(std::string_view key) const { return FindMember(members_, key); }
  void SetTop(std::string_view key, std::string value, std::vector<TextEdit>& edits) const;
  void AddList(const Entry& entry, const Addition& addition, std::vector<TextEdit>& edits) const;
  void MoveDefault(const Entry& entry, std::vector<TextEdit>& edits) const;

  std::shared_ptr<const std::string> text_;  // where the views below look
  std::string name_;
  uint64_t version_ = 0;
  std::vector<JsonMember> members_;
  std::vector<Row> rows_;
};

}  // namespace zoo

#endif  // ZOO_SHARE_REGISTRY_TEXT_H_
