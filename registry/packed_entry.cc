#include "zoo/registry/packed_entry.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace zoo {
namespace {

// A flag, and the value behind it if there is one.
template <typename T, typename Pack>
void PackIf(Packer& packer, const std::optional<T>& value, const Pack& pack) {
  packer.Flag(value.has_value());
  if (value) pack(*value);
}

template <typename Unpack>
auto UnpackIf(Unpacker& unpacker, const Unpack& unpack) -> std::optional<decltype(unpack())> {
  if (!unpacker.Flag()) return std::nullopt;
  return unpack();
}

void PackName(const Entry& entry, Packer& packer) {
  packer.Text(entry.model);
  packer.Text(entry.weights);
  packer.Flag(entry.is_default);
}

EntryName TakeName(Unpacker& unpacker) {
  std::string_view model = unpacker.Text();
  std::string_view weights = unpacker.Text();
  return {model, weights, unpacker.Flag()};
}

void PackSource(const Source& source, Packer& packer) {
  const auto* wheel = std::get_if<WheelSource>(&source);
  packer.Flag(wheel != nullptr);
  if (wheel == nullptr) return packer.Text(std::get<UrlSource>(source).url);
  packer.Text(wheel->requirement);
  packer.Text(wheel->member);
}

Source TakeSource(Unpacker& unpacker) {
  if (!unpacker.Flag()) return UrlSource{std::string(unpacker.Text())};
  std::string requirement(unpacker.Text());
  return WheelSource{std::move(requirement), std::string(unpacker.Text())};
}

void PackPieces(const Pieces& pieces, Packer& packer) {
  packer.Whole(pieces.length);
  packer.Sha256(pieces.root);
  packer.Whole(pieces.hashes.size());
  for (const Digest& hash : pieces.hashes) packer.Sha256(hash);
}

Pieces TakePieces(Unpacker& unpacker) {
  Pieces pieces;
  pieces.length = unpacker.Whole();
  pieces.root = unpacker.Sha256();
  pieces.hashes.resize(unpacker.Count(Digest::kBytes));
  for (Digest& hash : pieces.hashes) hash = unpacker.Sha256();
  return pieces;
}

void PackArtifact(const Artifact& artifact, Packer& packer) {
  packer.Text(artifact.file);
  PackIf(packer, artifact.size, [&](uint64_t size) { packer.Whole(size); });
  packer.Whole(artifact.min_size);
  packer.Whole(artifact.max_size);
  PackIf(packer, artifact.sha256, [&](const Digest& digest) { packer.Sha256(digest); });
  packer.Text(artifact.sha256_prefix);
  packer.Whole(artifact.sources.size());
  for (const Source& source : artifact.sources) PackSource(source, packer);
  PackIf(packer, artifact.pieces, [&](const Pieces& pieces) { PackPieces(pieces, packer); });
}

Artifact TakeArtifact(Unpacker& unpacker) {
  Artifact artifact;
  artifact.file = unpacker.Text();
  artifact.size = UnpackIf(unpacker, [&] { return unpacker.Whole(); });
  artifact.min_size = unpacker.Whole();
  artifact.max_size = unpacker.Whole();
  artifact.sha256 = UnpackIf(unpacker, [&] { return unpacker.Sha256(); });
  artifact.sha256_prefix = unpacker.Text();
  artifact.sources.resize(unpacker.Count(2));
  for (Source& source : artifact.sources) source = TakeSource(unpacker);
  artifact.pieces = UnpackIf(unpacker, [&] { return TakePieces(unpacker); });
  return artifact;
}

std::vector<Metric> TakeMetrics(Unpacker& unpacker) {
  std::vector<Metric> metrics(unpacker.Count(2 + sizeof(double)));
  for (Metric& metric : metrics) {
    metric.dataset = unpacker.Text();
    metric.name = unpacker.Text();
    metric.value = unpacker.Real();
  }
  return metrics;
}

void PackPreset(const Preset& preset, Packer& packer) {
  packer.Signed(preset.resize);
  packer.Signed(preset.crop);
  packer.Flag(preset.interpolation == Interpolation::kBicubic);
  for (double mean : preset.mean) packer.Real(mean);
  for (double std : preset.std) packer.Real(std);
}

Preset TakePreset(Unpacker& unpacker) {
  Preset preset;
  preset.resize = static_cast<int>(unpacker.Signed());
  preset.crop = static_cast<int>(unpacker.Signed());
  preset.interpolation = unpacker.Flag() ? Interpolation::kBicubic : Interpolation::kBilinear;
  for (double& mean : preset.mean) mean = unpacker.Real();
  for (double& std : preset.std) std = unpacker.Real();
  return preset;
}

std::array<int, 2> TakeMinSize(Unpacker& unpacker) {
  std::array<int, 2> size;
  for (int& side : size) side = static_cast<int>(unpacker.Signed());
  return size;
}

}  // namespace

void PackEntry(const Entry& entry, Packer& packer) {
  PackName(entry, packer);
  packer.Text(entry.architecture.name);
  packer.Members(entry.architecture.options);
  PackArtifact(entry.artifact, packer);
  PackIf(packer, entry.parameters, [&](uint64_t count) { packer.Whole(count); });
  packer.Text(entry.license);
  packer.Whole(entry.metrics.size());
  for (const Metric& metric : entry.metrics) {
    packer.Text(metric.dataset);
    packer.Text(metric.name);
    packer.Real(metric.value);
  }
  PackIf(packer, entry.gflops, [&](double gflops) { packer.Real(gflops); });
  PackIf(packer, entry.min_size, [&](const std::array<int, 2>& size) {
    for (int side : size) packer.Signed(side);
  });
  packer.Text(entry.recipe);
  packer.Text(entry.categories);
  PackIf(packer, entry.preset, [&](const Preset& preset) { PackPreset(preset, packer); });
  packer.Text(entry.fingerprint);
  PackIf(packer, entry.probe, [&](const Json& probe) { packer.Value(probe); });
  packer.Text(entry.supersedes);
  PackIf(packer, entry.provenance, [&](const Json& provenance) { packer.Value(provenance); });
  packer.Members(entry.unknown);
}

std::optional<Entry> UnpackEntry(ByteView bytes) {
  Unpacker unpacker(bytes);
  const EntryName name = TakeName(unpacker);
  Entry entry;
  entry.model = name.model;
  entry.weights = name.weights;
  entry.is_default = name.is_default;
  entry.architecture.name = unpacker.Text();
  entry.architecture.options = unpacker.Members();
  entry.artifact = TakeArtifact(unpacker);
  entry.parameters = UnpackIf(unpacker, [&] { return unpacker.Whole(); });
  entry.license = unpacker.Text();
  entry.metrics = TakeMetrics(unpacker);
  entry.gflops = UnpackIf(unpacker, [&] { return unpacker.Real(); });
  entry.min_size = UnpackIf(unpacker, [&] { return TakeMinSize(unpacker); });
  entry.recipe = unpacker.Text();
  entry.categories = unpacker.Text();
  entry.preset = UnpackIf(unpacker, [&] { return TakePreset(unpacker); });
  entry.fingerprint = unpacker.Text();
  entry.probe = UnpackIf(unpacker, [&] { return unpacker.Value(); });
  entry.supersedes = unpacker.Text();
  entry.provenance = UnpackIf(unpacker, [&] { return unpacker.Value(); });
  entry.unknown = unpacker.Members();
  if (!unpacker.AtEnd()) return std::nullopt;
  return entry;
}

EntryName UnpackName(ByteView bytes) {
  Unpacker unpacker(bytes);
  EntryName name = TakeName(unpacker);
  return unpacker.failed() ? EntryName() : name;
}

}  // namespace zoo
