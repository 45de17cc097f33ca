#include "zoo/cli/probe_photo.h"

#include <ATen/ops/from_blob.h>
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/text.h"
#include "zoo/image/decode.h"
#include "zoo/image/image.h"
#include "zoo/image/preprocess.h"

namespace zoo::cli {
namespace {

// A sample has no need to be larger, and a registry from elsewhere names it.
constexpr uint64_t kLargestPhoto = 64 << 20;

}  // namespace

Result<at::Tensor> ReadProbePhoto(const std::filesystem::path& folder, const PhotoInput& photo,
                                  const Preset& preset) {
  const std::filesystem::path file = folder / photo.photo;
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

Result<PhotoInput> PhotoInputOf(const std::filesystem::path& file) {
  ZOO_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file, kLargestPhoto));
  return PhotoInput{file.filename().native(), Digest::Of(AsBytes(bytes))};
}

}  // namespace zoo::cli
