#include "zoo/cli/registry_rows.h"

#include <fmt/format.h>

#include <utility>

#include "zoo/base/text.h"
#include "zoo/cli/layout.h"
#include "zoo/cli/terminal.h"
#include "zoo/registry/registry.h"

namespace zoo::cli {
namespace {

std::string EntriesText(uint64_t count) {
  return fmt::format("{} {}", count, count == 1 ? "entry" : "entries");
}

std::string SignedText(const AddedRegistry& added) {
  if (added.url.empty()) return "";
  return added.key ? added.key->id.ToString() : "no";
}

std::vector<std::string> Cells(const RegistryRow& row) {
  const bool by_url = !row.added.url.empty();
  const std::string checked = row.seen ? FormatLocalTime(row.seen->checked) : "never";
  return {row.added.alias,
          row.entries ? fmt::format("{}", *row.entries) : "?",
          row.seen ? fmt::format("{}", row.seen->identity.version) : "",
          SignedText(row.added),
          by_url ? checked : "",
          row.added.where()};
}

}  // namespace

RegistryRow RowOf(const RegistryPlaces& places, const AddedRegistry& added) {
  RegistryRow row{.added = added};
  if (added.url.empty()) {
    Result<Registry> registry = OpenAdded(places, added);
    if (registry) row.entries = registry->size();
    if (!registry) row.error = std::move(registry).error();
    return row;
  }
  Result<std::optional<SeenRegistry>> seen = ReadSeen(places, added);
  if (!seen) row.error = std::move(seen).error();
  if (seen) row.seen = *std::move(seen);
  if (row.seen) row.entries = row.seen->entries;
  return row;
}

Json::Object RowJson(const RegistryRow& row) {
  const auto text = [](const std::string& value) { return value.empty() ? Json() : Json(value); };
  Json::Object json{{"alias", row.added.alias},
                    {"url", text(row.added.url)},
                    {"path", text(row.added.path.native())},
                    {"key", row.added.key ? Json(row.added.key->ToString()) : Json()},
                    {"entries", row.entries ? Json(*row.entries) : Json()}};
  const RegistryIdentity identity = row.seen ? row.seen->identity : RegistryIdentity();
  json.emplace_back("name", text(identity.name));
  json.emplace_back("version", row.seen ? Json(identity.version) : Json());
  json.emplace_back("sha256", row.seen ? Json(identity.sha256.hex()) : Json());
  json.emplace_back("checked", row.seen ? Json(row.seen->checked) : Json());
  json.emplace_back("error", row.error ? Json(row.error->Text()) : Json());
  return json;
}

std::string RowTable(const std::vector<RegistryRow>& rows, int columns) {
  std::vector<std::vector<std::string>> table = {
      {"ALIAS", "ENTRIES", "VERSION", "SIGNED", "CHECKED", "WHERE"}};
  for (const RegistryRow& row : rows) table.push_back(Cells(row));
  return FormatTable(std::move(table),
                     {.right = {false, true, true, false, false, false}, .columns = columns});
}

std::string Summary(const RegistryRow& row) {
  std::string text = EntriesText(row.entries.value_or(0));
  if (row.added.url.empty()) return text + ", read where it lies";
  if (row.seen) text += fmt::format(", version {}", row.seen->identity.version);
  return text + (row.added.key
                     ? fmt::format(", signed with the key {}", row.added.key->id.ToString())
                     : ", unsigned");
}

}  // namespace zoo::cli
