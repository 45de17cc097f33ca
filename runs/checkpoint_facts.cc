#include "zoo/runs/checkpoint_facts.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "zoo/checkpoint/numbers.h"
#include "zoo/checkpoint/pickle_text.h"

namespace zoo {
namespace {

constexpr size_t kMostMetrics = 100;     // a dict of more is something else, a vocabulary perhaps
constexpr size_t kLongestName = 100;     // bytes
constexpr double kLargestEpoch = 1e15;   // whole numbers are exact in a double up to there
constexpr size_t kMostCallbacks = 1000;  // looked at

// Where the epoch stands: PyTorch's examples and most scripts, Lightning, timm; OpenMMLab; fairseq.
const std::vector<std::string_view> kEpochPlaces[] = {
    {"epoch"},
    {"meta", "epoch"},
    {"extra_state", "epoch"},
    {"extra_state", "train_iterator", "epoch"},
};

// Numbers beside the epoch that say how far a run is or how it was set up, not how well it does.
constexpr std::string_view kNoMetrics[] = {
    "epoch",       "epochs",   "max_epochs", "num_epochs", "start_epoch", "step",    "steps",
    "global_step", "iter",     "iteration",  "iterations", "num_updates", "batch",   "batch_size",
    "version",     "seed",     "rank",       "world_size", "num_classes", "updates", "n_iter",
    "best_epoch",  "patience", "time",       "timestamp",
};

// Dicts whose numbers are metrics.
constexpr std::string_view kMetricDicts[] = {"metrics", "metric",        "scores",      "score",
                                             "results", "train_metrics", "val_metrics", "stats",
                                             "logs",    "losses"};

template <size_t N>
bool IsIn(const std::string_view (&list)[N], std::string_view name) {
  return std::ranges::find(list, name) != std::end(list);
}

// NumPy's scalar types that are numbers, and what reads them.
struct NumpyType {
  std::string_view name;
  DType dtype;
};
constexpr NumpyType kNumpyTypes[] = {{"<f8", DType::kFloat64},
                                     {"<f4", DType::kFloat32},
                                     {"<f2", DType::kFloat16},
                                     {"<i8", DType::kInt64},
                                     {"<i4", DType::kInt32}};

std::optional<double> FirstElement(DType dtype, ByteView bytes) {
  NumberReader read = NumberReaderOf(dtype);
  if (read == nullptr || bytes.empty()) return std::nullopt;
  return static_cast<double>(read(bytes.data(), 0).real);
}

// best_acc1 and the like are often tensors of one element.
std::optional<double> TensorNumber(const Checkpoint& checkpoint, const TensorInfo& tensor) {
  if (tensor.layout != Layout::kStrided || tensor.quantization != nullptr || tensor.numel() != 1 ||
      tensor.dtype == DType::kBool) {
    return std::nullopt;
  }
  auto values = checkpoint.Values(tensor);
  return values ? FirstElement(tensor.dtype, *values) : std::nullopt;
}

std::optional<double> NumpyNumber(const Value::Array& array) {
  for (const NumpyType& type : kNumpyTypes) {
    if (array.dtype == type.name) return FirstElement(type.dtype, array.bytes);
  }
  return std::nullopt;
}

std::optional<double> NumberOf(const Checkpoint& checkpoint, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kFloat:
      return value.AsFloat();
    case Value::Kind::kInt: {
      auto whole = value.AsInt();
      return whole ? std::optional(static_cast<double>(*whole)) : std::nullopt;
    }
    case Value::Kind::kTensor:
      return TensorNumber(checkpoint, checkpoint.tensors()[value.tensor()]);
    case Value::Kind::kNumpyScalar:
      return NumpyNumber(value.array());
    default:
      return std::nullopt;
  }
}

bool IsDict(const Value& value) { return value.kind() == Value::Kind::kDict; }

std::optional<int64_t> EpochInside(const Checkpoint& checkpoint) {
  for (const auto& place : kEpochPlaces) {
    std::optional<Value> value = checkpoint.root();
    for (std::string_view step : place) {
      value = value && IsDict(*value) ? value->Find(step) : std::nullopt;
    }
    auto number = value ? NumberOf(checkpoint, *value) : std::nullopt;
    if (number && *number >= 0 && *number < kLargestEpoch && std::floor(*number) == *number) {
      return static_cast<int64_t>(*number);
    }
  }
  return std::nullopt;
}

// The digits that follow "epoch", with or without a sign between: epoch=3, epoch_3, epoch3.
std::optional<int64_t> EpochOfName(std::string_view name) {
  constexpr std::string_view kWord = "epoch";
  for (size_t at = name.find(kWord); at != std::string_view::npos; at = name.find(kWord, at + 1)) {
    std::string_view rest = name.substr(at + kWord.size());
    rest.remove_prefix(std::min(rest.find_first_not_of("=_- "), rest.size()));
    int64_t epoch;
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), epoch);
    if (error == std::errc() && static_cast<double>(epoch) < kLargestEpoch) return epoch;
  }
  return std::nullopt;
}

void Add(Metrics& metrics, std::string_view name, std::optional<double> value) {
  if (!value || metrics.size() >= kMostMetrics || name.empty() || name.size() > kLongestName ||
      !IsUtf8(name, false) || FindMetric(metrics, name) != nullptr) {
    return;
  }
  metrics.emplace_back(name, *value);
}

// The numbers of a dict, but for those that are known to be no metrics.
void AddNumbers(const Checkpoint& checkpoint, const Value& dict, Metrics& metrics) {
  if (!IsDict(dict) || dict.size() > kMostMetrics) return;
  for (size_t i = 0; i < dict.size(); ++i) {
    if (dict.key(i).kind() != Value::Kind::kString || IsIn(kNoMetrics, dict.key(i).text()))
      continue;
    Add(metrics, dict.key(i).text(), NumberOf(checkpoint, dict.item(i)));
  }
}

// Lightning keeps the value of a metric that decides which checkpoints stay with the callback that
// decides it.
void AddCallbacks(const Checkpoint& checkpoint, const Value& root, Metrics& metrics) {
  auto callbacks = root.Find("callbacks");
  if (!callbacks || !IsDict(*callbacks) || callbacks->size() > kMostCallbacks) return;
  for (size_t i = 0; i < callbacks->size(); ++i) {
    const Value callback = callbacks->item(i);
    if (!IsDict(callback)) continue;
    auto monitor = callback.Find("monitor"), score = callback.Find("current_score");
    if (!monitor || !score || monitor->kind() != Value::Kind::kString) continue;
    Add(metrics, monitor->text(), NumberOf(checkpoint, *score));
  }
}

}  // namespace

CheckpointFacts FactsOf(const Checkpoint& checkpoint, std::string_view file_name) {
  CheckpointFacts facts;
  const Value root = checkpoint.root();
  facts.epoch = EpochInside(checkpoint);
  if (!facts.epoch) facts.epoch = EpochOfName(file_name);
  // A file that is itself a state dict has numbers that are weights.
  auto weights = checkpoint.StateDictOf(root);
  if (!IsDict(root) || (weights && weights->tensors.size() > weights->others)) return facts;
  AddNumbers(checkpoint, root, facts.metrics);
  for (std::string_view name : kMetricDicts) {
    if (auto dict = root.Find(name)) AddNumbers(checkpoint, *dict, facts.metrics);
  }
  AddCallbacks(checkpoint, root, facts.metrics);
  return facts;
}

}  // namespace zoo
