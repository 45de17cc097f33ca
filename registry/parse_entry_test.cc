// The rules of an entry (docs/registry_format.md), one row each.
#include <gtest/gtest.h>

#include <string>

#include "zoo/base/result.h"
#include "zoo/registry/test_registry.h"

namespace zoo {
namespace {

TEST(ParseEntry, BadEntries) {
  const std::string at = "entries[0] (resnet18:V1): ";
  const std::string name_rule =
      " is not a name: letters, digits, '.', '_' and '-', a letter or digit first, no \"..\", at "
      "most 128";
  const BadRow kRows[] = {
      {"entries.0.model", "", "entries[0]: model is missing"},
      {"entries.0.model", "null", "entries[0]: model must be a string, is null"},
      {"entries.0.model", R"("../etc")", R"(entries[0]: model "../etc")" + name_rule},
      {"entries.0.model", R"("a\u001b[31mb")", R"(entries[0]: model "a\x1b[31mb")" + name_rule},
      {"entries.0.weights", R"("a/b")", R"(entries[0]: weights "a/b")" + name_rule},
      {"entries.0.weights", R"("")", R"(entries[0] (resnet18): weights "")" + name_rule},
      {"entries.0.default", "1", at + "default must be true or false, is 1"},
      {"entries.0.architecture", R"("resnet18")",
       at + R"(architecture must be an object, is "resnet18")"},
      {"entries.0.architecture.name", "", at + "architecture.name is missing"},
      {"entries.0.architecture.name", R"("a b")", at + R"(architecture.name "a b")" + name_rule},
      {"entries.0.architecture.options", "[]",
       at + "architecture.options must be an object, is an array"},
      {"entries.0.parameters", "1e3",
       at + "parameters must be a whole number from 0 to 2^53, is 1000.0"},
      {"entries.0.license", R"("")", at + R"(license is empty; write "not stated")"},
      {"entries.0.metrics", "[]", at + "metrics must be an object, is an array"},
      {"entries.0.metrics", R"({"A": 1})", at + R"(metrics of "A" must be an object)"},
      {"entries.0.metrics", R"({"A": {"acc@1": "70"}})",
       at + R"(metrics of "A": "acc@1" must be a number)"},
      {"entries.0.gflops", "-1", at + "gflops must not be below 0"},
      {"entries.0.gflops", "true", at + "gflops must be a number, is true"},
      {"entries.0.min_size", "[1]",
       at + "min_size must be [HEIGHT, WIDTH], whole numbers from 1 to 65536"},
      {"entries.0.min_size", "[0, 1]",
       at + "min_size must be [HEIGHT, WIDTH], whole numbers from 1 to 65536"},
      {"entries.0.recipe", "{}", at + "recipe must be a string, is an object"},
      {"entries.0.categories", R"("three")",
       at + R"(categories "three" is no list of this registry)"},
      {"entries.0.preset.resize", "256", at + "preset.resize must be an array, is 256"},
      {"entries.0.preset.resize", "[0]",
       at + "preset.resize must be [PIXELS], one whole number from 1 to 65536"},
      {"entries.0.preset.crop", "[224, 224]",
       at + "preset.crop must be [PIXELS], one whole number from 1 to 65536"},
      {"entries.0.preset.crop", "[65537]",
       at + "preset.crop must be [PIXELS], one whole number from 1 to 65536"},
      {"entries.0.preset.crop", "", at + "preset.crop is missing"},
      {"entries.0.preset.interpolation", R"("nearest")",
       at + R"(preset.interpolation "nearest" is neither bilinear nor bicubic)",
       ErrorCode::kUnsupported},
      {"entries.0.preset.antialias", "false", at + "preset.antialias false is not supported",
       ErrorCode::kUnsupported},
      {"entries.0.preset.mean", "[0.5, 0.5]",
       at + "preset.mean must be three numbers, none below 0"},
      {"entries.0.preset.mean", R"([0.5, 0.5, "0.5"])",
       at + "preset.mean must be three numbers, none below 0"},
      {"entries.0.preset.std", "[0.5, 0.5, 0]", at + "preset.std must be three numbers above 0"},
      {"entries.0.fingerprint", R"("sha256:00")",
       at + R"(fingerprint must be weights:sha256: and 64 digits of 0-9 and a-f, is "sha256:00")"},
      {"entries.0.probe.input", "", at + "probe.input is missing"},
      {"entries.0.probe.input.seed", "", at + "probe.input.seed is missing"},
      {"entries.0.probe.input.shape", "[1, 3, 224]",
       at + "probe.input.shape must be [N, C, H, W], whole numbers from 1 to 65536"},
      {"entries.0.probe.input", R"({"photo": "x.png"})", at + "probe.input.sha256 is missing"},
      {"entries.0.probe.input", R"({"photo": "../x.png"})",
       at + R"(probe.input.photo "../x.png" is a path, not the name of a file)"},
      {"entries.0.probe.input", R"({"photo": "x.png", "sha256": "AB"})",
       at + R"(probe.input.sha256 "AB" is not a sha256 digest; write 64 digits of 0-9 and a-f)"},
      {"entries.0.probe", "1", at + "probe must be an object, is 1"},
      {"entries.0.probe", "[]", at + "probe is empty"},
      {"entries.0.probe", "[1]", at + "probe[0] must be an object, is 1"},
      {"entries.0.probe",
       R"([{"input": {"seed": "a", "name": "b", "shape": [1, 3, 9, 9]}, "dtype": "float32",
            "logits": [1], "tolerance": 1}, {"input": {"photo": "x"}}])",
       at + "probe[1].input.sha256 is missing"},
      {"entries.0.probe.logits", "[]",
       at + "probe.logits must be the first logits, at least one number"},
      {"entries.0.probe.logits", "[null]",
       at + "probe.logits must be the first logits, at least one number"},
      {"entries.0.probe.argmax", "-1",
       at + "probe.argmax must be a whole number from 0 to 2^53, is -1"},
      {"entries.0.probe.tolerance", "0", at + "probe.tolerance must be above 0"},
      {"entries.0.supersedes", R"("a b")",
       at + R"(supersedes "a b" is not a name: "a b" cannot be a model)"},
      {"entries.0.provenance", R"("us")", at + R"(provenance must be an object, is "us")"},
  };
  for (const BadRow& row : kRows) ExpectRefused(row);
}

}  // namespace
}  // namespace zoo
