#include <ATen/ops/from_blob.h>
#include <ATen/ops/scalar_tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "zoo/base/text.h"
#include "zoo/checkpoint/value_copy.h"
#include "zoo/loader/dtypes.h"
#include "zoo/loader/place.h"
#include "zoo/loader/state_fields.h"

namespace zoo {
namespace {

using Kind = Value::Kind;

constexpr size_t kProblemsShown = 5;
constexpr size_t kMaxRepr = 40;
constexpr double kMaxWhole = 9007199254740992;  // 2^53: above, a double is not every whole number

// Names of NumPy's types as its files spell them.
struct NumpyRow {
  std::string_view name;
  at::ScalarType dtype;
};
constexpr NumpyRow kNumpy[] = {
    {"<f8", at::kDouble}, {"<f4", at::kFloat}, {"<i8", at::kLong}, {"<i4", at::kInt}};

double Element(const void* bytes, at::ScalarType dtype) {
  return at::from_blob(const_cast<void*>(bytes), {}, at::TensorOptions(dtype))
      .to(at::kDouble)
      .item<double>();
}

std::optional<double> NumberOfTensor(const Checkpoint& checkpoint, uint32_t index) {
  if (index >= checkpoint.tensors().size()) return std::nullopt;
  const TensorInfo& tensor = checkpoint.tensors()[index];
  const auto dtype = ToTorch(tensor.dtype);
  const bool plain = tensor.layout == Layout::kStrided && tensor.quantization == nullptr;
  if (!plain || tensor.numel() != 1 || !dtype || at::isComplexType(*dtype)) return std::nullopt;
  const auto bytes = checkpoint.Values(tensor);
  if (!bytes) return std::nullopt;
  return Element(bytes->data(), *dtype);
}

std::optional<double> NumberOfNumpy(const Value::Array& array) {
  for (const NumpyRow& row : kNumpy) {
    if (row.name == array.dtype && array.bytes.size() == c10::elementSize(row.dtype)) {
      return Element(array.bytes.data(), row.dtype);
    }
  }
  return std::nullopt;
}

std::optional<int64_t> WholeNumberOf(const Checkpoint& checkpoint, const Value& value) {
  if (value.kind() == Kind::kInt) return value.AsInt();
  const auto number = NumberOf(checkpoint, value);
  if (!number || std::trunc(*number) != *number || std::abs(*number) > kMaxWhole) {
    return std::nullopt;
  }
  return static_cast<int64_t>(*number);
}

bool IsList(const Value& value) {
  return value.kind() == Kind::kList || value.kind() == Kind::kTuple;
}

// A Counter is an object that was made of a dict.
std::optional<Value> DictOf(const Value& value) {
  if (value.kind() == Kind::kDict) return value;
  if (value.kind() != Kind::kObject || value.class_name() != "collections.Counter") {
    return std::nullopt;
  }
  const auto arguments = value.arguments();
  if (!arguments || arguments->size() != 1) return std::nullopt;
  return DictOf(arguments->item(0));
}

bool IsDefault(const Fixed& fixed, const Value& value) {
  if (fixed.value == Fixed::kNone) return value.kind() == Kind::kNone;
  return value.kind() == Kind::kBool && value.AsBool() == (fixed.value == Fixed::kTrue);
}

std::string Shown(const std::vector<std::string>& problems, std::string_view separator) {
  const auto end =
      problems.begin() + static_cast<ptrdiff_t>(std::min(problems.size(), kProblemsShown));
  std::string text = fmt::format("{}", fmt::join(problems.begin(), end, separator));
  if (problems.size() > kProblemsShown) {
    text += fmt::format(" and {} more", problems.size() - kProblemsShown);
  }
  return text;
}

}  // namespace

std::optional<double> NumberOf(const Checkpoint& checkpoint, const Value& value) {
  switch (value.kind()) {
    case Kind::kInt:
      return std::strtod(value.IntText().c_str(), nullptr);
    case Kind::kFloat:
      return value.AsFloat();
    case Kind::kTensor:
      return NumberOfTensor(checkpoint, value.tensor());
    case Kind::kNumpyScalar:
      return NumberOfNumpy(value.array());
    default:
      return std::nullopt;
  }
}

void FieldReader::Wrong(const At& at, const Value& value, std::string_view expected) {
  Mismatch(fmt::format("{} is {}, not {}", at.where, Escape(ValueWords(value)), expected));
}

void FieldReader::Take(bool* into, const Value& value, const At& at) {
  if (value.kind() != Kind::kBool) return Wrong(at, value, "a bool");
  *into = value.AsBool();
}

void FieldReader::Take(int64_t* into, const Value& value, const At& at) {
  const auto number = WholeNumberOf(*checkpoint_, value);
  if (!number) return Wrong(at, value, "a whole number");
  *into = *number;
}

void FieldReader::Take(double* into, const Value& value, const At& at) {
  const auto number = NumberOf(*checkpoint_, value);
  if (!number) return Wrong(at, value, "a number");
  *into = *number;
}

void FieldReader::Take(std::string* into, const Value& value, const At& at) {
  if (value.kind() != Kind::kString) return Wrong(at, value, "a string");
  *into = value.text();
}

void FieldReader::Take(std::tuple<double, double>* into, const Value& value, const At& at) {
  if (!IsList(value) || value.size() != 2) return Wrong(at, value, "two numbers");
  Take(&std::get<0>(*into), value.item(0), at);
  Take(&std::get<1>(*into), value.item(1), at);
}

void FieldReader::Take(std::vector<double>* into, const Value& value, const At& at) {
  if (!IsList(value)) return Wrong(at, value, "a list of numbers");
  into->assign(value.size(), 0);
  for (size_t i = 0; i < value.size(); ++i) Take(&(*into)[i], value.item(i), at);
}

void FieldReader::Take(std::map<int64_t, int64_t>* into, const Value& value, const At& at) {
  const auto dict = DictOf(value);
  if (!dict) return Wrong(at, value, "a Counter");
  into->clear();
  for (size_t i = 0; i < dict->size(); ++i) {
    int64_t key = 0, count = 0;
    Take(&key, dict->key(i), at);
    Take(&count, dict->item(i), at);
    (*into)[key] = count;
  }
}

template <typename T>
void FieldReader::Take(std::optional<T>* into, const Value& value, const At& at) {
  if (value.kind() == Kind::kNone) {
    into->reset();
  } else {
    Take(&into->emplace(), value, at);
  }
}

void FieldReader::Take(const StepPlace& place, const Value& value, const At& at) {
  Take(place.steps, value, at);
  if (*place.steps < 0) Mismatch(fmt::format("{} is {}", at.where, *place.steps));
}

void FieldReader::WantTensor(at::Tensor* into, const std::vector<int64_t>& shape,
                             const Value& value, const At& at) {
  if (value.kind() != Kind::kTensor || value.tensor() >= checkpoint_->tensors().size()) {
    return Wrong(at, value, "a tensor");
  }
  const TensorInfo& tensor = checkpoint_->tensors()[value.tensor()];
  if (tensor.layout != Layout::kStrided || tensor.quantization != nullptr ||
      !ToTorch(tensor.dtype)) {
    return Mismatch(fmt::format("{} is a {} tensor of {}", at.where, LayoutName(tensor.layout),
                                DTypeName(tensor.dtype)));
  }
  if (!std::ranges::equal(tensor.shape, shape)) {
    return Mismatch(fmt::format("{} is {}, not {}", at.where, tensor.shape, shape));
  }
  wanted_.push_back({value.tensor(), into, at.like});
}

void FieldReader::Take(const TensorPlace& place, const Value& value, const At& at) {
  if (place.shape.empty() && value.kind() == Kind::kInt && value.AsInt()) {
    *place.tensor = at::scalar_tensor(*value.AsInt(), at::kLong);
    return;
  }
  WantTensor(place.tensor, place.shape, value, at);
}

void FieldReader::Take(const TensorsPlace& place, const Value& value, const At& at) {
  if (!IsList(value)) return Wrong(at, value, "a list of tensors");
  place.tensors->assign(value.size(), at::Tensor());
  for (size_t i = 0; i < value.size(); ++i) {
    WantTensor(&(*place.tensors)[i], place.shape, value.item(i), at);
  }
}

void FieldReader::CheckFixed(const Field& field, const Value& key, const Value& value, const At& at,
                             const Path& path) {
  const Fixed& fixed = std::get<Fixed>(field.place);
  if (IsDefault(fixed, value)) return;
  if (fixed.meaning == Fixed::kSpeed) return Keep(path, key, value);
  unsupported_.push_back(fmt::format("{} = {}", at.where, Escape(value.Repr(kMaxRepr))));
  if (hint_.empty()) hint_ = fixed.hint;
}

void FieldReader::Read(const Value& dict, const std::string& where, std::span<const Field> fields,
                       const Path& path, const at::TensorOptions& like) {
  if (dict.kind() != Kind::kDict) return Wrong({where, like}, dict, "a dict");
  std::set<std::string_view> found;
  for (size_t i = 0; i < dict.size(); ++i) {
    const Value key = dict.key(i), value = dict.item(i);
    const std::string_view name = key.kind() == Kind::kString ? key.text() : std::string_view();
    const auto field = std::ranges::find(fields, name, &Field::key);
    if (field == fields.end()) {
      Keep(path, key, value);
      continue;
    }
    // An optional tensor that is None is not there.
    const bool absent = value.kind() == Kind::kNone && field->need == Field::kOptional &&
                        std::holds_alternative<TensorPlace>(field->place);
    if (absent) continue;
    found.insert(field->key);
    const At at{fmt::format("{}.{}", where, name), like};
    if (std::holds_alternative<Fixed>(field->place)) {
      CheckFixed(*field, key, value, at, path);
    } else {
      std::visit([&](const auto& place) { Take(place, value, at); }, field->place);
    }
  }
  for (const Field& field : fields) {
    const bool must = field.need == Field::kRequired &&
                      !std::holds_alternative<Fixed>(field.place) &&
                      !std::holds_alternative<Scratch>(field.place);
    if (must && !found.contains(field.key)) Mismatch(fmt::format("{} lacks {}", where, field.key));
  }
}

Status FieldReader::Place() {
  std::vector<uint32_t> indices;
  for (const Wanted& it : wanted_) indices.push_back(it.index);
  ZOO_ASSIGN_OR_RETURN(const std::vector<PlacedTensor> placed,
                       PlaceTensors(checkpoint_, indices, PlaceBy::kCopy));
  for (size_t i = 0; i < wanted_.size(); ++i) {
    const Wanted& it = wanted_[i];
    const at::Tensor& tensor = placed[i].tensor;
    const at::ScalarType dtype = c10::typeMetaToScalarType(it.like.dtype());
    *it.into =
        tensor.to(it.like.device(), at::isFloatingType(dtype) ? dtype : tensor.scalar_type());
  }
  return {};
}

Status FieldReader::Finish(std::string_view subject) const {
  if (mismatches_.empty() && unsupported_.empty()) return {};
  const std::string lacks = unsupported_.empty() ? ""
                                                 : fmt::format("LibTorch's {} lacks {}", subject,
                                                               Shown(unsupported_, ", "));
  if (mismatches_.empty()) {
    return Error{ErrorCode::kUnsupported, fmt::format("{}: {}", checkpoint_->name(), lacks), hint_};
  }
  return Error{ErrorCode::kMismatch,
               fmt::format("{} does not fit {}: {}{}{}", checkpoint_->name(), subject,
                           Shown(mismatches_, "; "), lacks.empty() ? "" : "; ", lacks),
               hint_};
}

}  // namespace zoo
