// zoo check, with the weights of an architecture's golden, whose logits Python computed.
#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <torch/csrc/jit/serialization/pickle.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/cancel.h"
#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/ran.h"
#include "zoo/models/goldens.h"
#include "zoo/models/state_dict.h"
#include "zoo/tests/support/golden_file.h"
#include "zoo/tests/support/registry_folder.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kNet[] = "squeezenet1_1";
constexpr char kPhoto[] = "tests/data/photos/chelsea.png";
constexpr uint64_t kEnough = 64 << 20;

const models::Golden& Golden() {
  return *std::ranges::find(models::Goldens(), kNet, &models::Golden::net);
}

// The golden's generated weights, as a file.
fs::path Weights() {
  static const auto* folder = new TempDir;
  const fs::path file = folder->path() / "squeezenet.pth";
  if (fs::exists(file)) return file;
  auto model = models::MakeGolden(Golden()).value();
  EXPECT_TRUE(models::FillGolden(Golden(), *model));
  c10::Dict<std::string, at::Tensor> state;
  for (const auto& slot : models::StateDictOf(*model)) state.insert(slot.name, slot.tensor);
  const std::vector<char> bytes = torch::jit::pickle_save(state);
  EXPECT_TRUE(WriteFile(file, {bytes.data(), bytes.size()}));
  return file;
}

// The golden as a probe, its first logit `more` than it should be.
Json ProbeOfGolden(double more = 0) {
  const models::Golden& golden = Golden();
  const models::ExpectedLogits& row = golden.rows[0];
  Json::Array logits(row.first.begin(), row.first.end());
  logits[0] = row.first[0] + more;
  return Json::Object{
      {"input", Json::Object{{"seed", "public"},
                             {"name", "input"},
                             {"shape", Json::Array(golden.input.begin(), golden.input.end())}}},
      {"dtype", "float32"},
      {"logits", std::move(logits)},
      {"sum", *row.sum},
      {"argmax", *row.argmax},
      {"tolerance", 1e-4}};
}

Json::Object EntryFields(const Json& probe) {
  Json::Object fields = {
      {"architecture", Json::Object{{"name", kNet}, {"options", Json::Object{}}}},
      {"preset", Json::Object{{"resize", Json::Array{100}},
                              {"crop", Json::Array{90}},
                              {"interpolation", "bilinear"},
                              {"antialias", true},
                              {"mean", Json::Array{0.5, 0.5, 0.5}},
                              {"std", Json::Array{0.25, 0.25, 0.25}}}}};
  if (!probe.is_null()) fields.emplace_back("probe", probe);
  return fields;
}

// As long as it lives, the process can have that many bytes more than it has.
class LessMemory {
 public:
  explicit LessMemory(uint64_t more) {
    getrlimit(RLIMIT_AS, &before_);
    rlimit less = before_;
    uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    less.rlim_cur = pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) + more;
    setrlimit(RLIMIT_AS, &less);
  }
  ~LessMemory() { setrlimit(RLIMIT_AS, &before_); }
  LessMemory(const LessMemory&) = delete;
  LessMemory& operator=(const LessMemory&) = delete;

 private:
  rlimit before_{};
};

class CheckTest : public testing::Test {
 protected:
  Ran Check(std::vector<std::string> arguments, const CommonOptions& options = {},
            CancelToken cancel = CancelToken()) {
    CommonOptions all = options;
    all.cache = house_.cache();
    all.registries = {house_.registry().native()};
    return RunCommand(DefineCheck, std::move(arguments), all, cancel);
  }
  Ran CheckJson(std::vector<std::string> arguments) {
    return Check(std::move(arguments), {.json = true});
  }

  // The entry has that probe from now on, or none.
  void SetProbe(const Json& probe) {
    const RegistryFolder other(Weights(), EntryFields(probe));
    fs::copy_file(other.registry(), house_.registry(), fs::copy_options::overwrite_existing);
  }

  // A file with that probe.
  std::string ProbeFile(const Json& probe) {
    const fs::path file = folder_.path() / "probe.json";
    EXPECT_TRUE(WriteFile(file, probe.Dump()));
    return file.native();
  }

  RegistryFolder house_{Weights(), EntryFields(ProbeOfGolden())};
  TempDir folder_;
};

int CodeOf(ErrorCode code) { return static_cast<int>(code); }

TEST_F(CheckTest, AnEntryOnItsProbe) {
  const Ran text = Check({"net"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_TRUE(text.out.starts_with("net:V1  pass  difference ")) << text.out;
  EXPECT_NE(text.out.find(", tolerance 1.0e-04, "), text.out.npos) << text.out;
  const Json json = CheckJson({"net"}).json();
  EXPECT_EQ(Text(At(json, {"schema"})), "zoo/check/1");
  ASSERT_EQ(At(json, {"passed"}).AsArray()->size(), 1u);
  const Json& row = (*At(json, {"passed"}).AsArray())[0];
  EXPECT_EQ(Text(At(row, {"name"})), "net:V1");
  EXPECT_LE(*At(row, {"difference"}).AsDouble(), 1e-4);
  EXPECT_EQ(*At(row, {"tolerance"}).AsDouble(), 1e-4);
  EXPECT_EQ(At(json, {"failed"}), Json(Json::Array{}));
}

TEST_F(CheckTest, ADifferenceIsAMismatch) {
  SetProbe(ProbeOfGolden(1.5));
  const Ran text = Check({"net"});
  EXPECT_EQ(text.code, CodeOf(ErrorCode::kMismatch));
  EXPECT_TRUE(text.out.starts_with("net:V1  FAIL  difference 1.5e+00, ")) << text.out;
  const std::string error = text.LastError();
  EXPECT_TRUE(error.starts_with("zoo: net:V1 does not compute what its probe says: logit 0 is "))
      << error;
  EXPECT_TRUE(error.ends_with("; the tolerance is 0.0001")) << error;
  const Ran json = CheckJson({"net"});
  EXPECT_EQ(json.code, CodeOf(ErrorCode::kMismatch));
  const Json document = json.json();
  const Json& row = (*At(document, {"failed"}).AsArray())[0];
  EXPECT_EQ(Text(At(row, {"code"})), "mismatch");
  EXPECT_NEAR(*At(row, {"difference"}).AsDouble(), 1.5, 1e-3);
}

TEST_F(CheckTest, SeveralAreAllTried) {
  const Ran text = Check({"net", "ned", "net:V1"});
  EXPECT_EQ(text.code, CodeOf(ErrorCode::kNotFound));
  EXPECT_EQ(std::ranges::count(text.out, '\n'), 3) << text.out;
  EXPECT_TRUE(text.out.ends_with("\n2 passed, 1 failed\n")) << text.out;
  const Json json = CheckJson({"ned", "net"}).json();
  EXPECT_EQ(At(json, {"passed"}).AsArray()->size(), 1u);
  EXPECT_EQ(Text(At((*At(json, {"failed"}).AsArray())[0], {"name"})), "ned");
}

TEST_F(CheckTest, AllAreThoseWithAProbe) {
  const Ran ran = Check({"--all"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(ran.out.starts_with("net:V1")) << ran.out;
  SetProbe(Json());
  const Ran none = Check({"--all"});
  EXPECT_EQ(none.code, CodeOf(ErrorCode::kNotFound));
  EXPECT_EQ(none.LastError(),
            "zoo: no entry of the registries in force has a probe; `zoo check --random --all` "
            "checks the architectures");
}

TEST_F(CheckTest, WithoutAProbeItSaysHowToMakeOne) {
  SetProbe(Json());
  const Ran ran = Check({"net"});
  EXPECT_EQ(ran.code, CodeOf(ErrorCode::kNotFound));
  EXPECT_EQ(ran.LastError(),
            "zoo: net:V1 has no probe; its registry does not say what it must compute; `zoo check "
            "net:V1 --write` prints a probe of what it computes here");
}

TEST_F(CheckTest, AProbeThatWasWrittenIsPassed) {
  const std::string probe = (folder_.path() / "new.json").native();
  const Ran written = Check({Weights(), "--arch", kNet, "--write", probe});
  ASSERT_EQ(written.code, 0) << written.err;
  EXPECT_EQ(written.out, "");
  const Json json = ParseJson(ReadFile(probe, kEnough).value()).value();
  // One image of the size that the preset crops to: the first of the golden's two.
  EXPECT_EQ(Ints(At(json, {"input", "shape"})), (std::vector<int64_t>{1, 3, 90, 90}));
  const models::ExpectedLogits& row = Golden().rows[0];
  const std::vector<double> logits = Doubles(At(json, {"logits"}));
  ASSERT_EQ(logits.size(), 16u);
  for (size_t i = 0; i < 16; ++i) EXPECT_NEAR(logits[i], row.first[i], 1e-4);
  EXPECT_EQ(At(json, {"argmax"}).AsInt64(), row.argmax);
  // 2e-5 of the largest logit, which is 11.7.
  EXPECT_EQ(*At(json, {"tolerance"}).AsDouble(), 2.3e-4);

  const Ran passed = Check({Weights(), "--arch", kNet, "--probe", probe});
  EXPECT_EQ(passed.code, 0) << passed.err;
  EXPECT_TRUE(passed.out.starts_with(Weights().native() + "  pass  ")) << passed.out;
  SetProbe(json);
  EXPECT_EQ(Check({"net"}).code, 0);
}

TEST_F(CheckTest, AProbeIsPrintedWithTheShapeAndTypeAskedFor) {
  const Ran printed =
      Check({"net", "--shape", "2,3,64,96", "--dtype", "float64", "--write"}, {.quiet = true});
  ASSERT_EQ(printed.code, 0) << printed.err;
  const Json json = printed.json();
  EXPECT_EQ(Ints(At(json, {"input", "shape"})), (std::vector<int64_t>{2, 3, 64, 96}));
  EXPECT_EQ(Text(At(json, {"dtype"})), "float64");
  SetProbe(json);
  EXPECT_EQ(Check({"net"}).code, 0);
  const Json document = CheckJson({"net", "--write"}).json();
  EXPECT_EQ(Text(At(document, {"schema"})), "zoo/probe/1");
  EXPECT_EQ(Check({"net", "--probe", ProbeFile(document)}).code, 0);
}

#ifndef __SANITIZE_ADDRESS__  // which ends the process where memory cannot be had
TEST_F(CheckTest, AnInputThatFindsNoMemoryIsAnError) {
  const LessMemory less(uint64_t{512} << 20);
  const Ran ran = Check({"net", "--shape", "64,3,1024,1024", "--write"});
  EXPECT_EQ(ran.code, CodeOf(ErrorCode::kUnsupported));
  EXPECT_TRUE(ran.LastError().starts_with("zoo: cannot make the input of the probe: "))
      << ran.LastError();
}
#endif

TEST_F(CheckTest, APhotoLiesBesideItsRegistry) {
  const fs::path beside = house_.path() / "sample.png";
  fs::copy_file(kPhoto, beside);
  const Ran written = Check({"net", "--photo", beside, "--write"}, {.quiet = true});
  ASSERT_EQ(written.code, 0) << written.err;
  const Json probe = written.json();
  EXPECT_EQ(Text(At(probe, {"input", "photo"})), "sample.png");
  SetProbe(probe);
  const Ran passed = Check({"net"});
  EXPECT_EQ(passed.code, 0) << passed.err;

  fs::copy_file("tests/data/photos/rocket.jpg", beside, fs::copy_options::overwrite_existing);
  const Ran another = Check({"net"});
  EXPECT_EQ(another.code, CodeOf(ErrorCode::kCorrupt));
  EXPECT_TRUE(another.LastError().ends_with(
      "; it is another photo than the one that the probe was made of"))
      << another.LastError();
  fs::remove(beside);
  const Ran missing = Check({"net"});
  EXPECT_EQ(missing.code, CodeOf(ErrorCode::kNotFound));
  EXPECT_TRUE(missing.LastError().ends_with("; the probe's photo must lie there"))
      << missing.LastError();
}

TEST_F(CheckTest, APhotoThatIsAPathIsRefused) {
  const Json probe = Json::Object{
      {"input", Json::Object{{"photo", "../sample.png"}, {"sha256", std::string(64, '0')}}},
      {"dtype", "float32"},
      {"logits", Json::Array{1}},
      {"tolerance", 1}};
  const std::string file = ProbeFile(probe);
  const Ran ran = Check({"net", "--probe", file});
  EXPECT_EQ(ran.code, CodeOf(ErrorCode::kCorrupt));
  EXPECT_EQ(ran.LastError(), "zoo: " + file + ": probe: input.photo is not the name of a file");
  SetProbe(probe);
  EXPECT_EQ(Check({"net"}).code, CodeOf(ErrorCode::kCorrupt));
}

TEST_F(CheckTest, ArchitecturesNeedNoWeights) {
  const Ran text = Check({"--random", kNet, "shufflenet_v2_x0_5"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_TRUE(text.out.starts_with("squeezenet1_1                 pass  difference ")) << text.out;
  EXPECT_NE(text.out.find("\nsqueezenet1_1@num_classes=10  pass  difference "), text.out.npos);
  EXPECT_TRUE(text.out.ends_with("\n3 passed, 0 failed\n")) << text.out;
  const Ran exact =
      Check({"--random", "squeezenet1_1@num_classes=10", "--dtype", "float64"}, {.json = true});
  const Json json = exact.json();
  ASSERT_EQ(At(json, {"passed"}).AsArray()->size(), 1u);
  EXPECT_LT(*At((*At(json, {"passed"}).AsArray())[0], {"difference"}).AsDouble(), 1e-8);
}

TEST_F(CheckTest, EndsBetweenTwoIfAskedTo) {
  const std::atomic<bool> asked = true;
  const Ran ran = Check({"--random", "--all"}, {.json = true}, CancelToken(&asked));
  EXPECT_EQ(ran.code, static_cast<int>(ErrorCode::kCancelled));
  EXPECT_EQ(At(ran.json(), {"stopped"}), Json(true));
  EXPECT_EQ(At(ran.json(), {"passed"}), Json(Json::Array{}));
}

struct BadRow {
  std::vector<std::string> arguments;
  ErrorCode code;
  std::string text;
};

TEST_F(CheckTest, WrongRequestsAreExplained) {
  const std::string file = Weights();
  const BadRow rows[] = {
      {{}, ErrorCode::kUsage, "nothing to check is named; give names of weights, or --all"},
      {{"--random"},
       ErrorCode::kUsage,
       "nothing to check is named; give names of weights, or --all"},
      {{"--random", kNet, "--arch", kNet},
       ErrorCode::kUsage,
       "--random checks architectures without a file; leave out --arch, --probe and --write"},
      {{"net", "net:V1", "--write"},
       ErrorCode::kUsage,
       "--arch, --probe and --write are of one name or file"},
      {{file, "--arch", kNet},
       ErrorCode::kUsage,
       "what \"" + file +
           "\" must compute is not known; --probe FILE says it, --write makes a "
           "probe of what it computes"},
      {{file},
       ErrorCode::kUsage,
       "\"" + file +
           "\" is a file: what it must compute is not known; --arch ARCHITECTURE with "
           "--probe FILE or --write says it"},
      {{"net", "--dtype", "float64"},
       ErrorCode::kUsage,
       "--dtype is of --random and --write; a probe says its own"},
      {{"net", "--num-classes", "10"},
       ErrorCode::kUsage,
       "--num-classes and --option are of --arch"},
      {{"net", "--shape", "1,1,64,64", "--write"},
       ErrorCode::kUsage,
       "the shape of an input is N,3,HEIGHT,WIDTH, of at most 64 images, sides of 4096 and 2^28 "
       "numbers; pass --shape 1,3,224,224, for example"},
      {{"net", "--shape", "64,3,4096,4096", "--write"},
       ErrorCode::kUsage,
       "the shape of an input is N,3,HEIGHT,WIDTH, of at most 64 images, sides of 4096 and 2^28 "
       "numbers; pass --shape 1,3,224,224, for example"},
      {{"--random", "resent18"},
       ErrorCode::kNotFound,
       "no architecture is named \"resent18\"; did you mean \"resnet18\"?"},
      {{"--random", "efficientnet_lite0"},
       ErrorCode::kNotFound,
       "Python's numbers of efficientnet_lite0 are not part of this program; `zoo check` runs "
       "trained weights on their probe"},
  };
  for (const BadRow& row : rows) {
    const Ran ran = Check(row.arguments);
    EXPECT_EQ(ran.code, CodeOf(row.code)) << row.text;
    EXPECT_EQ(ran.LastError(), "zoo: " + row.text);
    EXPECT_EQ(ran.out, "");
  }
}

}  // namespace
}  // namespace zoo::cli
