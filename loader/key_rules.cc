#include "zoo/loader/key_rules.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

// A name may be megabytes of one prefix: what is taken off is counted and erased once.
void StripPrefixes(std::string& name, std::span<const std::string> prefixes) {
  std::string_view rest = name;
  for (bool changed = true; changed;) {
    changed = false;
    for (const std::string& prefix : prefixes) {
      if (prefix.empty() || !rest.starts_with(prefix)) continue;
      rest.remove_prefix(prefix.size());
      changed = true;
    }
  }
  name.erase(0, name.size() - rest.size());
}

// Where `text` stands, from there on, as whole parts of a name: at the start or after a dot.
size_t FindSegment(std::string_view name, std::string_view text, size_t from = 0) {
  for (size_t at = name.find(text, from); at != name.npos; at = name.find(text, at + 1)) {
    if (at == 0 || name[at - 1] == '.') return at;
  }
  return name.npos;
}

// How often `text` stands at the start, one after the other; counts no further than `most`.
size_t CountPrefixes(std::string_view name, std::string_view text, size_t most) {
  size_t count = 0;
  for (; count < most && name.starts_with(text); ++count) name.remove_prefix(text.size());
  return count;
}

void ErasePrefixes(std::vector<std::string>& names, std::string_view text) {
  size_t common = SIZE_MAX;
  for (const std::string& name : names) common = CountPrefixes(name, text, common);
  for (std::string& name : names) name.erase(0, common * text.size());
}

void EraseSegments(std::string& name, std::string_view text) {
  std::string kept;
  size_t from = 0;
  for (size_t at = FindSegment(name, text); at != name.npos; at = FindSegment(name, text, from)) {
    kept.append(name, from, at - from);
    from = at + text.size();
  }
  name = kept.append(name, from);
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

// As often as the rule applies.
void Apply(const KeyRule& rule, std::vector<std::string>& names) {
  if (rule.kind == KeyRule::Kind::kPrefix) return ErasePrefixes(names, rule.text);
  for (std::string& name : names) EraseSegments(name, rule.text);
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
      Apply(rule, file_names);
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
