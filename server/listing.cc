#include "zoo/server/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/base/text.h"
#include "zoo/registry/entry.h"

namespace zoo {
namespace {

constexpr size_t kDigestDigits = 12;  // shown of the 64

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>zoo</title>
<style>
body { font-family: sans-serif; margin: 2em; }
table { border-collapse: collapse; }
th, td { padding: .2em 1em .2em 0; text-align: left; vertical-align: top; }
.size { text-align: right; white-space: nowrap; }
.sha256 { font-family: monospace; }
</style>
</head>
<body>
)";

// Text from anywhere as text of a page.
std::string Html(std::string_view text) {
  std::string html;
  for (const char c : Escape(text)) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string Link(const std::string& path, std::string_view text) {
  return fmt::format("<a href=\"{}\">{}</a>", Html(path), Html(text));
}

std::string FileRow(const Listing::File& file) {
  std::vector<std::string> names;
  for (const std::string& name : file.names) names.push_back(Link(WeightsPath(name), name));
  return fmt::format(
      "<tr><td>{}</td><td>{}</td><td class=\"size\">{}</td><td class=\"sha256\">{}</td></tr>\n",
      fmt::join(names, "<br>"), Html(file.file), FormatSize(file.size),
      Link(BlobPath(file.digest), file.digest.hex().substr(0, kDigestDigits)));
}

std::string RegistryRow(const Listing::OneRegistry& registry) {
  return fmt::format("<tr><td>{}</td><td>version {}</td><td>{}</td><td>{}</td></tr>\n",
                     Link(registry.path, registry.alias), registry.version,
                     Count(registry.entries, "set") + " of weights",
                     registry.is_signed ? Link(registry.path + ".minisig", "signature") : "");
}

// The names that entries in force give to a blob: by its digest, or, where only first digits are
// published, because it is the one that was pulled for them.
std::vector<std::string> NamesOf(const Store::Item& item, const Collection& collection) {
  std::vector<const Entry*> entries = collection.EntriesOf(item.blob.digest());
  for (const Registry& registry : collection.registries().registries()) {
    for (const std::string& name : item.names) {
      const Result<const Entry*> entry = collection.Find(registry.alias() + "/" + name);
      if (entry && collection.DigestOf(**entry) == item.blob.digest()) entries.push_back(*entry);
    }
  }
  std::vector<std::string> names;
  for (const Entry* entry : entries) names.push_back(entry->registry + "/" + entry->name());
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

std::string WeightsPath(const std::string& name) { return "/weights/" + name; }

std::string BlobPath(const Digest& digest) { return "/cas/" + digest.hex(); }

Result<Listing> MakeListing(const Collection& collection, const Store& store) {
  Listing listing;
  ZOO_ASSIGN_OR_RETURN(const std::vector<Store::Item> items, store.List());
  for (const Store::Item& item : items) {
    listing.files.push_back(
        {NamesOf(item, collection), item.file, item.blob.size(), item.blob.digest()});
  }
  std::ranges::sort(listing.files, {}, [](const Listing::File& file) {
    return std::tuple(file.names.empty(), file.names, file.file, file.digest);
  });
  for (const Registry& registry : collection.registries().registries()) {
    const std::string path = RegistryPath(registry);
    listing.registries.push_back({registry.alias(), path, registry.version(), registry.size(),
                                  collection.DocumentAt(path + ".minisig") != nullptr});
  }
  return listing;
}

std::string PageOf(const Listing& listing) {
  uint64_t bytes = 0;
  for (const Listing::File& file : listing.files) bytes += file.size;
  std::string page(kHead);
  page += fmt::format("<h1>zoo</h1>\n<p>{}, {}. {}</p>\n", Count(listing.files.size(), "file"),
                      FormatSize(bytes), Link("/index.json", "The same as JSON"));
  if (!listing.files.empty()) {
    page +=
        "<table>\n<tr><th>weights</th><th>file</th><th class=\"size\">size</th>"
        "<th>sha256</th></tr>\n";
    for (const Listing::File& file : listing.files) page += FileRow(file);
    page += "</table>\n";
  }
  page += "<h2>Registries</h2>\n<table>\n";
  for (const Listing::OneRegistry& registry : listing.registries) page += RegistryRow(registry);
  return page + "</table>\n</body>\n</html>\n";
}

Json ToJson(const Listing& listing) {
  Json::Array files, registries;
  for (const Listing::File& file : listing.files) {
    Json::Array names;
    for (const std::string& name : file.names) {
      names.push_back(Json::Object{{"name", name}, {"path", WeightsPath(name)}});
    }
    files.push_back(Json::Object{{"names", std::move(names)},
                                 {"file", file.file},
                                 {"size", file.size},
                                 {"sha256", file.digest.hex()},
                                 {"path", BlobPath(file.digest)}});
  }
  for (const Listing::OneRegistry& registry : listing.registries) {
    registries.push_back(Json::Object{
        {"alias", registry.alias},
        {"version", registry.version},
        {"entries", registry.entries},
        {"path", registry.path},
        {"signature", registry.is_signed ? Json(registry.path + ".minisig") : Json()}});
  }
  return Json::Object{{"schema", "zoo/served/1"},
                      {"files", std::move(files)},
                      {"registries", std::move(registries)}};
}

}  // namespace zoo
