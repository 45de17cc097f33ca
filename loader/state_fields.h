// Fields: a dict of Python's as a table, one row for each key, with the C++ variable that holds its
// value. One table serves both ways. A part of optimizer_state.cc and scheduler.cc.
//
//   const Field fields[] = {{"lr", &options.lr()}, {"maximize", Fixed{Fixed::kFalse}}};
//   FieldWriter(snapshot, "param_groups[0]").Write(fields)
//   reader.Read(dict, "param_groups[0]", fields)
//
// The variables must outlive the table. One thread.
#ifndef ZOO_LOADER_STATE_FIELDS_H_
#define ZOO_LOADER_STATE_FIELDS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/loader/kept_values.h"
#include "zoo/loader/snapshot.h"

namespace zoo {

// A number of steps, which Python counts in a tensor.
struct StepPlace {
  int64_t* steps;
};
// Undefined ones are not written.
struct TensorPlace {
  at::Tensor* tensor;
  std::vector<int64_t> shape;
};
struct TensorsPlace {
  std::deque<at::Tensor>* tensors;
  std::vector<int64_t> shape;  // of each
};
// What LibTorch lacks: Python's default is written.
struct Fixed {
  enum Value { kNone, kFalse, kTrue } value;
  // Another value changes what is computed, or only how.
  enum Meaning { kResult, kSpeed } meaning = kResult;
  std::string_view hint = "";  // what to do about another value
};
// What is computed anew before it is used: not read, not written.
struct Scratch {};

using FieldPlace =
    std::variant<bool*, int64_t*, double*, std::string*, std::tuple<double, double>*,
                 std::vector<double>*, std::map<int64_t, int64_t>*, std::optional<int64_t>*,
                 std::optional<double>*, std::optional<std::string>*, StepPlace, TensorPlace,
                 TensorsPlace, Fixed, Scratch>;

struct Field {
  std::string_view key;
  FieldPlace place;
  enum Need { kRequired, kOptional } need = kRequired;  // in a file
  bool written = true;
};

using Entries = std::vector<std::pair<Document::Id, Document::Id>>;

// The fields as entries of a dict, in order, then what was kept of the dict at `at`. A kept value
// takes the place of a Fixed one. `where` stands for the dict in messages.
Result<Entries> WriteFields(std::span<const Field> fields, Snapshot& snapshot,
                            std::string_view where, const KeptValues* kept, const Path& at);

// Reads dicts into their fields and collects what is wrong. Tensors come at last, all at once.
class FieldReader {
 public:
  explicit FieldReader(std::shared_ptr<const Checkpoint> checkpoint)
      : checkpoint_(std::move(checkpoint)) {}

  // Keys that no field has are kept, under the path `at`. Tensors become `like`'s dtype, if it is
  // floating, and go to its device. REQUIRES: the fields' variables live until PlaceTensors.
  void Read(const Value& dict, const std::string& where, std::span<const Field> fields,
            const Path& at, const at::TensorOptions& like = {});
  Status Place();

  void Mismatch(std::string problem) { mismatches_.push_back(std::move(problem)); }
  void Keep(const Path& at, const Value& key, const Value& value) {
    kept_.push_back({at, key, value});
  }
  KeptValues TakeKept() { return {checkpoint_, std::move(kept_)}; }
  // Everything that was wrong in one message: "FILE does not fit SUBJECT: a; b".
  Status Finish(std::string_view subject) const;

 private:
  struct Wanted {
    uint32_t index;
    at::Tensor* into;
    at::TensorOptions like;
  };
  struct At {
    std::string where;  // with the key, for messages
    at::TensorOptions like;
  };

  void ReadField(const Field& field, const Value& value, const At& at);
  void Take(bool* into, const Value& value, const At& at);
  void Take(int64_t* into, const Value& value, const At& at);
  void Take(double* into, const Value& value, const At& at);
  void Take(std::string* into, const Value& value, const At& at);
  void Take(std::tuple<double, double>* into, const Value& value, const At& at);
  void Take(std::vector<double>* into, const Value& value, const At& at);
  void Take(std::map<int64_t, int64_t>* into, const Value& value, const At& at);
  template <typename T>
  void Take(std::optional<T>* into, const Value& value, const At& at);
  void Take(const StepPlace& place, const Value& value, const At& at);
  void Take(const TensorPlace& place, const Value& value, const At& at);
  void Take(const TensorsPlace& place, const Value& value, const At& at);
  void Take(const Fixed&, const Value&, const At&) {}
  void Take(const Scratch&, const Value&, const At&) {}
  void CheckFixed(const Field& field, const Value& key, const Value& value, const At& at,
                  const Path& path);
  void WantTensor(at::Tensor* into, const std::vector<int64_t>& shape, const Value& value,
                  const At& at);
  void Wrong(const At& at, const Value& value, std::string_view expected);

  std::shared_ptr<const Checkpoint> checkpoint_;
  std::vector<std::string> mismatches_, unsupported_;
  std::string hint_;
  std::vector<KeptValue> kept_;
  std::vector<Wanted> wanted_;
};

// The number of an int, a float, a NumPy scalar or a tensor of one element; nothing of other
// values.
std::optional<double> NumberOf(const Checkpoint& checkpoint, const Value& value);

}  // namespace zoo

#endif  // ZOO_LOADER_STATE_FIELDS_H_
