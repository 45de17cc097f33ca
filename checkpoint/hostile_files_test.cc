// Every file of tests/data/hostile: the whole message of its refusal or, where what it asks for is
// shown instead of done, all that is shown; in bounded memory, and without any effect.
//
// Where the variable ZOO_HOSTILE_ANSWERS names a file, the answers are written there: a person
// reads them and takes them for expected.json.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/checkpoint/checkpoint.h"
#include "zoo/checkpoint/fingerprint.h"
#include "zoo/checkpoint/inspect_json.h"
#include "zoo/checkpoint/inspect_table.h"
#include "zoo/checkpoint/inspect_tree.h"
#include "zoo/tests/support/heap_peak.h"
#include "zoo/tests/support/no_effects.h"

namespace zoo {
namespace {

const std::filesystem::path kFolder = "tests/data/hostile";
// Longer documents are compared by the number of rows in their parts.
constexpr size_t kShownBytes = 6 << 10;
// Three times the limit "listing".
constexpr uint64_t kMostMemory = uint64_t{384} << 20;

Json ErrorJson(const Error& error) {
  Json::Object out{{"code", ErrorCodeName(error.code)}, {"message", error.message}};
  if (!error.hint.empty()) out.emplace_back("hint", error.hint);
  return out;
}

Json Shortened(const Json& document) {
  if (document.Dump(-1).size() <= kShownBytes) return document;
  Json::Object out;
  for (const auto& [name, member] : *document.AsObject()) {
    if (const Json::Array* rows = member.AsArray()) {
      out.emplace_back(name, static_cast<int64_t>(rows->size()));
    } else {
      out.emplace_back(name, member);
    }
  }
  return out;
}

// All that can be asked of a file, and the answers.
Json AnswersTo(const std::string& name, const std::string& bytes) {
  auto opened = Checkpoint::OfBytes(AsBytes(bytes), name);
  if (!opened) return Json::Object{{"open", ErrorJson(opened.error())}};
  Json::Object out;
  Status verified = (*opened)->Verify();
  if (!verified) out.emplace_back("verify", ErrorJson(verified.error()));
  auto shown = InspectJson(**opened, {.hash = true});
  out.emplace_back("inspect", shown ? Shortened(*shown) : ErrorJson(shown.error()));
  EXPECT_FALSE(InspectAsText(**opened).heading.empty());
  EXPECT_FALSE(InspectAsTree(**opened, {}).empty());
  if (auto weights = (*opened)->FindStateDict()) {
    auto fingerprint = FingerprintOf(**opened, *weights);
    if (!fingerprint) out.emplace_back("fingerprint", ErrorJson(fingerprint.error()));
  }
  return out;
}

std::string Read(const std::string& name) {
  auto bytes = ReadFile(kFolder / name, 1 << 20);
  EXPECT_TRUE(bytes) << bytes.error().Text();
  return bytes ? *bytes : "";
}

const Json& Expected() {
  static const Json* expected = [] {
    auto parsed = ParseJson(Read("expected.json"));
    EXPECT_TRUE(parsed) << parsed.error().Text();
    return new Json(parsed ? *parsed : Json(Json::Object{}));
  }();
  return *expected;
}

std::vector<std::string> Files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    std::string name = entry.path().filename();
    bool data = !name.ends_with(".py") && name != "BUILD.bazel" && name != "expected.json";
    if (data) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

class HostileFile : public testing::TestWithParam<std::string> {};

TEST_P(HostileFile, IsAnsweredAsExpected) {
  std::string bytes = Read(GetParam());
  HeapPeak peak;
  Json got = AnswersTo(GetParam(), bytes);
  EXPECT_LT(peak.bytes(), kMostMemory);
  const Json* want = Expected().Find(GetParam());
  ASSERT_NE(want, nullptr) << got.Dump(1);
  EXPECT_EQ(want->Dump(1), got.Dump(1));
}

std::string TestName(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(Each, HostileFile, testing::ValuesIn(Files()), TestName);

void WriteAnswers(const char* path) {
  Json::Object answers;
  for (const std::string& name : Files()) answers.emplace_back(name, AnswersTo(name, Read(name)));
  std::ofstream(path) << Json(std::move(answers)).Dump(1) << "\n";
}

TEST(HostileFiles, AreAllThere) {
  if (const char* path = std::getenv("ZOO_HOSTILE_ANSWERS")) WriteAnswers(path);
  EXPECT_GE(Files().size(), 120u);
  for (const auto& [name, answers] : *Expected().AsObject()) {
    EXPECT_TRUE(std::filesystem::exists(kFolder / name)) << name;
  }
}

// How a child ends that runs `body` without a right to do anything.
template <typename Body>
int StatusOfHarmless(Body body) {
  pid_t child = fork();
  if (child == 0) {
    if (!ForbidEffects()) _exit(2);
    body();
    _exit(0);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

TEST(HostileFiles, HaveNoEffect) {
  // A fork takes long under sanitizers: one child for all, and one for each to name the culprit.
  auto all = [] {
    for (const std::string& name : Files()) AnswersTo(name, Read(name));
  };
  int status = StatusOfHarmless(all);
  EXPECT_EQ(status, 0);
  if (status == 0) return;
  for (const std::string& name : Files()) {
    EXPECT_EQ(StatusOfHarmless([&] { AnswersTo(name, Read(name)); }), 0) << name;
  }
}

// The rule above sees what it is to see.
TEST(HostileFiles, WouldBeCaught) {
  auto signal_of = [](auto body) {
    int status = StatusOfHarmless(body);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  };
  EXPECT_EQ(signal_of([] {}), 0);
  EXPECT_EQ(signal_of([] { return system("true"); }), SIGSYS);
  EXPECT_EQ(signal_of([] { std::ofstream("zoo-canary") << 1; }), SIGSYS);
  EXPECT_EQ(signal_of([] { std::ifstream("/dev/null").get(); }), 0);
}

}  // namespace
}  // namespace zoo
