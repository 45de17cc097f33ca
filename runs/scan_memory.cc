#include "zoo/runs/scan_memory.h"

#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/runs/metrics.h"

namespace zoo {
namespace fs = std::filesystem;
namespace {

// What is found depends on what is looked for: with another answer comes another number.
constexpr std::string_view kSchema = "zoo/run-scan/1";
constexpr size_t kMaxBytes = size_t{64} << 20;

Json ToJson(const ScannedFile& file) {
  Json::Object object{{"file", file.file},
                      {"size", file.stamp.size},
                      {"mtime_ns", file.stamp.mtime_ns},
                      {"inode", file.stamp.inode}};
  if (!file.skipped.empty()) {
    object.emplace_back("skipped", file.skipped);
    return object;
  }
  if (file.facts.epoch) object.emplace_back("epoch", *file.facts.epoch);
  object.emplace_back("metrics", MetricsJson(file.facts.metrics));
  return object;
}

std::optional<ScannedFile> FromJson(const Json& json) {
  const Json *name = json.Find("file"), *size = json.Find("size"), *time = json.Find("mtime_ns"),
             *inode = json.Find("inode");
  if (name == nullptr || size == nullptr || time == nullptr || inode == nullptr) return {};
  if (name->AsString() == nullptr || !size->AsUint64() || !time->AsInt64() || !inode->AsUint64()) {
    return {};
  }
  ScannedFile file{.file = *name->AsString(),
                   .stamp = {*size->AsUint64(), *time->AsInt64(), *inode->AsUint64()}};
  if (const Json* skipped = json.Find("skipped"); skipped != nullptr) {
    if (skipped->AsString() == nullptr) return {};
    file.skipped = *skipped->AsString();
    return file;
  }
  if (const Json* epoch = json.Find("epoch"); epoch != nullptr) {
    if (!epoch->AsInt64()) return {};
    file.facts.epoch = epoch->AsInt64();
  }
  const Json* metrics = json.Find("metrics");
  auto parsed = metrics == nullptr ? std::nullopt : ParseMetrics(*metrics);
  if (!parsed) return {};
  file.facts.metrics = *std::move(parsed);
  return file;
}

// The folder's one name, whatever the way to it.
std::string NameOf(const fs::path& folder) {
  std::error_code failed;
  const fs::path canonical = fs::canonical(folder, failed);
  return failed ? folder.native() : canonical.native();
}

}  // namespace

ScanMemory::ScanMemory(const fs::path& memory, const fs::path& folder) : folder_(NameOf(folder)) {
  if (memory.empty()) return;
  path_ = memory / (Digest::Of(AsBytes(folder_)).hex() + ".json");
  auto text = ReadFile(path_, kMaxBytes);
  auto document = text ? ParseJson(*text, {.bytes = kMaxBytes}) : Result<Json>(text.error());
  if (!document) return;
  const Json *schema = document->Find("schema"), *files = document->Find("files");
  if (schema == nullptr || *schema != Json(kSchema) || files == nullptr || !files->AsArray())
    return;
  for (const Json& json : *files->AsArray()) {
    if (auto file = FromJson(json)) files_[file->file] = *std::move(file);
  }
}

const ScannedFile* ScanMemory::Find(const std::string& file, const FileStamp& stamp) const {
  auto found = files_.find(file);
  return found != files_.end() && found->second.stamp == stamp ? &found->second : nullptr;
}

void ScanMemory::Replace(const std::vector<ScannedFile>& files) const {
  if (path_.empty()) return;
  Json::Array list;
  for (const ScannedFile& file : files) list.push_back(ToJson(file));
  std::error_code ignored;
  fs::create_directories(path_.parent_path(), ignored);
  const Json document =
      Json::Object{{"schema", kSchema}, {"folder", folder_}, {"files", std::move(list)}};
  // Where it cannot be written the files are opened again next time.
  (void)WriteFile(path_, document.Dump(-1) + '\n').has_value();
}

}  // namespace zoo
