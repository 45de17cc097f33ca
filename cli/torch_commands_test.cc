// The commands of zoo-run, with real weights on real photos.
#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "zoo/base/generator.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/ran.h"
#include "zoo/tests/support/golden_file.h"
#include "zoo/tests/support/registry_folder.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo::cli {
namespace {

namespace fs = std::filesystem;

std::string Weights() { return std::getenv("EFFICIENTNET_LITE0"); }
std::string Photo(const std::string& name) { return "tests/data/photos/" + name; }

const Json& Facts() {
  static const Json* facts = new Json(ReadGoldenFile("tests/data/efficientnet_lite.json"));
  return *facts;
}

Json::Object EntryFields() {
  const double mean = 127.0 / 255, deviation = 128.0 / 255;
  return {
      {"architecture", Json::Object{{"name", "efficientnet_lite0"}, {"options", Json::Object{}}}},
      {"categories", "things"},
      {"preset", Json::Object{{"resize", Json::Array{256}},
                              {"crop", Json::Array{224}},
                              {"interpolation", "bicubic"},
                              {"antialias", true},
                              {"mean", Json::Array{mean, mean, mean}},
                              {"std", Json::Array{deviation, deviation, deviation}}}}};
}

class TorchCommandsTest : public testing::Test {
 protected:
  Ran Run(Runner (*define)(CLI::App&), std::vector<std::string> arguments, bool json = false) {
    return RunCommand(
        define, std::move(arguments),
        {.json = json, .cache = house_.cache(), .registries = {house_.registry().native()}});
  }

  std::string WriteInput(const std::string& name, std::vector<int64_t> shape) {
    std::vector<float> values = GenerateInput(static_cast<size_t>(c10::multiply_integers(shape)));
    return WriteInput(name, at::from_blob(values.data(), shape));
  }

  std::string WriteInput(const std::string& name, const at::Tensor& tensor) {
    const std::vector<char> bytes = torch::jit::pickle_save(tensor);
    const fs::path file = folder_.path() / name;
    std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<int64_t>(bytes.size()));
    return file.native();
  }

  RegistryFolder house_{Weights(), EntryFields()};
  TempDir folder_;
};

void ExpectNear(const Json& logits, const std::vector<double>& expected, double tolerance) {
  const std::vector<double> got = Doubles(logits);
  ASSERT_GE(got.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(got[i], expected[i], tolerance) << i;
}

TEST_F(TorchCommandsTest, ClassifySeesOnPhotosWhatPythonSees) {
  std::vector<std::string> arguments = {"--model", "net", "--logits"};
  std::vector<const Json*> goldens;
  for (const Json& golden : *At(Facts(), {"goldens"}).AsArray()) {
    const std::string photo = Photo(Text(At(golden, {"photo"})));
    if (!fs::exists(photo)) continue;
    arguments.push_back(photo);
    goldens.push_back(&golden);
  }
  ASSERT_GE(goldens.size(), 3u);  // chelsea.png, rocket.jpg, china.jpg
  const Ran ran = Run(DefineClassify, arguments, /*json=*/true);
  ASSERT_EQ(ran.code, 0) << ran.err;
  const Json document = ran.json();
  EXPECT_EQ(Text(At(document, {"schema"})), "zoo/classify/1");
  const Json::Array& results = *At(document, {"results"}).AsArray();
  ASSERT_EQ(results.size(), goldens.size());
  for (size_t i = 0; i < results.size(); ++i) {
    const Json& golden = *goldens[i];
    SCOPED_TRACE(Text(At(golden, {"photo"})));
    const Json& logits = At(results[i], {"logits"});
    ExpectNear(logits, Doubles(At(golden, {"logits_f64"})), 1e-4);
    std::vector<double> all = Doubles(logits);
    ASSERT_EQ(all.size(), 1000u);
    double sum = 0;
    for (const double logit : all) sum += logit;
    EXPECT_NEAR(sum, *At(golden, {"sum_f64"}).AsDouble(), 0.1);
    const auto [least, most] = std::minmax_element(all.begin(), all.end());
    EXPECT_NEAR(*least, *At(golden, {"min_f64"}).AsDouble(), 1e-4);
    EXPECT_NEAR(*most, *At(golden, {"max_f64"}).AsDouble(), 1e-4);
    EXPECT_EQ(most - all.begin(), *At(golden, {"argmax"}).AsInt64());
    const Json::Array& top = *At(results[i], {"top"}).AsArray();
    const Json::Array& expected = *At(golden, {"top5"}).AsArray();
    ASSERT_EQ(top.size(), 5u);
    for (size_t k = 0; k < top.size(); ++k) {
      EXPECT_EQ(At(top[k], {"index"}), At(expected[k], {"index"}));
      EXPECT_NEAR(*At(top[k], {"probability"}).AsDouble(), *At(expected[k], {"prob"}).AsDouble(),
                  2e-5);
      EXPECT_EQ(Text(At(top[k], {"category"})),
                "thing " + std::to_string(*At(top[k], {"index"}).AsInt64()));
    }
  }
}

TEST_F(TorchCommandsTest, ClassifyPrintsALineForEachCategory) {
  const Ran ran = Run(DefineClassify,
                      {Photo("chelsea.png"), Photo("china.jpg"), "--model", "net", "--top", "2"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const std::string head = "chelsea.png   39.5 %  thing 282\n              35.5 %  thing 285\n";
  EXPECT_EQ(ran.out.substr(0, head.size()), head);
  EXPECT_EQ(ran.out.find("china.jpg  "), head.size());
}

TEST_F(TorchCommandsTest, APhotoThatIsNoneDoesNotStopTheOthers) {
  const std::string text = (folder_.path() / "a.txt").native();
  std::ofstream(text) << "hello";
  const Ran ran =
      Run(DefineClassify, {text, Photo("chelsea.png"), "/nowhere.png", "--model", "net"}, true);
  EXPECT_EQ(ran.code, static_cast<int>(ErrorCode::kUnsupported));
  const Json document = ran.json();
  EXPECT_EQ(At(document, {"results"}).AsArray()->size(), 1u);
  const Json::Array& failed = *At(document, {"failed"}).AsArray();
  ASSERT_EQ(failed.size(), 2u);
  EXPECT_EQ(Text(At(failed[0], {"code"})), "unsupported");
  EXPECT_EQ(Text(At(failed[1], {"code"})), "not_found");
}

TEST_F(TorchCommandsTest, ClassifyTakesAnArchitectureAndAFile) {
  const Ran ran = Run(DefineClassify, {Photo("chelsea.png"), "--arch", "efficientnet_lite0",
                                       "--weights", Weights(), "--top", "1"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "chelsea.png   39.5 %  thing 282\n");
}

struct BadRow {
  std::vector<std::string> arguments;
  ErrorCode code;
  std::string text;
};

TEST_F(TorchCommandsTest, WrongChoicesOfAModelAreExplained) {
  const std::string photo = Photo("chelsea.png"), lite = "efficientnet_lite0";
  const BadRow rows[] = {
      {{photo},
       ErrorCode::kUsage,
       "zoo: no model is named; give the name of weights, or --arch with --weights FILE"},
      {{photo, "--model", "net", "--arch", lite},
       ErrorCode::kUsage,
       "zoo: a name and --arch are two ways to say which model; give the name of weights, or "
       "--arch with --weights FILE"},
      {{photo, "--arch", lite},
       ErrorCode::kUsage,
       "zoo: --arch and --weights go together; give the name of weights, or --arch with --weights "
       "FILE"},
      {{photo, "--arch", "resent18", "--weights", Weights()},
       ErrorCode::kNotFound,
       "zoo: no architecture is named \"resent18\"; did you mean \"resnet18\"?"},
      {{photo, "--arch", lite, "--weights", Weights(), "--option", "10"},
       ErrorCode::kUsage,
       "zoo: --option \"10\" is not key=value"},
      {{photo, "--arch", lite, "--weights", Weights(), "--option", "num_classes=ten"},
       ErrorCode::kUsage,
       "zoo: efficientnet_lite0: num_classes must be a whole number from 1 to 1000000, not "
       "\\\"ten\\\""},
      {{photo, "--arch", lite, "--weights", Weights(), "--num-classes", "10"},
       ErrorCode::kMismatch,
       "zoo: " + Weights() +
           " does not fit efficientnet_lite0: wrong shape _fc.weight (file [1000, 1280], module "
           "[10, 1280]), _fc.bias (file [1000], module [10]). For another class count pass "
           "num_classes = 1000, for a new last layer head = Head::kFresh"},
  };
  for (const BadRow& row : rows) {
    const Ran ran = Run(DefineClassify, row.arguments);
    EXPECT_EQ(ran.code, static_cast<int>(row.code)) << row.text;
    EXPECT_EQ(ran.LastError(), row.text);
    EXPECT_EQ(ran.out, "");
  }
}

TEST_F(TorchCommandsTest, RunPrintsLogitsOfATensor) {
  const std::string input = WriteInput("in.pt", {1, 3, 224, 224});
  const Json& golden = At(Facts(), {"goldens_generated_input"});
  const Ran exact = Run(DefineRun, {"net", "--input", input, "--dtype", "float64"}, true);
  ASSERT_EQ(exact.code, 0) << exact.err;
  const Json document = exact.json();
  EXPECT_EQ(Ints(At(document, {"shape"})), (std::vector<int64_t>{1, 1000}));
  ExpectNear((*At(document, {"logits"}).AsArray())[0], Doubles(At(golden, {"logits_f64"})), 1e-9);

  const Ran text = Run(DefineRun, {"net", "--input", input});
  ASSERT_EQ(text.code, 0) << text.err;
  EXPECT_EQ(std::ranges::count(text.out, ' '), 999);
  EXPECT_NEAR(std::stod(text.out), Doubles(At(golden, {"logits_f64"}))[0], 1e-4);
}

TEST_F(TorchCommandsTest, RunSavesWhatItCanReadAgain) {
  const std::string input = WriteInput("in.pt", {2, 3, 32, 32});
  const std::string output = (folder_.path() / "out.pt").native();
  const Ran ran = Run(DefineRun, {"net", "--input", input, "--output", output});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "");
  const auto checkpoint = Checkpoint::Open(output).value();
  ASSERT_EQ(checkpoint->tensors().size(), 1u);
  EXPECT_TRUE(std::ranges::equal(checkpoint->tensors()[0].shape, std::vector<int64_t>{2, 1000}));
}

TEST_F(TorchCommandsTest, RunLeavesNothingOfWhatItCannotSave) {
  const std::string input = WriteInput("in.pt", {1, 3, 32, 32});
  const std::string nowhere = (folder_.path() / "nowhere" / "out.pt").native();
  const Ran missing = Run(DefineRun, {"net", "--input", input, "--output", nowhere});
  EXPECT_EQ(missing.code, static_cast<int>(ErrorCode::kNotFound));
  EXPECT_NE(missing.err.find(nowhere), std::string::npos) << missing.err;
  const Ran full = Run(DefineRun, {"net", "--input", input, "--output", "/dev/full"});
  EXPECT_EQ(full.code, static_cast<int>(ErrorCode::kDisk));
  EXPECT_NE(full.err.find("No space left on device"), std::string::npos) << full.err;
}

TEST_F(TorchCommandsTest, RunRefusesOtherInputs) {
  const std::string flat = WriteInput("flat.pt", {3, 8, 8});
  const std::string grey = WriteInput("grey.pt", {1, 1, 8, 8});
  const std::string vast =
      WriteInput("vast.pt", at::zeros({1}).expand({1'000'000, 3, 10'000, 10'000}));
  const std::string hint =
      "; the input is one tensor [N, 3, H, W], by itself or as {\"input\": tensor}";
  const BadRow rows[] = {
      {{"net", "--input", flat},
       ErrorCode::kUsage,
       "zoo: " + flat + " holds a tensor [3, 8, 8]" + hint},
      {{"net", "--input", grey},
       ErrorCode::kUsage,
       "zoo: " + grey + " holds a tensor [1, 1, 8, 8]" + hint},
      {{"net", "--input", vast},
       ErrorCode::kUsage,
       "zoo: " + vast + " holds a tensor [1000000, 3, 10000, 10000], of more than 2^31 numbers" +
           hint},
      {{"net", "--input", "tests/data/loader/small.pth"},
       ErrorCode::kUsage,
       "zoo: tests/data/loader/small.pth holds no \"input\"" + hint},
  };
  for (const BadRow& row : rows) {
    const Ran ran = Run(DefineRun, row.arguments);
    EXPECT_EQ(ran.code, static_cast<int>(row.code)) << row.text;
    EXPECT_EQ(ran.LastError(), row.text);
  }
}

}  // namespace
}  // namespace zoo::cli
