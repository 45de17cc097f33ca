#include "zoo/registry/read.h"

#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

#include "zoo/base/file.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/name.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kLargestFile = 256 << 20;
constexpr const char* kFileInFolder = "zoo.json";

// The path itself where the working folder cannot be told.
fs::path Absolute(const fs::path& path) {
  std::error_code error;
  fs::path absolute = fs::absolute(path, error);
  return error ? path : absolute;
}

// `lab/..` and `.` have no name of their own; the absolute path has.
fs::path Named(const fs::path& path) {
  fs::path normal = Absolute(path).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

// The folder's URL, as ParseFileUrl (fetcher/url.h) reads it.
std::string UrlOf(const fs::path& folder) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-._~";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  fs::path plain;  // without "." for one place to have one URL; ".." may lead out of a link and stays
  for (const fs::path& part : folder) {
    if (part != ".") plain /= part;
  }
  std::string url = "file://";
  for (char c : plain.string()) {
    if (kPlain.find(c) != std::string_view::npos) {
      url += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      url += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return url.ends_with('/') ? url : url + '/';
}

}  // namespace

std::string AliasOf(const fs::path& path) {
  fs::path named = Named(path);
  if (named.filename() == kFileInFolder) named = named.parent_path();
  std::string text = named.filename().string();
  if (text.ends_with(".json")) text.resize(text.size() - 5);
  std::string alias;
  for (char c : text) {
    bool stands = IsNamePart(alias + c);
    if (stands) {
      alias += c;
    } else if (!alias.empty() && alias.back() != '-' && IsNamePart(alias + '-')) {
      alias += '-';
    }
  }
  while (alias.ends_with('-')) alias.pop_back();
  return alias.empty() ? "registry" : alias;
}

fs::path RegistryFileAt(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) ? path / kFileInFolder : path;
}

Result<std::string> ReadRegistryText(const fs::path& path) {
  const fs::path file = RegistryFileAt(path);
  auto text = ReadFile(file, kLargestFile);
  if (text || file == path || text.error().code != ErrorCode::kNotFound) return text;
  Error error = std::move(text).error();
  error.hint = "a folder is a registry if it holds a zoo.json";
  return error;
}

Result<Registry> ReadRegistry(const fs::path& path, std::string alias) {
  const fs::path file = RegistryFileAt(path);
  ZOO_ASSIGN_OR_RETURN(std::string text, ReadRegistryText(path));
  if (alias.empty()) alias = AliasOf(path);
  auto registry = Registry::Parse(text, std::move(alias), RegistryOrigin::kFile, file.string());
  if (!registry) return registry;
  registry->SetFile(Absolute(file));
  registry->SetBase(UrlOf(registry->folder()));
  return registry;
}

}  // namespace zoo
