// NAME/data.pkl        the pickle; its persistent ids name storages by key
// NAME/data/KEY        the bytes of a storage
//
// Other kinds of archives are told by records that only they have.
#include "zoo/checkpoint/torch_zip.h"

#include <algorithm>
#include <string_view>

#include "zoo/checkpoint/torch_archive.h"

namespace zoo {
namespace {

struct OtherKind {
  std::string_view record;  // that it has
  std::string_view what, hint;
};
constexpr OtherKind kOthers[] = {
    {"constants.pkl", "a TorchScript archive, which is not read yet",
     "save the module's state_dict() instead"},
    {".data/extern_modules", "a torch.package archive, which is not read yet",
     "save the module's state_dict() instead"},
    {"archive_format", "a torch.export archive (pt2), which is not read yet",
     "save the module's state_dict() instead"},
    {"model.json", "a TorchScript archive of PyTorch 1.0 or 1.1",
     "write it again with a newer PyTorch"},
};

Status CheckKind(const TorchArchive& archive) {
  for (const OtherKind& row : kOthers) {
    if (archive.Find(row.record) != nullptr) {
      return archive.About(row.what, ErrorCode::kUnsupported, row.hint);
    }
  }
  if (archive.Find("data.pkl") != nullptr) return {};
  bool arrays = std::all_of(archive.zip().members().begin(), archive.zip().members().end(),
                            [](const ZipMember& m) { return m.name.ends_with(".npy"); });
  if (arrays)
    return archive.About("a NumPy archive (npz), not a checkpoint", ErrorCode::kUnsupported);
  return archive.About("a zip archive without data.pkl, not written by torch.save",
                       ErrorCode::kUnsupported, "if the checkpoint is inside it, unpack it first");
}

}  // namespace

Status ReadTorchZip(FileContents& contents) {
  contents.format = Format::kZip;
  TorchArchive archive(contents);
  ZOO_RETURN_IF_ERROR(archive.Open());
  ZOO_RETURN_IF_ERROR(CheckKind(archive));
  ZOO_RETURN_IF_ERROR(archive.CheckVersion());
  ZOO_RETURN_IF_ERROR(archive.ReadByteOrder());
  ZOO_ASSIGN_OR_RETURN(contents.root, archive.ReadPickle("data.pkl", {.folder = "data/"}));
  return {};
}

}  // namespace zoo
