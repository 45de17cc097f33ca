// `zoo classify`, step by step:
//
// 1. The arguments become a list of photos; folders are looked through.
// 2. A PhotoReader begins with the first of them while the model is pulled, opened and placed.
// 3. Batch by batch: the model runs on photos that are ready, while the reader goes on with the
//    next ones.
// 4. What came out is told in the order of the list; a photo that failed has its place in it.
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/softmax.h>
#include <fmt/format.h>
#include <torch/utils.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/base/preset.h"
#include "zoo/base/result.h"
#include "zoo/base/text.h"
#include "zoo/cli/classified.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/cli/device.h"
#include "zoo/cli/interrupt.h"
#include "zoo/cli/model_choice.h"
#include "zoo/cli/option_values.h"
#include "zoo/cli/photo_files.h"
#include "zoo/cli/photo_reader.h"
#include "zoo/loader/torch_error.h"
#include "zoo/registry/registry.h"

namespace zoo::cli {
namespace {

// Larger batches would rather run out of memory than go faster.
constexpr size_t kMaxBatch = 4096;
constexpr size_t kBatchesAhead = 2;

struct Arguments {
  std::vector<std::string> photos;
  ModelChoice model;
  std::string device = "cpu";
  size_t batch = 8;
  size_t top = 5;
  bool logits = false;
};

PhotoReader::Options ReaderOptions(const Arguments& arguments, size_t photos,
                                   const at::Device& device) {
  const size_t processors = std::max(1u, std::thread::hardware_concurrency());
  // A model on the processors needs them more than photos do.
  const size_t threads = device.is_cpu() ? std::max<size_t>(1, processors / 2) : processors;
  return {.ahead = std::clamp<size_t>(photos, 1, kBatchesAhead * arguments.batch),
          .threads = threads};
}

std::vector<Result<Pixels>> TakeBatch(PhotoReader& reader, size_t count) {
  std::vector<Result<Pixels>> batch;
  while (batch.size() < count) {
    std::optional<Result<Pixels>> pixels = reader.Take();
    if (!pixels) break;
    batch.push_back(*std::move(pixels));
  }
  return batch;
}

// [N, 3, crop, crop]: those of the batch that could be read.
at::Tensor InputOf(const std::vector<Result<Pixels>>& batch, int64_t crop) {
  const auto readable = std::ranges::count_if(batch, &Result<Pixels>::has_value);
  at::Tensor input = at::empty({readable, 3, crop, crop});
  float* to = input.mutable_data_ptr<float>();
  for (const Result<Pixels>& pixels : batch) {
    if (pixels) to = std::ranges::copy(*pixels, to).out;
  }
  return input;
}

std::vector<float> Row(const at::Tensor& rows, int64_t row) {
  const float* data = rows.const_data_ptr<float>() + row * rows.size(1);
  return std::vector<float>(data, data + rows.size(1));
}

// What comes out for each of the batch. A forward pass that fails fails for all that were in it.
std::vector<Result<Classified>> Classify(const std::vector<Result<Pixels>>& batch,
                                         const ReadyModel& ready, const at::Device& device) {
  at::Tensor logits, probabilities;
  const Status ran = CatchTorch("cannot run " + ready.name, [&] {
    const at::Tensor input = InputOf(batch, ready.entry->preset->crop);
    if (input.size(0) == 0) return;
    torch::NoGradGuard no_grad;
    logits = ready.model->forward(input.to(device)).to(at::kCPU).contiguous();
    probabilities = at::softmax(logits, 1).contiguous();
  });
  int64_t row = 0;
  const auto answer = [&](const Result<Pixels>& pixels) -> Result<Classified> {
    if (!pixels) return pixels.error();
    if (!ran) return ran.error();
    Classified seen{Row(logits, row), Row(probabilities, row)};
    ++row;
    return seen;
  };
  std::vector<Result<Classified>> out;
  std::ranges::transform(batch, std::back_inserter(out), answer);
  return out;
}

int ClassifyAll(PhotoReader& reader, const ReadyModel& ready, const at::Device& device,
                size_t batch_size, ClassifiedReport& report) {
  const auto start = std::chrono::steady_clock::now();
  for (;;) {
    const std::vector<Result<Pixels>> batch = TakeBatch(reader, batch_size);
    if (batch.empty()) break;
    for (const Result<Classified>& seen : Classify(batch, ready, device)) report.Add(seen);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return report.Finish({.seconds = took.count(), .waited_seconds = reader.waited().count()});
}

Status CheckAnyIsThere(const std::vector<PhotoFile>& photos) {
  const auto why_not = [](const PhotoFile& photo) -> Status {
    if (!photo.found || access(photo.path.c_str(), F_OK) == 0) return photo.found;
    return FileError("open", photo.path, errno);
  };
  for (const PhotoFile& photo : photos) {
    if (why_not(photo)) return {};
  }
  return photos.empty() ? Status() : why_not(photos.front());
}

Result<int> RunClassify(Context& context, const Arguments& arguments) {
  ZOO_ASSIGN_OR_RETURN(const at::Device device, FindDevice(arguments.device));
  ZOO_ASSIGN_OR_RETURN(const Entry* entry, EntryOf(context, arguments.model));
  const std::vector<PhotoFile> photos = FindPhotos(arguments.photos);
  // No weights are fetched for photos that are not there.
  ZOO_RETURN_IF_ERROR(CheckAnyIsThere(photos));
  std::optional<PhotoReader> reader;
  if (entry != nullptr && entry->preset) {
    reader.emplace(photos, *entry->preset, ReaderOptions(arguments, photos.size(), device));
  }
  ZOO_ASSIGN_OR_RETURN(const ReadyModel ready, OpenModel(context, arguments.model));
  if (!reader) return NoPreset(ready.name);
  ZOO_RETURN_IF_ERROR(CatchTorch(fmt::format("cannot move {} to {}", ready.name, device.str()),
                                 [&] { ready.model->to(device); }));
  ZOO_ASSIGN_OR_RETURN(const RegistrySet* registries, context.Registries());
  // A batch of a large model takes minutes.
  const EndAtOnce at_once(context.CancelledWords());
  if (context.cancel().cancelled()) return Cancelled();
  ClassifiedReport report(context, photos,
                          {.model = ready.name,
                           .categories = registries->CategoriesOf(*entry),
                           .top = arguments.top,
                           .logits = arguments.logits});
  return ClassifyAll(*reader, ready, device, arguments.batch, report);
}

}  // namespace

Runner DefineClassify(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  app.add_option("PHOTO", arguments->photos, "JPEG or PNG files, and folders of them")->required();
  app.add_option("--model", arguments->model.name, "weights that a registry knows")
      ->type_name("NAME");
  arguments->model.AddFileOptions(app);
  app.add_option("--batch", arguments->batch, "how many photos the model takes at once")
      ->type_name("N")
      ->check(Between(1, kMaxBatch))
      ->capture_default_str();
  app.add_option("--device", arguments->device, "where the model runs: cpu, cuda, cuda:1, mps ...")
      ->type_name("D")
      ->capture_default_str();
  app.add_option("--top", arguments->top, "how many categories to show")
      ->type_name("N")
      ->check(Between(1, 1'000'000))
      ->capture_default_str();
  app.add_flag("--logits", arguments->logits, "show every logit too");
  return [arguments](Context& context) { return RunClassify(context, *arguments); };
}

}  // namespace zoo::cli
