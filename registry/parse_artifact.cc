#include "zoo/registry/parse_artifact.h"

#include <fmt/format.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/registry/pieces.h"
#include "zoo/registry/source_rules.h"

namespace zoo {
namespace {

constexpr size_t kShortestPrefix = 8;
constexpr size_t kHexDigits = 2 * Digest::kBytes;

// Fails the field with what is wrong with it, if anything is.
void Check(Fields& fields, std::string_view key, const std::optional<std::string>& wrong) {
  if (wrong) fields.Fail(key, *wrong);
}

bool IsLowerHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void ReadIdentity(Fields& fields, Artifact& artifact) {
  const std::string* full = fields.String("sha256");
  const std::string* prefix = fields.String("sha256_prefix");
  if (full == nullptr && prefix == nullptr) {
    fields.Fail("sha256", "is missing: without it or sha256_prefix nothing could be verified");
    return;
  }
  if (full != nullptr) {
    auto digest = Digest::FromHex(*full);
    if (!digest) return fields.Fail("sha256", digest.error().Text());
    artifact.sha256 = *digest;
  }
  if (prefix == nullptr) return;
  if (prefix->size() < kShortestPrefix || prefix->size() >= kHexDigits || !IsLowerHex(*prefix)) {
    return fields.Fail("sha256_prefix", fmt::format("must be 8 to 63 digits of 0-9 and a-f, is {}",
                                                    Quote(*prefix, 80)));
  }
  if (full != nullptr && !full->starts_with(*prefix)) {
    return fields.Fail("sha256_prefix", fmt::format("is {}, but sha256 is {}", *prefix, *full));
  }
  artifact.sha256_prefix = *prefix;
}

// [least, most], both whole.
std::optional<std::pair<uint64_t, uint64_t>> ReadSizeRange(Fields& fields) {
  const Json::Array* pair = fields.Array("size_range");
  if (pair == nullptr) return std::nullopt;
  auto least = pair->size() == 2 ? (*pair)[0].AsUint64() : std::nullopt;
  auto most = pair->size() == 2 ? (*pair)[1].AsUint64() : std::nullopt;
  if (!least || !most || *least > *most || *most > kLargestWhole) {
    fields.Fail("size_range", "must be [MIN, MAX], two whole numbers from 0 to 2^53 in this order");
    return std::nullopt;
  }
  return std::pair(*least, *most);
}

void ReadSize(Fields& fields, Artifact& artifact) {
  artifact.size = fields.Whole("size");
  auto range = ReadSizeRange(fields);
  if (artifact.size) {
    artifact.min_size = artifact.max_size = *artifact.size;
    if (range && (*artifact.size < range->first || *artifact.size > range->second)) {
      fields.Fail("size", fmt::format("is {}, outside of size_range [{}, {}]", *artifact.size,
                                      range->first, range->second));
    }
  } else if (range) {
    std::tie(artifact.min_size, artifact.max_size) = *range;
  } else {
    fields.Fail("size", "is missing: it or size_range must say where a download has to end");
  }
}

std::optional<Source> ReadSource(const Json& json, const std::string& path, RegistryOrigin origin,
                                 Problem& problem) {
  Fields fields(json, path, problem);
  const std::string* url = fields.String("url");
  const std::string* wheel = fields.String("wheel");
  if ((url == nullptr) == (wheel == nullptr)) {
    problem.Note(path + " must have either a url or a wheel");
    return std::nullopt;
  }
  if (url != nullptr) {
    Check(fields, "url", WrongUrl(*url, origin));
    return UrlSource{*url};
  }
  if (origin == RegistryOrigin::kUrl) {
    fields.Fail("wheel", "may stand only in a registry read from a file");
  }
  Check(fields, "wheel", WrongRequirement(*wheel));
  const std::string* member = fields.String("member", Need::kRequired);
  if (member == nullptr) return std::nullopt;
  Check(fields, "member", WrongMember(*member));
  return WheelSource{*wheel, *member};
}

void ReadSources(Fields& fields, RegistryOrigin origin, Artifact& artifact) {
  const Json::Array* sources = fields.Array("sources", Need::kRequired);
  if (sources == nullptr) return;
  if (sources->empty()) fields.Fail("sources", "is empty");
  for (size_t i = 0; i < sources->size(); ++i) {
    std::string path = fmt::format("{}[{}]", fields.PathOf("sources"), i);
    auto source = ReadSource((*sources)[i], path, origin, fields.problem());
    if (!source) return;
    artifact.sources.push_back(*std::move(source));
  }
}

}  // namespace

Artifact ParseArtifact(Fields& entry, RegistryOrigin origin) {
  Artifact artifact;
  const Json* object = entry.Object("artifact", Need::kRequired);
  if (object == nullptr) return artifact;
  Fields fields(*object, entry.PathOf("artifact"), entry.problem());
  if (const std::string* file = fields.String("file", Need::kRequired)) {
    artifact.file = *file;
    Check(fields, "file", WrongFileName(*file));
  }
  ReadSize(fields, artifact);
  ReadIdentity(fields, artifact);
  ReadSources(fields, origin, artifact);
  artifact.pieces = ReadPieces(fields, artifact.size);
  return artifact;
}

}  // namespace zoo
