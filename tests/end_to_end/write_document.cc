// Writes a document with everything that a checkpoint can hold into a folder, in each format, for
// writer_test.py to load with PyTorch. Usage: write_document FOLDER
#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/document.h"
#include "zoo/checkpoint/dtype.h"
#include "zoo/checkpoint/tensor_info.h"
#include "zoo/checkpoint/writer.h"

namespace zoo {
namespace {

using Id = Document::Id;
using Named = std::vector<std::pair<std::string_view, Id>>;

std::vector<int64_t> RowMajor(const std::vector<int64_t>& shape) {
  std::vector<int64_t> stride(shape.size());
  int64_t step = 1;
  for (size_t i = shape.size(); i-- > 0; step *= shape[i]) stride[i] = step;
  return stride;
}

// A document with the bytes of its storages.
class Draft {
 public:
  Document document;

  Id Text(std::string_view text) { return document.String(text); }
  Id Dict(const Named& entries, Document::DictOptions options = {}) {
    std::vector<std::pair<Id, Id>> pairs;
    for (auto [key, value] : entries) pairs.emplace_back(Text(key), value);
    return document.Dict(std::move(pairs), options);
  }
  // Every second storage is one that is read when it is written.
  uint32_t Storage(DType dtype, std::string bytes) {
    const auto& kept = *bytes_.emplace_back(std::make_unique<std::string>(std::move(bytes)));
    if (bytes_.size() % 2 == 0)
      return document.AddStorage({.dtype = dtype, .bytes = AsBytes(kept)});
    return document.AddStorage({.dtype = dtype,
                                .nbytes = kept.size(),
                                .read = [&kept](uint64_t offset, std::span<std::byte> into) {
                                  std::memcpy(into.data(), kept.data() + offset, into.size());
                                  return Status();
                                }});
  }
  // Bytes that begin at `seed` and go on by sevens.
  uint32_t Pattern(DType dtype, size_t count, unsigned seed) {
    std::string bytes;
    for (size_t i = 0; i < count; ++i) {
      bytes += static_cast<char>((seed + 7 * i) % (dtype == DType::kBool ? 2 : 256));
    }
    return Storage(dtype, std::move(bytes));
  }
  Id Tensor(DType dtype, std::vector<int64_t> shape, unsigned seed) {
    size_t count = ItemSize(dtype);
    for (int64_t size : shape) count *= static_cast<size_t>(size);
    uint32_t storage = Pattern(dtype, count, seed);
    auto stride = RowMajor(shape);
    return document.Tensor(
        {.storage = storage, .shape = std::move(shape), .stride = std::move(stride)});
  }
  Id Whole(const std::vector<int64_t>& values, std::vector<int64_t> shape) {
    std::string bytes(values.size() * sizeof(int64_t), '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    uint32_t storage = Storage(DType::kInt64, std::move(bytes));
    auto stride = RowMajor(shape);
    return document.Tensor(
        {.storage = storage, .shape = std::move(shape), .stride = std::move(stride)});
  }

 private:
  std::vector<std::unique_ptr<std::string>> bytes_;
};

constexpr DType kDTypes[] = {
    DType::kFloat32,        DType::kFloat64,        DType::kFloat16,       DType::kBFloat16,
    DType::kUint8,          DType::kInt8,           DType::kInt16,         DType::kInt32,
    DType::kInt64,          DType::kBool,           DType::kUint16,        DType::kUint32,
    DType::kUint64,         DType::kComplex64,      DType::kFloat8E4M3FN,  DType::kFloat8E5M2,
    DType::kFloat8E4M3FNUZ, DType::kFloat8E5M2FNUZ, DType::kFloat8E8M0FNU, DType::kFloat4E2M1FNx2,
};
// That safetensors files do not know.
constexpr DType kMoreDTypes[] = {
    DType::kComplex32, DType::kComplex128, DType::kBits1x8, DType::kBits2x4,
    DType::kBits4x2,   DType::kBits8,      DType::kBits16,
};

Named DTypes(Draft& draft, std::span<const DType> dtypes, unsigned seed) {
  Named entries;
  for (DType dtype : dtypes) {
    entries.emplace_back(DTypeName(dtype), draft.Tensor(dtype, {2, 3}, seed++));
  }
  return entries;
}

Named Views(Draft& draft) {
  Document& d = draft.document;
  const uint32_t s = draft.Pattern(DType::kFloat32, 96, 3);
  const uint32_t z = draft.Pattern(DType::kComplex64, 32, 4);
  const uint32_t f = draft.Pattern(DType::kFloat64, 32, 5);
  const Id whole = d.Tensor({.storage = s, .shape = {4, 6}, .stride = {6, 1}});
  return {
      {"whole", whole},
      {"again", whole},
      {"transposed", d.Tensor({.storage = s, .shape = {6, 4}, .stride = {1, 6}})},
      {"slice", d.Tensor({.storage = s, .storage_offset = 7, .shape = {2, 2}, .stride = {6, 1}})},
      {"expanded", d.Tensor({.storage = s, .shape = {3, 6}, .stride = {0, 1}})},
      {"scalar", d.Tensor({.storage = s, .storage_offset = 5})},
      {"empty", d.Tensor({.storage = s, .shape = {0, 3}, .stride = {3, 1}})},
      {"conj", d.Tensor({.storage = z, .shape = {4}, .stride = {1}, .conj = true})},
      {"neg", d.Tensor({.storage = f, .shape = {4}, .stride = {1}, .neg = true})},
      {"both", d.Tensor({.storage = z, .shape = {2}, .stride = {2}, .conj = true, .neg = true})},
  };
}

Id Module(Draft& draft) {
  Document& d = draft.document;
  const uint32_t s = draft.Pattern(DType::kFloat32, 24, 9);
  auto tensor = [&](bool grad, bool parameter) {
    return d.Tensor({.storage = s,
                     .shape = {2, 3},
                     .stride = {3, 1},
                     .requires_grad = grad,
                     .parameter = parameter});
  };
  Id version = draft.Dict({{"version", d.Int(2)}});
  Id metadata =
      draft.Dict({{"", draft.Dict({{"version", d.Int(1)}})}, {"bn", version}}, {.ordered = true});
  return draft.Dict({{"parameter", tensor(true, true)},
                     {"frozen", tensor(false, true)},
                     {"leaf", tensor(true, false)},
                     {"plain", tensor(false, false)}},
                    {.ordered = true, .attributes = draft.Dict({{"_metadata", metadata}})});
}

Named Quantized(Draft& draft) {
  Document& d = draft.document;
  const Quantization whole{.scheme = "per_tensor_affine", .scale = 0.125, .zero_point = 3};
  const Quantization channels{
      .scheme = "per_channel_affine", .axis = 0, .scales = {0.5, 0.25}, .zero_points = {1, 2}};
  auto tensor = [&](DType dtype, std::vector<int64_t> shape, size_t bytes, const auto& how) {
    auto stride = RowMajor(shape);
    return d.Quantized({.storage = draft.Pattern(dtype, bytes, 20),
                        .shape = std::move(shape),
                        .stride = std::move(stride)},
                       how);
  };
  return {
      {"qint8", tensor(DType::kQInt8, {2, 3}, 6, whole)},
      {"quint8", tensor(DType::kQUInt8, {2, 3}, 6, whole)},
      {"qint32", tensor(DType::kQInt32, {2, 3}, 24, whole)},
      {"channels", tensor(DType::kQInt8, {2, 3}, 6, channels)},
      {"quint4x2", tensor(DType::kQUInt4x2, {2, 4}, 4, channels)},
  };
}

Named Composites(Draft& draft) {
  Document& d = draft.document;
  auto values = [&](std::vector<int64_t> shape) { return draft.Tensor(DType::kInt16, shape, 30); };
  auto compressed = [&](Layout layout, std::vector<int64_t> value_shape,
                        std::vector<int64_t> shape) {
    return d.Composite(layout,
                       {draft.Whole({0, 1, 2}, {3}), draft.Whole({1, 0}, {2}), values(value_shape)},
                       std::move(shape), false, false);
  };
  Id indices = draft.Whole({0, 1, 2, 0}, {2, 2});
  return {
      {"coo", d.Composite(Layout::kSparseCoo, {indices, values({2})}, {2, 3}, false, false)},
      {"coalesced", d.Composite(Layout::kSparseCoo, {indices, values({2})}, {2, 3}, true, false)},
      {"csr", compressed(Layout::kSparseCsr, {2}, {2, 3})},
      {"csc", compressed(Layout::kSparseCsc, {2}, {3, 2})},
      {"bsr", compressed(Layout::kSparseBsr, {2, 1, 2}, {2, 4})},
      {"bsc", compressed(Layout::kSparseBsc, {2, 1, 2}, {2, 4})},
      {"meta", d.Meta(DType::kBFloat16, {2, 3}, {1, 2}, true)},
  };
}

Id Nested(Draft& draft) {
  return draft.document.Composite(
      Layout::kNested,
      {draft.Tensor(DType::kFloat32, {10}, 31), draft.Whole({2, 2, 2, 3}, {2, 2}),
       draft.Whole({2, 1, 3, 1}, {2, 2}), draft.Whole({0, 4}, {2})},
      {}, false, false);
}

Id Numbers(Draft& draft) {
  Document& d = draft.document;
  const std::string digits(600, '0');
  std::vector<Id> items;
  for (int64_t value :
       {int64_t{0}, int64_t{255}, int64_t{256}, int64_t{65535}, int64_t{65536}, int64_t{-1},
        int64_t{-128}, int64_t{-129}, int64_t{INT32_MAX}, int64_t{INT32_MIN},
        int64_t{INT32_MAX} + 1, int64_t{INT32_MIN} - 1, INT64_MAX, INT64_MIN}) {
    items.push_back(d.Int(value));
  }
  for (std::string_view text : {"9223372036854775808", "-9223372036854775808", "12", "-0"}) {
    items.push_back(d.BigInt(text));
  }
  items.push_back(d.BigInt("1" + digits));
  items.push_back(d.BigInt("-1" + digits));
  items.insert(items.end(), {d.Float(-0.0), d.Float(1e300), d.Complex(1.5, -2), d.Bool(true),
                             d.Bool(false), d.None()});
  return d.List(std::move(items));
}

Id Keys(Draft& draft) {
  Document& d = draft.document;
  return d.Dict({{d.Int(1), draft.Text("int")},
                 {d.None(), draft.Text("none")},
                 {d.Float(1.5), draft.Text("float")},
                 {d.Bytes(std::string_view("\x00\xff", 2)), draft.Text("bytes")},
                 {d.Tuple({d.Int(1), draft.Text("x")}), draft.Text("tuple")}});
}

Named Containers(Draft& draft) {
  Document& d = draft.document;
  std::vector<Id> many, tuple;
  for (int i = 0; i < 2001; ++i) many.push_back(d.Int(i));
  std::vector<std::pair<Id, Id>> entries;
  for (int i = 0; i < 1001; ++i) entries.emplace_back(d.Int(i), d.Bool(i % 2 == 0));
  Id deep = d.List({});
  for (int i = 0; i < 20000; ++i) deep = i % 2 == 0 ? d.List({deep}) : d.Dict({{d.Int(0), deep}});
  Id shared = d.List({d.Int(7)}), loop = d.List({}), pair = d.Tuple({loop, d.Int(1)});
  Id ring = d.Dict({});
  d.Append(loop, loop);
  d.Append(loop, pair);
  d.SetItem(ring, draft.Text("ring"), ring);
  return {{"many", d.List(many)},
          {"entries", d.Dict(entries)},
          {"deep", deep},
          {"shared", d.Tuple({shared, shared, d.Tuple({shared}), d.Tuple({})})},
          {"loop", loop},
          {"ring", ring},
          {"set", d.Set({d.Int(1), draft.Text("a"), d.Tuple({d.Int(2), d.Int(3)})})},
          {"no_set", d.Set({})},
          {"counter", d.Counter({{d.Int(3), d.Int(2)}, {draft.Text("a"), d.Int(1)}})},
          {"no_counter", d.Counter({})},
          {"tuples", d.List({d.Tuple({d.Int(1)}), d.Tuple({d.Int(1), d.Int(2)}),
                             d.Tuple({d.Int(1), d.Int(2), d.Int(3)}),
                             d.Tuple({d.Int(1), d.Int(2), d.Int(3), d.Int(4)})})}};
}

Named Values(Draft& draft) {
  Document& d = draft.document;
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  const std::vector<int64_t> sizes{1, 2, 3, 4};
  return {{"numbers", Numbers(draft)},
          {"keys", Keys(draft)},
          {"text", draft.Text("caf\xc3\xa9 \xed\xa0\x80 \xf0\x9f\x98\x80")},
          {"no_text", draft.Text("")},
          {"bytes", d.Bytes(all)},
          {"no_bytes", d.Bytes("")},
          {"bytearray", d.ByteArray(all)},
          {"no_bytearray", d.ByteArray("")},
          {"size", d.Size(sizes)},
          {"no_size", d.Size({})},
          {"dtypes", d.List({d.DTypeValue("float32"), d.DTypeValue("float8_e4m3fn"),
                             d.DTypeValue("int4"), d.DTypeValue("uint7")})},
          {"devices", d.List({d.Device("cpu"), d.Device("cuda:1"), d.Device("cuda")})},
          {"storage", d.StorageValue(draft.Pattern(DType::kInt16, 6, 40))},
          {"untyped", d.StorageValue(draft.Pattern(DType::kUint16, 6, 41))}};
}

Id Optimizer(Draft& draft) {
  Document& d = draft.document;
  auto state = [&](unsigned seed) {
    return draft.Dict({{"step", draft.Tensor(DType::kFloat32, {}, seed)},
                       {"exp_avg", draft.Tensor(DType::kFloat32, {2, 3}, seed)},
                       {"exp_avg_sq", draft.Tensor(DType::kFloat32, {2, 3}, seed)}});
  };
  Id group = draft.Dict({{"lr", d.Float(0.001)},
                         {"betas", d.Tuple({d.Float(0.9), d.Float(0.999)})},
                         {"amsgrad", d.Bool(false)},
                         {"foreach", d.None()},
                         {"params", d.List({d.Int(0), d.Int(1)})}});
  return draft.Dict({{"state", d.Dict({{d.Int(0), state(50)}, {d.Int(1), state(51)}})},
                     {"param_groups", d.List({group})}});
}

struct Target {
  std::string_view name;
  WriteOptions options;
};

Status WriteAll(const Document& document, const std::filesystem::path& folder,
                const std::vector<Target>& targets) {
  for (const Target& target : targets) {
    ZOO_ASSIGN_OR_RETURN(Written written,
                         WriteCheckpoint(document, folder / target.name, target.options));
    fmt::print("{} {} {}\n", target.name, written.size,
               written.sha256 ? written.sha256->hex() : "-");
  }
  return {};
}

Status Run(const std::filesystem::path& folder) {
  Draft everything;
  Named dtypes = DTypes(everything, kDTypes, 1);
  Named more = DTypes(everything, kMoreDTypes, 100);
  dtypes.insert(dtypes.end(), more.begin(), more.end());
  Named root{{"dtypes", everything.Dict(dtypes)},
             {"views", everything.Dict(Views(everything))},
             {"module", Module(everything)},
             {"quantized", everything.Dict(Quantized(everything))},
             {"composites", everything.Dict(Composites(everything))},
             {"containers", everything.Dict(Containers(everything))},
             {"values", everything.Dict(Values(everything))},
             {"optimizer", Optimizer(everything)}};
  everything.document.SetRoot(everything.Dict(root));
  ZOO_RETURN_IF_ERROR(WriteAll(everything.document, folder,
                               {{"legacy.pt", {.format = WriteFormat::kLegacy, .sha256 = true}}}));
  root.emplace_back("nested", Nested(everything));
  everything.document.SetRoot(everything.Dict(root));
  ZOO_RETURN_IF_ERROR(
      WriteAll(everything.document, folder,
               {{"zip.pt", {.sha256 = true}},
                {"again.pt", {.sha256 = true}},
                {"plain.pt", {.crc = false, .alignment = 4096, .sha256 = true, .sync = false}},
                {"packed.pt", {.alignment = 1}}}));

  Draft tensors;
  Named rows = DTypes(tensors, kDTypes, 1);
  for (auto& row : Views(tensors)) rows.push_back(row);
  rows.emplace_back("caf\xc3\xa9 \"\\\n\x01", tensors.Tensor(DType::kUint8, {1}, 60));
  tensors.document.SetRoot(tensors.Dict(rows));
  return WriteAll(tensors.document, folder,
                  {{"all.safetensors",
                    {.format = WriteFormat::kSafetensors,
                     .sha256 = true,
                     .metadata = {{"format", "pt"}, {"a", "\xc3\xa9\n"}}}}});
}

}  // namespace
}  // namespace zoo

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  zoo::Status done = zoo::Run(argv[1]);
  if (!done) fmt::print(stderr, "{}\n", done.error().Text());
  return done ? 0 : 1;
}
