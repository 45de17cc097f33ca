// NAME/data.pkl             the module: objects of classes __torch__.X, a dict of slots each
// NAME/data/KEY             the bytes of a storage
// NAME/code/__torch__.py    text that declares the classes, see script_code.h; the class
//                           __torch__.a.b.C stands in code/__torch__/a/b.py
//
// constants.pkl, constants/, bytecode.pkl, traced_inputs.pkl and debug records belong to the code.
#include "zoo/checkpoint/torch_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "zoo/base/text.h"
#include "zoo/checkpoint/script_code.h"

namespace zoo {
namespace {

constexpr std::string_view kScripted = "__torch__";
constexpr std::string_view kBuiltIn = "__torch__.torch.classes";

class Modules {
 public:
  explicit Modules(TorchArchive& archive)
      : archive_(archive),
        arena_(archive.contents().arena),
        code_left_(arena_.limits().script_bytes) {}

  Status Rewrite();

 private:
  using Classes = std::unordered_map<std::string, ScriptClass>;

  Result<const ScriptClass*> ClassOf(NodeId name);
  Result<const Classes*> CodeOf(const std::string& module);
  bool IsModule(NodeId node) const;
  void RewriteOne(uint32_t object, const ScriptClass& declared);
  NodeId Text(std::string_view text) { return arena_.AddText(NodeKind::kString, text); }

  TorchArchive& archive_;
  Arena& arena_;
  uint64_t code_left_;
  std::unordered_map<std::string, Classes> code_;            // by module: "__torch__.a.b"
  std::unordered_map<NodeId, const ScriptClass*> declared_;  // by class
  std::vector<bool> modules_;                                // of the arena's objects
};

// The classes in a module's text, read once; none if there is no such text.
Result<const Modules::Classes*> Modules::CodeOf(const std::string& module) {
  auto [found, fresh] = code_.emplace(module, Classes());
  if (!fresh) return &found->second;
  std::string path = module;
  std::replace(path.begin(), path.end(), '.', '/');
  const ZipMember* member = archive_.Find("code/" + path + ".py");
  if (member == nullptr) return &found->second;
  if (member->size > code_left_) {
    return archive_.About(fmt::format("more than {} bytes of code that declares its modules",
                                      arena_.limits().script_bytes),
                          ErrorCode::kCorrupt,
                          "raise the limit \"script_bytes\" if the file is trusted");
  }
  code_left_ -= member->size;
  ZOO_ASSIGN_OR_RETURN(std::string text, archive_.zip().ReadMember(*member, member->size));
  auto classes = ReadScriptCode(text);
  if (!classes) return archive_.Corrupt(*member, classes.error().message);
  found->second = *std::move(classes);
  return &found->second;
}

// Null if the class is not one of a module's. Without its declaration it is taken for one.
Result<const ScriptClass*> Modules::ClassOf(NodeId name) {
  static const ScriptClass kUndeclared{.module = true};
  auto [known, fresh] = declared_.emplace(name, nullptr);
  if (!fresh) return known->second;
  const ClassRow& row = arena_.class_row(name);
  if (row.module != kScripted && !row.module.starts_with("__torch__.")) return nullptr;
  if (row.module.starts_with(kBuiltIn)) return nullptr;
  ZOO_ASSIGN_OR_RETURN(const Classes* classes, CodeOf(row.module));
  auto found = classes->find(row.name);
  const ScriptClass* declared = found == classes->end() ? &kUndeclared : &found->second;
  if (declared->module) known->second = declared;
  return known->second;
}

bool Modules::IsModule(NodeId node) const {
  return arena_.kind(node) == NodeKind::kObject && modules_[arena_.at(node).first];
}

Status Modules::Rewrite() {
  std::vector<const ScriptClass*> classes(arena_.objects.size(), nullptr);
  modules_.assign(arena_.objects.size(), false);
  for (size_t i = 0; i < classes.size(); ++i) {
    const ObjectRow& object = arena_.objects[i];
    if (arena_.kind(object.callable) != NodeKind::kClass || object.state == kNoNode ||
        arena_.kind(object.state) != NodeKind::kDict) {
      continue;
    }
    ZOO_ASSIGN_OR_RETURN(classes[i], ClassOf(object.callable));
    modules_[i] = classes[i] != nullptr;
  }
  for (uint32_t i = 0; i < classes.size(); ++i) {
    if (modules_[i]) RewriteOne(i, *classes[i]);
    // Objects that share their slots do not share what is made of them.
    if (arena_.exhausted()) {
      return archive_.About(fmt::format("more than {} values", arena_.limits().nodes),
                            ErrorCode::kCorrupt,
                            "raise the limit \"nodes\" if the file is trusted");
    }
  }
  return {};
}

// Sorts the slots of a module into what torch.save keeps apart. A tensor of a class without lists
// is a parameter; where only the list of buffers is missing, as before PyTorch 1.6, a buffer.
void Modules::RewriteOne(uint32_t object, const ScriptClass& declared) {
  std::vector<NodeId> slots = arena_.Items(arena_.objects[object].state);
  std::vector<NodeId> plain, parameters, buffers, modules;
  for (size_t i = 0; i + 1 < slots.size(); i += 2) {
    NodeId key = slots[i], value = slots[i + 1];
    std::vector<NodeId>* into = &plain;
    if (IsModule(value)) {
      into = &modules;
    } else if (arena_.kind(value) == NodeKind::kTensor && arena_.kind(key) == NodeKind::kString) {
      std::string name(arena_.text(key));
      if (!declared.parameters || declared.parameters->contains(name)) {
        into = &parameters;
        arena_.tensor(value).parameter = true;
      } else if (!declared.buffers || declared.buffers->contains(name)) {
        into = &buffers;
      }
    }
    into->insert(into->end(), {key, value});
  }
  struct Part {
    std::string_view name;
    std::vector<NodeId>& entries;
  };
  for (Part part :
       {Part{"_parameters", parameters}, Part{"_buffers", buffers}, Part{"_modules", modules}}) {
    NodeId dict = arena_.AddContainer(NodeKind::kDict);
    arena_.CountItems(part.entries.size());
    arena_.Items(dict) = std::move(part.entries);
    plain.insert(plain.end(), {Text(part.name), dict});
  }
  NodeId state = arena_.AddContainer(NodeKind::kDict);
  arena_.CountItems(plain.size());
  arena_.Items(state) = std::move(plain);
  arena_.objects[object].state = state;
}

}  // namespace

Status ReadTorchScript(TorchArchive& archive) {
  FileContents& contents = archive.contents();
  contents.format = Format::kTorchScript;
  ZOO_ASSIGN_OR_RETURN(contents.root, archive.ReadPickle("data.pkl", {.folder = "data/"}));
  return Modules(archive).Rewrite();
}

}  // namespace zoo
