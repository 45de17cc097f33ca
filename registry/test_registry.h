// A registry file with every field in it, and the means to change one value: what the tests of the
// parser share.
#ifndef ZOO_REGISTRY_TEST_REGISTRY_H_
#define ZOO_REGISTRY_TEST_REGISTRY_H_

#include <string>
#include <string_view>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"

namespace zoo {

inline constexpr std::string_view kGood = R"({
  "schema": "zoo/registry/1", "name": "example", "version": 7, "updated": "2026-11-24T00:00:00Z",
  "categories": {"two": ["tench", "goldfish"]},
  "entries": [{
    "model": "resnet18", "weights": "V1", "default": true,
    "architecture": {"name": "resnet18", "options": {"num_classes": 10}},
    "artifact": {
      "file": "resnet18-f37072fd.pth", "size": 100000,
      "sha256": "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
      "sources": [{"url": "https://example.org/resnet18-f37072fd.pth"},
                  {"wheel": "some-model==0.1.0", "member": "some/model.pth"}],
      "pieces": {"length": 65536,
        "root": "bba91ca85dc914b2ec3efb9e16e7267bf9193b14350d20fba8a8b406730ae30a",
        "hashes": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD//////////////////////////////////////////w=="}
    },
    "parameters": 11689512, "license": "Apache-2.0",
    "metrics": {"ImageNet-1K": {"acc@1": 69.758, "acc@5": 89}},
    "gflops": 1.814, "min_size": [1, 1], "recipe": "https://example.org/recipe",
    "categories": "two",
    "preset": {"resize": [256], "crop": [224], "interpolation": "bicubic", "antialias": true,
               "mean": [0, 0.456, 0.406], "std": [0.229, 0.224, 1]},
    "fingerprint": "weights:sha256:f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
    "probe": {"input": {"seed": "public", "name": "input", "shape": [1, 3, 224, 224]},
              "dtype": "float32", "logits": [1, -2.5], "sum": 3.5, "argmax": 1,
              "tolerance": 1e-4, "made_with": "hand"},
    "supersedes": "resnet18:V0", "provenance": {"by": "us"}, "later": {"x": [1]}
  }]
})";

// Registry::Parse as "zoo.json", alias "lab".
Result<Registry> ParseText(std::string_view text, RegistryOrigin origin = RegistryOrigin::kFile);

// The member or item that `path` ("entries.0.artifact") leads to, made if the last is a new member.
Json& At(Json& json, std::string_view path);
void Remove(Json& json, std::string_view path);

// kGood with the value at `path` replaced (JSON text), or removed if `value` is empty.
std::string With(std::string_view path, std::string_view value);

// A change that the parser refuses.
struct BadRow {
  std::string path, value;  // of With()
  std::string message;      // behind "zoo.json: "
  ErrorCode code = ErrorCode::kCorrupt;
};
void ExpectRefused(const BadRow& row);

// For the test that holds the JSON schema against what the parser refuses: adds the document and
// the message as a line to the file that REFUSED_ROWS names, if it names one. ExpectRefused does.
void NoteRefused(std::string_view text, std::string_view message);

}  // namespace zoo

#endif  // ZOO_REGISTRY_TEST_REGISTRY_H_
