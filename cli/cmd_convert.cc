// zoo convert IN OUT: a checkpoint written anew, as PyTorch's zip or legacy format or safetensors.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/convert.h"
#include "zoo/checkpoint/value_json.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/cli/limit_option.h"
#include "zoo/cli/open_checkpoint.h"
#include "zoo/cli/option_values.h"

namespace zoo::cli {
namespace {

// Places told on a terminal; --json has all.
constexpr size_t kNotesShown = 10;

struct Arguments {
  std::string in, out, format, dtype;
  bool half = false;
  std::vector<std::string> limits;
  ConvertOptions convert;
};

Result<ConvertOptions> Options(Context& context, const Arguments& arguments) {
  ConvertOptions options = arguments.convert;
  options.cancel = context.cancel();
  if (!arguments.format.empty()) options.format = WriteFormatFromName(arguments.format);
  std::string dtype = arguments.half ? "float16" : arguments.dtype;
  if (dtype.empty()) return options;
  if (arguments.half && !arguments.dtype.empty() && arguments.dtype != dtype) {
    return Error{ErrorCode::kUsage, "--half is --dtype float16, not " + Quote(arguments.dtype, 80),
                 "give one of the two"};
  }
  options.dtype = DTypeFromName(dtype);
  return options;
}

Json::Array NotesJson(const std::vector<ValueNote>& notes) {
  Json::Array array;
  for (const ValueNote& note : notes) {
    array.push_back(Json::Object{{"path", PathJson(note.path)}, {"what", note.what}});
  }
  return array;
}

void PrintJson(Context& context, const Checkpoint& source, const Arguments& arguments,
               const Converted& done) {
  Json::Object document{{"schema", "zoo/convert/1"},
                        {"in", source.name()},
                        {"out", arguments.out},
                        {"format", WriteFormatName(done.format)},
                        {"size", done.written.size}};
  if (done.written.sha256) document.emplace_back("sha256", done.written.sha256->hex());
  document.emplace_back("tensors", done.tensors);
  document.emplace_back("left_out", NotesJson(done.left_out));
  document.emplace_back("changed", NotesJson(done.changed));
  document.emplace_back("overflowed", done.overflowed);
  document.emplace_back("trimmed", done.trimmed);
  context.PrintJson(document);
}

void Note(Context& context, std::string_view heading, const std::vector<ValueNote>& notes) {
  for (size_t i = 0; i < notes.size(); ++i) {
    if (i == kNotesShown) {
      return context.Note(fmt::format("{}: {} more", heading, notes.size() - i));
    }
    std::string place = notes[i].path.empty() ? "the file" : FormatPath(notes[i].path);
    context.Note(fmt::format("{}: {} ({})", heading, place, notes[i].what));
  }
}

void PrintText(Context& context, const Checkpoint& source, const Arguments& arguments,
               const Converted& done) {
  Note(context, "left out", done.left_out);
  Note(context, "changed", done.changed);
  if (done.overflowed > 0) {
    context.Note(fmt::format(
        "warning: {} too large and became infinite",
        done.overflowed == 1 ? "1 number was" : fmt::format("{} numbers were", done.overflowed)));
  }
  if (done.trimmed > 0) {
    context.Note(
        fmt::format("left out: {} of storages that no tensor reaches", FormatSize(done.trimmed)));
  }
  context.Note(fmt::format("{}: {}, {}, {} -> {}, {}", source.name(), FormatName(source.format()),
                           Count(done.tensors, "tensor"), FormatSize(source.file_size()),
                           WriteFormatName(done.format), FormatSize(done.written.size)));
  std::string digest = done.written.sha256 ? done.written.sha256->hex() + "  " : "";
  context.Print(digest + arguments.out + "\n");
}

Result<int> Run(Context& context, const Arguments& arguments) {
  ZOO_ASSIGN_OR_RETURN(ConvertOptions options, Options(context, arguments));
  ZOO_ASSIGN_OR_RETURN(Limits limits, ParseLimits(arguments.limits));
  ZOO_ASSIGN_OR_RETURN(auto source, OpenCheckpoint(context, arguments.in, limits));
  ZOO_ASSIGN_OR_RETURN(Converted done, ConvertCheckpoint(source, arguments.out, options));
  if (context.json()) {
    PrintJson(context, *source, arguments, done);
  } else {
    PrintText(context, *source, arguments, done);
  }
  return 0;
}

}  // namespace

Runner DefineConvert(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  ConvertOptions& convert = arguments->convert;
  app.add_option("IN", arguments->in, "an entry that is in the cache, or a file")->required();
  app.add_option("OUT", arguments->out, "the new file; replaced if it is there")->required();
  app.add_option("--format", arguments->format,
                 "zip, legacy or safetensors; without it what OUT's ending says, else zip")
      ->type_name("FORMAT")
      ->check(OneOf({"zip", "legacy", "safetensors"}));
  app.add_flag("--only-weights", convert.only_weights, "write the state dict's tensors alone");
  app.add_flag("--drop-objects", convert.drop_objects,
               "leave out what only a Python program could build");
  app.add_option("--key", convert.key, "where the state dict is, if there are several")
      ->type_name("KEY");
  app.add_option(
         "--strip-prefix", convert.strip_prefixes,
         "take this away at the start of the weights' names, as in module.; may be repeated")
      ->type_name("PREFIX")
      ->allow_extra_args(false);
  app.add_option("--dtype", arguments->dtype,
                 "cast floating weights to float64, float32, float16 or bfloat16")
      ->type_name("DTYPE")
      ->check(OneOf({"float64", "float32", "float16", "bfloat16"}));
  app.add_flag("--half", arguments->half, "the same as --dtype float16");
  app.add_flag("--sha256", convert.sha256, "print the new file's SHA-256 before its path");
  AddLimitOption(app, arguments->limits);
  return [arguments](Context& context) { return Run(context, *arguments); };
}

}  // namespace zoo::cli
