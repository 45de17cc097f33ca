// zoo inspect NAME or FILE: what is inside a checkpoint, without running anything of it.
#include <CLI/CLI.hpp>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/inspect_json.h"
#include "zoo/checkpoint/inspect_table.h"
#include "zoo/checkpoint/inspect_tree.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/cli/interrupt.h"
#include "zoo/cli/layout.h"
#include "zoo/cli/limit_option.h"
#include "zoo/cli/terminal.h"
#include "zoo/fetcher/pull.h"

namespace zoo::cli {
namespace {

struct Arguments {
  std::string what, key;
  std::vector<std::string> limits;
  bool hash = false, tree = false, table = false, all = false;
};

// The file itself, or the blob of an entry. Only a blob is known never to change.
struct Target {
  std::filesystem::path path;
  std::optional<Digest> sha256;
};

Result<Target> FindTarget(Context& context, const std::string& argument) {
  ZOO_ASSIGN_OR_RETURN(Context::NameOrFile found, context.Resolve(argument));
  if (found.file) return Target{*found.file, std::nullopt};
  ZOO_ASSIGN_OR_RETURN(Store * store, context.OpenStore());
  ZOO_ASSIGN_OR_RETURN(Blob blob, FindCached(*found.entry, *store));
  return Target{blob.path(), blob.digest()};
}

Result<Digest> HashFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 64 << 10> buffer;
  Sha256 hasher;
  while (file) {
    file.read(buffer.data(), buffer.size());
    auto count = static_cast<size_t>(file.gcount());
    hasher.Update(AsBytes(std::string_view(buffer.data(), count)));
  }
  if (!file.eof()) return FileError("read", path, errno);
  return hasher.Finish();
}

Result<int> PrintJson(Context& context, const Checkpoint& checkpoint, const Target& target,
                      const Arguments& arguments) {
  InspectOptions options{
      .hash = arguments.hash, .file_sha256 = target.sha256, .key = arguments.key};
  const EndAtOnce at_once(context.CancelledWords());
  if (context.cancel().cancelled()) return Cancelled();
  if (arguments.hash && !options.file_sha256) {
    ZOO_ASSIGN_OR_RETURN(options.file_sha256, HashFile(target.path));
  }
  ZOO_ASSIGN_OR_RETURN(Json document, InspectJson(checkpoint, options));
  context.PrintJson(document);
  return 0;
}

void PrintTree(Context& context, const Checkpoint& checkpoint, const Arguments& arguments,
               int columns) {
  TreeOptions options{.key = arguments.key};
  if (arguments.all) options.most_items = options.most_names = SIZE_MAX;
  for (const std::string& line : InspectAsTree(checkpoint, options)) {
    context.Print((columns > 0 ? CutToWidth(line, columns) : line) + "\n");
  }
}

int PrintText(Context& context, const Checkpoint& checkpoint, const Arguments& arguments) {
  TextOptions options{.key = arguments.key};
  if (arguments.all) options.max_others = SIZE_MAX;
  InspectText text = InspectAsText(checkpoint, options);
  int columns = context.terminal().out_is_terminal() ? context.terminal().columns() : 0;
  context.Print(text.heading + "\n");
  if (arguments.tree || (!arguments.table && HoldsModules(checkpoint))) {
    context.Print("\n");
    PrintTree(context, checkpoint, arguments, columns);
    context.Print("\n" + text.state_dict + "\n");
    return 0;
  }
  if (text.tensors.size() > 1) {
    TableOptions layout{.right = {false, false, false, true, false}, .columns = columns};
    context.Print("\n" + FormatTable(text.tensors, layout));
  }
  if (!text.others.empty()) context.Print("\n");
  for (const std::string& line : text.others) context.Print(line + "\n");
  context.Print("\n" + text.state_dict + "\n");
  return 0;
}

}  // namespace

Runner DefineInspect(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  app.add_option("NAME", arguments->what, "an entry that is in the cache, or a file")->required();
  app.add_flag("--hash", arguments->hash, "with --json: SHA-256 of the file and of each tensor");
  app.add_option("--key", arguments->key, "where the state dict is, if there are several")
      ->type_name("KEY");
  auto* tree = app.add_flag("--tree", arguments->tree,
                            "keys, values and modules as a tree, as for modules saved whole");
  app.add_flag("--table", arguments->table, "tensors as a table, also of modules saved whole")
      ->excludes(tree);
  app.add_flag("--all", arguments->all, "leave nothing out of long lists");
  AddLimitOption(app, arguments->limits);
  return [arguments](Context& context) -> Result<int> {
    if (arguments->hash && !context.json()) {
      return Error{ErrorCode::kUsage, "--hash is for --json", "add --json"};
    }
    ZOO_ASSIGN_OR_RETURN(Target target, FindTarget(context, arguments->what));
    OpenOptions options{.immutable = target.sha256.has_value()};
    ZOO_ASSIGN_OR_RETURN(options.limits, ParseLimits(arguments->limits));
    ZOO_ASSIGN_OR_RETURN(auto checkpoint, Checkpoint::Open(target.path, options));
    if (context.json()) return PrintJson(context, *checkpoint, target, *arguments);
    return PrintText(context, *checkpoint, *arguments);
  };
}

}  // namespace zoo::cli
