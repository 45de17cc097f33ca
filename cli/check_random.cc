#include "zoo/cli/check_random.h"

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "zoo/base/bytes.h"
#include "zoo/cli/check_report.h"
#include "zoo/loader/torch_error.h"
#include "zoo/models/architectures.h"
#include "zoo/models/classifier.h"
#include "zoo/models/expected_logits.h"
#include "zoo/models/goldens.h"

namespace zoo::cli {
namespace {

using models::Golden;

// Beyond this a machine of 8 GB may not get through.
constexpr uint64_t kHugeBytes = uint64_t{2} << 30;

// The nets of that name.
Result<std::vector<const Golden*>> NetsOf(const std::string& name) {
  std::vector<const Golden*> nets;
  for (const Golden& golden : models::Goldens()) {
    if (golden.architecture == name || golden.net == name) nets.push_back(&golden);
  }
  if (!nets.empty()) return nets;
  if (const auto made = models::Make(name); !made) return made.error();
  return Error{ErrorCode::kNotFound,
               fmt::format("Python's numbers of {} are not part of this program", name),
               "`zoo check` runs trained weights on their probe"};
}

Result<std::vector<const Golden*>> Wanted(const RandomCheck& request) {
  std::vector<const Golden*> wanted;
  for (const std::string& name : request.names) {
    ZOO_ASSIGN_OR_RETURN(const std::vector<const Golden*> nets, NetsOf(name));
    wanted.insert(wanted.end(), nets.begin(), nets.end());
  }
  if (request.names.empty()) {
    for (const Golden& golden : models::Goldens()) wanted.push_back(&golden);
  }
  return wanted;
}

Result<std::shared_ptr<models::Classifier>> Made(const Golden& golden) {
  Result<std::shared_ptr<models::Classifier>> made = std::shared_ptr<models::Classifier>();
  ZOO_RETURN_IF_ERROR(CatchTorch(fmt::format("cannot make {}", golden.net),
                                 [&] { made = models::MakeGolden(golden); }));
  return made;
}

bool IsLeftOut(const RandomCheck& request, const models::Classifier& model) {
  return request.names.empty() && !request.huge && models::WeightBytes(model) > kHugeBytes;
}

Result<Checked> CheckNet(const Golden& golden, models::Classifier& model, at::ScalarType dtype) {
  Status filled;
  models::LogitsOutcome outcome;
  ZOO_RETURN_IF_ERROR(CatchTorch(fmt::format("cannot run {}", golden.net), [&] {
    filled = models::FillGolden(golden, model);
    if (filled) outcome = models::RunGolden(golden, model, dtype);
  }));
  ZOO_RETURN_IF_ERROR(std::move(filled));
  return Checked{std::string(golden.net), "Python computes", std::move(outcome),
                 models::ToleranceOf(golden, dtype)};
}

}  // namespace

Result<int> RunRandomCheck(Context& context, const RandomCheck& request) {
  ZOO_ASSIGN_OR_RETURN(const std::vector<const Golden*> wanted, Wanted(request));
  std::vector<std::string> names;
  for (const Golden* golden : wanted) names.emplace_back(golden->net);
  CheckReport report(context, names);
  for (size_t i = 0; i < wanted.size() && report.Begin(names[i]); ++i) {
    const Result<std::shared_ptr<models::Classifier>> model = Made(*wanted[i]);
    if (!model) {
      report.Add(names[i], model.error());
    } else if (IsLeftOut(request, **model)) {
      report.LeaveOut(names[i]);
      context.Note(fmt::format("{}: left out, its weights take {}; --huge includes it", names[i],
                               FormatSize(models::WeightBytes(**model))));
    } else {
      report.Add(names[i], CheckNet(*wanted[i], **model, request.dtype));
    }
  }
  return report.Finish();
}

}  // namespace zoo::cli
