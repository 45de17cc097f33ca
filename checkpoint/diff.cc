// Tensors are paired by name and looked at in three steps: what can be told without their values;
// runs of elements, which threads take from one list; and the runs' results, put together in order.
#include "zoo/checkpoint/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "zoo/base/text.h"
#include "zoo/checkpoint/compare_values.h"
#include "zoo/checkpoint/numbers.h"
#include "zoo/checkpoint/part_name.h"
#include "zoo/checkpoint/strip_prefix.h"

namespace zoo {
namespace {

// Elements that one thread takes at a time.
constexpr uint64_t kRun = 4 << 20;

bool HasCrcs(Format format) {
  return format == Format::kZip || format == Format::kTorchScript ||
         format == Format::kTorchPackage || format == Format::kPt2;
}

// One side: the checkpoint, its state dict and the names to compare by.
struct Side {
  const Checkpoint& checkpoint;
  StateDict weights;
  StrippedNames names;

  const TensorInfo& Tensor(size_t i) const {
    return checkpoint.tensors()[weights.tensors[i].tensor];
  }
};

Result<Side> FindSide(const Checkpoint& checkpoint, const std::string& key,
                      const std::vector<std::string>& prefixes) {
  ZOO_ASSIGN_OR_RETURN(StateDict weights, checkpoint.FindStateDict(key));
  std::vector<std::string> names;
  for (const StateDict::Item& item : weights.tensors) names.push_back(item.name);
  ZOO_ASSIGN_OR_RETURN(StrippedNames stripped, StripPrefixes(names, prefixes, checkpoint.name()));
  return Side{checkpoint, std::move(weights), std::move(stripped)};
}

Status CheckPrefixes(const Side& a, const Side& b, const std::vector<std::string>& prefixes) {
  for (size_t i = 0; i < prefixes.size(); ++i) {
    if (a.names.matched[i] || b.names.matched[i]) continue;
    return Error{ErrorCode::kUsage,
                 fmt::format("no name begins with {}, in {} or in {}", Quote(prefixes[i], 80),
                             a.checkpoint.name(), b.checkpoint.name()),
                 fmt::format("the first names are {} and {}", Quote(a.weights.tensors[0].name, 80),
                             Quote(b.weights.tensors[0].name, 80))};
  }
  return {};
}

// Packed types have one scheme by channel; PyTorch writes it under either name.
bool SameScheme(DType dtype, std::string_view a, std::string_view b) {
  constexpr std::string_view kPerChannel = "per_channel_affine";
  return a == b ||
         (ElementsPerItem(dtype) > 1 && a.starts_with(kPerChannel) && b.starts_with(kPerChannel));
}

bool SameQuantization(DType dtype, const Quantization* a, const Quantization* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return SameScheme(dtype, a->scheme, b->scheme) && a->scale == b->scale &&
         a->zero_point == b->zero_point && a->axis == b->axis && a->scales == b->scales &&
         a->zero_points == b->zero_points;
}

// What of two tensors rules out comparing their values; empty: nothing.
std::string_view KindOfDifference(const TensorInfo& a, const TensorInfo& b) {
  if (a.layout != b.layout || a.parts.size() != b.parts.size()) return "layout";
  if (!std::ranges::equal(a.shape, b.shape)) return "shape";
  if (!SameQuantization(a.dtype, a.quantization, b.quantization)) return "quantization";
  return "";
}

// Two strided tensors of one shape, to be compared in runs.
struct Job {
  size_t pair = 0;  // index into the differences
  std::string part;
  ComparedSide a, b;
};

struct Run {
  size_t job = 0;
  uint64_t first = 0, count = 0;
  ComparedRun found;
};

class Differ {
 public:
  Differ(const Side& a, const Side& b, const DiffOptions& options)
      : a_(a),
        b_(b),
        options_(options),
        compare_{options.tolerance, options.relative_tolerance, options.cancel} {}

  Result<WeightsDiff> Compare();

 private:
  void Pair();
  void AddJobs(size_t pair, const TensorInfo& a, const TensorInfo& b, const std::string& part);
  void Work();
  void Gather();

  const Side &a_, &b_;
  const DiffOptions& options_;
  const CompareOptions compare_;
  std::vector<TensorDiff> pairs_;  // same ones are dropped at the end
  std::vector<Job> jobs_;
  std::vector<Run> runs_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::optional<Error> error_;  // the first, guarded by mutex_
};

void Differ::AddJobs(size_t pair, const TensorInfo& a, const TensorInfo& b,
                     const std::string& part) {
  TensorDiff& diff = pairs_[pair];
  if (std::string_view kind = KindOfDifference(a, b); !kind.empty()) {
    if (diff.kind.empty() || diff.kind == "dtype") diff.kind = kind, diff.part = part;
    return;
  }
  if (a.dtype != b.dtype && !options_.ignore_dtype && diff.kind.empty()) {
    diff.kind = "dtype", diff.part = part;
  }
  // A composite's parts are strided tensors, so this goes no deeper.
  for (size_t i = 0; i < a.parts.size(); ++i) {
    const TensorInfo& part_a = a_.checkpoint.tensors()[a.parts[i]];
    const TensorInfo& part_b = b_.checkpoint.tensors()[b.parts[i]];
    AddJobs(pair, part_a, part_b, std::string(PartName(a.layout, i)));
  }
  if (a.layout != Layout::kStrided) return;
  bool numbers = NumberReaderOf(a.dtype) != nullptr && NumberReaderOf(b.dtype) != nullptr;
  if (a.dtype != b.dtype && !numbers) {
    diff.kind = "dtype";
    return;
  }
  Job job{pair, part, {&a_.checkpoint, &a}, {&b_.checkpoint, &b}};
  const auto elements = static_cast<uint64_t>(a.numel());
  const uint64_t run = job.a.streams() && job.b.streams() ? kRun : std::max<uint64_t>(elements, 1);
  for (uint64_t first = 0; first < elements; first += run) {
    runs_.push_back({jobs_.size(), first, std::min(run, elements - first), {}});
  }
  jobs_.push_back(std::move(job));
}

void Differ::Pair() {
  std::unordered_map<std::string_view, size_t> of_b;
  for (size_t i = 0; i < b_.names.names.size(); ++i) of_b.emplace(b_.names.names[i], i);
  std::vector<bool> paired(b_.names.names.size(), false);
  for (size_t i = 0; i < a_.names.names.size(); ++i) {
    auto found = of_b.find(a_.names.names[i]);
    TensorDiff& pair = pairs_.emplace_back();
    pair.name = a_.names.names[i];
    pair.a = &a_.Tensor(i);
    if (found == of_b.end()) continue;
    paired[found->second] = true;
    pair.b = &b_.Tensor(found->second);
    AddJobs(pairs_.size() - 1, *pair.a, *pair.b, "");
  }
  for (size_t i = 0; i < paired.size(); ++i) {
    if (paired[i]) continue;
    TensorDiff& pair = pairs_.emplace_back();
    pair.name = b_.names.names[i];
    pair.b = &b_.Tensor(i);
  }
}

void Differ::Work() {
  for (size_t i = next_++; i < runs_.size() && !failed_; i = next_++) {
    Run& run = runs_[i];
    const Job& job = jobs_[run.job];
    auto found = CompareRun(job.a, job.b, run.first, run.count, compare_);
    if (found) {
      run.found = *found;
      continue;
    }
    std::lock_guard lock(mutex_);
    if (!error_) error_ = found.error();
    failed_ = true;
  }
}

std::vector<int64_t> IndexOf(uint64_t element, std::span<const int64_t> shape) {
  std::vector<int64_t> index(shape.size());
  for (size_t d = shape.size(); d-- > 0;) {
    index[d] = static_cast<int64_t>(element % static_cast<uint64_t>(shape[d]));
    element /= static_cast<uint64_t>(shape[d]);
  }
  return index;
}

void Differ::Gather() {
  std::vector<ComparedRun> of_job(jobs_.size());
  for (const Run& run : runs_) of_job[run.job].Merge(run.found);
  for (size_t i = 0; i < jobs_.size(); ++i) {
    const Job& job = jobs_[i];
    const ComparedRun& found = of_job[i];
    TensorDiff& diff = pairs_[job.pair];
    if (!diff.kind.empty() && diff.kind != "dtype") continue;
    // Of a composite the first part that differs is told.
    if (diff.differing > 0 || (found.differing == 0 && diff.part != job.part)) continue;
    diff.part = job.part;
    diff.elements = found.elements;
    diff.differing = found.differing;
    diff.nan = found.nan;
    diff.max_abs = found.max_abs;
    diff.max_relative = found.max_relative;
    if (found.first) diff.first = IndexOf(*found.first, job.a.tensor->shape);
  }
}

Result<WeightsDiff> Differ::Compare() {
  Pair();
  size_t threads =
      std::min<size_t>(runs_.size(), static_cast<size_t>(std::max(options_.threads, 1)));
  {
    std::vector<std::jthread> others;
    for (size_t i = 1; i < threads; ++i) others.emplace_back([this] { Work(); });
    Work();
  }
  if (error_) return *error_;
  Gather();
  size_t all = pairs_.size();
  std::erase_if(pairs_, [](const TensorDiff& diff) {
    return diff.a != nullptr && diff.b != nullptr && diff.kind.empty() && diff.differing == 0;
  });
  return WeightsDiff{a_.weights, b_.weights, all - pairs_.size(), std::move(pairs_)};
}

}  // namespace

Result<WeightsDiff> DiffWeights(const Checkpoint& a, const Checkpoint& b,
                                const DiffOptions& options) {
  ZOO_ASSIGN_OR_RETURN(Side side_a, FindSide(a, options.key_a, options.strip_prefixes));
  ZOO_ASSIGN_OR_RETURN(Side side_b, FindSide(b, options.key_b, options.strip_prefixes));
  ZOO_RETURN_IF_ERROR(CheckPrefixes(side_a, side_b, options.strip_prefixes));
  for (const Checkpoint* checkpoint : {&a, &b}) {
    if (checkpoint->immutable() || !HasCrcs(checkpoint->format())) continue;
    ZOO_RETURN_IF_ERROR(checkpoint->Verify());
  }
  return Differ(side_a, side_b, options).Compare();
}

}  // namespace zoo
