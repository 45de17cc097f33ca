#include <ATen/ops/scalar_tensor.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "zoo/loader/state_fields.h"

namespace zoo {
namespace {

using Id = Document::Id;
using Written = Result<Id>;

// Up to here every number of steps is a float32, which is what Python counts in.
constexpr int64_t kMaxFloatSteps = int64_t{1} << 24;

// What each kind of variable becomes. `name` stands for it in messages.
struct Write {
  Snapshot& snapshot;
  const std::string& name;
  Document& document = snapshot.document();

  Written operator()(const bool* value) const { return document.Bool(*value); }
  Written operator()(const int64_t* value) const { return document.Int(*value); }
  Written operator()(const double* value) const { return document.Float(*value); }
  Written operator()(const std::string* value) const { return document.String(*value); }
  Written operator()(const std::tuple<double, double>* value) const {
    return document.Tuple(
        {document.Float(std::get<0>(*value)), document.Float(std::get<1>(*value))});
  }
  Written operator()(const std::vector<double>* values) const {
    std::vector<Id> items;
    for (const double value : *values) items.push_back(document.Float(value));
    return document.List(std::move(items));
  }
  Written operator()(const std::map<int64_t, int64_t>* counts) const {
    Entries entries;
    for (const auto& [key, count] : *counts) {
      entries.emplace_back(document.Int(key), document.Int(count));
    }
    return document.Counter(std::move(entries));
  }
  template <typename T>
  Written operator()(const std::optional<T>* value) const {
    return value->has_value() ? (*this)(&**value) : document.None();
  }
  Written operator()(const StepPlace& place) const {
    const int64_t steps = *place.steps;
    return snapshot.Tensor(
        name, at::scalar_tensor(steps, steps <= kMaxFloatSteps ? at::kFloat : at::kDouble));
  }
  // A whole number is one in Python, too: the first H_diag of LBFGS.
  Written operator()(const TensorPlace& place) const {
    const at::Tensor& tensor = *place.tensor;
    if (tensor.dim() == 0 && at::isIntegralType(tensor.scalar_type(), /*includeBool=*/false)) {
      return document.Int(tensor.item<int64_t>());
    }
    return snapshot.Tensor(name, tensor);
  }
  Written operator()(const TensorsPlace& place) const {
    std::vector<Id> items;
    for (const at::Tensor& tensor : *place.tensors) {
      ZOO_ASSIGN_OR_RETURN(const Id item, snapshot.Tensor(name, tensor));
      items.push_back(item);
    }
    return document.List(std::move(items));
  }
  Written operator()(const Fixed& fixed) const {
    return fixed.value == Fixed::kNone ? document.None()
                                       : document.Bool(fixed.value == Fixed::kTrue);
  }
  Written operator()(const Scratch&) const { return document.None(); }
};

// Of the dict at `at`, without the keys that the fields themselves have values for.
KeptValues KeptBeside(std::span<const Field> fields, const KeptValues* kept, const Path& at) {
  KeptValues beside;
  if (kept == nullptr) return beside;
  beside.checkpoint = kept->checkpoint;
  for (const KeptValue& it : kept->values) {
    const auto field = std::ranges::find(fields, it.key.text(), &Field::key);
    const bool own = field != fields.end() && !std::holds_alternative<Fixed>(field->place);
    if (it.at == at && !own) beside.values.push_back(it);
  }
  return beside;
}

bool IsWritten(const Field& field, const std::set<std::string_view>& kept) {
  if (!field.written || std::holds_alternative<Scratch>(field.place)) return false;
  if (std::holds_alternative<Fixed>(field.place)) return !kept.contains(field.key);
  const auto* tensor = std::get_if<TensorPlace>(&field.place);
  return tensor == nullptr || tensor->tensor->defined();
}

}  // namespace

Result<Entries> WriteFields(std::span<const Field> fields, Snapshot& snapshot,
                            std::string_view where, const KeptValues* kept, const Path& at) {
  const KeptValues beside = KeptBeside(fields, kept, at);
  std::set<std::string_view> kept_keys;
  for (const KeptValue& it : beside.values) kept_keys.insert(it.key.text());
  Entries entries;
  for (const Field& field : fields) {
    if (!IsWritten(field, kept_keys)) continue;
    const std::string name = fmt::format("{}.{}", where, field.key);
    ZOO_ASSIGN_OR_RETURN(const Id value, std::visit(Write{snapshot, name}, field.place));
    entries.emplace_back(snapshot.document().String(field.key), value);
  }
  ZOO_ASSIGN_OR_RETURN(const Entries copied, CopyKept(beside, at, snapshot));
  entries.insert(entries.end(), copied.begin(), copied.end());
  return entries;
}

}  // namespace zoo
