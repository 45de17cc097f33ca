#include "zoo/checkpoint/writer.h"

#include "zoo/checkpoint/legacy_writer.h"
#include "zoo/checkpoint/safetensors_writer.h"
#include "zoo/checkpoint/zip_writer.h"

namespace zoo {
namespace {

using Write = Result<Written>(const Document& document, const std::filesystem::path& path,
                              const WriteOptions& options);

// In the order of WriteFormat.
constexpr Write* kWriters[] = {WriteZip, WriteLegacy, WriteSafetensors};

}  // namespace

Result<Written> WriteCheckpoint(const Document& document, const std::filesystem::path& path,
                                const WriteOptions& options) {
  return kWriters[static_cast<size_t>(options.format)](document, path, options);
}

}  // namespace zoo
