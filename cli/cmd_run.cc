#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/jit/serialization/pickle.h>
#include <torch/utils.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/json.h"
#include "zoo/base/new_file.h"
#include "zoo/base/result.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/cli/model_choice.h"
#include "zoo/cli/option_values.h"
#include "zoo/loader/place.h"
#include "zoo/loader/torch_error.h"

namespace zoo::cli {
namespace {

// Of the input: 8 GiB as float32. A file of a thousand bytes can hold a tensor of any size, by
// strides of 0.
constexpr int64_t kMaxNumbers = int64_t{1} << 31;

struct Arguments {
  ModelChoice model;
  std::string input, output;
  std::string dtype = "float32";
};

Error WrongInput(const std::string& file, std::string_view what) {
  return Error{ErrorCode::kUsage, fmt::format("{} {}", Escape(file), what),
               "the input is one tensor [N, 3, H, W], by itself or as {\"input\": tensor}"};
}

// The tensor that the file holds, in memory.
Result<at::Tensor> ReadInput(const std::string& file) {
  ZOO_ASSIGN_OR_RETURN(const auto checkpoint, Checkpoint::Open(file));
  Value value = checkpoint->root();
  if (value.kind() == Value::Kind::kDict) {
    const std::optional<Value> input = value.Find("input");
    if (!input) return WrongInput(file, "holds no \"input\"");
    value = *input;
  }
  if (value.kind() != Value::Kind::kTensor) return WrongInput(file, "holds no tensor");
  const TensorInfo& info = checkpoint->tensors()[value.tensor()];
  if (info.layout != Layout::kStrided || info.quantization != nullptr) {
    return WrongInput(file, "holds a sparse or quantized tensor");
  }
  if (info.shape.size() != 4 || info.shape[1] != 3) {
    return WrongInput(file, fmt::format("holds a tensor [{}]", fmt::join(info.shape, ", ")));
  }
  if (!IsFloating(info.dtype)) {
    return WrongInput(file, fmt::format("holds a tensor of {}", DTypeName(info.dtype)));
  }
  if (info.numel() > kMaxNumbers) {
    return WrongInput(file, fmt::format("holds a tensor [{}], of more than 2^31 numbers",
                                        fmt::join(info.shape, ", ")));
  }
  const uint32_t index = value.tensor();
  ZOO_ASSIGN_OR_RETURN(const auto placed, PlaceTensors(checkpoint, {&index, 1}, PlaceBy::kCopy));
  return placed[0].tensor;
}

Status WriteTensor(const at::Tensor& tensor, const std::string& file) {
  std::vector<char> bytes;
  ZOO_RETURN_IF_ERROR(
      CatchTorch("cannot write " + Escape(file), [&] { bytes = torch::jit::pickle_save(tensor); }));
  ZOO_ASSIGN_OR_RETURN(NewFile out, NewFile::Create(file, bytes.size()));
  ZOO_RETURN_IF_ERROR(out.Append(AsBytes(std::string_view(bytes.data(), bytes.size()))));
  return out.Commit(NewFile::Sync::kNone);
}

Json LogitsJson(const at::Tensor& logits) {
  const at::Tensor rows = logits.to(at::kDouble).contiguous();
  Json::Array array;
  for (int64_t i = 0; i < rows.size(0); ++i) {
    const double* row = rows.const_data_ptr<double>() + i * rows.size(1);
    array.push_back(Json::Array(row, row + rows.size(1)));
  }
  return Json::Object{{"schema", "zoo/run/1"},
                      {"shape", Json::Array{rows.size(0), rows.size(1)}},
                      {"logits", std::move(array)}};
}

std::string LogitsText(const at::Tensor& logits) {
  const at::Tensor rows = logits.to(at::kDouble).contiguous();
  std::string text;
  for (int64_t i = 0; i < rows.size(0); ++i) {
    const double* row = rows.const_data_ptr<double>() + i * rows.size(1);
    for (int64_t k = 0; k < rows.size(1); ++k) {
      text += fmt::format("{}{:.17g}", k == 0 ? "" : " ", row[k]);
    }
    text += '\n';
  }
  return text;
}

Result<int> RunRun(Context& context, const Arguments& arguments) {
  ZOO_ASSIGN_OR_RETURN(const at::Tensor input, ReadInput(arguments.input));
  const at::ScalarType dtype = arguments.dtype == "float64" ? at::kDouble : at::kFloat;
  ZOO_ASSIGN_OR_RETURN(const ReadyModel ready,
                       OpenModel(context, arguments.model, {.dtype = dtype}));
  at::Tensor logits;
  ZOO_RETURN_IF_ERROR(CatchTorch("cannot run " + ready.name, [&] {
    torch::NoGradGuard no_grad;
    logits = ready.model->forward(input.to(dtype)).contiguous();
  }));
  if (!arguments.output.empty()) {
    ZOO_RETURN_IF_ERROR(WriteTensor(logits, arguments.output));
    context.Note(fmt::format("logits [{}] saved in {}", fmt::join(logits.sizes(), ", "),
                             Escape(arguments.output)));
    if (!context.json()) return 0;
  }
  if (context.json()) {
    context.PrintJson(LogitsJson(logits));
  } else {
    context.Print(LogitsText(logits));
  }
  return 0;
}

}  // namespace

Runner DefineRun(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  app.add_option("NAME", arguments->model.name, "weights that a registry knows");
  arguments->model.AddFileOptions(app);
  app.add_option("--input", arguments->input, "checkpoint with a tensor [N, 3, H, W]")
      ->type_name("FILE")
      ->required();
  app.add_option("--output", arguments->output, "save the logits there instead of printing them")
      ->type_name("FILE");
  app.add_option("--dtype", arguments->dtype, "float32 or float64")
      ->type_name("TYPE")
      ->check(OneOf({"float32", "float64"}))
      ->capture_default_str();
  return [arguments](Context& context) { return RunRun(context, *arguments); };
}

}  // namespace zoo::cli
