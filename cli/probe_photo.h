// Photos as the inputs of probes. zoo-run only; any thread.
//
//   ZOO_ASSIGN_OR_RETURN(const auto file, ProbePhotoFile(context, entry, photo));
//   ZOO_ASSIGN_OR_RETURN(const at::Tensor images, ReadProbePhoto(file, photo, *entry.preset));
#ifndef ZOO_CLI_PROBE_PHOTO_H_
#define ZOO_CLI_PROBE_PHOTO_H_

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>

#include "zoo/base/preset.h"
#include "zoo/base/result.h"
#include "zoo/cli/context.h"
#include "zoo/loader/probe.h"
#include "zoo/registry/entry.h"

namespace zoo::cli {

// Where the photo of an entry's probe is: beside the registry, or if that was fetched from a URL in
// the cache, pulled from beside it. kUnsupported for a registry that was read from nowhere, else
// the errors of Pull.
Result<std::filesystem::path> ProbePhotoFile(Context& context, const Entry& entry,
                                             const PhotoInput& photo);

// The photo in that file as [1, 3, crop, crop] in float32. It is decoded only after its digest is
// known to be right. kNotFound if it is not there, kCorrupt if it is larger than 64 MiB or another
// file than the probe's, else what decoding and preparing it gives.
Result<at::Tensor> ReadProbePhoto(const std::filesystem::path& file, const PhotoInput& photo,
                                  const Preset& preset);

// The bytes of a photo that a probe is to be made of. kNotFound, or kCorrupt if it is too large.
Result<std::string> PhotoBytes(const std::filesystem::path& file);
// That file as a probe's input. kNotFound, or kCorrupt if it is too large.
Result<PhotoInput> PhotoInputOf(const std::filesystem::path& file);

}  // namespace zoo::cli

#endif  // ZOO_CLI_PROBE_PHOTO_H_
