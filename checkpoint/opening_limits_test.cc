// Each limit of the table, hit: what is said, and that a file within it opens.
#include <gtest/gtest.h>

#include <string>

#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/limits.h"
#include "zoo/checkpoint/pickle_builder.h"
#include "zoo/checkpoint/zip_builder.h"

namespace zoo {
namespace {

using namespace pickled;

std::string Archive(const std::string& value) {
  ZipBuilder zip;
  zip.Add("m/version", "3\n");
  zip.Add("m/data.pkl", Pickle(value));
  zip.Add("m/data/0", std::string(24, 'x'));
  return zip.Build();
}

std::string Module(const std::string& parameters, const std::string& modules) {
  return Global("a", "B") + ")\x81" +
         Dict({{Str("_parameters"), parameters}, {Str("_modules"), modules}}) + "b";
}

// Opens the file, finds its state dict and reads every tensor: the first error's text, or nothing.
std::string Use(const std::string& bytes, const Limits& limits) {
  auto opened = Checkpoint::OfBytes(AsBytes(bytes), "x.pth", {.limits = limits});
  if (!opened) return opened.error().Text();
  auto found = (*opened)->FindStateDict();
  if (!found && found.error().code != ErrorCode::kNotFound) return found.error().Text();
  for (const TensorInfo& tensor : (*opened)->tensors()) {
    auto values = (*opened)->Values(tensor);
    if (!values) return values.error().Text();
  }
  return "";
}

const std::string kTensor = Tensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1});

struct Case {
  std::string limit, value;
  uint64_t least;  // that the file opens with
  std::string text;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.limit; }

const Case kCases[] = {
    {"pickle_bytes", Str(std::string(93, 'x')), 101,
     "x.pth: record \"m/data.pkl\": a pickle of 101 bytes, the limit is 100; raise the limit "
     "\"pickle_bytes\" if the file is trusted"},
    {"nodes", List({Str("a"), Str("b")}), 269,
     "x.pth: data.pkl: byte 16 (APPENDS): more than 268 values; raise the limit \"nodes\" if the "
     "file is trusted"},
    {"depth", "N\x85\x85\x85", 3,
     "x.pth: containers are nested deeper than 2; raise the limit \"depth\" if the file is "
     "trusted"},
    {"rank", kTensor, 2,
     "x.pth: data.pkl: byte 122 (REDUCE): _rebuild_tensor_v2: its size has 2 dimensions, the limit "
     "is 1; raise the limit \"rank\" if the file is trusted"},
    {"records", Int(1), 3,
     "x.pth: a zip archive of 3 records, the limit is 2; raise the limit \"records\" if the file "
     "is "
     "trusted"},
    {"paths", Module("}", Dict({{Str("a"), Module(Dict({{Str("w"), kTensor}}), "}")}})), 4,
     "x.pth: its state dicts have more than 3 modules and tensors; raise the limit \"paths\" if "
     "the "
     "file is trusted"},
    {"integer_digits", "L12345L\n", 4,
     "x.pth: data.pkl: byte 2 (LONG): an int of 6 digits, the limit is 3; raise the limit "
     "\"integer_digits\" if the file is trusted"},
    {"materialise", Tensor("FloatStorage", "0", 6, 0, {100}, {0}), 400,
     "x.pth: 400 B of values, the limit \"materialise\" is 399 B"},
};

class OpeningLimits : public testing::TestWithParam<Case> {};

TEST_P(OpeningLimits, AreHit) {
  const Case& c = GetParam();
  std::string bytes = Archive(c.value);
  Limits limits;
  ASSERT_TRUE(SetLimit(limits, c.limit, c.least));
  EXPECT_EQ(Use(bytes, limits), "");
  ASSERT_TRUE(SetLimit(limits, c.limit, c.least - 1));
  EXPECT_EQ(Use(bytes, limits), c.text);
}

INSTANTIATE_TEST_SUITE_P(Table, OpeningLimits, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.limit; });

}  // namespace
}  // namespace zoo
