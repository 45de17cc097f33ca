// Writes a registry file as the C++ source of the tables that tables.h declares. It is read by the
// parser that every registry goes through, so a catalogue that breaks the format breaks the build.
//
//   embed builtin.json builtin_tables.cc
#include <fmt/format.h>

#include <cstddef>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <variant>

#include "zoo/base/bytes.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"

namespace zoo {
namespace {

// A string literal; bytes outside of printable ASCII as three octal digits, which end by
// themselves.
std::string Literal(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    bool plain = c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '?';
    out += plain ? std::string(1, c) : fmt::format("\\{:03o}", static_cast<unsigned char>(c));
  }
  return out + '"';
}

std::string View(std::string_view text) {
  return text.empty() ? "{}" : fmt::format("{{{}, {}}}", Literal(text), text.size());
}

// The expression that makes the same Json.
std::string Expression(const Json& json) {
  if (const bool* flag = json.AsBool()) return fmt::format("Json({})", *flag);
  if (auto whole = json.AsInt64()) return fmt::format("Json(int64_t{{{}}})", *whole);
  if (auto whole = json.AsUint64()) return fmt::format("Json(uint64_t{{{}u}})", *whole);
  if (auto real = json.AsDouble()) return fmt::format("Json(double{{{:a}}})", *real);
  if (const std::string* text = json.AsString()) {
    return fmt::format("Json(std::string_view{})", View(*text));
  }
  std::string out;
  if (const Json::Array* items = json.AsArray()) {
    for (const Json& item : *items) out += Expression(item) + ", ";
    return "Json(Json::Array{" + out + "})";
  }
  if (const Json::Object* members = json.AsObject()) {
    for (const auto& [key, value] : *members) {
      out += fmt::format("{{std::string(std::string_view{}), {}}}, ", View(key), Expression(value));
    }
    return "Json(Json::Object{" + out + "})";
  }
  return "Json()";
}

template <typename Range>
std::string Numbers(const Range& range) {
  std::string out;
  for (auto number : range) out += fmt::format("{}, ", number);
  return "{" + out + "}";
}

std::string SourceRow(const Source& source) {
  if (const auto* url = std::get_if<UrlSource>(&source))
    return fmt::format("{{{}, {{}}, {{}}}}", View(url->url));
  const auto& wheel = std::get<WheelSource>(source);
  return fmt::format("{{{{}}, {}, {}}}", View(wheel.requirement), View(wheel.member));
}

std::string PresetValue(const Preset& preset) {
  return fmt::format("{{{}, {}, Interpolation::{}, {}, {}}}", preset.resize, preset.crop,
                     preset.interpolation == Interpolation::kBilinear ? "kBilinear" : "kBicubic",
                     Numbers(preset.mean), Numbers(preset.std));
}

// What stands before the table of entries for the entry of that index.
std::string Parts(const Entry& entry, size_t i) {
  std::string out = fmt::format("constexpr SourceRow kSources{}[] = {{", i);
  for (const Source& source : entry.artifact.sources) out += SourceRow(source) + ", ";
  out += "};\n";
  if (!entry.metrics.empty()) {
    out += fmt::format("constexpr MetricRow kMetrics{}[] = {{", i);
    for (const Metric& metric : entry.metrics) {
      out += fmt::format("{{{}, {}, {}}}, ", View(metric.dataset), View(metric.name), metric.value);
    }
    out += "};\n";
  }
  if (entry.preset) {
    out += fmt::format("constexpr Preset kPreset{} = {};\n", i, PresetValue(*entry.preset));
  }
  if (!entry.architecture.options.empty()) {
    out += fmt::format("Json::Object Options{}() {{ return *{}.AsObject(); }}\n", i,
                       Expression(Json(entry.architecture.options)));
  }
  if (entry.probe) {
    out += fmt::format("Json Probe{}() {{ return {}; }}\n", i, Expression(*entry.probe));
  }
  return out;
}

std::string Row(const Entry& entry, size_t i) {
  const Artifact& artifact = entry.artifact;
  auto named = [&](bool present, std::string_view name) {
    return present ? fmt::format("{}{}", name, i) : std::string("{}");
  };
  std::string digest;
  if (artifact.sha256) digest = AsText(artifact.sha256->bytes());
  std::string out = "    {\n";
  auto field = [&](std::string_view name, std::string_view value) {
    out += fmt::format("        .{} = {},\n", name, value);
  };
  field("model", View(entry.model));
  field("weights", View(entry.weights));
  field("is_default", entry.is_default ? "true" : "false");
  field("architecture", View(entry.architecture.name));
  field("options", named(!entry.architecture.options.empty(), "Options"));
  field("file", View(artifact.file));
  field("size", artifact.size ? std::to_string(*artifact.size) : "kUnknown");
  field("min_size", std::to_string(artifact.min_size));
  field("max_size", std::to_string(artifact.max_size));
  field("sha256", View(digest));
  field("sha256_prefix", View(artifact.sha256_prefix));
  field("sources", named(true, "kSources"));
  field("parameters", entry.parameters ? std::to_string(*entry.parameters) : "kUnknown");
  field("license", View(entry.license));
  field("metrics", named(!entry.metrics.empty(), "kMetrics"));
  field("gflops", entry.gflops ? fmt::format("{}", *entry.gflops) : "-1");
  field("smallest_side", entry.min_size ? Numbers(*entry.min_size) : "{}");
  field("recipe", View(entry.recipe));
  field("categories", View(entry.categories));
  field("preset", entry.preset ? fmt::format("&kPreset{}", i) : "nullptr");
  field("probe", named(entry.probe.has_value(), "Probe"));
  return out + "    },\n";
}

// The name of a field that the tables have no room for.
std::string_view Unembeddable(const Entry& entry) {
  if (entry.artifact.pieces) return "artifact.pieces";
  if (!entry.fingerprint.empty()) return "fingerprint";
  if (!entry.supersedes.empty()) return "supersedes";
  if (entry.provenance) return "provenance";
  if (!entry.unknown.empty()) return entry.unknown[0].first;
  return "";
}

Result<std::string> SourceCode(const Registry& registry) {
  std::string parts, rows, lists;
  for (size_t i = 0; i < registry.entries().size(); ++i) {
    const Entry& entry = registry.entries()[i];
    if (std::string_view field = Unembeddable(entry); !field.empty()) {
      return Error{ErrorCode::kUnsupported,
                   fmt::format("{}: the tables have no room for {}", entry.name(), field), ""};
    }
    parts += Parts(entry, i);
    rows += Row(entry, i);
  }
  size_t list = 0;
  for (const auto& [name, names] : registry.categories()) {
    parts += fmt::format("constexpr std::string_view kNames{}[] = {{\n", list);
    for (const std::string& category : names) parts += "    " + View(category) + ",\n";
    parts += "};\n";
    lists += fmt::format("    {{{}, kNames{}}},\n", View(name), list++);
  }
  return fmt::format(
      "// Made from builtin.json by embed.cc.\n"
      "#include \"zoo/registry/catalogue/tables.h\"\n\n"
      "namespace zoo::catalogue {{\nnamespace {{\n\n{}\n"
      "constexpr EntryRow kEntries[] = {{\n{}}};\n\n"
      "constexpr CategoryList kCategories[] = {{\n{}}};\n\n"
      "}}  // namespace\n\n"
      "constinit const Tables kBuiltin = {{{}, {}, kEntries, kCategories}};\n\n"
      "}}  // namespace zoo::catalogue\n",
      parts, rows, lists, View(registry.name()), registry.version());
}

Status Embed(const std::string& in, const std::string& out) {
  std::ifstream file(in, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  ZOO_ASSIGN_OR_RETURN(Registry registry,
                       Registry::Parse(text, "builtin", RegistryOrigin::kBuiltin, in));
  ZOO_ASSIGN_OR_RETURN(std::string source, SourceCode(registry));
  std::ofstream written(out, std::ios::binary);
  if (!(written << source).flush()) return Error{ErrorCode::kDisk, "cannot write " + out, ""};
  return {};
}

}  // namespace
}  // namespace zoo

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: embed REGISTRY.json OUT.cc\n", stderr);
    return 2;
  }
  zoo::Status done = zoo::Embed(argv[1], argv[2]);
  if (done) return 0;
  std::fprintf(stderr, "%s\n", done.error().Text().c_str());
  return static_cast<int>(done.error().code);
}
