// Trains a small convolutional network to read handwritten digits, and keeps its checkpoints:
//
//   bazel build //examples/digits
//   bazel-bin/examples/digits/digits examples/digits/digits.csv saved
//   zoo runs saved --plot
//
// It stops when the accuracy has not got better for ten epochs. Kill it whenever you like and run
// it again: it goes on as if nothing had happened. check.py reads the best checkpoint in Python.
#include <torch/torch.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "zoo/loader/run.h"
#include "zoo/loader/save.h"

namespace {

constexpr int64_t kEpochs = 60, kBatch = 32, kTrainingRows = 1437;

struct NetImpl : torch::nn::Module {
  torch::nn::Conv2d conv1{torch::nn::Conv2dOptions(1, 16, 3).padding(1)};
  torch::nn::Conv2d conv2{torch::nn::Conv2dOptions(16, 32, 3).padding(1)};
  torch::nn::Dropout dropout{0.25};
  torch::nn::Linear fc1{32 * 4 * 4, 64}, fc2{64, 10};

  NetImpl() {
    register_module("conv1", conv1);
    register_module("conv2", conv2);
    register_module("dropout", dropout);
    register_module("fc1", fc1);
    register_module("fc2", fc2);
  }
  // images: [N, 1, 8, 8], from 0 to 1. Returns logits [N, 10].
  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(conv1(x));
    x = torch::max_pool2d(torch::relu(conv2(x)), 2);
    x = torch::relu(fc1(dropout(x.flatten(1))));
    return fc2(x);
  }
};
TORCH_MODULE(Net);

struct Digits {
  torch::Tensor images;  // [N, 1, 8, 8]
  torch::Tensor labels;  // [N]

  Digits Rows(int64_t from, int64_t to) const {
    return {images.slice(0, from, to), labels.slice(0, from, to)};
  }
};

// Lines of 64 pixels from 0 to 16 and a label.
Digits ReadDigits(const std::string& path) {
  std::ifstream file(path);
  std::vector<float> pixels;
  std::vector<int64_t> labels;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    float value = 0;
    for (int i = 0; i < 64 && fields >> value; ++i, fields.ignore()) pixels.push_back(value / 16);
    if (!(fields >> value)) throw std::runtime_error(path + ": a line is not 65 numbers");
    labels.push_back(static_cast<int64_t>(value));
  }
  if (static_cast<int64_t>(labels.size()) <= kTrainingRows) {
    throw std::runtime_error("cannot read the digits from " + path);
  }
  return {torch::tensor(pixels).view({-1, 1, 8, 8}), torch::tensor(labels)};
}

// The mean loss.
double TrainEpoch(Net& net, torch::optim::Optimizer& optimizer, const Digits& digits) {
  net->train();
  double sum = 0;
  const torch::Tensor order = torch::randperm(digits.labels.size(0));
  for (const torch::Tensor& rows : order.split(kBatch)) {
    optimizer.zero_grad();
    torch::Tensor loss =
        torch::cross_entropy_loss(net(digits.images.index({rows})), digits.labels.index({rows}));
    loss.backward();
    optimizer.step();
    sum += loss.item<double>() * static_cast<double>(rows.size(0));
  }
  return sum / static_cast<double>(order.size(0));
}

double Accuracy(Net& net, const Digits& digits) {
  torch::NoGradGuard no_grad;
  net->eval();
  return net(digits.images).argmax(1).eq(digits.labels).to(torch::kDouble).mean().item<double>();
}

void Train(const std::string& data, const std::string& folder) {
  const Digits digits = ReadDigits(data);
  const Digits training = digits.Rows(0, kTrainingRows);
  const Digits test = digits.Rows(kTrainingRows, digits.labels.size(0));

  torch::manual_seed(1);
  torch::set_num_threads(1);  // so small a network is no faster with two
  Net net;
  torch::optim::Adam optimizer(net->parameters(), 2e-3);
  zoo::StepLR scheduler(optimizer, {.step_size = 10, .gamma = 0.5});

  zoo::Run run = zoo::Run::Open(folder, {.file = "digits_{epoch:03}_{loss:.4f}_{acc:.4f}.pt",
                                         .monitor = "acc",
                                         .better = zoo::Better::kHigher,
                                         .keep_best = 3,
                                         .keep_last = 2,
                                         .patience = 10})
                     .value();
  int64_t epoch = run.Resume(*net, optimizer, scheduler).value();
  bool stop = run.folder().history().stopped.has_value();
  std::printf(epoch == 0 ? "a new run\n" : "%ld epochs are done\n", static_cast<long>(epoch));
  for (; epoch < kEpochs && !stop; ++epoch) {
    const double loss = TrainEpoch(net, optimizer, training);
    const double acc = Accuracy(net, test);
    scheduler.Step();
    const auto saved =
        run.Save(epoch, *net, optimizer, scheduler, {{"loss", loss}, {"acc", acc}}).value();
    std::printf("epoch %2ld  loss %.4f  acc %.4f%s\n", static_cast<long>(epoch), loss, acc,
                saved.best ? "  best" : "");
    std::fflush(stdout);
    stop = saved.stop;
  }
  run.Wait().value();

  run.RestoreBest(*net).value();
  zoo::SaveStateDict(*net, folder + "/best.pt").value();
  std::printf("best: %.4f of the test digits are read right; weights in %s/best.pt\n",
              Accuracy(net, test), folder.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: digits DIGITS.csv FOLDER\n"), 2;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    Train(argv[1], argv[2]);
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "digits: %s\n", error.what()), 1;
  }
}
