// Five pickles: the magic number, the protocol 1001, a dict about the system, the values, and the
// list of the storages' names; then for each storage its number of elements in 64 bits and its
// elements. PyTorch names storages by where they lay in memory; here they are counted, so that the
// same document gives the same bytes.
#include "zoo/checkpoint/legacy_writer.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "zoo/checkpoint/document_reader.h"
#include "zoo/checkpoint/output.h"
#include "zoo/checkpoint/pickle_emitter.h"
#include "zoo/checkpoint/pickle_writer.h"
#include "zoo/checkpoint/tensor_pickler.h"

namespace zoo {
namespace {

constexpr std::string_view kMagic = "119547037146038801333356";
constexpr int64_t kProtocol = 1001;
constexpr size_t kCountBytes = 8;

std::string Magic() {
  PickleEmitter out;
  out.LongInt(TwosComplement(kMagic));
  return out.Finish();
}

std::string Protocol() {
  PickleEmitter out;
  out.Int(kProtocol);
  return out.Finish();
}

// Of a machine with 64-bit pointers, as PyTorch says it of every one.
std::string SystemInfo() {
  PickleEmitter out;
  out.Op(PickleOp::kEmptyDict);
  out.Op(PickleOp::kMark);
  out.Text("protocol_version");
  out.Int(kProtocol);
  out.Text("little_endian");
  out.Bool(true);
  out.Text("type_sizes");
  out.Op(PickleOp::kEmptyDict);
  out.Op(PickleOp::kMark);
  for (auto [name, size] : {std::pair("short", 2), std::pair("int", 4), std::pair("long", 4)}) {
    out.Text(name);
    out.Int(size);
  }
  out.Op(PickleOp::kSetItems);
  out.Op(PickleOp::kSetItems);
  return out.Finish();
}

std::string Names(size_t count) {
  PickleEmitter out;
  out.Op(PickleOp::kEmptyList);
  if (count > 0) out.Op(PickleOp::kMark);
  for (size_t i = 0; i < count; ++i) out.Text(fmt::to_string(i));
  if (count > 0) out.Op(PickleOp::kAppends);
  return out.Finish();
}

std::string Count(uint64_t value) {
  std::string bytes;
  for (size_t i = 0; i < kCountBytes; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

}  // namespace

Result<Written> WriteLegacy(const Document& document, const std::filesystem::path& path,
                            const WriteOptions& options) {
  auto pickled = PickleDocument(document, TensorPickler::Names::kLegacy);
  if (!pickled) return CannotWrite(path, pickled.error());
  const std::string head = Magic() + Protocol() + SystemInfo();
  const std::string names = Names(pickled->storages.size());
  const DocumentReader reader(document);
  uint64_t size = head.size() + pickled->pickle.size() + names.size();
  for (uint32_t storage : pickled->storages) {
    size += kCountBytes + StorageBytes(reader.storages()[storage]);
  }
  ZOO_ASSIGN_OR_RETURN(auto out, Output::Create(path, size, options));
  for (std::string_view part :
       {std::string_view(head), std::string_view(pickled->pickle), std::string_view(names)}) {
    ZOO_RETURN_IF_ERROR(out->Append(part));
  }
  for (uint32_t index : pickled->storages) {
    const Document::Storage& storage = reader.storages()[index];
    ZOO_RETURN_IF_ERROR(out->Append(Count(StorageElements(storage))));
    ZOO_RETURN_IF_ERROR(out->AppendStorage(storage, nullptr));
  }
  return out->Finish();
}

}  // namespace zoo
