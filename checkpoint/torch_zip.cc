// NAME/data.pkl        the pickle; its persistent ids name storages by key
// NAME/data/KEY        the bytes of a storage
//
// Other kinds of archives are told by records that only they have.
#include "zoo/checkpoint/torch_zip.h"

#include <algorithm>
#include <string_view>

#include "zoo/checkpoint/pt2.h"
#include "zoo/checkpoint/torch_archive.h"
#include "zoo/checkpoint/torch_package.h"
#include "zoo/checkpoint/torch_script.h"

namespace zoo {
namespace {

Status ReadDataPickle(TorchArchive& archive) {
  archive.contents().format = Format::kZip;
  ZOO_ASSIGN_OR_RETURN(archive.contents().root,
                       archive.ReadPickle("data.pkl", {.folder = "data/"}));
  return {};
}

// In the order of trial: the surer marks first.
struct Kind {
  std::string_view record;  // that it has
  Status (*read)(TorchArchive&);
  int lowest_version = 1;
};
constexpr Kind kKinds[] = {
    {"constants.pkl", ReadTorchScript},
    {"bytecode.pkl", ReadTorchScript},
    {".data/extern_modules", ReadTorchPackage},
    {"archive_format", ReadPt2, 0},
    {"data.pkl", ReadDataPickle},
};

// What is no archive to be read, by a record in the archive's folder or by a whole name.
struct Foreign {
  std::string_view record, name;
  std::string_view what, hint;
};
constexpr std::string_view kWrongFile = "this is the wrong file: weights are .pth or .safetensors";
constexpr Foreign kForeign[] = {
    {"model.json", "",
     "a TorchScript archive of PyTorch 1.0 or 1.1, which keeps its code elsewhere",
     "write it again with a newer PyTorch"},
    {"", "serialized_exported_program.json",
     "a torch.export archive of PyTorch 2.1 to 2.6, which is not read",
     "write it again with a newer PyTorch"},
    {"", "[Content_Types].xml", "a document of Microsoft Office, not a checkpoint", kWrongFile},
    {"", "META-INF/MANIFEST.MF", "a Java archive, not a checkpoint", kWrongFile},
    {"", "model.weights.h5", "a Keras model, not a checkpoint of PyTorch", kWrongFile},
};

Error NotAnArchive(const TorchArchive& archive) {
  for (const Foreign& row : kForeign) {
    bool seen = row.record.empty() ? archive.zip().Find(row.name) != nullptr
                                   : archive.Find(row.record) != nullptr;
    if (seen) return archive.About(row.what, ErrorCode::kUnsupported, row.hint);
  }
  bool arrays = std::all_of(archive.zip().members().begin(), archive.zip().members().end(),
                            [](const ZipMember& m) { return m.name.ends_with(".npy"); });
  if (arrays) {
    return archive.About("a NumPy archive (npz), not a checkpoint", ErrorCode::kUnsupported);
  }
  return archive.About("a zip archive without data.pkl, not written by torch.save",
                       ErrorCode::kUnsupported, "if the checkpoint is inside it, unpack it first");
}

}  // namespace

Status ReadTorchZip(FileContents& contents) {
  TorchArchive archive(contents);
  ZOO_RETURN_IF_ERROR(archive.Open());
  for (const Kind& kind : kKinds) {
    if (archive.Find(kind.record) == nullptr) continue;
    ZOO_RETURN_IF_ERROR(archive.CheckVersion(kind.lowest_version));
    ZOO_RETURN_IF_ERROR(archive.ReadByteOrder());
    return kind.read(archive);
  }
  return NotAnArchive(archive);
}

}  // namespace zoo
