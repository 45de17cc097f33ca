// NAME/archive_format                               "pt2"
// NAME/models/M.json                                a program named M, not read
// NAME/data/weights/M_weights_config.json           {"config": {"l.weight": ENTRY, ...}}
// NAME/data/weights/weight_0                        the bytes of a storage
// NAME/data/constants/M_constants_config.json, NAME/data/constants/tensor_0    the same
//
// ENTRY: path_name (of the record, in the folder), is_param, use_pickle, tensor_meta. Entries of
// one record share its storage.
#include "zoo/checkpoint/pt2.h"

#include <fmt/format.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/globals.h"

namespace zoo {
namespace {

constexpr uint64_t kSmallRecord = 64;
constexpr int64_t kStrided = 7;

// torch.export's numbers for dtypes, which are not c10's.
struct DTypeCode {
  int64_t code;
  std::string_view name;
};
constexpr DTypeCode kDTypes[] = {
    {1, "uint8"},
    {2, "int8"},
    {3, "int16"},
    {4, "int32"},
    {5, "int64"},
    {6, "float16"},
    {7, "float32"},
    {8, "float64"},
    {9, "complex32"},
    {10, "complex64"},
    {11, "complex128"},
    {12, "bool"},
    {13, "bfloat16"},
    {28, "uint16"},
    {29, "float8_e4m3fn"},
    {30, "float8_e5m2"},
    {31, "float8_e4m3fnuz"},
    {32, "float8_e5m2fnuz"},
    {33, "float8_e8m0fnu"},
    {34, "uint32"},
    {35, "uint64"},
};

// Where a program's tensors stand: {} is its name. The second spelling is that of older writers.
struct Section {
  std::string_view key, folder;
  std::string_view endings[2];
};
constexpr Section kSections[] = {
    {"state_dict", "data/weights/", {"_weights_config.json", "_model_param_config.json"}},
    {"constants", "data/constants/", {"_constants_config.json", "_model_constants_config.json"}},
};

class Program {
 public:
  explicit Program(TorchArchive& archive) : archive_(archive), arena_(archive.contents().arena) {}

  // The dict of one program's sections.
  Result<NodeId> Read(std::string_view name);

 private:
  Result<NodeId> ReadSection(const Section& section, const ZipMember& config);
  Result<NodeId> ReadEntry(const Json& entry);
  Result<NodeId> ReadTensor(const ZipMember& record, const std::string& path, const Json& meta,
                            bool parameter);
  Result<NodeId> ReadNumbers(const Json& meta, std::string_view field);
  Result<int64_t> ReadNumber(const Json& value, std::string_view field) const;
  Result<std::string_view> ReadDevice(const Json& meta);
  static Error Wrong(std::string what, ErrorCode code = ErrorCode::kCorrupt) {
    return {code, std::move(what), ""};
  }
  NodeId Text(std::string text) {
    return arena_.AddText(NodeKind::kString, arena_.Keep(std::move(text)));
  }
  void Set(NodeId dict, std::string key, NodeId value) {
    NodeId name = Text(std::move(key));
    arena_.Items(dict).insert(arena_.Items(dict).end(), {name, value});
    arena_.CountItems(2);
  }

  TorchArchive& archive_;
  Arena& arena_;
  const Section* section_ = nullptr;
};

Result<NodeId> Program::Read(std::string_view name) {
  NodeId program = arena_.AddContainer(NodeKind::kDict);
  for (const Section& section : kSections) {
    const ZipMember* config = nullptr;
    for (std::string_view ending : section.endings) {
      if (config == nullptr)
        config = archive_.Find(fmt::format("{}{}{}", section.folder, name, ending));
    }
    if (config == nullptr) continue;
    section_ = &section;
    ZOO_ASSIGN_OR_RETURN(NodeId dict, ReadSection(section, *config));
    Set(program, std::string(section.key), dict);
  }
  return program;
}

Result<NodeId> Program::ReadSection(const Section&, const ZipMember& config) {
  uint64_t most = arena_.limits().pickle_bytes;
  ZOO_ASSIGN_OR_RETURN(std::string text, archive_.zip().ReadMember(config, most));
  auto document = ParseJson(text, {.bytes = most});
  if (!document) return archive_.Corrupt(config, document.error().message);
  const Json* entries = document->Find("config");
  if (entries == nullptr || entries->AsObject() == nullptr) {
    return archive_.Corrupt(config, "it has no object \"config\"");
  }
  NodeId dict = arena_.AddContainer(NodeKind::kDict);
  for (const auto& [name, entry] : *entries->AsObject()) {
    auto value = ReadEntry(entry);
    if (!value) {
      Error error = archive_.Corrupt(config, Quote(name, 80) + ": " + value.error().message);
      error.code = value.error().code;
      return error;
    }
    Set(dict, name, *value);
    if (arena_.exhausted()) {
      return archive_.Corrupt(config, fmt::format("more than {} values", arena_.limits().nodes));
    }
  }
  return dict;
}

Result<NodeId> Program::ReadEntry(const Json& entry) {
  const Json* path = entry.Find("path_name");
  const Json* pickled = entry.Find("use_pickle");
  const Json* parameter = entry.Find("is_param");
  const Json* meta = entry.Find("tensor_meta");
  if (path == nullptr || path->AsString() == nullptr) return Wrong("it has no path_name");
  if (pickled == nullptr || pickled->AsBool() == nullptr) return Wrong("it has no use_pickle");
  std::string record = fmt::format("{}{}", section_->folder, *path->AsString());
  const ZipMember* member = archive_.Find(record);
  if (member == nullptr) return Wrong(fmt::format("there is no record {}", Quote(record, 80)));
  if (*pickled->AsBool()) {
    NodeId name = Text(*path->AsString());
    NodeId arguments = arena_.AddTuple(NodeKind::kTuple, std::span(&name, 1));
    return arena_.AddObject(arena_.AddClass("torch.export", "pickled"), arguments);
  }
  if (meta == nullptr || meta->AsObject() == nullptr) return Wrong("it has no tensor_meta");
  bool is_parameter = parameter != nullptr && parameter->AsBool() && *parameter->AsBool();
  return ReadTensor(*member, *path->AsString(), *meta, is_parameter);
}

Result<int64_t> Program::ReadNumber(const Json& value, std::string_view field) const {
  const Json* number = value.Find("as_int");
  if (number == nullptr && value.Find("as_expr") != nullptr) {
    return Wrong(fmt::format("its {} is an expression, not a number", field),
                 ErrorCode::kUnsupported);
  }
  if (number == nullptr || !number->AsInt64()) {
    return Wrong(fmt::format("its {} is not {{\"as_int\": a whole number}}", field));
  }
  return *number->AsInt64();
}

Result<NodeId> Program::ReadNumbers(const Json& meta, std::string_view field) {
  const Json* values = meta.Find(field);
  if (values == nullptr || values->AsArray() == nullptr) {
    return Wrong(fmt::format("its {} is not an array", field));
  }
  std::vector<NodeId> numbers;
  for (const Json& value : *values->AsArray()) {
    ZOO_ASSIGN_OR_RETURN(int64_t number, ReadNumber(value, field));
    numbers.push_back(arena_.AddInt(number));
  }
  return arena_.AddTuple(NodeKind::kTuple, numbers);
}

Result<std::string_view> Program::ReadDevice(const Json& meta) {
  const Json* device = meta.Find("device");
  const Json* type = device == nullptr ? nullptr : device->Find("type");
  if (type == nullptr || type->AsString() == nullptr) return Wrong("its device has no type");
  const Json* index = device->Find("index");
  bool numbered = index != nullptr && index->AsInt64();
  return arena_.Keep(numbered ? fmt::format("{}:{}", *type->AsString(), *index->AsInt64())
                              : *type->AsString());
}

Result<std::string_view> DTypeOf(const Json& meta) {
  const Json* code = meta.Find("dtype");
  if (code == nullptr || !code->AsInt64()) {
    return Error{ErrorCode::kCorrupt, "its dtype is not a whole number", ""};
  }
  for (const DTypeCode& row : kDTypes) {
    if (row.code == *code->AsInt64()) return row.name;
  }
  return Error{ErrorCode::kUnsupported,
               fmt::format("its dtype has the number {}, which is not read", *code->AsInt64()), ""};
}

// Hands what the entry says to the function that a pickle would name: one place checks ranges.
Result<NodeId> Program::ReadTensor(const ZipMember& record, const std::string& path,
                                   const Json& meta, bool parameter) {
  ZOO_ASSIGN_OR_RETURN(std::string_view dtype, DTypeOf(meta));
  const Json* layout = meta.Find("layout");
  if (layout == nullptr || layout->AsInt64() != std::optional<int64_t>(kStrided)) {
    return Wrong("its layout is not strided", ErrorCode::kUnsupported);
  }
  const Json* offset = meta.Find("storage_offset");
  if (offset == nullptr) return Wrong("it has no storage_offset");
  const Json* grad = meta.Find("requires_grad");
  bool requires_grad = grad != nullptr && grad->AsBool() && *grad->AsBool();
  ZOO_ASSIGN_OR_RETURN(std::string_view device, ReadDevice(meta));
  StorageRow row{.key = arena_.Keep(path), .elements = record.size, .device = device};
  ZOO_ASSIGN_OR_RETURN(uint32_t storage, archive_.AddStorage(row, record));
  ZOO_ASSIGN_OR_RETURN(int64_t start, ReadNumber(*offset, "storage_offset"));
  ZOO_ASSIGN_OR_RETURN(NodeId sizes, ReadNumbers(meta, "sizes"));
  ZOO_ASSIGN_OR_RETURN(NodeId strides, ReadNumbers(meta, "strides"));
  NodeId arguments[] = {arena_.AddStorage(storage, std::nullopt),
                        arena_.AddInt(start),
                        sizes,
                        strides,
                        arena_.AddBool(requires_grad),
                        Arena::kNone,
                        arena_.AddText(NodeKind::kDType, dtype)};
  NodeId rebuild = NameGlobal(arena_, "torch._utils", "_rebuild_tensor_v3");
  ZOO_ASSIGN_OR_RETURN(NodeId tensor,
                       CallGlobal(arena_, rebuild, arena_.AddTuple(NodeKind::kTuple, arguments)));
  arena_.tensor(tensor).parameter = parameter;
  return tensor;
}

// "model" of models/model.json.
std::vector<std::string> ProgramNames(const TorchArchive& archive) {
  constexpr std::string_view kFolder = "models/", kEnding = ".json";
  std::vector<std::string> names;
  for (const ZipMember& member : archive.zip().members()) {
    std::string_view name = archive.NameOf(member);
    if (!name.starts_with(kFolder) || !name.ends_with(kEnding)) continue;
    name.remove_prefix(kFolder.size());
    name.remove_suffix(kEnding.size());
    names.emplace_back(name);
  }
  return names;
}

Status CheckFormat(const TorchArchive& archive) {
  const ZipMember* member = archive.Find("archive_format");
  ZOO_ASSIGN_OR_RETURN(std::string format, archive.zip().ReadMember(*member, kSmallRecord));
  if (format == "pt2") return {};
  return archive.Corrupt(*member, Quote(format, 40) + " is not \"pt2\"");
}

}  // namespace

Status ReadPt2(TorchArchive& archive) {
  FileContents& contents = archive.contents();
  contents.format = Format::kPt2;
  ZOO_RETURN_IF_ERROR(CheckFormat(archive));
  Program program(archive);
  std::vector<std::string> names = ProgramNames(archive);
  Arena& arena = contents.arena;
  if (names.size() == 1) {
    ZOO_ASSIGN_OR_RETURN(contents.root, program.Read(names[0]));
  } else {
    contents.root = arena.AddContainer(NodeKind::kDict);
    for (std::string& name : names) {
      ZOO_ASSIGN_OR_RETURN(NodeId value, program.Read(name));
      NodeId key = arena.AddText(NodeKind::kString, arena.Keep(std::move(name)));
      arena.Items(contents.root).insert(arena.Items(contents.root).end(), {key, value});
    }
  }
  if (!arena.Items(contents.root).empty()) return {};
  return archive.About("a torch.export archive (pt2) that keeps no weights by name",
                       ErrorCode::kUnsupported,
                       "an older PyTorch keeps them in a file data/weights/*.pt: unpack that one");
}

}  // namespace zoo
