// NAME/.data/extern_modules    modules that are taken from outside; tells the kind
// NAME/.data/KEY.storage       the bytes of a storage; KEY is an int in the pickles
// NAME/PACKAGE/RESOURCE.pkl    a pickle of protocol 3
// NAME/PACKAGE/MODULE.py       source text
//
// A TorchScript module inside is a persistent id ("reduce_package", ...): only PyTorch builds it.
#include "zoo/checkpoint/torch_package.h"

#include <array>
#include <string_view>
#include <vector>

#include "zoo/base/bytes.h"

namespace zoo {
namespace {

using namespace std::string_view_literals;

constexpr StorageRecords kStorages{
    .folder = ".data/", .suffix = ".storage", .other = "reduce_package"};
constexpr std::string_view kProtocol3 = "\x80\3"sv;

// Whether a record begins like the pickles that torch.package writes.
Result<bool> BeginsAsPickle(const TorchArchive& archive, const ZipMember& member) {
  std::array<std::byte, kProtocol3.size()> head;
  if (member.deflated || member.size < head.size()) return false;
  ZOO_ASSIGN_OR_RETURN(const uint64_t from, archive.zip().DataOffset(member));
  ZOO_RETURN_IF_ERROR(archive.contents().file->Read(from, head));
  return AsText(ByteView(head)) == kProtocol3;
}

// By their names; where none is named so, by their first bytes.
Result<std::vector<std::string_view>> FindPickles(const TorchArchive& archive) {
  std::vector<std::string_view> named, others;
  for (const ZipMember& member : archive.zip().members()) {
    std::string_view name = archive.NameOf(member);
    if (name.starts_with(".data/")) continue;
    if (name.ends_with(".pkl")) {
      named.push_back(name);
      continue;
    }
    ZOO_ASSIGN_OR_RETURN(bool pickle, BeginsAsPickle(archive, member));
    if (pickle) others.push_back(name);
  }
  return named.empty() ? others : named;
}

}  // namespace

Status ReadTorchPackage(TorchArchive& archive) {
  FileContents& contents = archive.contents();
  contents.format = Format::kTorchPackage;
  ZOO_ASSIGN_OR_RETURN(std::vector<std::string_view> names, FindPickles(archive));
  if (names.empty()) {
    return archive.About("a torch.package archive without a pickle: it holds code only",
                         ErrorCode::kUnsupported);
  }
  if (names.size() == 1) {
    ZOO_ASSIGN_OR_RETURN(contents.root, archive.ReadPickle(names[0], kStorages));
    return {};
  }
  Arena& arena = contents.arena;
  contents.root = arena.AddContainer(NodeKind::kDict);
  for (std::string_view name : names) {
    ZOO_ASSIGN_OR_RETURN(NodeId value, archive.ReadPickle(name, kStorages));
    NodeId key = arena.AddText(NodeKind::kString, name);
    arena.Items(contents.root).insert(arena.Items(contents.root).end(), {key, value});
    arena.CountItems(2);
  }
  return {};
}

}  // namespace zoo
