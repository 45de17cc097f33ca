// A lock file (docs/lock_files.md) as a whole: its schema, its rows, and what must hold between
// them.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/registry/fields.h"
#include "zoo/registry/name.h"
#include "zoo/registry/source_rules.h"
#include "zoo/share/lock.h"

namespace zoo {
namespace {

constexpr std::string_view kFamily = "zoo/lock/";

// "host:port" of an http or https URL, as it stands there.
std::string_view AuthorityOf(std::string_view url) {
  const size_t at = url.find("://");
  std::string_view rest = at == url.npos ? "" : url.substr(at + 3);
  return rest.substr(0, rest.find_first_of("/?#"));
}

std::optional<std::string> WrongLockedUrl(std::string_view url) {
  constexpr std::string_view kSchemes[] = {"https://", "http://", "file:///"};
  auto begins = [&](std::string_view scheme) { return url.starts_with(scheme); };
  if (!std::ranges::any_of(kSchemes, begins)) {
    return fmt::format("\"{}\" is not an absolute https, http or file URL", MaskUrl(url));
  }
  if (auto wrong = WrongUrl(url, RegistryOrigin::kFile)) return wrong;
  if (AuthorityOf(url).find('@') != url.npos) {
    return fmt::format("\"{}\" has a user name or a password, which a lock file may not hold",
                       MaskUrl(url));
  }
  return std::nullopt;
}

// The fields of one row, the first problem kept.
class RowReader {
 public:
  RowReader(const Json& json, std::string path, Problem& problem)
      : json_(json), fields_(json, std::move(path), problem) {}

  LockedWeights Read();

 private:
  // Notes a problem for a member that zoo/lock/1 has not.
  void RefuseOthers(const LockedWeights& row);
  void CheckRowSeal(const LockedWeights& row);
  std::string Text(std::string_view key);
  std::optional<std::string> TextOrNull(std::string_view key);
  Digest ReadDigest(std::string_view key);
  std::string ReadName();
  std::string ReadFingerprint();
  std::vector<Source> ReadSources();
  std::optional<Source> ReadSource(const Json& json, std::string path);
  void Check(std::string_view key, const std::optional<std::string>& wrong) {
    if (wrong) fields_.Fail(key, *wrong);
  }
  bool failed() { return fields_.problem().found(); }

  const Json& json_;
  Fields fields_;
};

LockedWeights RowReader::Read() {
  LockedWeights row;
  row.alias = Text("alias");
  Check("alias", WrongAlias(row.alias));
  row.name = ReadName();
  row.entry_sha256 = ReadDigest("entry_sha256");
  row.file = Text("file");
  Check("file", WrongFileName(row.file));
  row.size = fields_.Whole("size", Need::kRequired).value_or(0);
  row.sha256 = ReadDigest("sha256");
  row.fingerprint = ReadFingerprint();
  row.sources = ReadSources();
  if (auto hex = TextOrNull("pieces_root")) row.pieces_root = ReadDigest("pieces_root");
  row.auth_host = TextOrNull("auth_host");
  if (row.auth_host && !GoesTo(row, *row.auth_host)) {
    fields_.Fail("auth_host",
                 fmt::format("{} is the host of no https source", Quote(*row.auth_host, 80)));
  }
  fields_.Any("public_addresses_only", Need::kRequired);
  row.public_addresses_only = fields_.Bool("public_addresses_only").value_or(false);
  if (!failed()) RefuseOthers(row);
  if (!failed()) CheckRowSeal(row);
  return row;
}

void RowReader::RefuseOthers(const LockedWeights& row) {
  const Json known = RowJson(row);
  for (const auto& [key, value] : *json_.AsObject()) {
    if (key == kRowSeal || known.Find(key) != nullptr) continue;
    fields_.problem().Note(
        fmt::format("{} is no field of {}", fields_.PathOf(Quote(key, 80)), kLockSchema));
  }
}

void RowReader::CheckRowSeal(const LockedWeights& row) {
  const Digest said = ReadDigest(kRowSeal);
  const Digest is = Digest::Of(AsBytes(Json(RowJson(row)).Dump(-1)));
  if (failed() || said == is) return;
  fields_.Fail(kRowSeal, fmt::format("is {}, but the fields of {} have {}", said.hex(),
                                     Quote(row.alias, 80), is.hex()));
}

std::string RowReader::Text(std::string_view key) {
  const std::string* text = fields_.String(key, Need::kRequired);
  return text == nullptr ? "" : *text;
}

std::optional<std::string> RowReader::TextOrNull(std::string_view key) {
  const Json* value = fields_.Any(key, Need::kRequired);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const std::string* text = fields_.String(key);
  return text == nullptr ? std::nullopt : std::optional(*text);
}

Digest RowReader::ReadDigest(std::string_view key) {
  const std::string* text = fields_.String(key, Need::kRequired);
  if (text == nullptr) return {};
  Result<Digest> digest = Digest::FromHex(*text);
  if (digest) return *digest;
  fields_.Fail(key, digest.error().Text());
  return {};
}

std::string RowReader::ReadName() {
  const std::string text = Text("name");
  if (failed()) return text;
  Result<Name> name = ParseName(text);
  if (!name) {
    fields_.Fail("name", name.error().message);
  } else if (name->registry.empty() || name->digest) {
    fields_.Fail("name", fmt::format("{} must be REGISTRY/MODEL or REGISTRY/MODEL:WEIGHTS",
                                     Quote(text, 80)));
  }
  return text;
}

std::string RowReader::ReadFingerprint() {
  constexpr std::string_view kPrefix = "weights:";
  const std::optional<std::string> text = TextOrNull("fingerprint");
  if (!text) return "";
  if (!text->starts_with(kPrefix) || !Digest::Parse(text->substr(kPrefix.size()))) {
    fields_.Fail("fingerprint",
                 fmt::format("must be null, or weights:sha256: and 64 digits of 0-9 and a-f, is {}",
                             Quote(*text, 100)));
  }
  return *text;
}

std::vector<Source> RowReader::ReadSources() {
  std::vector<Source> sources;
  const Json::Array* array = fields_.Array("sources", Need::kRequired);
  if (array == nullptr) return sources;
  if (array->empty()) fields_.Fail("sources", "is empty");
  for (size_t i = 0; i < array->size(); ++i) {
    auto source = ReadSource((*array)[i], fmt::format("{}[{}]", fields_.PathOf("sources"), i));
    if (!source) break;
    sources.push_back(*std::move(source));
  }
  return sources;
}

std::optional<Source> RowReader::ReadSource(const Json& json, std::string path) {
  Problem& problem = fields_.problem();
  if (const std::string* url = json.AsString()) {
    if (auto wrong = WrongLockedUrl(*url)) problem.Note(fmt::format("{} {}", path, *wrong));
    return UrlSource{*url};
  }
  Fields fields(json, path, problem);
  const std::string* wheel = fields.String("wheel", Need::kRequired);
  const std::string* member = fields.String("member", Need::kRequired);
  if (wheel == nullptr || member == nullptr) return std::nullopt;
  if (json.AsObject()->size() != 2) problem.Note(path + " has more than a wheel and a member");
  if (auto wrong = WrongRequirement(*wheel)) fields.Fail("wheel", *wrong);
  if (auto wrong = WrongMember(*member)) fields.Fail("member", *wrong);
  return WheelSource{*wheel, *member};
}

Error About(std::string_view where, Error error) {
  error.message = fmt::format("{}: {}", Escape(where, 1000), error.message);
  if (error.code == ErrorCode::kCorrupt && error.hint.empty()) {
    error.hint = "it was changed or damaged: get it again, or write it anew with `zoo lock`";
  }
  return error;
}

Status CheckLockSchema(const Json& document) {
  const Json* schema = document.Find("schema");
  const std::string* text = schema == nullptr ? nullptr : schema->AsString();
  if (text == nullptr || !text->starts_with(kFamily)) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("is no lock file: its schema is not {}", kLockSchema),
                 "`zoo lock NAME... -o zoo.lock` writes one"};
  }
  if (*text == kLockSchema) return {};
  return Error{
      ErrorCode::kUnsupported,
      fmt::format("its schema is {}, this program reads {}", Quote(*text, 40), kLockSchema),
      "use another version of zoo"};
}

// What is wrong between rows that are right by themselves: sorted is unique.
Status CheckRows(const std::vector<LockedWeights>& rows) {
  std::map<std::string, const LockedWeights*> seen;
  std::map<Digest, uint64_t> sizes;
  for (size_t i = 0; i < rows.size(); ++i) {
    const LockedWeights& row = rows[i];
    if (i > 0 && rows[i - 1].alias >= row.alias) {
      return Error{ErrorCode::kCorrupt,
                   fmt::format("alias {} stands behind {}: rows are sorted by alias, each once",
                               Quote(row.alias), Quote(rows[i - 1].alias)),
                   ""};
    }
    auto [other, fresh] = seen.emplace(AliasKey(row.alias), &row);
    if (!fresh) {
      return Error{ErrorCode::kCorrupt,
                   fmt::format("the aliases {} and {} differ in case only",
                               Quote(other->second->alias), Quote(row.alias)),
                   ""};
    }
    auto [size, first] = sizes.emplace(row.sha256, row.size);
    if (first || size->second == row.size) continue;
    return Error{ErrorCode::kCorrupt,
                 fmt::format("the file of sha256 {} has {} bytes in one row and {} in another",
                             row.sha256.hex(), size->second, row.size),
                 ""};
  }
  return {};
}

}  // namespace

Result<Lock> ParseLock(std::string_view text, std::string_view where) {
  Result<Json> document = ParseJson(text, {.bytes = kLargestLock});
  if (!document) return About(where, std::move(document).error());
  if (Status schema = CheckLockSchema(*document); !schema) return About(where, schema.error());
  Problem problem;
  Fields fields(*document, "", problem);
  Lock lock;
  const Json::Array* rows = fields.Array("weights", Need::kRequired);
  for (size_t i = 0; rows != nullptr && i < rows->size(); ++i) {
    lock.weights.push_back(RowReader((*rows)[i], fmt::format("weights[{}]", i), problem).Read());
    if (problem.found()) break;
  }
  if (document->AsObject()->size() != 2) problem.Note("it has more than a schema and weights");
  if (problem.found()) return About(where, problem.error());
  if (Status right = CheckRows(lock.weights); !right) return About(where, right.error());
  return lock;
}

Result<Lock> ReadLock(const std::filesystem::path& path) {
  ZOO_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kLargestLock));
  return ParseLock(text, path.string());
}

}  // namespace zoo
