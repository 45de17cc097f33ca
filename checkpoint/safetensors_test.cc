// Safetensors files made by hand: what is read of them, and what is wrong with them, with the whole
// message.
#include "zoo/checkpoint/safetensors.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "zoo/checkpoint/checkpoint.h"

namespace zoo {
namespace {

std::string Little(uint64_t value) {
  std::string out;
  for (int i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

std::string File(const std::string& header, size_t data_bytes) {
  return Little(header.size()) + header + std::string(data_bytes, 'd');
}

std::string Tensor(const std::string& name, const std::string& dtype, const std::string& shape,
                   const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

// "" if it opens and verifies.
std::string OpenAll(const std::string& bytes, const OpenOptions& options = {}) {
  auto opened = Checkpoint::OfBytes(AsBytes(bytes), "x", options);
  if (!opened) {
    return std::string(ErrorCodeName(opened.error().code)) + ": " + opened.error().Text();
  }
  Status verified = (*opened)->Verify();
  return verified ? "" : verified.error().Text();
}

struct DTypeCase {
  std::string name, shape;
  size_t bytes;
  std::string read_as;
  std::vector<int64_t> shape_read;
};
void PrintTo(const DTypeCase& c, std::ostream* out) { *out << c.name; }

class SafetensorsDTypes : public testing::TestWithParam<DTypeCase> {};
TEST_P(SafetensorsDTypes, AreReadByTheirPyTorchNames) {
  const DTypeCase& row = GetParam();
  std::string offsets = "[0," + std::to_string(row.bytes) + "]";
  std::string bytes = File("{" + Tensor("t", row.name, row.shape, offsets) + "}", row.bytes);
  auto opened = Checkpoint::OfBytes(AsBytes(bytes), "x");
  ASSERT_TRUE(opened) << opened.error().Text();
  ASSERT_EQ((*opened)->tensors().size(), 1u);
  const TensorInfo& tensor = (*opened)->tensors()[0];
  EXPECT_EQ(DTypeName(tensor.dtype), row.read_as);
  EXPECT_EQ(std::vector<int64_t>(tensor.shape.begin(), tensor.shape.end()), row.shape_read);
  EXPECT_TRUE(tensor.contiguous());
  EXPECT_EQ(tensor.nbytes(), row.bytes);
  EXPECT_EQ((*opened)->StorageView(tensor.storage).size(), row.bytes);
  auto values = (*opened)->Values(tensor);
  ASSERT_TRUE(values) << values.error().Text();
  EXPECT_EQ(AsText(*values), std::string(row.bytes, 'd'));
}

INSTANTIATE_TEST_SUITE_P(
    All, SafetensorsDTypes,
    testing::Values(
        DTypeCase{"BOOL", "[3]", 3, "bool", {3}},
        DTypeCase{"F4", "[3,4]", 6, "float4_e2m1fn_x2", {3, 2}},
        DTypeCase{"F6_E2M3", "[2,4]", 6, "float6_e2m3fn", {2, 4}},
        DTypeCase{"F6_E3M2", "[8]", 6, "float6_e3m2fn", {8}},
        DTypeCase{"U8", "[3]", 3, "uint8", {3}}, DTypeCase{"I8", "[3]", 3, "int8", {3}},
        DTypeCase{"F8_E5M2", "[3]", 3, "float8_e5m2", {3}},
        DTypeCase{"F8_E4M3", "[3]", 3, "float8_e4m3fn", {3}},
        DTypeCase{"F8_E8M0", "[3]", 3, "float8_e8m0fnu", {3}},
        DTypeCase{"F8_E4M3FNUZ", "[3]", 3, "float8_e4m3fnuz", {3}},
        DTypeCase{"F8_E5M2FNUZ", "[3]", 3, "float8_e5m2fnuz", {3}},
        DTypeCase{"I16", "[3]", 6, "int16", {3}}, DTypeCase{"U16", "[3]", 6, "uint16", {3}},
        DTypeCase{"F16", "[3]", 6, "float16", {3}}, DTypeCase{"BF16", "[3]", 6, "bfloat16", {3}},
        DTypeCase{"I32", "[3]", 12, "int32", {3}}, DTypeCase{"U32", "[3]", 12, "uint32", {3}},
        DTypeCase{"F32", "[3,1]", 12, "float32", {3, 1}},
        DTypeCase{"C64", "[3]", 24, "complex64", {3}}, DTypeCase{"F64", "[]", 8, "float64", {}},
        DTypeCase{"I64", "[0,3]", 0, "int64", {0, 3}}, DTypeCase{"U64", "[1]", 8, "uint64", {1}}),
    [](const auto& info) { return info.param.name; });

struct Case {
  std::string name, bytes, text;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Safetensors : public testing::TestWithParam<Case> {};
TEST_P(Safetensors, HaveTheirMessage) { EXPECT_EQ(OpenAll(GetParam().bytes), GetParam().text); }

const std::string kA = Tensor("a", "F32", "[1]", "[0,4]");

INSTANTIATE_TEST_SUITE_P(
    Good, Safetensors,
    testing::Values(Case{"no_tensors", File("{}", 0), ""},
                    Case{"spaces_behind", File("{" + kA + "}   ", 4), ""},
                    Case{"offsets_out_of_order",
                         File("{" + Tensor("b", "U8", "[2]", "[4,6]") + "," + kA + "}", 6), ""},
                    Case{"empty_between",
                         File("{" + Tensor("b", "U8", "[2]", "[4,6]") + "," +
                                  Tensor("e", "F64", "[0]", "[4,4]") + "," + kA + "}",
                              6),
                         ""},
                    Case{"name_is_empty", File("{" + Tensor("", "U8", "[2]", "[0,2]") + "}", 2),
                         ""},
                    Case{"metadata_empty", File("{\"__metadata__\":{}," + kA + "}", 4), ""}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Lengths, Safetensors,
    testing::Values(
        Case{"header_too_long", Little(100'000'001) + "{\"a\":",
             "corrupt: x: its header has 100000001 bytes, the limit is 100000000; raise the limit "
             "\"header_bytes\" if the file is trusted"},
        Case{"header_cut_off", Little(1000) + "{\"a\":",
             "corrupt: x: cut off after 13 of at least 1008 bytes, in its header; download it "
             "again"},
        Case{"header_ends_early", Little(1) + "{}", "corrupt: x: header: not valid JSON at byte 2"},
        Case{"header_of_nothing", Little(0) + "{}", "corrupt: x: header: not valid JSON at byte 1"},
        Case{"data_cut_off", File("{" + kA + "}", 3),
             "corrupt: x: cut off after 65 of 66 bytes; download it again"},
        Case{"data_cut_off_whole",
             File("{" + Tensor("a", "F32", "[1099511627776]", "[0,4398046511104]") + "}", 0),
             "corrupt: x: cut off after 86 of 4398046511190 bytes; download it again"},
        Case{"more_data", File("{" + kA + "}", 7),
             "corrupt: x: 3 bytes follow the last tensor, which ends at byte 66"},
        Case{"data_without_tensors", File("{}", 1),
             "corrupt: x: 1 bytes follow the last tensor, which ends at byte 10"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Ranges, Safetensors,
    testing::Values(
        Case{"hole_at_the_start", File("{" + Tensor("a", "F32", "[1]", "[4,8]") + "}", 8),
             "corrupt: x: tensor \"a\": it begins at byte 4 of the data, not at 0"},
        Case{"hole", File("{" + kA + "," + Tensor("b", "U8", "[1]", "[5,6]") + "}", 6),
             "corrupt: x: tensor \"b\": it begins at byte 5 of the data, those before it end at 4"},
        Case{"overlap", File("{" + kA + "," + Tensor("b", "U8", "[1]", "[3,4]") + "}", 4),
             "corrupt: x: tensor \"b\": it begins at byte 3 of the data, those before it end at 4"},
        Case{"the_same_bytes", File("{" + kA + "," + Tensor("b", "U8", "[4]", "[0,4]") + "}", 4),
             "corrupt: x: tensor \"b\": it begins at byte 0 of the data, those before it end at 4"},
        Case{
            "backwards",
            File("{" + Tensor("a", "U8", "[0]", "[0,0]") + "," + Tensor("b", "U8", "[4]", "[0,4]") +
                     "," + Tensor("c", "U8", "[1]", "[4,3]") + "}",
                 4),
            "corrupt: x: tensor \"c\": U8 of [1] is 1 bytes, its data_offsets are [4, 3]"},
        Case{"too_small", File("{" + Tensor("a", "F32", "[2,3]", "[0,20]") + "}", 20),
             "corrupt: x: tensor \"a\": F32 of [2, 3] is 24 bytes, its data_offsets are [0, 20]"},
        Case{"part_of_a_byte", File("{" + Tensor("a", "F4", "[3]", "[0,2]") + "}", 2),
             "corrupt: x: tensor \"a\": F4 of [3] does not fill whole bytes"},
        Case{"part_of_three_bytes", File("{" + Tensor("a", "F6_E2M3", "[6]", "[0,5]") + "}", 5),
             "corrupt: x: tensor \"a\": F6_E2M3 of [6] does not fill whole bytes"},
        Case{"odd_pairs", File("{" + Tensor("a", "F4", "[2,3]", "[0,3]") + "}", 3),
             "unsupported: x: tensor \"a\": F4 of [2, 3]: PyTorch has pairs of them, which need an "
             "even last dimension"},
        Case{"product_wraps",
             File("{" + Tensor("a", "U8", "[4294967296,4294967296]", "[0,0]") + "}", 0),
             "corrupt: x: tensor \"a\": U8 of [4294967296, 4294967296] overflows"},
        Case{"strides_wrap",
             File("{" + Tensor("a", "U8", "[0,4294967296,4294967296]", "[0,0]") + "}", 0),
             "corrupt: x: tensor \"a\": a shape of [0, 4294967296, 4294967296] overflows"}),
    [](const auto& info) { return info.param.name; });

std::string Header(const std::string& members) { return File("{" + members + "}", 0); }
std::string OfA(const std::string& members) { return Header("\"a\":{" + members + "}"); }

INSTANTIATE_TEST_SUITE_P(
    Headers, Safetensors,
    testing::Values(
        Case{"tensor_is_a_list", Header("\"a\":[1]"),
             "corrupt: x: header: \"a\" is an array, not an object"},
        Case{"tensor_is_null", Header("\"a\":null"),
             "corrupt: x: header: \"a\" is null, not an object"},
        Case{"no_dtype", OfA("\"shape\":[],\"data_offsets\":[0,4]"),
             "corrupt: x: header: tensor \"a\": it has no dtype"},
        Case{"no_shape", OfA("\"dtype\":\"U8\",\"data_offsets\":[0,4]"),
             "corrupt: x: header: tensor \"a\": it has no shape"},
        Case{"no_offsets", OfA("\"dtype\":\"U8\",\"shape\":[]"),
             "corrupt: x: header: tensor \"a\": it has no data_offsets"},
        Case{"dtype_twice", OfA("\"dtype\":\"U8\",\"dtype\":\"U8\""),
             "corrupt: x: header: tensor \"a\": it has dtype twice"},
        Case{"dtype_unknown", OfA("\"dtype\":\"F128\""),
             "unsupported: x: header: tensor \"a\": its dtype \"F128\" is not known here"},
        Case{"dtype_is_a_number", OfA("\"dtype\":1"),
             "corrupt: x: header: tensor \"a\": its dtype is a number, not a string"},
        Case{
            "member_unknown", OfA("\"strides\":[1]"),
            "unsupported: x: header: tensor \"a\": it has a member \"strides\", which is not known "
            "here"},
        Case{"shape_is_an_object", OfA("\"shape\":{}"),
             "corrupt: x: header: tensor \"a\": its shape is an object, not an array"},
        Case{"shape_with_a_fraction", OfA("\"shape\":[2.0]"),
             "corrupt: x: header: tensor \"a\": its shape holds a number with a fraction, not a "
             "whole number"},
        Case{"shape_negative", OfA("\"shape\":[-1]"),
             "corrupt: x: header: tensor \"a\": its shape holds -1, which is negative"},
        Case{"shape_beyond_63_bits", OfA("\"shape\":[9223372036854775808]"),
             "corrupt: x: header: tensor \"a\": its shape holds 9223372036854775808, which is "
             "beyond 2^63"},
        Case{"shape_beyond_64_bits", OfA("\"shape\":[18446744073709551616]"),
             "corrupt: x: header: JSON has a whole number beyond 64 bits"},
        Case{"shape_nested", OfA("\"shape\":[[1]]"),
             "corrupt: x: header: tensor \"a\": its shape holds an array, not a whole number"},
        Case{"offsets_of_three", OfA("\"data_offsets\":[0,1,2]"),
             "corrupt: x: header: tensor \"a\": its data_offsets are 3 numbers, not two"},
        Case{"offsets_as_text", OfA("\"data_offsets\":[\"0\"]"),
             "corrupt: x: header: tensor \"a\": its data_offsets holds a string, not a whole "
             "number"},
        Case{"name_twice", File("{" + kA + "," + kA + "}", 4),
             "corrupt: x: header: two tensors \"a\""},
        Case{"name_twice_escaped",
             File("{" + kA + "," + Tensor("\\u0061", "U8", "[0]", "[4,4]") + "}", 4),
             "corrupt: x: header: two tensors \"a\""},
        Case{"metadata_not_text", Header("\"__metadata__\":{\"k\":1}"),
             "corrupt: x: header: \"k\" in \"__metadata__\" is a number, not a string"},
        Case{"metadata_is_a_string", Header("\"__metadata__\":\"k\""),
             "corrupt: x: header: \"__metadata__\" is a string, not an object"},
        Case{"metadata_twice", Header("\"__metadata__\":{},\"__metadata__\":{}"),
             "corrupt: x: header: \"__metadata__\" is there twice"},
        Case{"metadata_key_twice", Header("\"__metadata__\":{\"k\":\"\",\"k\":\"\"}"),
             "corrupt: x: header: \"k\" is twice in \"__metadata__\""},
        Case{"bad_utf8", Header("\"\xff\":{}"), "corrupt: x: header: not valid JSON at byte 3"},
        Case{"lone_surrogate", Header("\"\\ud800\":{}"),
             "corrupt: x: header: not valid JSON at byte 9"},
        Case{"two_documents", File("{}{}", 0), "corrupt: x: header: not valid JSON at byte 3"},
        Case{"nul_behind", File(std::string("{}\0", 3), 0),
             "corrupt: x: header: not valid JSON at byte 3"}),
    [](const auto& info) { return info.param.name; });

TEST(SafetensorsLimits, AreTheCallers) {
  const std::string two = File("{" + kA + "," + Tensor("b", "U8", "[2,1]", "[4,6]") + "}", 6);
  const struct {
    std::string limit;
    uint64_t value;
    std::string text;
  } rows[] = {
      {"header_bytes", 10,
       "corrupt: x: its header has 108 bytes, the limit is 10; raise the limit \"header_bytes\" "
       "if the file is trusted"},
      {"nodes", 290,
       "corrupt: x: more than 290 values; raise the limit \"nodes\" if the file is trusted"},
      {"rank", 1,
       "corrupt: x: header: tensor \"b\": its shape has 2 dimensions, the limit is 1; raise the "
       "limit \"rank\" if the file is trusted"},
  };
  for (const auto& row : rows) {
    OpenOptions options;
    ASSERT_TRUE(SetLimit(options.limits, row.limit, row.value));
    EXPECT_EQ(OpenAll(two, options), row.text);
  }
}

TEST(SafetensorsFile, IsOneDictInTheHeadersOrder) {
  std::string bytes = File("{\"__metadata__\":{\"format\":\"pt\",\"by\":\"me\"}," +
                               Tensor("z", "U8", "[2]", "[4,6]") + "," + kA + "}",
                           6);
  auto opened = Checkpoint::OfBytes(AsBytes(bytes), "x");
  ASSERT_TRUE(opened) << opened.error().Text();
  const Checkpoint& checkpoint = **opened;
  EXPECT_EQ(checkpoint.format(), Format::kSafetensors);
  ASSERT_EQ(checkpoint.metadata().size(), 2u);
  EXPECT_EQ(checkpoint.metadata()[1], std::pair(std::string("by"), std::string("me")));
  auto weights = checkpoint.FindStateDict();
  ASSERT_TRUE(weights);
  ASSERT_EQ(weights->tensors.size(), 2u);
  EXPECT_EQ(weights->tensors[0].name, "z");
  EXPECT_EQ(weights->tensors[1].name, "a");
  EXPECT_EQ(checkpoint.storages()[0].key, "z");
  EXPECT_TRUE(checkpoint.storages()[0].mapped);
  EXPECT_EQ(checkpoint.StorageView(0).data() - checkpoint.StorageView(1).data(), 4);
}

}  // namespace
}  // namespace zoo
