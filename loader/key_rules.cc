#include "zoo/loader/key_rules.h"

#include <algorithm>
#include <utility>

namespace zoo {
namespace {

// clang-format off
constexpr KeyRule kRules[] = {
    {KeyRule::Kind::kPrefix,  "module.",              "",              "saved from torch.nn.DataParallel or DistributedDataParallel"},
    {KeyRule::Kind::kSegment, "_orig_mod.",           "",              "saved from a module of torch.compile"},
    {KeyRule::Kind::kRename,  "norm.1.",              "norm1.",        "a DenseNet saved when names of modules could have dots"},
    {KeyRule::Kind::kRename,  "norm.2.",              "norm2.",        "a DenseNet saved when names of modules could have dots"},
    {KeyRule::Kind::kRename,  "conv.1.",              "conv1.",        "a DenseNet saved when names of modules could have dots"},
    {KeyRule::Kind::kRename,  "conv.2.",              "conv2.",        "a DenseNet saved when names of modules could have dots"},
    {KeyRule::Kind::kRename,  "mlp.linear_1.",        "mlp.0.",        "a vision transformer of torchvision before 0.14"},
    {KeyRule::Kind::kRename,  "mlp.linear_2.",        "mlp.3.",        "a vision transformer of torchvision before 0.14"},
    {KeyRule::Kind::kAbsent,  ".num_batches_tracked", ".running_mean", "saved by PyTorch before 0.4.1"},
};
// clang-format on

void StripPrefixes(std::string& name, std::span<const std::string> prefixes) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const std::string& prefix : prefixes) {
      if (prefix.empty() || !name.starts_with(prefix)) continue;
      name.erase(0, prefix.size());
      changed = true;
    }
  }
}

// Where `text` stands as whole parts of a name: at the start or after a dot.
size_t FindSegment(std::string_view name, std::string_view text) {
  for (size_t at = name.find(text); at != name.npos; at = name.find(text, at + 1)) {
    if (at == 0 || name[at - 1] == '.') return at;
  }
  return name.npos;
}

bool Applies(const KeyRule& rule, const std::vector<std::string>& file, const NameSet& module) {
  const auto begins = [&](std::string_view name) { return name.starts_with(rule.text); };
  const auto has = [&](std::string_view name) { return FindSegment(name, rule.text) != name.npos; };
  switch (rule.kind) {
    case KeyRule::Kind::kPrefix:
      return !file.empty() && std::all_of(file.begin(), file.end(), begins) &&
             std::none_of(module.begin(), module.end(), begins);
    case KeyRule::Kind::kSegment:
      return std::any_of(file.begin(), file.end(), has) &&
             std::none_of(module.begin(), module.end(), has);
    case KeyRule::Kind::kRename:
    case KeyRule::Kind::kAbsent:
      return false;
  }
  return false;
}

void Apply(const KeyRule& rule, std::string& name) {
  const size_t at = FindSegment(name, rule.text);
  if (at != name.npos) name.erase(at, rule.text.size());
}

void Rename(std::string& name, const NameSet& module) {
  if (module.contains(name)) return;
  for (const KeyRule& rule : kRules) {
    if (rule.kind != KeyRule::Kind::kRename) continue;
    const size_t at = FindSegment(name, rule.text);
    if (at == name.npos) continue;
    std::string renamed = name;
    renamed.replace(at, rule.text.size(), rule.other);
    if (!module.contains(renamed)) continue;
    name = std::move(renamed);
    return;
  }
}

}  // namespace

std::span<const KeyRule> KeyRules() { return kRules; }

std::vector<std::string> RenameKeys(std::vector<std::string> file_names,
                                    const NameSet& module_names,
                                    std::span<const std::string> strip_prefixes) {
  for (std::string& name : file_names) StripPrefixes(name, strip_prefixes);
  // Wrappers may be wrapped: module._orig_mod., _orig_mod.module.
  for (bool changed = true; changed;) {
    changed = false;
    for (const KeyRule& rule : kRules) {
      if (!Applies(rule, file_names, module_names)) continue;
      for (std::string& name : file_names) Apply(rule, name);
      changed = true;
    }
  }
  for (std::string& name : file_names) Rename(name, module_names);
  return file_names;
}

bool MayBeAbsent(std::string_view name, const NameSet& file_names) {
  return std::any_of(std::begin(kRules), std::end(kRules), [&](const KeyRule& rule) {
    if (rule.kind != KeyRule::Kind::kAbsent || !name.ends_with(rule.text)) return false;
    std::string sibling(name.substr(0, name.size() - rule.text.size()));
    return file_names.contains(sibling.append(rule.other));
  });
}

}  // namespace zoo
