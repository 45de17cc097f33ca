// Photos as the inputs of probes. zoo-run only; any thread.
//
//   ZOO_ASSIGN_OR_RETURN(const at::Tensor images, ReadProbePhoto("lab", photo, *entry.preset));
#ifndef ZOO_CLI_PROBE_PHOTO_H_
#define ZOO_CLI_PROBE_PHOTO_H_

#include <ATen/core/Tensor.h>

#include <filesystem>

#include "zoo/base/preset.h"
#include "zoo/base/result.h"
#include "zoo/loader/probe.h"

namespace zoo::cli {

// The photo in that folder as [1, 3, crop, crop] in float32. It is decoded only after its digest is
// known to be right. kNotFound if it is not there, kCorrupt if it is larger than 64 MiB or another
// file than the probe's, else what decoding and preparing it gives.
Result<at::Tensor> ReadProbePhoto(const std::filesystem::path& folder, const PhotoInput& photo,
                                  const Preset& preset);

// That file as a probe's input. kNotFound, or kCorrupt if it is too large.
Result<PhotoInput> PhotoInputOf(const std::filesystem::path& file);

}  // namespace zoo::cli

#endif  // ZOO_CLI_PROBE_PHOTO_H_
