#include "zoo/cache/test_pull.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>

#include "zoo/base/bytes.h"
#include "zoo/cache/ingest.h"
#include "zoo/cache/layout.h"

namespace zoo {
namespace fs = std::filesystem;

Wanted MakeWanted(size_t size, uint32_t seed) {
  Wanted wanted;
  wanted.bytes.resize(size);
  for (char& byte : wanted.bytes) {
    seed = seed * 1664525 + 1013904223;
    byte = static_cast<char>(seed >> 24);
  }
  wanted.digest = Digest::Of(AsBytes(wanted.bytes));
  wanted.key = {.file = "weights.pth", .sha256 = wanted.digest, .size = size};
  return wanted;
}

IngestKey PrefixKey(const Wanted& wanted) {
  return {.file = "weights.pth",
          .sha256_prefix = wanted.digest.hex().substr(0, 8),
          .origin = "https://host/weights.pth",
          .max_size = wanted.bytes.size() + 1000};
}

Result<Blob> PullOnce(Disk& disk, const fs::path& root, const Wanted& wanted, PullSteps steps) {
  ZOO_ASSIGN_OR_RETURN(Store store, Store::Open(root, disk));
  ZOO_ASSIGN_OR_RETURN(std::optional<Blob> blob, store.Find(wanted.key));
  if (blob) return *blob;
  ZOO_ASSIGN_OR_RETURN(Ingest ingest, store.Begin(wanted.key, CancelToken()));
  ZOO_ASSIGN_OR_RETURN(blob, store.Find(wanted.key));
  if (blob) return *blob;
  while (ingest.size() < wanted.bytes.size()) {
    if (ingest.size() >= steps.stop_after) return Error{ErrorCode::kCancelled, "stopped", ""};
    std::string_view rest = std::string_view(wanted.bytes).substr(ingest.size());
    ZOO_RETURN_IF_ERROR(ingest.Append(AsBytes(rest.substr(0, steps.chunk))));
  }
  return ingest.Commit();
}

std::vector<std::string> WrongBlobs(const fs::path& root) {
  std::vector<std::string> wrong;
  for (const std::string& file : FilesIn(root, "blobs")) {
    auto name = CacheName::Parse(file);
    bool right = name && *name->key.digest() == Digest::Of(AsBytes(ReadAll(root / file)));
    if (!right) wrong.push_back(file);
  }
  return wrong;
}

std::vector<std::string> FilesIn(const fs::path& root, const std::string& folder) {
  std::vector<std::string> names;
  std::error_code missing;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder, missing)) {
    if (!entry.is_directory()) names.push_back(entry.path().lexically_relative(root).native());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string ReadAll(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace zoo
