#include "zoo/cli/listed.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "zoo/base/digest.h"
#include "zoo/base/text.h"
#include "zoo/cli/terminal.h"
#include "zoo/fetcher/pull.h"
#include "zoo/registry/entry_json.h"
#include "zoo/registry/family.h"
#include "zoo/registry/select.h"

namespace zoo::cli {
namespace {

constexpr std::string_view kUnknown = "-";
constexpr size_t kLicenseColumns = 12;

std::string MebiBytes(const Listed& listed) {
  return fmt::format("{:.1f}", static_cast<double>(listed.entry->artifact.max_size) / (1 << 20));
}

std::string Accuracy(const Listed& listed) {
  auto value = listed.entry->metric("acc@1");
  return value ? fmt::format("{:.1f}", *value) : std::string(kUnknown);
}

std::string Parameters(const Listed& listed) {
  return listed.entry->parameters ? FormatCount(*listed.entry->parameters) : std::string(kUnknown);
}

std::string Gflops(const Listed& listed) {
  return listed.entry->gflops ? fmt::format("{:.1f}", *listed.entry->gflops)
                              : std::string(kUnknown);
}

std::string License(const Listed& listed) {
  std::string license = ShortLicense(*listed.entry);
  if (license == "not stated") return std::string(kUnknown);
  bool fits = license.size() <= kLicenseColumns;
  return Escape(license, fits ? kLicenseColumns : kLicenseColumns - 3);
}

struct Column {
  std::string_view header;
  bool right;
  int rank;  // the column of the highest rank is the first to be left out
  std::string (*cell)(const Listed&);
};

constexpr Column kMark = {
    "", false, 1, [](const Listed& listed) { return std::string(listed.cached ? "*" : ""); }};
constexpr Column kName = {"NAME", false, 0, [](const Listed& listed) { return listed.name; }};
constexpr Column kParameters = {"PARAMS", true, 3, Parameters};
constexpr Column kGflops = {"GFLOPS", true, 3, Gflops};
constexpr Column kAccuracy = {"ACC@1", true, 2, Accuracy};
constexpr Column kSize = {"MiB", true, 4, MebiBytes};
constexpr Column kLicense = {"LICENSE", false, 5, License};

// Whether the entry's name is that of no other entry in force.
bool IsInNoOther(const RegistrySet& registries, const Entry& entry) {
  return std::ranges::none_of(registries.registries(), [&](const Registry& registry) {
    if (registry.alias() == entry.registry) return false;
    const Entry* other = registry.Lookup({.model = entry.model, .weights = entry.weights});
    return other != nullptr && other->weights == entry.weights;
  });
}

// The digests of all files of the cache, verified or not, if so many entries are easier looked for
// in them than one by one on the disk.
std::optional<std::set<Digest>> FilesIn(const Store& store, size_t entries) {
  constexpr size_t kFew = 256;
  if (entries <= kFew) return std::nullopt;
  Result<std::vector<Store::Item>> items = store.List();
  if (!items) return std::nullopt;
  std::set<Digest> digests;
  for (const Store::Item& item : *items) digests.insert(item.blob.digest());
  return digests;
}

}  // namespace

std::string ShortLicense(const Entry& entry) {
  return entry.license.substr(0, entry.license.find(" ("));
}

Result<std::vector<Listed>> LookUp(Context& context, const std::vector<const Entry*>& entries) {
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  Result<Store*> store = context.OpenStore();
  const auto here = store ? FilesIn(**store, entries.size()) : std::nullopt;
  std::vector<Listed> listed;
  listed.reserve(entries.size());
  for (const Entry* entry : entries) {
    const bool bare = entry->registry == "builtin" && IsInNoOther(*registries, *entry);
    Listed& item = listed.emplace_back();
    item.entry = entry;
    item.name = bare ? entry->name() : entry->registry + "/" + entry->name();
    const std::optional<Digest>& sha256 = entry->artifact.sha256;
    if (!store || (here && sha256 && !here->contains(*sha256))) continue;
    Result<Blob> blob = FindCached(*entry, **store);
    if (blob) {
      item.cached = *std::move(blob);
    } else if (blob.error().code != ErrorCode::kNotFound) {
      context.Note(blob.error().Text());
    }
  }
  return listed;
}

std::string ListedTable(std::span<const Listed> listed, const ListedTableOptions& options) {
  const Column columns[] = {kMark,     kName, options.gflops ? kGflops : kParameters,
                            kAccuracy, kSize, kLicense};
  std::vector<std::vector<std::string>> rows(listed.size() + 1);
  TableOptions table{.room = options.columns};
  for (const Column& column : columns) {
    rows[0].emplace_back(column.header);
    table.right.push_back(column.right);
    table.ranks.push_back(column.rank);
  }
  for (size_t i = 0; i < listed.size(); ++i) {
    rows[i + 1].reserve(std::size(columns));
    for (const Column& column : columns) rows[i + 1].push_back(column.cell(listed[i]));
  }
  if (options.cut) table.columns = options.columns;
  return FormatTable(std::move(rows), std::move(table));
}

Result<int> PrintListed(Context& context, std::string_view schema, std::span<const Listed> listed,
                        ListedTableOptions options) {
  if (context.json()) {
    Json::Array entries;
    for (const Listed& item : listed) entries.push_back(ListedJson(item));
    context.PrintJson(Json::Object{{"schema", schema}, {"entries", std::move(entries)}});
    return 0;
  }
  options.columns = context.terminal().columns();
  options.cut = context.terminal().out_is_terminal();
  if (!listed.empty()) context.Print(ListedTable(listed, options));
  auto cached =
      std::ranges::count_if(listed, [](const Listed& item) { return item.cached.has_value(); });
  context.Note(fmt::format("{} {}{}", listed.size(), listed.size() == 1 ? "entry" : "entries",
                           cached > 0 ? fmt::format(", {} cached (*)", cached) : ""));
  return 0;
}

Json::Object ListedJson(const Listed& listed) {
  const Entry& entry = *listed.entry;
  Json::Object object = ToJson(entry);
  // A field of the registry file that this program does not know gives way to ours.
  auto put = [&](const char* key, Json value) {
    std::erase_if(object, [&](const auto& member) { return member.first == key; });
    object.emplace_back(key, std::move(value));
  };
  put("name", entry.name());
  put("registry", entry.registry);
  put("family", FamilyOf(entry.architecture.name));
  put("prefix_only", entry.artifact.prefix_only());
  put("cached", listed.cached.has_value());
  put("path", listed.cached ? Json(listed.cached->path().string()) : Json());
  return object;
}

}  // namespace zoo::cli
