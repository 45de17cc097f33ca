#include "zoo/share/registry_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/registry/entry_json.h"

namespace zoo {
namespace {

constexpr uint64_t kLargestVersion = uint64_t{1} << 53;

Error Corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message), ""}; }

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameButForCase(std::string_view a, std::string_view b) {
  return a != b && std::ranges::equal(a, b, {}, Lower, Lower);
}

// What stands between the quotes; empty of anything but a string.
std::string_view Unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"') return {};
  return value.substr(1, value.size() - 2);
}

std::string Name(std::string_view model, std::string_view weights) {
  return weights.empty() ? std::string(model) : fmt::format("{}:{}", model, weights);
}

// One line, so that a list of entries is compared line by line.
std::string LineOf(const Json& json) { return json.Dump(-1); }

Json NamesJson(const std::vector<std::string>& names) {
  return Json::Array(names.begin(), names.end());
}

}  // namespace

RegistryText RegistryText::New(std::string_view name) {
  const std::string text = fmt::format(
      "{{\n  \"schema\": \"zoo/registry/1\",\n  \"name\": {},\n  \"version\": 0,\n"
      "  \"updated\": \"\",\n  \"entries\": []\n}}\n",
      LineOf(name));
  return Of(text).value();
}

Result<RegistryText> RegistryText::Of(std::string text) {
  RegistryText registry;
  registry.text_ = std::make_shared<const std::string>(std::move(text));
  ZOO_RETURN_IF_ERROR(registry.Read());
  return registry;
}

Status RegistryText::Read() {
  ZOO_ASSIGN_OR_RETURN(members_, MembersOf(*text_, WholeText(*text_)));
  if (const JsonMember* name = Top("name")) name_ = Unquoted(name->value.In(*text_));
  if (const JsonMember* version = Top("version")) {
    const Result<Json> number = ParseJson(version->value.In(*text_));
    const auto whole = number ? number->AsUint64() : std::nullopt;
    if (!whole || *whole > kLargestVersion) {
      return Corrupt("version must be a whole number from 0 to 2^53");
    }
    version_ = *whole;
  }
  const JsonMember* entries = Top("entries");
  if (entries == nullptr) return Corrupt("entries is missing");
  ZOO_ASSIGN_OR_RETURN(const std::vector<JsonSpan> items, ItemsOf(*text_, entries->value));
  rows_.reserve(items.size());
  for (const JsonSpan& item : items) {
    ZOO_ASSIGN_OR_RETURN(const std::vector<JsonMember> fields, MembersOf(*text_, item));
    Row row{.span = item};
    for (const JsonMember& field : fields) {
      const std::string_view value = field.value.In(*text_);
      if (field.key == "model") row.model = Unquoted(value);
      if (field.key == "weights") row.weights = Unquoted(value);
      if (field.key != "default") continue;
      row.mark = field.value;
      row.is_default = value == "true";
    }
    rows_.push_back(row);
  }
  return {};
}

std::optional<size_t> RegistryText::RowOf(std::string_view model, std::string_view weights) const {
  const auto at = std::ranges::find_if(
      rows_, [&](const Row& row) { return row.model == model && row.weights == weights; });
  if (at == rows_.end()) return std::nullopt;
  return static_cast<size_t>(at - rows_.begin());
}

bool RegistryText::HasModel(std::string_view model) const {
  return std::ranges::find(rows_, model, &Row::model) != rows_.end();
}

Result<std::optional<Json>> RegistryText::Find(std::string_view model,
                                               std::string_view weights) const {
  const auto row = RowOf(model, weights);
  if (!row) return std::optional<Json>();
  ZOO_ASSIGN_OR_RETURN(Json json, ParseJson(rows_[*row].span.In(*text_)));
  return std::optional<Json>(std::move(json));
}

bool RegistryText::IsDefault(std::string_view model, std::string_view weights) const {
  const auto row = RowOf(model, weights);
  if (!row) return false;
  return rows_[*row].is_default || std::ranges::count(rows_, model, &Row::model) == 1;
}

Result<std::string> RegistryText::ListFor(const std::vector<std::string>& category_names,
                                          const std::string& wanted) const {
  const JsonMember* lists = Top("categories");
  if (lists == nullptr) return wanted;
  ZOO_ASSIGN_OR_RETURN(const std::vector<JsonMember> members, MembersOf(*text_, lists->value));
  const Json names = NamesJson(category_names);
  for (const JsonMember& list : members) {
    ZOO_ASSIGN_OR_RETURN(const Json there, ParseJson(list.value.In(*text_)));
    if (there == names && list.key.find('\\') == list.key.npos) return std::string(list.key);
  }
  std::string name = wanted;
  for (int n = 2; FindMember(members, name) != nullptr; ++n) name = fmt::format("{}-{}", wanted, n);
  return name;
}

Status RegistryText::CheckNew(const Entry& entry) const {
  const auto refuse = [](std::string message, std::string hint) {
    return Error{ErrorCode::kUsage, std::move(message), std::move(hint)};
  };
  for (const Row& row : rows_) {
    const bool other_case =
        SameButForCase(row.model, entry.model) ||
        (row.model == entry.model && SameButForCase(row.weights, entry.weights));
    if (other_case) {
      return refuse(fmt::format("{} differs only in case from {}, which is published already",
                                entry.name(), Name(row.model, row.weights)),
                    "choose a name that differs in more");
    }
    if (row.model != entry.model || (!row.weights.empty() && !entry.weights.empty())) continue;
    return refuse(
        fmt::format("{} cannot stand beside {}: weights may be without a name only where a model "
                    "has no others",
                    entry.name(), Name(row.model, row.weights)),
        row.weights.empty() ? "choose another model name"
                            : fmt::format("name these weights too: {}:NAME", entry.model));
  }
  return {};
}

void RegistryText::SetTop(std::string_view key, std::string value,
                          std::vector<TextEdit>& edits) const {
  if (const JsonMember* member = Top(key)) {
    edits.push_back({member->value, std::move(value)});
    return;
  }
  // There is at least one member: `entries`.
  const size_t at = text_->find('{') + 1;
  edits.push_back({{at, at}, fmt::format("\n  \"{}\": {},", key, value)});
}

void RegistryText::AddList(const Entry& entry, const Addition& addition,
                           std::vector<TextEdit>& edits) const {
  if (addition.category_names.empty()) return;
  const std::string list =
      fmt::format("{}:{}", LineOf(entry.categories), LineOf(NamesJson(addition.category_names)));
  const JsonMember* lists = Top("categories");
  if (lists == nullptr) return SetTop("categories", fmt::format("{{\n    {}\n  }}", list), edits);
  const auto members = MembersOf(*text_, lists->value);
  if (!members || FindMember(*members, entry.categories) != nullptr) return;
  if (members->empty()) {
    edits.push_back({lists->value, fmt::format("{{\n    {}\n  }}", list)});
    return;
  }
  const size_t end = members->back().value.end;
  edits.push_back({{end, end}, fmt::format(",\n    {}", list)});
}

void RegistryText::MoveDefault(const Entry& entry, std::vector<TextEdit>& edits) const {
  const bool alone = std::ranges::count(rows_, entry.model, &Row::model) == 1;
  for (const Row& row : rows_) {
    if (row.model != entry.model) continue;
    // The only entry of a model was its default without a mark; beside another it needs one.
    const bool was = row.is_default || alone;
    const bool will = entry.is_default ? row.weights == entry.weights : was;
    if (will == row.is_default) continue;
    if (row.mark) {
      edits.push_back({*row.mark, will ? "true" : "false"});
    } else {
      edits.push_back({{row.span.begin + 1, row.span.begin + 1}, "\"default\":true,"});
    }
  }
}

std::string RegistryText::With(const Entry& entry, const Addition& addition) const {
  std::vector<TextEdit> edits;
  SetTop("version", std::to_string(version_ + 1), edits);
  SetTop("updated", LineOf(addition.updated), edits);
  MoveDefault(entry, edits);
  if (!addition.only_default) {
    AddList(entry, addition, edits);
    Entry marked = entry;
    marked.is_default = entry.is_default || !HasModel(entry.model);
    const std::string line = LineOf(ToJson(marked));
    if (rows_.empty()) {
      edits.push_back({Top("entries")->value, fmt::format("[\n    {}\n  ]", line)});
    } else {
      const size_t end = rows_.back().span.end;
      edits.push_back({{end, end}, fmt::format(",\n    {}", line)});
    }
  }
  return WithEdits(*text_, std::move(edits));
}

}  // namespace zoo
