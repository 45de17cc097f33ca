// A header's length in 64 bits, the header (JSON, blanks behind it up to a multiple of 8), and the
// tensors' elements without gaps: by the size of an element, the larger first, then by name, so
// that each is aligned. The format knows no strides and no sharing: every tensor is a row-major
// copy.
#include "zoo/checkpoint/safetensors_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/document_reader.h"
#include "zoo/checkpoint/output.h"
#include "zoo/checkpoint/pickle_text.h"
#include "zoo/checkpoint/row_major.h"
#include "zoo/checkpoint/safetensors_dtype.h"
#include "zoo/checkpoint/tensor_info.h"

namespace zoo {
namespace {

using Kind = DocumentNode::Kind;

constexpr std::string_view kMetadata = "__metadata__";
constexpr uint64_t kMaxHeader = 100'000'000;
constexpr size_t kLengthBytes = 8;

struct Row {
  std::string_view name;
  const Document::TensorSpec* spec = nullptr;
  const Document::Storage* storage = nullptr;
  std::string_view type;
  uint64_t bytes = 0;

  uint64_t item() const { return ItemSize(storage->dtype); }
};

Error Unsupported(std::string what) { return {ErrorCode::kUnsupported, std::move(what), ""}; }
Error At(std::string_view name, std::string what) {
  return Unsupported(fmt::format("{}: {}", Escape(name, 500), what));
}

// The bytes of the tensor's elements in a row.
Result<uint64_t> BytesOf(const Row& row) {
  std::optional<uint64_t> bytes = row.item();
  for (int64_t size : row.spec->shape) {
    if (size == 0) return 0;
  }
  for (int64_t size : row.spec->shape) {
    if (bytes) bytes = CheckedMultiply(*bytes, static_cast<uint64_t>(size));
  }
  if (!bytes || *bytes > INT64_MAX)
    return At(row.name, "a tensor whose elements do not fit a file");
  return *bytes;
}

Result<Row> ReadRow(const DocumentReader& document, std::string_view name,
                    const DocumentNode& value) {
  if (value.kind != Kind::kTensor) {
    return At(name, fmt::format("{}, and safetensors files hold tensors only",
                                value.kind == Kind::kComposite
                                    ? fmt::format("a {} tensor", LayoutName(value.layout))
                                    : std::string(KindWords(value.kind))));
  }
  if (name == kMetadata) return At(name, "a tensor with the name of the file's metadata");
  if (!IsUtf8(name, false)) return At(name, "a name that is not UTF-8");
  if (std::string problem = document.Problem(value); !problem.empty()) {
    return Error{ErrorCode::kUsage, fmt::format("{}: {}", Escape(name, 500), problem), ""};
  }
  Row row{.name = name, .spec = &document.spec(value)};
  row.storage = &document.storages()[row.spec->storage];
  const SafetensorsDType* type = SafetensorsDTypeOf(row.storage->dtype);
  if (type == nullptr) {
    return At(name, fmt::format("a tensor of {}, which safetensors files do not know",
                                DTypeName(row.storage->dtype)));
  }
  if (!IsPyTorchs(row.storage->dtype)) {
    return At(name, fmt::format("a tensor of {}, which is read but not written",
                                DTypeName(row.storage->dtype)));
  }
  row.type = type->name;
  if (row.storage->dtype == DType::kFloat4E2M1FNx2 && row.spec->shape.empty()) {
    return At(name, "a single pair of float4_e2m1fn_x2, which has no dimension to count both");
  }
  ZOO_ASSIGN_OR_RETURN(row.bytes, BytesOf(row));
  return row;
}

// In the order of the file.
Result<std::vector<Row>> ReadRows(const DocumentReader& document) {
  if (document.root() == Document::kNoId || document.node(document.root()).kind != Kind::kDict) {
    return Unsupported("safetensors files hold a dict of tensors");
  }
  const DocumentNode& root = document.node(document.root());
  auto members = document.children(root);
  std::map<std::string_view, const DocumentNode*> by_name;  // of two with one name the last counts
  for (size_t i = 0; i + 1 < members.size(); i += 2) {
    const DocumentNode& key = document.node(members[i]);
    if (key.kind != Kind::kString) {
      return Unsupported(
          fmt::format("a key that is {}, and safetensors files have names", KindWords(key.kind)));
    }
    by_name[document.text(key)] = &document.node(members[i + 1]);
  }
  std::vector<Row> rows;
  for (auto [name, value] : by_name) {
    ZOO_ASSIGN_OR_RETURN(Row row, ReadRow(document, name, *value));
    rows.push_back(row);
  }
  std::ranges::stable_sort(rows, std::ranges::greater(), &Row::item);
  return rows;
}

// PyTorch counts pairs of F4, the file the elements.
Json ShapeOf(const Row& row) {
  Json::Array shape(row.spec->shape.begin(), row.spec->shape.end());
  if (row.storage->dtype == DType::kFloat4E2M1FNx2) shape.back() = 2 * row.spec->shape.back();
  return shape;
}

Result<std::string> Header(const std::vector<Row>& rows,
                           const std::map<std::string, std::string>& metadata) {
  Json::Object header;
  if (!metadata.empty()) {
    Json::Object texts;
    for (const auto& [key, value] : metadata) {
      if (!IsUtf8(key, false) || !IsUtf8(value, false)) {
        return Unsupported("metadata that is not UTF-8, under " + Quote(key, 80));
      }
      texts.emplace_back(key, value);
    }
    header.emplace_back(std::string(kMetadata), std::move(texts));
  }
  uint64_t at = 0;
  for (const Row& row : rows) {
    Json::Object entry{{"dtype", row.type},
                       {"shape", ShapeOf(row)},
                       {"data_offsets", Json::Array{at, at + row.bytes}}};
    header.emplace_back(std::string(row.name), std::move(entry));
    at += row.bytes;
  }
  std::string text = Json(std::move(header)).Dump(-1);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  if (text.size() > kMaxHeader) {
    return Unsupported(fmt::format("a header of {} bytes, safetensors files have up to {}",
                                   text.size(), kMaxHeader));
  }
  return text;
}

bool InARow(const Document::TensorSpec& spec) {
  int64_t expected = 1;
  for (size_t i = spec.shape.size(); i-- > 0;) {
    if (spec.shape[i] != 1 && spec.stride[i] != expected) return false;
    expected *= spec.shape[i];
  }
  return true;
}

// A stretch of a storage, as a storage.
Document::Storage Stretch(const Document::Storage& storage, uint64_t offset, uint64_t bytes) {
  if (!storage.read) return {.dtype = storage.dtype, .bytes = storage.bytes.subspan(offset, bytes)};
  return {.dtype = storage.dtype,
          .nbytes = bytes,
          .read = [&storage, offset](uint64_t at, std::span<std::byte> into) {
            return storage.read(offset + at, into);
          }};
}

Status WriteElements(const Row& row, Output& out) {
  if (row.bytes == 0) return {};
  const Document::TensorSpec& spec = *row.spec;
  const uint64_t start = static_cast<uint64_t>(spec.storage_offset) * row.item();
  const bool in_a_row = InARow(spec);
  if (in_a_row && !spec.conj && !spec.neg) {
    return out.AppendStorage(Stretch(*row.storage, start, row.bytes), nullptr);
  }
  const uint64_t extent = (LastElement(spec.shape, spec.stride) + 1) * row.item();
  std::vector<std::byte> read;
  const std::byte* from = nullptr;
  if (row.storage->read) {
    read.resize(extent);
    ZOO_RETURN_IF_ERROR(row.storage->read(start, read));
    from = read.data();
  } else {
    from = row.storage->bytes.data() + start;
  }
  std::vector<std::byte> values(row.bytes);
  Gather(spec.shape, spec.stride, row.item(), from, values.data());
  if (spec.conj) Conjugate(row.storage->dtype, values);
  if (spec.neg) Negate(row.storage->dtype, values);
  return out.Append(AsText(values));
}

std::string Length(uint64_t value) {
  std::string bytes;
  for (size_t i = 0; i < kLengthBytes; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

}  // namespace

Result<Written> WriteSafetensors(const Document& document, const std::filesystem::path& path,
                                 const WriteOptions& options) {
  const DocumentReader reader(document);
  auto rows = ReadRows(reader);
  if (!rows) return CannotWrite(path, rows.error());
  auto header = Header(*rows, options.metadata);
  if (!header) return CannotWrite(path, header.error());
  uint64_t size = kLengthBytes + header->size();
  for (const Row& row : *rows) size += row.bytes;
  ZOO_ASSIGN_OR_RETURN(auto out, Output::Create(path, size, options));
  ZOO_RETURN_IF_ERROR(out->Append(Length(header->size())));
  ZOO_RETURN_IF_ERROR(out->Append(*header));
  for (const Row& row : *rows) ZOO_RETURN_IF_ERROR(WriteElements(row, *out));
  return out->Finish();
}

}  // namespace zoo
