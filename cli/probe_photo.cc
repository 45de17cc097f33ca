#include "zoo/cli/probe_photo.h"

#include <ATen/ops/from_blob.h>
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/text.h"
#include "zoo/cli/pull_one.h"
#include "zoo/image/decode.h"
#include "zoo/image/image.h"
#include "zoo/image/preprocess.h"
#include "zoo/registry/registry.h"

namespace zoo::cli {
namespace {

// A sample has no need to be larger, and a registry from elsewhere names it.
constexpr uint64_t kLargestPhoto = 64 << 20;

// A file's name as the last part of a URL.
std::string Encoded(std::string_view name) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (const char c : name) {
    const bool plain = kPlain.find(c) != std::string_view::npos;
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

// The photo as if it were weights of the entry: an artifact like any other.
Entry AsEntry(const Entry& entry, const PhotoInput& photo) {
  return {.registry = entry.registry,
          .base = entry.base,
          .public_addresses_only = entry.public_addresses_only,
          .model = entry.model,
          .weights = entry.weights,
          .artifact = {.file = photo.photo,
                       .max_size = kLargestPhoto,
                       .sha256 = photo.sha256,
                       .sources = {UrlSource{entry.base + Encoded(photo.photo)}}}};
}

}  // namespace

Result<std::filesystem::path> ProbePhotoFile(Context& context, const Entry& entry,
                                             const PhotoInput& photo) {
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  if (entry.base.starts_with("http")) {
    ZOO_ASSIGN_OR_RETURN(const Pulled pulled, PullOne(context, AsEntry(entry, photo)));
    return pulled.blob.path();
  }
  const std::filesystem::path folder = registries->FolderOf(entry);
  if (!folder.empty()) return folder / photo.photo;
  return Error{ErrorCode::kUnsupported,
               fmt::format("the probe of {} is of a photo beside its registry, which was read from "
                           "no file",
                           entry.name()),
               ""};
}

Result<at::Tensor> ReadProbePhoto(const std::filesystem::path& file, const PhotoInput& photo,
                                  const Preset& preset) {
  Result<std::string> bytes = ReadFile(file, kLargestPhoto);
  if (!bytes) {
    Error error = std::move(bytes).error();
    if (error.code == ErrorCode::kNotFound) error.hint = "the probe's photo must lie there";
    return error;
  }
  if (const Digest digest = Digest::Of(AsBytes(*bytes)); digest != photo.sha256) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{}: sha256 is {}, the probe says {}", Escape(file.native(), 1000),
                             digest.hex(), photo.sha256.hex()),
                 "it is another photo than the one that the probe was made of"};
  }
  ZOO_ASSIGN_OR_RETURN(const Image image, DecodeImage(AsBytes(*bytes), file.native()));
  ZOO_ASSIGN_OR_RETURN(const Image crop, ResizeAndCrop(image, preset));
  std::vector<float> pixels = Normalize(crop, preset);
  return at::from_blob(pixels.data(), {1, 3, crop.height, crop.width}).clone();
}

Result<std::string> PhotoBytes(const std::filesystem::path& file) {
  return ReadFile(file, kLargestPhoto);
}

Result<PhotoInput> PhotoInputOf(const std::filesystem::path& file) {
  ZOO_ASSIGN_OR_RETURN(const std::string bytes, PhotoBytes(file));
  return PhotoInput{file.filename().native(), Digest::Of(AsBytes(bytes))};
}

}  // namespace zoo::cli
