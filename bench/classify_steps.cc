// zoo-run as it is, with a clock: classify.py puts it beside `zoo` under zoo-run's name. The last
// line on standard error says, in nanoseconds of the monotonic clock, when main began, when the
// first convolution began, when the softmax that makes probabilities ended, and when it leaves; 0
// for what did not happen.
//
//   classify_steps photo FILE SHORT_SIDE    the same line for a photo alone: began, 0, 0, ready
#include <ATen/record_function.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "zoo/base/preset.h"
#include "zoo/base/result.h"
#include "zoo/cli/command.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/framework.h"
#include "zoo/image/decode.h"
#include "zoo/image/image.h"
#include "zoo/image/preprocess.h"

namespace {

std::atomic<int64_t> forward_began = 0, forward_ended = 0;

int64_t Now() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::unique_ptr<at::ObserverContext> Begun(const at::RecordFunction& function) {
  if (forward_began == 0 && std::string_view(function.name()) == "aten::conv2d") {
    forward_began = Now();
  }
  return nullptr;
}

void Ended(const at::RecordFunction& function, at::ObserverContext*) {
  if (std::string_view(function.name()) == "aten::softmax") forward_ended = Now();
}

// As the command's own thread prepares it.
int Photo(const char* file, const char* short_side) {
  const zoo::Preset preset{.resize = std::atoi(short_side)};
  const zoo::Image image = zoo::DecodeImageFile(file).value();
  const zoo::Image crop = zoo::ResizeAndCrop(image, preset).value();
  return zoo::Normalize(crop, preset).empty() ? 1 : 0;
}

int Work(int argc, char** argv) {
  using namespace zoo::cli;
  if (argc == 4 && std::string_view(argv[1]) == "photo") return Photo(argv[2], argv[3]);
  at::addGlobalCallback(
      at::RecordFunctionCallback(Begun, Ended).scopes({at::RecordScope::FUNCTION}));
  const auto commands = CommandsWith({{"classify", DefineClassify}});
  const int code = Main(argc, argv, commands, ProgramKind::kZooRun);
  std::fflush(nullptr);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t began = Now();
  const int code = Work(argc, argv);
  fmt::print(stderr, "{} {} {} {}\n", began, forward_began.load(), forward_ended.load(), Now());
  _exit(code);
}
