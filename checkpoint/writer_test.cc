#include "zoo/checkpoint/writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/document.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

using namespace std::literals;  // NOLINT
using Id = Document::Id;

std::string BytesOf(const std::filesystem::path& path) {
  auto bytes = ReadFile(path, uint64_t{1} << 30);
  return bytes ? *bytes : bytes.error().Text();
}

constexpr std::string_view kEight = "\0\0\x80?\0\0\0@"sv;  // 1, 2

// {"w": a float32 tensor of two}
Document OneTensor() {
  Document document;
  uint32_t storage = document.AddStorage({.dtype = DType::kFloat32, .bytes = AsBytes(kEight)});
  Id tensor = document.Tensor({.storage = storage, .shape = {2}, .stride = {1}});
  document.SetRoot(document.Dict({{document.String("w"), tensor}}));
  return document;
}

std::string Tensor(std::string_view more) {
  return "\x80\x02}X\1\0\0\0wctorch._utils\n_rebuild_tensor_v2\nq\0"
         "((X\7\0\0\0storageq\1ctorch\nFloatStorage\nq\2X\1\0\0\0"
         "0X\3\0\0\0cpuq\3K\2"s +
         std::string(more) + "tQK\0K\2\x85K\1\x85\x89"s + "ccollections\nOrderedDict\nq\4)RtRs.";
}

std::string Little(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

struct Row {
  std::string name, bytes;
  uint32_t crc;
  bool storage;
};

// The archive as its format says it, by other means than the writer's.
std::string Archive(const std::vector<Row>& rows) {
  std::string file, directory;
  for (const Row& row : rows) {
    const uint32_t size = static_cast<uint32_t>(row.bytes.size());
    const std::string flags = Little(row.storage ? 0x0808 : 0x0800, 2);
    const std::string sizes = Little(size, 4) + Little(size, 4);
    const std::string same = flags + Little(0, 4) + "\x21\0"s;
    directory += "PK\1\2\x14\0\x14\0"s + same + Little(row.crc, 4) + sizes +
                 Little(row.name.size(), 2) + Little(0, 12) + Little(file.size(), 4) + row.name;
    file += "PK\3\4\x14\0"s + same + (row.storage ? Little(0, 12) : Little(row.crc, 4) + sizes);
    file += Little(row.name.size(), 2);
    if (row.storage) {
      const size_t data = file.size() + 2 + row.name.size() + 4, padding = (64 - data % 64) % 64;
      file += Little(padding + 4, 2) + row.name + "FB" + Little(padding, 2);
      file += std::string(padding, '\0') + row.bytes;
      file += "PK\7\x08" + Little(row.crc, 4) + sizes;
    } else {
      file += Little(0, 2) + row.name + row.bytes;
    }
  }
  return file + directory + "PK\5\6" + Little(0, 4) + Little(rows.size(), 2) +
         Little(rows.size(), 2) + Little(directory.size(), 4) + Little(file.size(), 4) +
         Little(0, 2);
}

TEST(Writer, TheBytesOfAZip) {
  TempDir folder;
  const auto path = folder.path() / "x.pt";
  auto written = WriteCheckpoint(OneTensor(), path, {.sha256 = true});
  ASSERT_TRUE(written) << written.error().Text();
  const std::string bytes = BytesOf(path);
  EXPECT_EQ(bytes, Archive({{"archive/data.pkl", Tensor(""), 0x0c4a0b87, false},
                            {"archive/byteorder", "little", 0x19e33d85, false},
                            {"archive/data/0", std::string(kEight), 0x2e3fa576, true},
                            {"archive/version", "3\n", 0x55679ed1, false}}));
  EXPECT_EQ(written->size, bytes.size());
  EXPECT_EQ(written->sha256, Digest::Of(AsBytes(bytes)));
}

TEST(Writer, TheBytesOfALegacyFile) {
  TempDir folder;
  const auto path = folder.path() / "x.pt";
  auto written = WriteCheckpoint(OneTensor(), path, {.format = WriteFormat::kLegacy});
  ASSERT_TRUE(written) << written.error().Text();
  EXPECT_EQ(BytesOf(path),
            "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19."
            "\x80\x02M\xe9\x03."
            "\x80\x02}(X\x10\0\0\0protocol_versionM\xe9\x03X\x0d\0\0\0little_endian\x88"
            "X\x0a\0\0\0type_sizes}(X\5\0\0\0shortK\2X\3\0\0\0intK\4X\4\0\0\0longK\4uu."s +
                Tensor("N") + "\x80\x02](X\1\0\0\0"s + "0e." + "\2\0\0\0\0\0\0\0"s +
                std::string(kEight));
  EXPECT_EQ(written->sha256, std::nullopt);
}

TEST(Writer, TheBytesOfASafetensorsFile) {
  TempDir folder;
  const auto path = folder.path() / "x";
  Document document;
  uint32_t bytes = document.AddStorage({.dtype = DType::kUint8, .bytes = AsBytes("abcd")});
  uint32_t floats = document.AddStorage({.dtype = DType::kFloat32, .bytes = AsBytes(kEight)});
  Id flat = document.Tensor({.storage = bytes, .shape = {3}, .stride = {1}});
  Id turned = document.Tensor({.storage = bytes, .shape = {2, 2}, .stride = {1, 2}});
  Id two = document.Tensor({.storage = floats, .shape = {2}, .stride = {1}, .neg = true});
  document.SetRoot(document.Dict({{document.String("b"), flat},
                                  {document.String("a"), turned},
                                  {document.String("\xc3\xa9\n"), two}}));
  auto written = WriteCheckpoint(
      document, path,
      {.format = WriteFormat::kSafetensors, .metadata = {{"z", "1"}, {"format", "pt"}}});
  ASSERT_TRUE(written) << written.error().Text();
  std::string header = R"({"__metadata__":{"format":"pt","z":"1"},)"
                       "\"\xc3\xa9\\n\":"
                       R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                       R"("a":{"dtype":"U8","shape":[2,2],"data_offsets":[8,12]},)"
                       R"("b":{"dtype":"U8","shape":[3],"data_offsets":[12,15]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  EXPECT_EQ(BytesOf(path),
            Little(header.size(), 8) + header + "\0\0\x80\xbf\0\0\0\xc0"s + "acbdabc");
}

// What must not change the bytes: the name, the hash, the source, the time.
TEST(Writer, TheSameDocumentTheSameBytes) {
  TempDir folder;
  std::string big(3 << 20, '\0');
  for (size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * i >> 7);
  auto document = [&](bool read) {
    Document d;
    std::vector<std::pair<Id, Id>> entries;
    for (size_t size : {big.size(), size_t{0}, size_t{4}, size_t{70000}, size_t{1} << 20}) {
      Document::Storage storage{.dtype = DType::kUint8, .bytes = AsBytes(big).first(size)};
      if (read) {
        storage = {.dtype = DType::kUint8, .nbytes = size};
        storage.read = [&](uint64_t offset, std::span<std::byte> into) {
          std::ranges::copy(AsBytes(big).subspan(offset, into.size()), into.begin());
          return Status();
        };
      }
      uint32_t added = d.AddStorage(std::move(storage));
      Id tensor =
          d.Tensor({.storage = added, .shape = {static_cast<int64_t>(size)}, .stride = {1}});
      entries.emplace_back(d.String(std::to_string(size)), tensor);
    }
    d.SetRoot(d.Dict(entries));
    return d;
  };
  for (WriteFormat format : {WriteFormat::kZip, WriteFormat::kLegacy, WriteFormat::kSafetensors}) {
    ASSERT_TRUE(WriteCheckpoint(document(false), folder.path() / "a.pt", {.format = format}));
    auto other = WriteCheckpoint(document(true), folder.path() / "other name.bin",
                                 {.format = format, .sha256 = true, .sync = false});
    ASSERT_TRUE(other) << other.error().Text();
    const std::string bytes = BytesOf(folder.path() / "a.pt");
    EXPECT_TRUE(bytes == BytesOf(folder.path() / "other name.bin"));
    EXPECT_EQ(other->sha256, Digest::Of(AsBytes(bytes)));
    auto opened = Checkpoint::Open(folder.path() / "a.pt");
    if (format == WriteFormat::kSafetensors) continue;
    ASSERT_TRUE(opened) << opened.error().Text();
    EXPECT_TRUE((*opened)->Verify());
    auto values = (*opened)->Values((*opened)->tensors()[0]);
    ASSERT_TRUE(values) << values.error().Text();
    EXPECT_TRUE(AsText(*values) == big);
  }
}

TEST(Writer, SharingIsKept) {
  TempDir folder;
  const auto path = folder.path() / "x.pt";
  Document d;
  uint32_t s = d.AddStorage({.dtype = DType::kFloat32, .bytes = AsBytes(kEight)});
  uint32_t unused = d.AddStorage({.dtype = DType::kFloat32, .bytes = AsBytes(kEight)});
  EXPECT_EQ(unused, 1u);
  Id whole = d.Tensor({.storage = s, .shape = {2}, .stride = {1}});
  Id last = d.Tensor({.storage = s, .storage_offset = 1});
  Id metadata = d.Dict({{d.String("version"), d.Int(1)}});
  Id attributes = d.Dict({{d.String("_metadata"), metadata}});
  d.SetRoot(d.Dict({{d.String("a"), whole}, {d.String("b"), last}, {d.String("c"), whole}},
                   {.ordered = true, .attributes = attributes}));
  for (WriteFormat format : {WriteFormat::kZip, WriteFormat::kLegacy}) {
    ASSERT_TRUE(WriteCheckpoint(d, path, {.format = format}));
    auto opened = Checkpoint::Open(path);
    ASSERT_TRUE(opened) << opened.error().Text();
    ASSERT_EQ((*opened)->storages().size(), 1u);
    const Value root = (*opened)->root();
    ASSERT_EQ(root.size(), 3u);
    EXPECT_EQ(root.item(0).id(), root.item(2).id());
    EXPECT_EQ(AsText(*(*opened)->Values((*opened)->tensors()[1])), kEight.substr(4));
    ASSERT_TRUE(root.state());
    EXPECT_EQ(root.state()->Repr(), "{'_metadata': {'version': 1}}");
  }
}

struct Refusal {
  std::string name;
  std::function<Id(Document&)> root;
  ErrorCode code;
  std::string message;
  WriteFormat format = WriteFormat::kZip;
};

Id Strided(Document& d, DType dtype, std::string_view bytes, Document::TensorSpec spec) {
  spec.storage = d.AddStorage({.dtype = dtype, .bytes = AsBytes(bytes)});
  return d.Tensor(std::move(spec));
}

Id Under(Document& d, std::string_view key, Id value) { return d.Dict({{d.String(key), value}}); }

std::vector<Refusal> Refusals() {
  constexpr ErrorCode kUsage = ErrorCode::kUsage, kUnsupported = ErrorCode::kUnsupported;
  return {
      {"no_root", [](Document&) { return Document::kNoId; }, kUsage, "a document without a root"},
      {"no_value", [](Document&) { return Id{7}; }, kUsage,
       "a value that the document does not have"},
      {"int",
       [](Document& d) {
         return Under(d, "a", d.List({d.Int(1), d.BigInt("1" + std::string(700, '0'))}));
       },
       kUnsupported,
       "a[1]: an int of 701 digits, and torch.load(weights_only=True) reads up to 255 bytes"},
      {"no_int", [](Document& d) { return d.BigInt("1x"); }, kUsage,
       "an int that is written \"1x\""},
      {"text", [](Document& d) { return Under(d, "k\n", d.String("\xff")); }, kUsage,
       "k\\n: a string that is not UTF-8"},
      {"dtype", [](Document& d) { return d.Tuple({d.DTypeValue("float3\n")}); }, kUnsupported,
       "[0]: the dtype \"float3\\n\", which torch.load(weights_only=True) does not take"},
      {"tuple",
       [](Document& d) {
         Id list = d.List({}), tuple = d.Tuple({list});
         d.Append(list, tuple);
         return Under(d, "t", tuple);
       },
       kUnsupported, "t[0][0]: a tuple that contains itself"},
      {"key",
       [](Document& d) {
         return d.List({d.Dict({{d.Tuple({d.Int(1), d.List({})}), d.None()}})});
       },
       kUnsupported, "[0]: a tuple in a dict's key, which Python cannot hash"},
      {"set", [](Document& d) { return d.Set({d.Dict({})}); }, kUnsupported,
       "a dict in a set, which Python cannot hash"},
      {"attributes", [](Document& d) { return d.Dict({}, {.attributes = d.Dict({})}); }, kUsage,
       "attributes of a plain dict, or that are no dict"},
      {"in_attributes",
       [](Document& d) {
         Id attributes = Under(d, "_metadata", d.String("\xff"));
         return d.Dict({}, {.ordered = true, .attributes = attributes});
       },
       kUsage, "[its attributes]._metadata: a string that is not UTF-8"},
      {"rank",
       [](Document& d) {
         return Under(d, "w", Strided(d, DType::kFloat32, kEight, {.shape = {2}}));
       },
       kUsage, "w: a tensor of 1 dimensions with 0 strides"},
      {"shape",
       [](Document& d) {
         return Strided(d, DType::kFloat32, kEight, {.shape = {-1}, .stride = {1}});
       },
       kUsage, "a tensor with a dimension of -1"},
      {"stride",
       [](Document& d) {
         return Strided(d, DType::kFloat32, kEight, {.shape = {1}, .stride = {-1}});
       },
       kUsage, "a tensor with a stride of -1"},
      {"offset",
       [](Document& d) { return Strided(d, DType::kFloat32, kEight, {.storage_offset = -1}); },
       kUsage, "a tensor at element -1 of its storage"},
      {"range",
       [](Document& d) {
         return Strided(d, DType::kFloat32, kEight, {.shape = {3}, .stride = {1}});
       },
       kUsage, "a tensor that reaches element 2 of its storage of 2"},
      {"overflow",
       [](Document& d) {
         return Strided(d, DType::kFloat32, kEight, {.shape = {INT64_MAX}, .stride = {INT64_MAX}});
       },
       kUsage, "a tensor that reaches element 2^64 of its storage of 2"},
      {"elements", [](Document& d) { return Strided(d, DType::kFloat32, "12345", {}); }, kUsage,
       "a storage of 5 bytes, which are not whole elements of float32"},
      {"no_storage", [](Document& d) { return d.Tensor({.storage = 3}); }, kUsage,
       "a tensor of storage 3, and there are 0"},
      {"storage", [](Document& d) { return d.StorageValue(0); }, kUsage,
       "storage 0, and there are 0"},
      {"unquantized", [](Document& d) { return Strided(d, DType::kQInt8, "1", {}); }, kUsage,
       "a tensor of qint8 without quantization"},
      {"quantized",
       [](Document& d) {
         uint32_t s = d.AddStorage({.dtype = DType::kInt8, .bytes = AsBytes("1")});
         return d.Quantized({.storage = s}, {.scheme = "per_tensor_affine"});
       },
       kUsage, "a tensor of int8 with quantization"},
      {"scheme",
       [](Document& d) {
         uint32_t s = d.AddStorage({.dtype = DType::kQInt8, .bytes = AsBytes("1")});
         return d.Quantized({.storage = s}, {.scheme = "a\n"});
       },
       kUnsupported, "the quantization scheme \"a\\n\""},
      {"scales",
       [](Document& d) {
         uint32_t s = d.AddStorage({.dtype = DType::kQInt8, .bytes = AsBytes("12")});
         return d.Quantized({.storage = s, .shape = {2}, .stride = {1}},
                            {.scheme = "per_channel_affine", .scales = {1}, .zero_points = {1}});
       },
       kUsage, "1 scales and 1 zero points along dimension 0"},
      {"parts", [](Document& d) { return d.Composite(Layout::kSparseCoo, {}, {1}, false, false); },
       kUsage, "a sparse_coo tensor of 0 parts"},
      {"part",
       [](Document& d) {
         return d.Composite(Layout::kSparseCoo, {d.None(), d.None()}, {1}, false, false);
       },
       kUsage, "a part of a sparse_coo tensor is None"},
      {"nested",
       [](Document& d) {
         Id t = Strided(d, DType::kInt64, kEight, {.shape = {1}, .stride = {1}});
         return Under(d, "n", d.Composite(Layout::kNested, {t, t, t, t}, {}, false, false));
       },
       kUnsupported, "n: a nested tensor, which PyTorch cannot read from a legacy file",
       WriteFormat::kLegacy},
  };
}

std::vector<Refusal> SafetensorsRefusals() {
  constexpr ErrorCode kUsage = ErrorCode::kUsage, kUnsupported = ErrorCode::kUnsupported;
  auto named = [](std::string_view name, DType dtype, std::string_view bytes) {
    return [=](Document& d) { return Under(d, name, Strided(d, dtype, bytes, {})); };
  };
  std::vector<Refusal> rows{
      {"no_dict", [](Document& d) { return d.List({}); }, kUnsupported,
       "safetensors files hold a dict of tensors"},
      {"no_name",
       [](Document& d) {
         return d.Dict({{d.Int(1), d.None()}});
       },
       kUnsupported, "a key that is an int, and safetensors files have names"},
      {"no_tensor", [](Document& d) { return Under(d, "lr", d.Float(1)); }, kUnsupported,
       "lr: a float, and safetensors files hold tensors only"},
      {"sparse",
       [](Document& d) {
         return Under(d, "s", d.Composite(Layout::kSparseCsr, {}, {1}, false, false));
       },
       kUnsupported, "s: a sparse_csr tensor, and safetensors files hold tensors only"},
      {"complex128", named("z", DType::kComplex128, "0123456789abcdef"), kUnsupported,
       "z: a tensor of complex128, which safetensors files do not know"},
      {"quantized", named("q", DType::kQInt8, "1"), kUnsupported,
       "q: a tensor of qint8, which safetensors files do not know"},
      {"metadata", named("__metadata__", DType::kInt8, "1"), kUnsupported,
       "__metadata__: a tensor with the name of the file's metadata"},
      {"surrogate", named("\xed\xa0\x80", DType::kInt8, "1"), kUnsupported,
       "\\xed\\xa0\\x80: a name that is not UTF-8"},
      {"pair", named("f", DType::kFloat4E2M1FNx2, "1"), kUnsupported,
       "f: a single pair of float4_e2m1fn_x2, which has no dimension to count both"},
      {"range",
       [](Document& d) {
         return Under(d, "w", Strided(d, DType::kInt8, "1", {.shape = {2}, .stride = {1}}));
       },
       kUsage, "w: a tensor that reaches element 1 of its storage of 1"},
      {"expanded",
       [](Document& d) {
         return Under(d, "w",
                      Strided(d, DType::kInt8, "1", {.shape = {INT64_MAX, 4}, .stride = {0, 0}}));
       },
       kUnsupported, "w: a tensor whose elements do not fit a file"},
  };
  for (Refusal& row : rows) row.format = WriteFormat::kSafetensors;
  return rows;
}

TEST(Writer, WhatCannotBeWritten) {
  TempDir folder;
  const auto path = folder.path() / "x.pt";
  std::vector<Refusal> rows = Refusals();
  for (Refusal& row : SafetensorsRefusals()) rows.push_back(std::move(row));
  for (const Refusal& row : rows) {
    Document document;
    document.SetRoot(row.root(document));
    auto written = WriteCheckpoint(document, path, {.format = row.format});
    ASSERT_FALSE(written) << row.name;
    EXPECT_EQ(written.error(),
              (Error{row.code, "cannot write " + path.native() + ": " + row.message, ""}))
        << row.name;
  }
  for (uint32_t alignment : {0u, 3u, 8192u}) {
    auto written = WriteCheckpoint(OneTensor(), path, {.alignment = alignment});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error(), (Error{ErrorCode::kUsage,
                                      "an alignment of " + std::to_string(alignment) +
                                          ", not a power of two up to 4096",
                                      ""}));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace zoo
