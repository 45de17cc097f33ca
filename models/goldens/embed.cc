// Writes the records of tests/data/model_goldens.json and option_goldens.json as the C++ source of
// the table that table.h declares, so that a program can check its architectures without any file.
//
//   embed goldens_table.cc model_goldens.json option_goldens.json
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"

namespace zoo {
namespace {

constexpr size_t kLargestFile = 16 << 20;

Error Wrong(std::string_view field) {
  return Error{ErrorCode::kCorrupt, fmt::format("{} is missing or of another type", field), ""};
}

// A member as a string literal.
Result<std::string> Text(const Json& record, std::string_view field) {
  const Json* text = record.Find(field);
  if (text == nullptr || text->AsString() == nullptr) return Wrong(field);
  return fmt::format("R\"({})\"", *text->AsString());
}

// A member as a literal that is exactly the number.
Result<std::string> Number(const Json& record, std::string_view field) {
  const Json* number = record.Find(field);
  if (number == nullptr || !number->AsDouble()) return Wrong(field);
  if (auto whole = number->AsInt64()) return std::to_string(*whole);
  return fmt::format("{:a}", *number->AsDouble());
}

// A member, an array of numbers, as a list in braces.
Result<std::string> Numbers(const Json& record, std::string_view field) {
  const Json* array = record.Find(field);
  if (array == nullptr || array->AsArray() == nullptr) return Wrong(field);
  std::vector<std::string> numbers;
  for (const Json& item : *array->AsArray()) {
    if (!item.AsDouble()) return Wrong(field);
    numbers.push_back(item.AsInt64() ? std::to_string(*item.AsInt64())
                                     : fmt::format("{:a}", *item.AsDouble()));
  }
  return fmt::format("{{{}}}", fmt::join(numbers, ", "));
}

// The logits of record `i` and its images, as constants that its row of the table names.
Result<std::string> Images(const Json& record, size_t i) {
  const Json* images = record.Find("rows");
  if (images == nullptr || images->AsArray() == nullptr) return Wrong("rows");
  std::string logits, rows;
  for (size_t k = 0; k < images->AsArray()->size(); ++k) {
    const Json& image = (*images->AsArray())[k];
    ZOO_ASSIGN_OR_RETURN(const std::string first, Numbers(image, "f64"));
    ZOO_ASSIGN_OR_RETURN(const std::string sum, Number(image, "sum"));
    ZOO_ASSIGN_OR_RETURN(const std::string min, Number(image, "min"));
    ZOO_ASSIGN_OR_RETURN(const std::string max, Number(image, "max"));
    ZOO_ASSIGN_OR_RETURN(const std::string argmax, Number(image, "argmax"));
    logits += fmt::format("constexpr double kLogits{}_{}[] = {};\n", i, k, first);
    rows += fmt::format("    {{kLogits{}_{}, {}, {}, {}, {}}},\n", i, k, sum, min, max, argmax);
  }
  return fmt::format("{}constexpr ExpectedLogits kRows{}[] = {{\n{}}};\n", logits, i, rows);
}

Result<std::string> Row(const Json& record, size_t i) {
  const Json* options = record.Find("kwargs");
  if (options == nullptr || options->AsObject() == nullptr) return Wrong("kwargs");
  ZOO_ASSIGN_OR_RETURN(const std::string net, Text(record, "net"));
  ZOO_ASSIGN_OR_RETURN(const std::string architecture, Text(record, "builder"));
  ZOO_ASSIGN_OR_RETURN(const std::string input, Numbers(record, "input"));
  ZOO_ASSIGN_OR_RETURN(const std::string entries, Number(record, "entries"));
  ZOO_ASSIGN_OR_RETURN(const std::string keys, Text(record, "keys_sha256"));
  ZOO_ASSIGN_OR_RETURN(const std::string fill, Text(record, "fill_sha256"));
  ZOO_ASSIGN_OR_RETURN(const std::string float32, Number(record, "f32_tol_abs"));
  ZOO_ASSIGN_OR_RETURN(const std::string float64, Number(record, "f64_tol_abs"));
  return fmt::format(
      "    {{{}, {}, R\"({})\", {{{}}}, {},\n     {},\n     {},\n     {}, {}, kRows{}}},\n", net,
      architecture, options->Dump(-1), input, entries, keys, fill, float32, float64, i);
}

Result<std::string> SourceCode(const Json::Array& records) {
  std::string images, rows;
  for (size_t i = 0; i < records.size(); ++i) {
    ZOO_ASSIGN_OR_RETURN(const std::string of_record, Images(records[i], i));
    ZOO_ASSIGN_OR_RETURN(const std::string row, Row(records[i], i));
    images += of_record;
    rows += row;
  }
  return fmt::format(
      "// Made by embed.cc.\n"
      "#include \"zoo/models/goldens/table.h\"\n\n"
      "namespace zoo::models {{\nnamespace {{\n\n{}\n"
      "constexpr Golden kTable[] = {{\n{}}};\n\n"
      "}}  // namespace\n\n"
      "constinit const std::span<const Golden> kGoldens = kTable;\n\n"
      "}}  // namespace zoo::models\n",
      images, rows);
}

Status Embed(const std::string& out, std::span<char* const> in) {
  Json::Array all;
  for (const char* file : in) {
    ZOO_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, kLargestFile));
    ZOO_ASSIGN_OR_RETURN(const Json goldens, ParseJson(text, {.bytes = kLargestFile}));
    const Json* records = goldens.Find("records");
    if (records == nullptr || records->AsArray() == nullptr) return Wrong("records");
    all.insert(all.end(), records->AsArray()->begin(), records->AsArray()->end());
  }
  ZOO_ASSIGN_OR_RETURN(const std::string source, SourceCode(all));
  return WriteFile(out, source);
}

}  // namespace
}  // namespace zoo

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: embed OUT.cc GOLDENS.json...\n", stderr);
    return 2;
  }
  zoo::Status done = zoo::Embed(argv[1], std::span(argv, argc).subspan(2));
  if (done) return 0;
  std::fprintf(stderr, "%s\n", done.error().Text().c_str());
  return static_cast<int>(done.error().code);
}
