#include "zoo/checkpoint/value_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/checkpoint/pickle_text.h"

namespace zoo {
namespace {

using Kind = Value::Kind;

constexpr size_t kPlainItems = 16;
constexpr size_t kReprBytes = 4096;

Json TextJson(const Value& value) {
  return IsUtf8(value.text(), false) ? Json(value.text()) : Json(ToHex(AsBytes(value.text())));
}

// Python reprs in the order of their bytes: sets have none of their own.
Json SortedItems(const Value& set) {
  std::vector<std::string> items;
  for (size_t i = 0; i < set.size(); ++i) items.push_back(set.item(i).Repr(kReprBytes));
  std::sort(items.begin(), items.end());
  Json::Array array;
  for (std::string& item : items) array.emplace_back(std::move(item));
  return array;
}

Json Items(const Value& value) {
  Json::Array array;
  for (size_t i = 0; i < value.size(); ++i) array.push_back(PlainJson(value.item(i)));
  return array;
}

// Bytes that are swapped as one.
size_t NumberWidth(std::string_view dtype, size_t item) {
  if (dtype[1] == 'S') return 1;
  if (dtype[1] == 'U') return 4;
  return dtype[1] == 'c' ? item / 2 : item;
}

// A NumPy array's elements, little-endian and in C order, and the dtype that says so.
struct Elements {
  std::string dtype, bytes;
};

// Where in row-major order the i-th element of column-major order stands.
size_t RowMajorIndex(std::span<const int64_t> shape, size_t column_major) {
  size_t index = 0;
  std::vector<size_t> at(shape.size());
  for (size_t d = 0; d < shape.size(); ++d) {
    at[d] = column_major % static_cast<size_t>(shape[d]);
    column_major /= static_cast<size_t>(shape[d]);
  }
  for (size_t d = 0; d < shape.size(); ++d) index = index * static_cast<size_t>(shape[d]) + at[d];
  return index;
}

Elements ElementsOf(const Value::Array& array) {
  Elements out{std::string(array.dtype), std::string(AsText(array.bytes))};
  size_t count = 1;
  for (int64_t size : array.shape) count *= static_cast<size_t>(size);
  if (count == 0 || out.bytes.empty()) return out;
  size_t item = out.bytes.size() / count;
  if (array.fortran && array.shape.size() > 1) {
    for (size_t i = 0; i < count; ++i) {
      std::memcpy(out.bytes.data() + RowMajorIndex(array.shape, i) * item,
                  array.bytes.data() + i * item, item);
    }
  }
  if (out.dtype[0] != '>') return out;
  out.dtype[0] = '<';
  size_t width = NumberWidth(out.dtype, item);
  for (size_t at = 0; at + width <= out.bytes.size(); at += width) {
    std::reverse(out.bytes.begin() + static_cast<ptrdiff_t>(at),
                 out.bytes.begin() + static_cast<ptrdiff_t>(at + width));
  }
  return out;
}

Json ArrayJson(const Value& value) {
  Elements elements = ElementsOf(value.array());
  Json::Array shape;
  for (int64_t size : value.array().shape) shape.emplace_back(size);
  return Json::Object{{"dtype", elements.dtype},
                      {"shape", std::move(shape)},
                      {"sha256", Digest::Of(AsBytes(elements.bytes)).hex()}};
}

Json ScalarJson(const Value& value) {
  Elements elements = ElementsOf(value.array());
  return Json::Object{{"dtype", elements.dtype}, {"hex", ToHex(AsBytes(elements.bytes))}};
}

Json ComplexJson(const Value& value) {
  auto [real, imaginary] = value.AsComplex();
  return Json::Array{FloatHex(real), FloatHex(imaginary)};
}

struct Row {
  Kind kind;
  std::string_view type;
  Json (*value)(const Value&);
};

constexpr Row kRows[] = {
    {Kind::kNone, "none", [](const Value&) { return Json(); }},
    {Kind::kBool, "bool", [](const Value& v) { return Json(v.AsBool()); }},
    {Kind::kInt, "int", [](const Value& v) { return Json(v.IntText()); }},
    {Kind::kFloat, "float", [](const Value& v) { return Json(FloatHex(v.AsFloat())); }},
    {Kind::kComplex, "complex", ComplexJson},
    {Kind::kString, "str", [](const Value& v) { return Json(v.text()); }},
    {Kind::kBytes, "bytes", [](const Value& v) { return Json(ToHex(AsBytes(v.text()))); }},
    {Kind::kByteArray, "bytearray", [](const Value& v) { return Json(ToHex(AsBytes(v.text()))); }},
    {Kind::kSet, "set", SortedItems},
    {Kind::kFrozenSet, "frozenset", SortedItems},
    {Kind::kRange, "range", Items},
    {Kind::kSlice, "slice", Items},
    {Kind::kSize, "size", Items},
    {Kind::kDType, "dtype", [](const Value& v) { return Json(v.text()); }},
    {Kind::kDevice, "device", [](const Value& v) { return Json(v.text()); }},
    {Kind::kNdarray, "ndarray", ArrayJson},
    {Kind::kNumpyScalar, "npscalar", ScalarJson},
};

bool IsScalar(const Value& value) {
  Kind kind = value.kind();
  return kind <= Kind::kFloat || kind == Kind::kString || kind == Kind::kDType ||
         kind == Kind::kDevice;
}

}  // namespace

std::string FloatHex(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  std::string_view sign = bits >> 63 != 0 ? "-" : "";
  uint64_t fraction = bits & ((uint64_t{1} << 52) - 1);
  int exponent = static_cast<int>(bits >> 52 & 0x7ff);
  if (exponent == 0 && fraction == 0) return fmt::format("{}0x0.0p+0", sign);
  return fmt::format("{}0x{}.{:013x}p{:+}", sign, exponent == 0 ? 0 : 1, fraction,
                     exponent == 0 ? -1022 : exponent - 1023);
}

Json StepJson(const PathStep& step) {
  if (auto* name = std::get_if<std::string>(&step)) return *name;
  if (auto* index = std::get_if<int64_t>(&step)) return *index;
  return Json::Object{{"key", std::get<ReprKey>(step).repr}};
}

Json PathJson(const Path& path) {
  Json::Array steps;
  for (const PathStep& step : path) steps.push_back(StepJson(step));
  return steps;
}

PathStep KeyStep(const Value& key) {
  if (key.kind() == Kind::kString) return std::string(key.text());
  if (auto index = key.AsInt()) return *index;
  return ReprKey{key.Repr()};
}

TypedValue DescribeValue(const Value& value) {
  if (value.kind() == Kind::kString && !IsUtf8(value.text(), false)) {
    return {"str_surrogatepass_hex", ToHex(AsBytes(value.text()))};
  }
  for (const Row& row : kRows) {
    if (row.kind == value.kind()) return {row.type, row.value(value)};
  }
  return {"other", value.Repr()};
}

Json PlainJson(const Value& value) {
  switch (value.kind()) {
    case Kind::kNone:
      return {};
    case Kind::kBool:
      return value.AsBool();
    case Kind::kInt:
      return value.AsInt() ? Json(*value.AsInt()) : Json(value.IntText());
    case Kind::kFloat:
      return std::isfinite(value.AsFloat()) ? Json(value.AsFloat()) : Json(value.Repr());
    case Kind::kString:
    case Kind::kDType:
    case Kind::kDevice:
      return TextJson(value);
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kSize:
      return IsPlain(value) ? Items(value) : Json(value.Repr());
    default:
      return value.Repr();
  }
}

bool IsPlain(const Value& value) {
  if (IsScalar(value)) return true;
  bool sequence =
      value.kind() == Kind::kList || value.kind() == Kind::kTuple || value.kind() == Kind::kSize;
  if (!sequence || value.size() > kPlainItems) return false;
  for (size_t i = 0; i < value.size(); ++i) {
    if (!IsScalar(value.item(i))) return false;
  }
  return true;
}

}  // namespace zoo
